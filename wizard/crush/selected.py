"""What the two model slots come to with the providers in force, and what there is to say about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from wizard.crush.rule_failure import RuleFailure, placed
from wizard.crush.selection import Selectable, defaults, resolve
from wizard.provider.builtins import CATALOGUE_DATE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wizard.crush.expansion_context import ExpansionContext
    from wizard.crush.loading import Uncertain
    from wizard.crush.problem import Problem
    from wizard.crush.selection import Defaults, Doubt, Resolved, Selectable, SlotModel
    from wizard.crush.sources import Source, Sources
    from wizard.provider.model import Slot


class Selected(Struct, frozen=True):
    """A slot's model. `configured` is what files ask for, `fallback` what Crush would take instead of it.

    `falls_back`: it does so now, and writes that to its own file. `source` is where the model is set. `doubt`: whose
    list of models would tell whether this holds: if the model is not in it, Crush takes another one.
    """

    slot: Slot
    provider: str
    model: str
    configured: SlotModel | None
    fallback: SlotModel
    falls_back: bool
    source: Source | None
    doubt: Doubt = ""


def select(
    context: ExpansionContext, candidates: Sequence[Selectable], uncertain: Sequence[Uncertain]
) -> tuple[dict[Slot, Selected], list[Problem]]:
    """Both slots, and the problems with them (F8, F11, W15, W16, W17, W19); no slots where no provider works."""
    selections = context.combined.config.get("models", {})
    maybe = tuple(_maybe(uncertain, selections))
    default = defaults(candidates)
    if default is None:
        return {}, [] if maybe else [_nothing_to_choose(context, candidates)]
    sources = context.combined.sources
    slots = resolve(selections, candidates, default, maybe)
    problems = [found for resolved in slots for found in _slot_problems(resolved, sources)]
    return {resolved.slot: _selected(resolved, sources) for resolved in slots}, [*_default_problems(default), *problems]


def _maybe(uncertain: Iterable[Uncertain], selections: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The providers that a script may add, or add models to; where anything may be, each one that a slot names."""
    for place in uncertain:
        if place.provider:
            yield place.provider
        elif not place.slot:
            yield from (chosen.get("provider", "") for chosen in selections.values())


def _nothing_to_choose(context: ExpansionContext, candidates: Sequence[Selectable]) -> Problem:
    if first := next((candidate for candidate in candidates if not candidate.disabled), None):
        source = context.combined.sources.deciding(("providers", first.id))
        return placed(RuleFailure("F11", f"{first.id} is Crush's default and has no models"), source, first.id)
    if context.builtins_off:
        hint = "add a provider with a URL and models, or allow the built-in ones again"
        source = context.combined.sources.deciding(("options", "disable_default_providers"))
        return placed(
            RuleFailure("F8", "the built-in providers are off, and no other provider works", hint=hint), source
        )
    hint = "add one: crush-wizard add-provider"
    return placed(RuleFailure("W17", "no providers configured: Crush will ask for one", hint=hint), None)


def _default_problems(default: Defaults) -> Iterator[Problem]:
    for model in default.missing:
        message = f"the default model {model} of {default.provider.id} is not in its list: Crush uses the first one"
        yield placed(RuleFailure("W15", message), None, default.provider.id)


def _selected(slot: Resolved, sources: Sources) -> Selected:
    return Selected(
        slot.slot,
        slot.choice.provider,
        slot.choice.model,
        slot.configured,
        slot.fallback,
        slot.falls_back,
        _slot_source(slot.slot, sources),
        slot.doubt,
    )


def _slot_source(slot: Slot, sources: Sources) -> Source | None:
    """Where the slot's model is set; else its provider; else what else is said about it."""
    paths = (("models", slot, "model"), ("models", slot, "provider"), ("models", slot))
    return next((source for path in paths if (source := sources.deciding(path))), None)


def _slot_problems(slot: Resolved, sources: Sources) -> Iterator[Problem]:
    source, taken = _slot_source(slot.slot, sources), named(slot.choice)
    if slot.falls_back and slot.configured:
        wanted = f"{slot.configured.provider}/{slot.configured.model}"
        message = (
            f"the {slot.slot} model {wanted} does not exist: Crush uses {taken} instead, and saves that in its own file"
        )
        hint = f"choose another: crush-wizard use {slot.slot} PROVIDER/MODEL"
        yield placed(RuleFailure("W16", message, hint=hint), source, slot.configured.provider)
    if slot.follows_large:
        yield placed(RuleFailure("W19", f"no small model is chosen: Crush uses the large one, {taken}"), None)


def named(taken: Selected | SlotModel) -> str:
    """PROVIDER/MODEL; in words where only the endpoint tells the model."""
    return f"{taken.provider}/{taken.model}" if taken.model else f"the first model of {taken.provider}"


def doubted(taken: Selected) -> str:
    """What this choice depends on, as the rest of a line; empty where it is certain."""
    if taken.doubt == "catalogue" and taken.configured and not taken.falls_back:
        return " (if Crush's catalogue lists it, which is not known before it has run here)"
    if taken.doubt == "catalogue":
        return f" (from the catalogue of {CATALOGUE_DATE}: your Crush may differ)"
    return _DOUBTS[taken.doubt]


_DOUBTS: Mapping[Doubt, str] = {
    "": "",
    "endpoint": " (if its endpoint lists it)",
    "command": " (if the command in its values succeeds)",
}
