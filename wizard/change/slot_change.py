"""Give a slot its model: plan, show, confirm, write, report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from wizard.change.planned import in_force_after
from wizard.change.slot_effect import say_effect
from wizard.documents.document import Deselect, SelectModel
from wizard.files.plan import Plan
from wizard.flow.question import Kind, Question
from wizard.ui.place import at_line, shown_path

if TYPE_CHECKING:
    from wizard.change.run import Outcome
    from wizard.change.slot_choice import Wanted
    from wizard.crush.loading import Loaded, LoadedFile
    from wizard.documents.document import Document
    from wizard.files.plan import FileEdit
    from wizard.flow.driver import Asker
    from wizard.machine.in_force import InForce
    from wizard.machine.target import Target
    from wizard.provider.model import Slot
    from wizard.ui.output import Output


class Job(Struct, frozen=True):
    """One choice, and what is in force before it."""

    slot: Slot
    wanted: Wanted
    target: Target
    found: InForce
    output: Output

    @property
    def document(self) -> Document:
        return self.target.document_choosing(self.slot, self.wanted.provider)


def choose_model(
    job: Job, asker: Asker | None, *, clear: bool, dry_run: bool, confirmed: bool
) -> tuple[Outcome, InForce]:
    """What was done, and what is in force then. `confirmed`: nobody is to be asked any more."""
    from wizard.change.run import carry_out

    plan = _plan(job, asker, clear=clear)
    after = in_force_after(job.found, plan.files)
    if confirmed or plan.changes_nothing:
        say_effect(job, after, cleared=_clears(plan))
    else:
        _confirm(job, plan, after, asker)
    outcome = carry_out(plan, {}, {}, job.output, dry_run=dry_run)
    if not dry_run:
        _report(job, plan, applied=outcome.applied)
    return outcome, after


def _confirm(job: Job, plan: Plan, after: InForce, asker: Asker | None) -> None:
    """Raises AnswersMissing where nobody is there, and Cancelled."""
    from wizard.change.run import insist_on_confirmation, show_diff

    if asker is not None:
        show_diff(plan, job.output)
    say_effect(job, after, cleared=_clears(plan))
    insist_on_confirmation(asker, f"Write this to {_files(plan)}?")


def _plan(job: Job, asker: Asker | None, *, clear: bool) -> Plan:
    """The choice, and with it the end of an older one in Crush's own file, if that is wanted."""
    edits = [_own_edit(job)]
    older = _older_choice(job)
    if older and (clear or (asker is not None and _wants_clear(job, older, asker))):
        edits.append(_clearing(job, older))
    return Plan(f"use {job.slot} {job.wanted}", tuple(edits))


def _clears(plan: Plan) -> bool:
    return len(plan.files) > 1


def _own_edit(job: Job) -> FileEdit:
    from wizard.change.run import edit_of

    change = SelectModel(job.slot, job.wanted.provider, job.wanted.model)
    return edit_of(job.document, [change], {})


def _older_choice(job: Job) -> Document | None:
    """Crush's own file, where it has another choice for the slot that would win (crush-behaviour 7.3)."""
    from wizard.machine.target import open_document

    files = [one.path for one in job.found.loaded.files]
    data, own = _data_file(job.found.loaded), Path(job.document.path)
    if own not in files or files.index(own) >= files.index(data.path) or data.content is None:
        return None
    document = open_document(data.path)
    chosen = document.selection(job.slot)
    says = chosen and (chosen.get("provider"), chosen.get("model"))
    return document if says and says != (job.wanted.provider, job.wanted.model) else None


def _data_file(loaded: Loaded) -> LoadedFile:
    return next(one for one in loaded.files if one.file.role == "data")


def _wants_clear(job: Job, older: Document, asker: Asker) -> bool:
    chosen = older.selection(job.slot) or {}
    line, _ = older.position(("models", job.slot)) or (1, 1)
    question = Question(
        key="clear",
        text="Also take the older choice out of Crush's own file?",
        kind=Kind.CONFIRM,
        flag="--clear",
        help=f"{at_line(Path(older.path), line)} has {chosen.get('provider', '')}/{chosen.get('model', '')}, "
        "picked in Crush or kept from a fallback, and would win.",
        default=True,
    )
    return asker.ask(question, can_go_back=False) is True


def _clearing(job: Job, older: Document) -> FileEdit:
    from wizard.change.run import edit_of

    return edit_of(older, [Deselect(job.slot)], {})


def _files(plan: Plan) -> str:
    return " and ".join(shown_path(edit.path) for edit in plan.files if edit.after != edit.before)


def _report(job: Job, plan: Plan, *, applied: bool) -> None:
    path = shown_path(Path(job.document.path))
    if not applied:
        job.output.note(f"nothing to do: the {job.slot} slot in {path} is {job.wanted} already")
        return
    job.output.done(f"the {job.slot} slot is {job.wanted} in {path}")
    for edit in plan.files[1:]:
        job.output.done(f"the older choice is no longer in {shown_path(edit.path)}")
    job.output.note("`crush-wizard undo` takes this back")
