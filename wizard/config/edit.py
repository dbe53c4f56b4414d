"""Text edits: the only form in which a user's file is ever changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class TextEdit:
    """Replace `length` characters at `offset` with `text`. Offsets count characters of the decoded file."""

    offset: int
    length: int
    text: str

    def apply(self, source: str) -> str:
        return source[: self.offset] + self.text + source[self.offset + self.length :]

    def reverse(self, source: str) -> TextEdit:
        """The edit that takes `self.apply(source)` back to `source`."""
        return TextEdit(self.offset, len(self.text), source[self.offset : self.offset + self.length])


def apply_edits(source: str, edits: Iterable[TextEdit]) -> str:
    """Apply edits one after the other: each one's offsets are those of the text that the one before left."""
    for edit in edits:
        source = edit.apply(source)
    return source


def reverse_edits(source: str, edits: Iterable[TextEdit]) -> tuple[TextEdit, ...]:
    """The edits, in order, that undo `apply_edits(source, edits)`."""
    reverse: list[TextEdit] = []
    for edit in edits:
        reverse.append(edit.reverse(source))
        source = edit.apply(source)
    return tuple(reversed(reverse))
