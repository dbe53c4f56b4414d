"""`undo`: take the last change back, files and secrets."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from wizard import folders
from wizard.change.none_left import let_builtins_in, none_left_after, settled
from wizard.change.planned import in_force_after
from wizard.change.take_back import take_back
from wizard.cli.flags import changing, common, if_none_left
from wizard.cli.result import Result
from wizard.errors import ChangedMeanwhile, Refused, UsageError, WizardError
from wizard.files.history import History
from wizard.namespace import profile_in_force
from wizard.ui.place import shown_path
from wizard.ui.prompter import open_prompter
from wizard.ui.table import render_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wizard.change.none_left import Cure
    from wizard.change.run import Proposal, Run
    from wizard.files.history import ReadRecords, Record
    from wizard.files.plan import Plan
    from wizard.flow.driver import Asker
    from wizard.ui.output import Output


@click.command("undo")
@click.argument("id_", metavar="[ID]", required=False)
@click.option("--list", "list_", is_flag=True, help="List the changes, newest last.")
@if_none_left
@changing
@common
@click.pass_obj
def command(output: Output, /, id_: str | None, list_: bool, none_left: str | None, dry_run: bool, yes: bool) -> Result:
    """Take the last change of this program back, or the one with this ID: what it wrote, and the keys that it stored.

    Refuses when the file was changed since.
    """
    history = History(folders.backups())
    found = history.listing()
    if list_:
        for broken in found.broken:
            output.warning(broken.message)
        return Result(
            lambda: {"history": [_as_data(record) for record in found.records]},
            show=partial(_print, found.records, output),
        )
    from wizard.change.run import Run

    if id_ is None:
        _say_made_elsewhere(found, output)
    record = _meant(id_, found)
    _refuse_loss(record)
    return _undo(record, history, Run(output, open_prompter(output), dry_run, yes), none_left)


def _meant(id_: str | None, found: ReadRecords) -> Record | None:
    """The record of the change to take back; None: there is none.

    Raises Refused where the newest record can't be read: the change before it is not the one that is meant.
    """
    if id_ is not None:
        named = next((record for record in found.records if record.id == id_), None)
        if named is None:
            raise UsageError(f"there is no change {id_} to undo", hint="list them: crush-wizard undo --list")
        return named
    last = next((record for record in reversed(found.records) if _is_made_here(record)), None)
    newer = [broken for broken in found.broken if last is None or broken.path.name > last.id]
    if newer:
        before = f"to undo `{last.command}`, the change before it: crush-wizard undo {last.id}" if last else ""
        raise Refused(
            f"the record of the last change can't be read: {newer[-1].reason}", hint=before, path=newer[-1].path
        )
    return last


def _is_made_here(record: Record) -> bool:
    """Whether it was made in the profile in force, or is about profiles themselves: no other one is changed unasked."""
    return record.profile in (None, profile_in_force())


def _say_made_elsewhere(found: ReadRecords, output: Output) -> None:
    """Where the last change of all was made in another profile."""
    last = found.records[-1] if found.records else None
    if last is not None and not _is_made_here(last):
        where = f"profile {last.profile}" if last.profile else "no profile"
        output.note(
            f"the last change, `{last.command}`, was made in {where}; to undo that one: crush-wizard undo {last.id}"
        )


def _refuse_loss(record: Record | None) -> None:
    """A profile that something has been put into since is not made undone with it. Raises Refused."""
    from wizard.machine.profiles import filled_since

    if record is not None and (profile := filled_since(record)):
        raise Refused(
            f"profile {profile} has changed since", hint=f"to remove it: crush-wizard profile remove {profile}"
        )


def _print(records: Sequence[Record], output: Output) -> None:
    if not records:
        output.note("nothing to undo")
        return
    rows = [
        (
            record.time.astimezone().strftime("%Y-%m-%d %H:%M"),
            record.id,
            f"{record.command} (profile {record.profile})" if record.profile else record.command,
            ", ".join(shown_path(change.path) for change in record.files),
            ", ".join(secret.name for secret in record.secrets),
        )
        for record in records
    ]
    output.data(render_table(("when", "id", "what", "files", "secrets"), rows, output.width))


def _as_data(record: Record) -> dict[str, Any]:
    return {
        "id": record.id,
        "time": record.time.isoformat(),
        "command": record.command,
        "profile": record.profile or None,
        "files": [{"path": str(change.path), "action": change.action} for change in record.files],
        "secrets": [{"name": secret.name, "store": secret.store, "action": secret.action} for secret in record.secrets],
    }


def _undo(record: Record | None, history: History, run: Run, none_left: str | None) -> Result:
    from wizard.change.apply import way_back
    from wizard.change.run import Proposal, as_data

    if record is None:
        run.output.note("nothing to undo")
        return Result(lambda: as_data(None))
    run.output.profile = record.profile or ""  # whose change it was, whichever is in force
    try:
        plan = way_back(record)
    except ChangedMeanwhile as changed:
        if newer := _newer(record, changed.path, history):
            changed.hint = f"undo the newer change first: crush-wizard undo {newer.id}"
        raise
    cure: Cure = ()

    def decide(asker: Asker | None) -> Proposal[None]:
        nonlocal cure
        cure = _cure(plan, none_left, run, asker)
        write = partial(take_back, record, history, run.output)
        return Proposal(plan, None, question=f"Undo `{record.command}`?", write=write)

    outcome = run.make(decide, attempts=1)
    if cure and outcome.applied:
        let_builtins_in(run)
    return Result(lambda: as_data(outcome))


def _newer(record: Record, path: str | None, history: History) -> Record | None:
    """The last change of the file after this one, if there is one."""
    records = history.records()
    later = records[records.index(record) + 1 :] if record in records else ()
    return next((it for it in reversed(later) if any(str(change.path) == path for change in it.files)), None)


def _cure(plan: Plan, told: str | None, run: Run, asker: Asker | None) -> Cure:
    """What is to let the built-in providers back in afterwards, where no other one is left and that is wanted."""
    from wizard.machine.in_force import in_force
    from wizard.trial.discovered import with_discovered

    try:
        before = with_discovered(in_force(), run.output)
    except WizardError:  # taking a change back may be what puts this right
        return ()
    after = in_force_after(before, plan.files)
    return settled(none_left_after(before.effective, after.effective, ()), told, run, asker)
