"""Keys in plain text that a change takes out of a file: no store has them, and no undo record keeps one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wizard.expansion.mask import Mask
from wizard.expansion.plain_secrets import can_be_adopted
from wizard.files.edit import reverse_edits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wizard.documents.document import Change, Document

LOST = "it contains a plain-text key, which undo could not restore"


def to_keep(entry: Mapping[str, Any] | None) -> str:
    """What somebody does first who wants to keep the key of an entry."""
    return f"to keep it, {'first: crush-wizard secret adopt' if can_be_adopted(entry or {}) else 'copy it first'}"


def taking_keys(document: Document, changes: Iterable[Change]) -> Iterator[Change]:
    """Those of the changes, each by itself, that take a key in plain text out of the file."""
    keys = document.masks(lambda secret: secret)
    mask = Mask(keys)
    for change in changes if keys else ():
        if any(mask.found(back.text) for back in reverse_edits(document.text or "", document.edits([change]))):
            yield change
