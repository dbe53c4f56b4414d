"""Text as a terminal shows it: made safe, measured in columns, cut, wrapped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.redaction import redact
from wizard.regexp import regexp
from wizard.shown import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

ELLIPSIS = "…"
_TOGETHER = regexp(r"(?<=: )crush-wizard .+|\S*`[^`]+`\S*|[✓✗–] \S+|\S+")
"""What stands together on a line, if it has room there: a command, a mark and its word."""


class Painted(str):
    """Text that has been made safe already, and has colours."""

    __slots__ = ()


def one_line(text: str) -> str:
    """The text safe and on one line, runs of white space made one blank: for labels and table cells."""
    return safe(" ".join(text.split()))


def encodes(text: str, encoding: str | None) -> bool:
    """Whether an encoding has all characters of a text; one that is unknown or not named has those of ASCII."""
    try:
        text.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def columns(text: str) -> int:
    """How many terminal columns the text takes; East-Asian wide characters take two."""
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth

    return max(wcswidth(text), 0)


def cut(text: str, width: int) -> str:
    """The text in at most `width` columns, with an ellipsis where something was left off.

    Half a secret is none that could still be told and masked, so it is masked before.
    """
    if columns(text) <= width:
        return text
    text = redact(text)
    if columns(text) <= width:
        return text
    kept = _head(text, max(width - 1, 0)).rstrip()
    return kept + ELLIPSIS if width > 0 else ""


def pad(text: str, width: int) -> str:
    """The text followed by the blanks that fill `width` columns."""
    return text + " " * (width - columns(text))


def wrap(text: str, width: int | None) -> str:
    """Prose broken between words at `width` columns (None: not at all); the indent of each line is kept.

    A word that is longer than a line stays whole, so that a URL or a path can still be copied. So does a command that
    fits a line; and a mark stays with the word that it is about.
    """
    if width is None:
        return text
    return "\n".join(part for line in text.split("\n") for part in _wrapped(line, width))


def _head(text: str, width: int) -> str:
    used = 0
    for index, character in enumerate(text):
        used += columns(character)
        if used > width:
            return _shortened(text[:index], width)
    return _shortened(text, width)


def _shortened(text: str, width: int) -> str:
    """Letters that are drawn together may take more columns than each of them does."""
    while columns(text) > width:
        text = text[:-1]
    return text


def _wrapped(line: str, width: int) -> list[str]:
    if columns(line) <= width:
        return [line]
    indent = line[: len(line) - len(line.lstrip())]
    lines: list[str] = []
    current = ""
    for word in _words(line, width - columns(indent)):
        longer = f"{current} {word}" if current else indent + word
        if current and columns(longer) > width:
            lines.append(current)
            longer = indent + word
        current = longer
    return [*lines, current]


def _words(line: str, room: int) -> Iterator[str]:
    for together in _TOGETHER.findall(" ".join(line.split())):
        yield from [together] if columns(together) <= room else together.split()
