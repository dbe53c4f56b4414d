"""How a JSON file is laid out, and how a new value looks in the same hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from wizard.documents.json.syntax import LongInteger, items
from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wizard.documents.json.syntax import Item

# An opening bracket that ends its line, and the indent of what it holds.
_OPENED = regexp(r"[{\[][ \t]*\r?\n([ \t]*)[^\s\]}]")
_COMMA_FIRST = regexp(r"\n[ \t]*,")
_INDENT = regexp(r"[ \t]*")
# What JSON allows in a string but terminals and editors take for something else, or UTF-8 can't carry.
_UNSEEN = regexp("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")


class Layout(Struct, frozen=True):
    """`newline` is empty for a file on a single line; `colon` and `comma` carry the blanks around them."""

    newline: str = "\n"
    unit: str = "  "
    colon: str = ": "
    comma: str = ", "
    comma_first: bool = False

    def one_line(self, value: Any) -> str:
        """The value without a line break."""
        if _is_object(value):
            return "{" + self.comma.join(self.member(key, self.one_line(child)) for key, child in value.items()) + "}"
        if _is_list(value):
            return "[" + self.comma.join(map(self.one_line, value)) + "]"
        return scalar(value)

    def block(self, value: Any, indent: str) -> str:
        """The value as it stands on a line that begins with `indent`; lists of plain values stay on one line."""
        if not self.newline or not value or not _needs_lines(value):
            return self.one_line(value)
        inner = indent + self.unit
        if _is_object(value):
            return "{" + self.lines((self.member(k, self.block(v, inner)) for k, v in value.items()), indent) + "}"
        return "[" + self.lines((self.block(child, inner) for child in value), indent) + "]"

    def lines(self, printed: Iterable[str], indent: str) -> str:
        """Printed members or elements between the brackets of a container whose line begins with `indent`."""
        inner = self.newline + indent + self.unit
        if self.comma_first:
            return " " + (inner + ", ").join(printed) + inner
        return inner + ("," + inner).join(printed) + self.newline + indent

    def member(self, key: str, printed: str) -> str:
        return _key(key) + self.colon + printed


def layout_of(text: str, root: Item) -> Layout:
    """The layout of a file. An empty object has none yet: it grows as a new file would, with its line ends."""
    newline = "\r\n" if "\r\n" in text else "\n"
    members = items(text, root)
    if not members:
        return Layout(newline)
    colon = text[members[0].key_end : members[0].value_start]
    colon = ": " if "\n" in colon else colon
    return Layout(
        newline if "\n" in text[root.start : root.end] else "",
        _unit(text),
        colon,
        ", " if colon.endswith((" ", "\t")) else ",",
        bool(_COMMA_FIRST.search(text)),
    )


def scalar(value: Any) -> str:
    """One plain value as JSON; characters beyond ASCII as they are, unless they can't be seen.

    Raises ValueError for NaN and infinity.
    """
    if isinstance(value, LongInteger):
        return str(value)
    printed = _printed(value)
    return (
        printed
        if printed.isascii() and "\x7f" not in printed
        else _UNSEEN.sub(lambda match: f"\\u{ord(match.group()):04x}", printed)
    )


_printed = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
_key = lru_cache(scalar)
"""A file has few different ones."""


def indent_at(text: str, offset: int) -> str:
    """The white space which begins the line that holds an offset."""
    match = _INDENT.match(text, text.rfind("\n", 0, offset) + 1, offset)
    return match.group() if match else ""


def _unit(text: str) -> str:
    """What one level adds to the indent, seen at the first bracket which ends its line and indents what follows."""
    unit = None
    for opened in _OPENED.finditer(text):
        unit = opened[1].removeprefix(indent_at(text, opened.start()))
        if unit:
            return str(unit)
    return Layout().unit if unit is None else ""


def _needs_lines(value: Any) -> bool:
    return _is_object(value) or (_is_list(value) and any(_is_object(child) or _is_list(child) for child in value))


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)
