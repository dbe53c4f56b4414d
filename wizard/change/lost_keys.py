"""Keys in plain text that a change takes out of a file: no store has them, and no undo record keeps one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.expansion.mask import Mask
from wizard.files.edit import reverse_edits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wizard.documents.document import Change, Document

LOST = "it contains a plain-text key, which undo could not restore"


def taking_keys(document: Document, changes: Iterable[Change]) -> Iterator[Change]:
    """Those of the changes, each by itself, that take a key in plain text out of the file."""
    keys = document.masks(lambda secret: secret)
    mask = Mask(keys)
    for change in changes if keys else ():
        if any(mask.found(back.text) for back in reverse_edits(document.text or "", document.edits([change]))):
            yield change
