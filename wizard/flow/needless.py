"""What an entry of a provider that Crush has built in says for nothing: it freezes what Crush keeps current. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from wizard.flow.knowledge import alike
from wizard.flow.own_catalogue import IGNORED
from wizard.provider.entry import lower_case
from wizard.provider.model import is_number

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from wizard.flow.own_catalogue import OwnProvider
    from wizard.provider.model_facts import ModelFacts


class Needless(Struct, frozen=True):
    """What an entry says that the Crush here has by itself: models by id, and fields; none where Crush would choose
    another model without them.
    """

    models: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


def needless(
    entry: Mapping[str, Any], own: OwnProvider, known: Callable[[str], ModelFacts], set_variables: Collection[str]
) -> Needless:
    """What of an entry only repeats Crush's catalogue, or what the wizard knows and would have written.

    `known`: what would be written of a model today. Whatever somebody changed stays. A fact that an entry leaves out is
    no change: Crush takes it for unknown, though it knows it (crush-behaviour 15.10).
    """
    fields = lower_case(entry)
    listed = [lower_case(model) for model in fields.get("models") or () if isinstance(model, dict)]
    repeated = tuple(str(model["id"]) for model in listed if _repeats(model, own, known))
    if not repeated or "models" not in entry or not set(own.defaults) <= own.models.keys():
        return Needless()
    url = fields.get("base_url", "")
    gone = own.needless_fields(url, set_variables) if isinstance(url, str) else IGNORED
    all_go = len(repeated) == len(listed) and len({*repeated}) == len(listed)
    return Needless(repeated, tuple(field for field in gone if field in entry) if all_go else ())


def _repeats(model: Mapping[str, Any], own: OwnProvider, known: Callable[[str], ModelFacts]) -> bool:
    """Whether a model's entry has no value that neither Crush's catalogue nor the wizard has."""
    id_ = model.get("id")
    if not isinstance(id_, str) or id_ not in own.models:
        return False
    sayings = own.models[id_], _as_written(known(id_))
    named = model.get("name") in (None, "", id_, *(said.get("name") for said in sayings))
    fields = {name: value for name, value in model.items() if name not in ("id", "name")}
    return named and all(any(_same(value, said.get(name)) for said in sayings) for name, value in fields.items())


def _as_written(facts: ModelFacts) -> dict[str, Any]:
    """The entry of a model. That it can't do something is written also where that is not known, and proves nothing."""
    entry = facts.model().entry(documented_fields=True)
    flags = {"can_reason": facts.can_reason, "supports_attachments": facts.supports_attachments}
    unknown = [name for name, value in flags.items() if value is None]
    return {name: value for name, value in entry.items() if name not in unknown}


def _same(one: Any, other: Any) -> bool:
    if is_number(one) and is_number(other):
        return alike(one, other)
    return type(one) is type(other) and bool(one == other)
