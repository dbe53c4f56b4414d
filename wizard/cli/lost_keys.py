"""Keys in plain text that a change takes out of a file: no store has them, and no undo record keeps one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.config.edit import reverse_edits
from wizard.config.mask import Mask

if TYPE_CHECKING:
    from wizard.config.document import Change, Document

LOST = "a key stands there in plain text, and undo could not bring it back"


def takes_key(document: Document, change: Change) -> bool:
    """Whether a key in plain text is in what the change takes out of the file."""
    mask = Mask(document.masks(lambda secret: secret))
    return any(mask.found(back.text) for back in reverse_edits(document.text or "", document.edits([change])))
