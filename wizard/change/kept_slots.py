"""The model slots when providers come: what is in force stays, and one line says what each slot is then.

Crush's own choice moves as soon as another provider comes before its own (crush-behaviour 7.1). So a slot that nobody
has chosen is given the model that it has, where it would lose it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from wizard.change.config_env import as_if_exported, exports
from wizard.change.lost_choices import say_lost_choices
from wizard.change.planned import in_force_after
from wizard.change.run import edit_of, with_more
from wizard.change.slot_repair import crush_file, is_there, repairable
from wizard.crush.problem import NOT_READ
from wizard.crush.selected import named
from wizard.crush.selection import SlotModel
from wizard.documents.document import Deselect, SelectModel
from wizard.files.locations import is_system_wide
from wizard.provider.entry import lower_case
from wizard.provider.model import SLOTS
from wizard.words import joined

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from wizard.change.provider_change import Changes
    from wizard.crush.selected import Selected
    from wizard.documents.document import Change, Document
    from wizard.flow.build import Draft
    from wizard.machine.in_force import InForce
    from wizard.machine.target import Target
    from wizard.provider.model import Slot
    from wizard.ui.output import Output


class SlotOutlook(Struct, frozen=True):
    """What is in force before and after a change. `chosen` are the slots that it gives a model.

    `waits_for` names the variable of a key that has no value yet, by provider: `after` counts it as there. So it does
    with `to_export`, the variables without which Crush has no such provider. `counts`: Crush reads the changed file in
    this folder.
    """

    before: InForce
    after: InForce
    chosen: Mapping[Slot, SlotModel]
    waits_for: Mapping[str, str] = field(default_factory=dict)
    counts: bool = True
    to_export: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def outlook(drafts: Sequence[Draft], changes: Changes, target: Target, before: InForce) -> SlotOutlook:
    """What comes of the drafts' changes."""
    chosen = {slot: SlotModel(draft.provider.id, model) for draft in drafts for slot, model in draft.selected.items()}
    variables = {draft.provider.id: draft.variable for draft in drafts if draft.variable}
    stored = {draft.variable for draft in drafts if draft.stored}
    after = _after(before, changes, variables.values())
    missing = {id_: name for id_, name in variables.items() if name not in stored and before.found(name) is None}
    waits_for = {id_: name for id_, name in missing.items() if wants_key(id_, after)}
    counts = any(before.loaded.counts(Path(document.path)) for document in target.documents)
    set_for = {draft.provider.id: draft.env for draft in drafts if not _is_kept(draft.provider.id, after)}
    wanted = {id_: tuple(exports(id_, env, target)) for id_, env in set_for.items()}
    to_export = {id_: names for id_, names in wanted.items() if names}
    if to_export:
        exported = (change for id_ in to_export for change in as_if_exported(set_for[id_], target))
        after = _after(before, with_more(changes, exported), variables.values())
    return SlotOutlook(before, after, chosen, waits_for, counts, to_export)


def _is_kept(provider_id: str, after: InForce) -> bool:
    provider = after.effective.provider(provider_id)
    return provider is not None and provider.kept


def wants_key(provider_id: str, after: InForce) -> bool:
    """Whether Crush has the provider only with a key: one that it does not bring along it has without."""
    provider = after.effective.provider(provider_id)
    return provider is not None and provider.builtin


def _after(before: InForce, changes: Changes, names: Iterable[str]) -> InForce:
    """What will be in force, with these variables and the keys of our store."""
    from wizard.machine.in_force import HELD

    edits = [edit_of(document, wanted, {}) for document, wanted in changes]
    return in_force_after(before, edits, dict.fromkeys((*before.held, *names), HELD))


def slots_kept(
    drafts: Sequence[Draft], changes: Changes, target: Target, before: InForce
) -> tuple[Changes, SlotOutlook]:
    """The changes with those that leave the slots as they are, and what comes of them."""
    first = outlook(drafts, changes, target, before)
    more = tuple(keeping(first.before, first.after, first.chosen, target))
    if first.chosen:
        more += tuple(_outlived(first.chosen, before, target))
    if not more:
        return changes, first
    complete = with_more(changes, more)
    return complete, outlook(drafts, complete, target, before)


def keeping(
    before: InForce, after: InForce, chosen: Collection[Slot], target: Target
) -> Iterator[tuple[Document, Change]]:
    """What leaves each slot that nobody chooses a model for at the one that it has.

    That is also the one which Crush takes for a choice that leads nowhere, and would note down at its next start.
    """
    if before.effective.fatal or is_system_wide(target.path):  # what is in force for us is nothing for everybody
        return
    for slot, now in before.effective.selected.items():
        if slot not in chosen and now.model and _moves(now, after) and _can_be_kept(now, before, target):
            yield target.document_choosing(slot, now.provider), SelectModel(slot, now.provider, now.model)
            yield from _outlived((slot,), before, target)


def _can_be_kept(now: Selected, before: InForce, target: Target) -> bool:
    """Whether a choice would count, and take the place of none that may hold again once a key is there."""
    if not now.falls_back or now.configured is None:
        return True
    within_reach = {Path(document.path) for document in repairable(target)}
    is_reached = now.source is not None and now.source.path in within_reach
    return is_reached and _is_dead(now.configured.provider, now.configured.model, before)


def _is_dead(provider_id: str, model: str, found: InForce) -> bool:
    """Whether there is for certain no such provider any more, or no such model of one that Crush has."""
    if not provider_id or found.effective.uncertain:
        return False
    provider = found.effective.provider(provider_id)
    if provider is None:
        return provider_id not in found.builtins
    return provider.kept and not is_there(provider_id, model, found.effective)


def _leads_nowhere(chosen: Mapping[str, Any], found: InForce) -> bool:
    """The same of a model that a file chooses."""
    return _is_dead(str(chosen.get("provider") or ""), str(chosen.get("model") or ""), found)


def _moves(now: Selected, after: InForce) -> bool:
    """Whether Crush would take another model, though this one is still there."""
    then = after.effective.selected.get(now.slot)
    moves = then is None or (then.provider, then.model) != (now.provider, now.model)
    return moves and is_there(now.provider, now.model, after.effective)


def _outlived(slots: Iterable[Slot], before: InForce, target: Target) -> Iterator[tuple[Document, Change]]:
    """Choices in Crush's own file of what is no more: they would win over the new ones."""
    own = crush_file(target)
    for document in repairable(target):
        for slot in slots if Path(document.path) == own and document not in target.documents else ():
            chosen = lower_case(document.selection(slot) or {})
            if _leads_nowhere(chosen, before):
                yield document, Deselect(slot)


# Saying


def say_slots_then(found: SlotOutlook, output: Output, *, all_of_them: bool = True) -> None:
    """One line with the model of each slot. `all_of_them` False: only if one of them changes."""
    unknown = not found.counts or any(problem.code in NOT_READ for problem in found.after.effective.fatal)
    texts = {slot: _slot_text(slot, found) for slot in SLOTS}
    if unknown or not (all_of_them or any(_changes(slot, found) for slot in SLOTS)):
        return
    output.note("; ".join(f"{slot} model: {text}" for slot, text in texts.items()))
    _say_until_then(found, output)


def _changes(slot: Slot, found: SlotOutlook) -> bool:
    return _model(slot, found.before) != _model(slot, found.after)


def _model(slot: Slot, found: InForce) -> tuple[str, str] | None:
    selected = found.effective.selected.get(slot)
    return (selected.provider, selected.model) if selected else None


def _slot_text(slot: Slot, found: SlotOutlook) -> str:
    then = found.after.effective.selected.get(slot)
    if then is None:
        chosen = found.chosen.get(slot)
        return f"{chosen.provider}/{chosen.model}, once Crush can use {chosen.provider}" if chosen else "none yet"
    return ", ".join((named(then), *_circumstances(slot, then, found)))


def _circumstances(slot: Slot, then: Selected, found: SlotOutlook) -> Iterator[str]:
    """When the slot has this model, and why."""
    if variable := found.waits_for.get(then.provider):
        yield f"once {variable} has a value"
    elif names := found.to_export.get(then.provider):
        yield f"once you export {joined(names)}"
    elif not _changes(slot, found):
        yield "as before" if _is_of_a_file(slot, found.before) else "Crush's default"
    elif then.configured is None:
        yield "Crush's default"
    chosen = found.before.effective.config.get("models", {}).get(slot) or {}
    before = f"{chosen.get('provider', '')}/{chosen.get('model', '')}"
    if then.falls_back and then.configured:
        wanted = then.configured
        yield f"instead of {wanted.provider}/{wanted.model}, {_why_not(wanted.provider, found.after)}"
    elif _leads_nowhere(chosen, found.before):
        yield f"instead of {before}, which no longer exists"


def _is_of_a_file(slot: Slot, found: InForce) -> bool:
    """Whether the user's files say something about its model: a built-in provider may be active by a variable alone."""
    selected = found.effective.selected.get(slot)
    provider = found.effective.provider(selected.provider) if selected else None
    return bool(selected and selected.configured) or (provider is not None and provider.source is not None)


def _why_not(provider_id: str, found: InForce) -> str:
    """Why Crush does not use a model that a file chooses."""
    provider = found.effective.provider(provider_id)
    if provider is None and provider_id in found.builtins:
        return f"because {provider_id} is not set up here"
    if provider and provider.status == "needs-key":
        return f"because {provider_id} has no key"
    return "which does not work here"


def _say_until_then(found: SlotOutlook, output: Output) -> None:
    """What Crush would do with a choice whose provider has no key yet, where it has another model to take."""
    waiting = {slot: chosen for slot, chosen in found.chosen.items() if chosen.provider in found.waits_for}
    if not waiting:
        return
    from wizard.machine.in_force import HELD, in_force

    held = dict.fromkeys(found.before.held, HELD)
    before = found.before
    real = in_force(loaded=found.after.loaded, values=held, discovered=before.discovered, told=before.told)
    if real.effective.selected:
        say_lost_choices(waiting, real, output)


def selected_then(found: SlotOutlook) -> dict[str, Any]:
    """`data.selected`, as `list` has it."""
    from wizard.machine.provider_state import selected_data

    return selected_data(found.after.effective.selected)
