"""What a preset can say about a provider. Data only: a new provider never needs new code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct, field
from msgspec.structs import replace

from wizard.provider.model_facts import ModelFacts

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping

KeyNeed = Literal["required", "optional", "none"]
Listing = Literal["openai", "ollama", "lmstudio", "llamacpp", "litellm", "anthropic", "google", "none"]
Source = Literal["shipped", "user", "crush"]
"""`crush`: it is none, but what Crush itself lists."""


class PresetChoice(Struct, frozen=True):
    """One choice of a preset's question. What it names replaces the preset's own value when it is chosen.

    `models` names those of the preset's models that this choice (a region, a plan) offers. `need` and `command` are
    those of the key.
    """

    value: str
    label: str
    base_url: str | None = None
    env: str | None = None
    need: KeyNeed | None = None
    command: str | None = None
    catalog: str | None = None
    builtin: str | None = None
    provider_id: str | None = None
    models: tuple[str, ...] | None = None
    large: str | None = None
    small: str | None = None
    note: str | None = None

    @property
    def signs_in(self) -> bool:
        """Whether it is a way to sign in."""
        return self.command is not None or self.need is not None


class When(Struct, frozen=True):
    """A question is asked only if the preset's question `key` was answered with `value`."""

    key: str
    value: str


class PresetQuestion(Struct, frozen=True):
    """A question of the preset's own. The answer fills `{key}` in base_url, or, with fills = "models", the models, with
    "env" the `variable` in the configuration's own `env`, with "refresh" the command that signs in again, with "host"
    the host of base_url (and its port, where it has one). For "env" and "refresh" this machine may have a default.

    `extract` is a regular expression whose first group is taken when it matches what was typed (a pasted URL);
    `pattern` must match the whole answer, else `message` is shown. `quiet`: its default is taken unless a flag answers
    it, or the person wants to.
    """

    key: str
    text: str
    help: str = ""
    kind: Literal["text", "choice", "many"] = "text"
    choices: tuple[PresetChoice, ...] = ()
    default: str | None = None
    pattern: str | None = None
    message: str = ""
    extract: str | None = None
    fills: Literal["base_url", "models", "env", "refresh", "host"] = "base_url"
    variable: str | None = None
    quiet: bool = False
    when: When | None = None


class PresetKey(Struct, frozen=True):
    """The API key: the variable that names it, whether it is needed, its usual prefixes, a dummy for local servers.

    `command`: what prints it, in its place: Crush runs that anew for each prompt.
    """

    need: KeyNeed = "required"
    env: str | None = None
    prefixes: tuple[str, ...] = ()
    dummy: str | None = None
    page: str | None = None
    command: str | None = None


class Title(Struct, frozen=True):
    """What a list of presets shows of one."""

    id: str
    name: str
    description: str


class Preset(Title, frozen=True):
    """One provider's (or kind of endpoint's) set-up. base_url None: the user is asked for it.

    `models` are the ids of those to pick from; `facts` what a user's own preset states about some of them. `catalog` is
    what catalogues call the provider, where that is not the preset's id.
    """

    type: str
    base_url: str | None = None
    old_type: str | None = None
    crush: str | None = None
    docs: str | None = None
    builtin: str | None = None
    provider_id: str | None = None
    catalog: str | None = None
    local: bool = False
    listing: Listing = "openai"
    server: str | None = None
    key: PresetKey = field(default_factory=PresetKey)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    questions: tuple[PresetQuestion, ...] = ()
    models: tuple[str, ...] = ()
    facts: Mapping[str, ModelFacts] = field(default_factory=dict)
    large: str | None = None
    small: str | None = None
    checked: datetime.date | None = None
    facts_from: str | None = None
    cannot: tuple[Literal["tools", "images"], ...] = ()
    notes: tuple[str, ...] = ()
    source: Source = "shipped"

    @property
    def custom(self) -> bool:
        """A kind of endpoint rather than a provider: URL and models are the user's."""
        return self.base_url is None

    def says(self, model_id: str) -> ModelFacts | None:
        """What it states about a model, and what its provider can't do whatever others say."""
        stated, cannot = self.facts.get(model_id), {_ABILITIES[ability]: False for ability in self.cannot}
        return replace(stated or ModelFacts(model_id), **cannot) if cannot else stated


_ABILITIES = {"tools": "tools", "images": "supports_attachments"}
"""The facts that are false where a provider can't do something."""
