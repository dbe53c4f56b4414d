"""Taking a recorded change back, files and secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.machine.stores import of_all, open_all
from wizard.ui.prompter import open_prompter

if TYPE_CHECKING:
    from wizard.change.apply import Applied
    from wizard.files.history import History, Record
    from wizard.secrets.store import SecretStore
    from wizard.ui.output import Output


def take_back(record: Record, history: History, output: Output) -> Applied:
    """Undo the recorded change, and say so. Raises ChangedMeanwhile when a file was changed after it."""
    from wizard.change import apply

    done = apply.undo(record, stores_of(record, output), history)
    for warning in done.warnings:
        output.warning(warning)
    output.done(f"Undid {record.command}")
    if any(change.masked for change in record.files):
        output.warning("a plain-text key in it was not restored, only its placeholder")
    return apply.Applied(record)


def stores_of(record: Record, output: Output) -> dict[str, SecretStore]:
    """The stores that a record's secrets are in, opened."""
    asker = open_prompter(output) if record.secrets else None
    return of_all(open_all(asker, {secret.store for secret in record.secrets}))
