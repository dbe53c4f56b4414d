"""`undo`: take the last change back, files and secrets."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from wizard import folders
from wizard.change.take_back import take_back
from wizard.cli.flags import changing, common
from wizard.cli.result import Result
from wizard.files.history import History, undo_plan
from wizard.ui.place import shown_path
from wizard.ui.prompter import open_prompter
from wizard.ui.table import render_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wizard.files.history import Record
    from wizard.ui.output import Output


@click.command("undo")
@click.option("--list", "list_", is_flag=True, help="Show what was changed, the newest last.")
@changing
@common
@click.pass_obj
def command(output: Output, /, list_: bool, dry_run: bool, yes: bool) -> Result:
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
    return _undo(history, output, dry_run=dry_run, yes=yes)


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


def _undo(history: History, output: Output, *, dry_run: bool, yes: bool) -> Result:
    from wizard.change.run import Proposal, Run, as_data

    record = history.last()
    if record is None:
        output.note("there is nothing to undo")
        outcome = None
    else:
        proposal = Proposal(
            undo_plan(record),
            None,
            question=f"Take back `{record.command}`?",
            write=partial(take_back, record, history, output),
        )
        outcome = Run(output, open_prompter(output), dry_run, yes).make(lambda _: proposal, attempts=1)
    return Result(lambda: as_data(outcome))
