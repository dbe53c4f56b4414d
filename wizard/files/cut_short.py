"""Whether a change was cut short, by a kill or a power failure: what every command looks for before anything else.

Light on purpose. What is found is put right by wizard.change.recovery.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wizard import folders

if TYPE_CHECKING:
    from pathlib import Path

DONE, BEGUN, UNDOING = ".json", ".begun", ".undoing"
"""How the files of undo records end: the change took place; it has begun; taking it back has begun."""
STATES = (DONE, BEGUN, UNDOING)

TEMPORARY = ".crush-wizard-"
"""How the names of our temporary files begin."""


def something_was_cut_short() -> bool:
    """Whether there is a record of a change that has not ended, or a file that was still being written."""
    try:
        records = folders.backups()
    except RuntimeError:  # nobody knows where HOME is: a command that needs it says so
        return False
    own = (records.parent, folders.settings().parent, folders.catalog())
    return (
        any(name.endswith((BEGUN, UNDOING)) for name in _names(records))
        or any(name.startswith(TEMPORARY) for folder in own for name in _names(folder))
        or bool(_names(folders.writing()))
    )


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - pathlib makes a value of each
    except OSError:
        return []
