"""What the Crush here has built in, as far as it is known: what an entry need not say again.

An entry with models freezes what is known of them on the day of its making, and Crush keeps its own list current. So
of a provider that Crush has built in only this is written:

| what | when |
|---|---|
| `api_key` | always |
| `base_url` | where it is another one than Crush's own, or a variable that is set gives Crush another one |
| `extra_headers` | those that Crush does not send by itself |
| `extra_body`, `system_prompt_prefix`, `flat_rate`, `aws_auth_refresh` | where they are answered |
| a model | where Crush's list lacks it, or an answer or a preset of the user's own says something about it |
| `name`, `type`, `discover_models` | never: Crush ignores them |

All is written without a Crush, where it does not tell what it has (it is too old), where it does not have the
provider or does not read the file, with `disable_default_providers`, with `--whole-entry` and `--documented-fields`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from wizard.provider.template import standing_for
from wizard.provider.types import DEFAULT_BASES, FIXED_BASES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from wizard.provider.model_facts import ModelFacts


IGNORED = ("name", "type", "discover_models")
"""The fields that Crush takes from its own catalogue in any case."""


class OwnProvider(Struct, frozen=True):
    """A provider as Crush has it. `endpoint` is a template of Crush's, `models` are entries by id, in Crush's order.

    `defaults`: the models that Crush takes where nobody chooses one: the large and the small one. `key` is a template,
    as `endpoint`, `facts` what the entries say.
    """

    type: str = ""
    endpoint: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    models: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    defaults: tuple[str, ...] = ()
    name: str = ""
    key: str = ""
    facts: Mapping[str, ModelFacts] = field(default_factory=dict)

    def goes_to(self, url: str, set_variables: Collection[str]) -> bool:
        """Whether requests go to this URL, as Crush spells it, without an entry that says so."""
        if not url or self.type in FIXED_BASES or url.rstrip("/") == self.endpoint.rstrip("/"):
            return True
        variable = standing_for(self.endpoint)
        is_usual = url.rstrip("/") == DEFAULT_BASES.get(self.type)
        return is_usual and (not self.endpoint or (variable is not None and variable not in set_variables))

    def needless_fields(self, url: str, set_variables: Collection[str]) -> tuple[str, ...]:
        """The fields of an entry with this URL that say nothing to Crush, whatever else the entry has."""
        return (*IGNORED, *(("base_url",) if self.goes_to(url, set_variables) else ()))


class OwnCatalogue(Struct, frozen=True):
    """By the provider's id. `why_not`: why an entry has to say it all; empty where that needs no word."""

    providers: Mapping[str, OwnProvider] = field(default_factory=dict)
    why_not: str = ""
