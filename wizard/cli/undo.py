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
from wizard.errors import WizardError
from wizard.files.history import History, undo_plan
from wizard.ui.place import shown_path
from wizard.ui.prompter import open_prompter
from wizard.ui.table import render_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wizard.change.none_left import Cure
    from wizard.change.run import Proposal, Run
    from wizard.files.history import Record
    from wizard.files.plan import Plan
    from wizard.flow.driver import Asker
    from wizard.ui.output import Output


@click.command("undo")
@click.option("--list", "list_", is_flag=True, help="Show what was changed, the newest last.")
@if_none_left
@changing
@common
@click.pass_obj
def command(output: Output, /, list_: bool, none_left: str | None, dry_run: bool, yes: bool) -> Result:
    """Take the last change of this program back: what it wrote, and the keys that it stored.

    Refuses when the file was changed since.
    """
    history = History(folders.backups())
    for message in history.listing().broken:
        output.warning(message)
    if list_:
        records = history.records()
        return Result(
            lambda: {"history": [_as_data(record) for record in records]}, show=partial(_print, records, output)
        )
    from wizard.change.run import Run

    return _undo(history, Run(output, open_prompter(output), dry_run, yes), none_left)


def _print(records: Sequence[Record], output: Output) -> None:
    if not records:
        output.note("there is nothing to undo")
        return
    rows = [
        (
            record.time.astimezone().strftime("%Y-%m-%d %H:%M"),
            record.command,
            ", ".join(shown_path(change.path) for change in record.files),
            ", ".join(secret.name for secret in record.secrets),
        )
        for record in records
    ]
    output.data(render_table(("when", "what", "files", "secrets"), rows, output.width))


def _as_data(record: Record) -> dict[str, Any]:
    return {
        "id": record.id,
        "time": record.time.isoformat(),
        "command": record.command,
        "files": [{"path": str(change.path), "action": change.action} for change in record.files],
        "secrets": [{"name": secret.name, "store": secret.store, "action": secret.action} for secret in record.secrets],
    }


def _undo(history: History, run: Run, none_left: str | None) -> Result:
    from wizard.change.run import Proposal, as_data

    record = history.last()
    if record is None:
        run.output.note("there is nothing to undo")
        return Result(lambda: as_data(None))
    plan = undo_plan(record)
    cure: Cure = ()

    def decide(asker: Asker | None) -> Proposal[None]:
        nonlocal cure
        cure = _cure(plan, none_left, run, asker)
        write = partial(take_back, record, history, run.output)
        return Proposal(plan, None, question=f"Take back `{record.command}`?", write=write)

    outcome = run.make(decide, attempts=1)
    if cure and outcome.applied:
        let_builtins_in(run)
    return Result(lambda: as_data(outcome))


def _cure(plan: Plan, told: str | None, run: Run, asker: Asker | None) -> Cure:
    """What is to let the built-in providers back in afterwards, where no other one is left and that is wanted."""
    from wizard.machine.in_force import in_force
    from wizard.trial.discovered import with_discovered

    try:
        before = with_discovered(in_force())
    except WizardError:  # taking a change back may be what puts this right
        return ()
    after = in_force_after(before, plan.files)
    return settled(none_left_after(before.effective, after.effective, ()), told, run, asker)
