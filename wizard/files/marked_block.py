"""A few lines of ours in a file of the user, between two marks: put there once, and changed in place.

All of it is pure: the change is a FileEdit (format `shell`), which is shown, applied and undone like any other.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from wizard.errors import InvalidConfig
from wizard.files.edit import TextEdit
from wizard.files.plan import FileEdit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Marks(Struct, frozen=True):
    """The comment lines around a block. `purpose` is its first line, and says what the block is for."""

    begin: str
    end: str
    purpose: str


def block_text(marks: Marks, body: tuple[str, ...], end: str = "\n") -> str:
    """The block's lines, each ended by `end`."""
    return "".join(line + end for line in (marks.begin, f"# {marks.purpose}.", *body, marks.end))


def put_block(path: Path, text: str | None, marks: Marks, body: tuple[str, ...]) -> FileEdit:
    """The change that makes the file have the block, once; no edits if it has it already. All else stays.

    `text` is the file's, None if there is none; `body` the lines between the marks. Raises InvalidConfig where a
    block of ours is not closed.
    """
    before = text or ""
    end = "\r\n" if 0 < before.count("\n") == before.count("\r\n") else "\n"
    wanted = block_text(marks, body, end)
    blocks = _blocks(before, marks, path)
    if not blocks:
        return _edit(path, text, (_append(before, wanted, end),))
    first, *extra = blocks
    return _edit(path, text, (*_removals(before, extra), *_replacement(first, wanted)))


def _edit(path: Path, text: str | None, edits: tuple[TextEdit, ...]) -> FileEdit:
    return FileEdit(path, text, edits, format="shell")


def _blocks(text: str, marks: Marks, path: Path) -> list[re.Match[str]]:
    begin, end = re.escape(marks.begin), re.escape(marks.end)
    whole = rf"^{begin}[ \t]*\r?\n(?:(?!{begin}|{end}).*\n)*{end}[ \t]*(?:\r?\n|\Z)"
    blocks = list(re.finditer(whole, text, re.MULTILINE))
    closed = {found.start() for found in blocks}
    for found in re.finditer(rf"^{begin}[ \t]*\r?$", text, re.MULTILINE):
        if found.start() not in closed:
            raise InvalidConfig(
                f"the block that begins with `{marks.begin}` has no end",
                path=path,
                line=text.count("\n", 0, found.start()) + 1,
                hint=f"remove it, or add the line `{marks.end}` after it",
            )
    return blocks


def _append(text: str, lines: str, end: str) -> TextEdit:
    """A last line without an end stays the only thing that has changed its place: the block then has none either."""
    if not text or text.endswith("\n"):
        return TextEdit(len(text), 0, lines)
    return TextEdit(len(text), 0, end + lines.removesuffix(end))


def _replacement(found: re.Match[str], lines: str) -> Iterator[TextEdit]:
    wanted = lines if found.group().endswith("\n") else lines.rstrip("\r\n")
    if found.group() != wanted:
        yield TextEdit(found.start(), len(found.group()), wanted)


def _removals(text: str, blocks: list[re.Match[str]]) -> Iterator[TextEdit]:
    """The last block first, so that the places of the others hold."""
    for found in reversed(blocks):
        start = found.start()
        if not found.group().endswith("\n"):  # at the file's end: what parted the last line from it was ours too
            start = len(text[:start].removesuffix("\n").removesuffix("\r"))
        yield TextEdit(start, found.end() - start, "")
