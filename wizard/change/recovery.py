"""Changes that were cut short, by a kill or a power failure: completed or taken back before anything else is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard import folders
from wizard.catalog.shipped import CATWALK_COPY, MODELS_DEV_COPY
from wizard.change import apply
from wizard.change.take_back import stores_of
from wizard.errors import FileLocked, WizardError
from wizard.files import writer
from wizard.files.history import History
from wizard.secrets.index import Index

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from wizard.files.history import Record
    from wizard.ui.output import Output


def recover_all(output: Output) -> None:
    """Put right what was cut short, and say so. What can't be put right now is told, and waits for the next command."""
    try:
        _recover(History(folders.backups()), output)
    except FileLocked:  # another wizard is at work: what has not ended is its own
        return
    except WizardError as error:
        _say_not_now("a change", error, output)


def _recover(history: History, output: Output) -> None:
    with apply.alone(history, seconds=0), _swept(history):
        found = history.cut_short()
        writer.sweep_noted()
    for broken in found.broken:
        output.warning(f"a change was interrupted, and its record can't be read: {broken.message}")
    for record in found.records:
        _recover_one(record, history, output)


def _recover_one(record: Record, history: History, output: Output) -> None:
    try:
        was_done = apply.recover(record, stores_of(record, output), history)
    except WizardError as error:
        _say_not_now(f"`{record.command}`", error, output)
        return
    if was_done is not None:
        what = "had finished its change; to undo: crush-wizard undo" if was_done else "was undone completely"
        output.note(f"`{record.command}` was interrupted: it {what}")


def _say_not_now(what: str, error: WizardError, output: Output) -> None:
    output.warning(f"{what} was interrupted, and can't be finished or undone now: {error.message}")
    if error.hint:
        output.hint(error.hint)


def _swept(history: History) -> AbstractContextManager[None]:
    """Whoever locks our own files removes what was still being written for them."""
    kept = (Index(folders.state()).path, folders.secrets(), folders.allowed(), folders.writing(), folders.settings())
    copies = (folders.catalog() / name for name in (CATWALK_COPY, MODELS_DEV_COPY))
    return writer.locked((history.folder, *kept, *copies), seconds=0)
