"""The model slots when providers come: what is in force stays, and one line says what each slot is then.

Crush's own choice moves as soon as another provider comes before its own (crush-behaviour 7.1). So a slot that nobody
has chosen is given the model that it has, where it would lose it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from wizard.change.lost_choices import say_lost_choices
from wizard.change.planned import in_force_after
from wizard.change.run import edit_of, with_more
from wizard.change.slot_repair import Pointer, crush_file, is_there, repairable
from wizard.crush.problem import NOT_READ
from wizard.crush.selected import named
from wizard.crush.selection import SlotModel
from wizard.documents.document import Deselect, SelectModel
from wizard.files.locations import is_system_wide
from wizard.flow.model_comparison import lower_case
from wizard.provider.model import SLOTS

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

    `waits_for` names the variable of a key that has no value yet, by provider: `after` counts it as there. `counts`:
    Crush reads the changed file in this folder.
    """

    before: InForce
    after: InForce
    chosen: Mapping[Slot, SlotModel]
    waits_for: Mapping[str, str] = field(default_factory=dict)
    counts: bool = True


def outlook(drafts: Sequence[Draft], changes: Changes, target: Target, before: InForce) -> SlotOutlook:
    """What comes of the drafts' changes."""
    chosen = {slot: SlotModel(draft.provider.id, model) for draft in drafts for slot, model in draft.selected.items()}
    variables = {draft.provider.id: draft.variable for draft in drafts if draft.variable}
    stored = {draft.variable for draft in drafts if draft.stored}
    waits_for = {
        provider: name for provider, name in variables.items() if name not in stored and before.found(name) is None
    }
    read = {file.path for file in before.loaded.files if not file.foreign}
    counts = any(Path(document.path) in read for document in target.documents)
    return SlotOutlook(before, _after(before, changes, variables.values()), chosen, waits_for, counts)


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
    more = [*keeping(first.before, first.after, first.chosen, target), *_outlived(first, target)]
    if not more:
        return changes, first
    complete = with_more(changes, more)
    return complete, outlook(drafts, complete, target, before)


def keeping(
    before: InForce, after: InForce, chosen: Collection[Slot], target: Target
) -> Iterator[tuple[Document, Change]]:
    """What leaves each slot that nobody chooses a model for at the one that it has."""
    if before.effective.fatal or is_system_wide(target.path):  # what is in force for us is nothing for everybody
        return
    for slot, now in before.effective.selected.items():
        if slot not in chosen and now.model and not now.falls_back and _moves(now, after):
            yield target.document_choosing(slot, now.provider), SelectModel(slot, now.provider, now.model)


def _moves(now: Selected, after: InForce) -> bool:
    """Whether Crush would take another model, though this one is still there."""
    then = after.effective.selected.get(now.slot)
    moves = then is None or (then.provider, then.model) != (now.provider, now.model)
    return moves and is_there(now.provider, now.model, after.effective)


def _outlived(found: SlotOutlook, target: Target) -> Iterator[tuple[Document, Change]]:
    """Choices in Crush's own file of what is no more: they would win over the new ones."""
    own = crush_file(target)
    for document in repairable(target):
        for slot in found.chosen if Path(document.path) == own else ():
            chosen = lower_case(document.selection(slot) or {})
            pointer = Pointer(document, slot, str(chosen.get("provider") or ""), str(chosen.get("model") or ""))
            if pointer.provider and not is_there(pointer.provider, pointer.model, found.after.effective):
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
        return "none yet"
    if then.falls_back and then.configured:
        return f"{named(then)}, for {then.configured.provider}/{then.configured.model} does not work here"
    if variable := found.waits_for.get(then.provider):
        return f"{named(then)}, once {variable} has a value"
    if gone := _gone(slot, found.before):
        return f"{named(then)}, for there is no {gone} any more"
    return named(then) if _changes(slot, found) else f"{named(then)}, as before"


def _gone(slot: Slot, before: InForce) -> str:
    """The model that files choose, where there is no such provider any more."""
    chosen = before.effective.config.get("models", {}).get(slot) or {}
    provider = chosen.get("provider", "")
    is_known = not provider or provider in before.builtins or before.effective.provider(provider) is not None
    return "" if is_known or before.effective.uncertain else f"{provider}/{chosen.get('model', '')}"


def _say_until_then(found: SlotOutlook, output: Output) -> None:
    """What Crush would do with a choice whose provider has no key yet, where it has another model to take."""
    waiting = {slot: chosen for slot, chosen in found.chosen.items() if chosen.provider in found.waits_for}
    if not waiting:
        return
    from wizard.machine.in_force import HELD, in_force

    held = dict.fromkeys(found.before.held, HELD)
    real = in_force(loaded=found.after.loaded, values=held, discovered=found.before.discovered)
    if real.effective.selected:
        say_lost_choices(waiting, real, output)


def selected_then(found: SlotOutlook) -> dict[str, Any]:
    """`data.selected`, as `list` has it."""
    from wizard.machine.provider_state import selected_data

    return selected_data(found.after.effective.selected)
