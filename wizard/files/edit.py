"""Text edits: the only form in which a user's file is ever changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class TextEdit(Struct, frozen=True):
    """Replace `length` characters at `offset` with `text`. Offsets count characters of the decoded file."""

    offset: int
    length: int
    text: str

    def apply(self, source: str) -> str:
        return source[: self.offset] + self.text + source[self.offset + self.length :]


def apply_edits(source: str, edits: Iterable[TextEdit]) -> str:
    """Apply edits one after the other: each one's offsets are those of the text that the one before left.

    Those that go backwards through the text take as long as it is, however many they are.
    """
    kept, behind = len(source), list[str]()
    for edit in edits:
        end = edit.offset + edit.length
        if end > kept:
            source = "".join((source[:kept], *reversed(behind)))
            kept, behind = len(source), []
        behind += (source[end:kept], edit.text)
        kept = min(edit.offset, kept)
    return "".join((source[:kept], *reversed(behind)))


def reverse_edits(source: str, edits: Iterable[TextEdit]) -> tuple[TextEdit, ...]:
    """The edits that undo `apply_edits(source, edits)`.

    They do not touch each other and the last place comes first, so that each one's offset also holds
    when another one puts in a text of a different length than it took out.
    """
    pieces: list[str | Kept] = [Kept(0, len(source))] if source else []
    for edit in edits:
        _put_in(pieces, edit)
    return tuple(reversed(list(_restoring(source, pieces))))


class Kept(Struct, frozen=True):
    """A span of the source that the edits have left alone."""

    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start

    def __getitem__(self, part: slice) -> Kept:
        start, end, _ = part.indices(len(self))
        return Kept(self.start + start, self.start + max(start, end))


def _put_in(pieces: list[str | Kept], edit: TextEdit) -> None:
    start = _cut(pieces, edit.offset)
    end = _cut(pieces, edit.offset + edit.length)
    pieces[start:end] = [edit.text] if edit.text else []


def _cut(pieces: list[str | Kept], offset: int) -> int:
    """The index of the piece that begins at an offset; one that goes on over it is cut in two there."""
    for index, piece in enumerate(pieces):
        if offset == 0:
            return index
        if offset < len(piece):
            pieces[index : index + 1] = [piece[:offset], piece[offset:]]
            return index + 1
        offset -= len(piece)
    return len(pieces)


def _restoring(source: str, pieces: list[str | Kept]) -> Iterator[TextEdit]:
    """For each gap between two kept spans, the edit that fills it with the source's text again."""
    offset = added = restored = 0
    for piece in [*pieces, Kept(len(source), len(source))]:
        if isinstance(piece, str):
            added += len(piece)
            continue
        if added or piece.start > restored:
            yield TextEdit(offset, added, source[restored : piece.start])
        offset += added + len(piece)
        added, restored = 0, piece.end
