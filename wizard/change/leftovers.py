"""Files that only the wizard made, once nothing is left in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from wizard.documents.saying_nothing import says_nothing
from wizard.files.history import History
from wizard.files.there import is_link

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from wizard.files.plan import FileEdit


def without_leftovers(edits: Iterable[FileEdit]) -> tuple[FileEdit, ...]:
    """A file that the wizard made, and that says nothing afterwards, has nothing of the user's, and goes."""
    return tuple(replace(edit, edits=(), delete=True) if _is_left_over(edit) else edit for edit in edits)


def _is_left_over(edit: FileEdit) -> bool:
    is_emptied = edit.after not in (edit.before, None) and says_nothing(edit.after, edit.format)
    return is_emptied and not is_link(edit.path) and _is_made_here(edit.path)


def _is_made_here(path: Path) -> bool:
    """Whether the history tells so; of a file that it tells nothing of any more, it is not known."""
    changes = (change for record in History().records() for change in record.files)
    return any(change.path == path and change.mode is None for change in changes)
