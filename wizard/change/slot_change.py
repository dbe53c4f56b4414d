"""Give a slot its model: the plan for it, and what is said of it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from wizard.change.planned import in_force_after
from wizard.change.run import Proposal, edit_of
from wizard.change.slot_effect import say_effect
from wizard.documents.document import Deselect, SelectModel
from wizard.files.plan import Plan
from wizard.flow.question import Kind, Question
from wizard.ui.place import at_line, shown_path

if TYPE_CHECKING:
    from wizard.change.run import Outcome
    from wizard.change.slot_choice import SlotChoice
    from wizard.documents.document import Document
    from wizard.flow.driver import Asker
    from wizard.machine.in_force import InForce


class ChosenSlot(Struct, frozen=True):
    """A choice; `after` is what will be in force with it."""

    choice: SlotChoice
    after: InForce


def propose(choice: SlotChoice, asker: Asker | None, *, clear: bool) -> Proposal[ChosenSlot]:
    """The choice, and with it the end of an older one in Crush's own file, if that is wanted."""
    select = SelectModel(choice.slot, choice.wanted.provider, choice.wanted.model)
    edits = [edit_of(choice.document, [select], {})]
    older = _older_choice(choice)
    if older and (clear or (asker is not None and _wants_clear(choice, older, asker))):
        edits.append(edit_of(older, [Deselect(choice.slot)], {}))
    plan = Plan(f"use {choice.slot} {choice.wanted}", tuple(edits))
    after = in_force_after(choice.found, plan.files)
    say = partial(say_effect, choice, after, cleared=len(edits) > 1)
    return Proposal(plan, ChosenSlot(choice, after), say=say)


def report(outcome: Outcome[ChosenSlot]) -> None:
    """What is there now."""
    choice = outcome.about.choice
    path = shown_path(Path(choice.document.path))
    if not outcome.applied:
        choice.output.note(f"nothing to do: the {choice.slot} model in {path} is already {choice.wanted}")
        return
    choice.output.done(f"Set the {choice.slot} model to {choice.wanted} in {path}")
    for edit in outcome.plan.files[1:]:
        choice.output.done(f"Removed the older choice from {shown_path(edit.path)}")
    choice.output.note("to undo: crush-wizard undo")


def _older_choice(choice: SlotChoice) -> Document | None:
    """Crush's own file, where it has another choice for the slot that would win (crush-behaviour 7.3)."""
    from wizard.machine.target import open_document

    files = [file.path for file in choice.found.loaded.files]
    data = next(file for file in choice.found.loaded.files if file.file.role == "data")
    own = Path(choice.document.path)
    if own not in files or files.index(own) >= files.index(data.path) or data.content is None:
        return None
    document = open_document(data.path)
    chosen = document.selection(choice.slot)
    says = chosen and (chosen.get("provider"), chosen.get("model"))
    return document if says and says != (choice.wanted.provider, choice.wanted.model) else None


def _wants_clear(choice: SlotChoice, older: Document, asker: Asker) -> bool:
    chosen = older.selection(choice.slot) or {}
    line, _ = older.position(("models", choice.slot)) or (1, 1)
    question = Question(
        key="clear",
        text="Also remove the older choice from Crush's own file?",
        kind=Kind.CONFIRM,
        flag="--clear",
        help=(
            f"{at_line(Path(older.path), line)} has {chosen.get('provider', '')}/{chosen.get('model', '')}, "
            "saved by Crush, and would win."
        ),
        default=True,
    )
    return asker.ask(question, can_go_back=False) is True
