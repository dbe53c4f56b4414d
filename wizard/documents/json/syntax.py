"""Where things stand in a JSON text: exact spans of keys and values, at the speed of Python's own scanner."""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from wizard.documents.json.faults import MAX_DEPTH, SPACE, WITHOUT_BOM, explain, position, refuse
from wizard.errors import InvalidConfig

if TYPE_CHECKING:
    from pathlib import Path

Key = str | int
"""A key of an object or an index of a list."""


# Python refuses to convert more digits than a limit which can be set as low as this.
_MAX_DIGITS = 640

_UTF32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class LongInteger(str):
    """The digits of an integer that is too long for Python's int, as the file spells them."""

    __slots__ = ()


class Item(NamedTuple):
    """A member of an object or an element of a list. Offsets count characters.

    `start` is where its key begins (an element has none: there `start`, `key_end` and `value_start` are one),
    `end` the offset after its value.
    """

    key: Key
    start: int
    key_end: int
    value_start: int
    end: int
    value: Any


def read_text(raw: bytes, path: Path | str) -> str:
    """Decode a file as strict UTF-8, every character and line end as it is.

    Raises InvalidConfig for a byte order mark, UTF-16, UTF-32 and invalid UTF-8 (crush-behaviour 1.5).
    """
    if encoding := _other_encoding(raw):
        message = f"the file is {encoding}, not UTF-8"
        raise InvalidConfig(message, hint=WITHOUT_BOM, path=path, line=1, column=1)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8")
        refuse(before, len(before), path, f"byte 0x{raw[error.start]:02X} is not valid UTF-8", "save the file as UTF-8")
    if text.startswith("\ufeff"):
        explain(text, path)
    return text


def _other_encoding(raw: bytes) -> str | None:
    """UTF-16 or UTF-32 by its byte order mark, or by the zero bytes which ASCII brackets and quotes have there."""
    if raw.startswith(_UTF32) or raw[:3] == b"\0\0\0" or raw[1:4] == b"\0\0\0":
        return "UTF-32"
    return "UTF-16" if raw.startswith(_UTF16) or b"\0" in raw[:2] else None


def parse(text: str, path: Path | str) -> Item:
    """The whole of a text as one Item, its value a plain dict (the last of two equal keys wins, as in Crush).

    Raises InvalidConfig, with line and column, for all that Crush would not take and for nesting beyond MAX_DEPTH.
    """
    start = _skip(text, 0)
    try:
        value, end = _scan(text, start)
    except (ValueError, RecursionError):
        _refuse_invalid(text, path)
    if _skip(text, end) < len(text) or _depth(value) > MAX_DEPTH:
        _refuse_invalid(text, path)
    if not isinstance(value, dict):
        message = f"the top level is {kind(value)}, not an object"
        refuse(text, start, path, message, "Crush refuses this file as well: it must begin with `{` and end with `}`")
    return Item("", start, start, start, end, value)


def items(text: str, container: Item) -> tuple[Item, ...]:
    """What an object or list of a text that was parsed holds, in order; nothing for any other value."""
    if not isinstance(container.value, dict | list) or not container.value:
        return ()
    read = _member if isinstance(container.value, dict) else _element
    found: list[Item] = []
    offset = container.value_start
    while text[offset] not in "]}":
        item = read(text, _skip(text, offset + 1), len(found))
        found.append(item)
        offset = _skip(text, item.end)
    return tuple(found)


def read_again(text: str, item: Item) -> Item:
    """The same item in a text in which something inside of it, or behind it, is another one."""
    value, end = _scan(text, item.value_start)
    return item._replace(end=end, value=value)


def has_distinct_keys(text: str, item: Item) -> bool:
    """Whether no object in an item has two keys that are one in any letter case: one look at all of them."""
    try:
        _scan_distinct(text, item.value_start)
    except _DoubleKeyError:
        return False
    return True


def kind(value: Any) -> str:
    """What JSON calls a value, with its article."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float() | LongInteger():
            return "a number"
        case str():
            return "a string"
        case list():
            return "a list"
        case _:
            return "an object"


def same(one: Any, other: Any) -> bool:
    """Equal as JSON: 1 and 1.0 are, 1 and true are not, the order of keys does not count."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return kind(one) == kind(other) and bool(one == other)


def _element(text: str, start: int, index: Key) -> Item:
    value, end = _scan(text, start)
    return Item(index, start, start, start, end, value)


def _member(text: str, start: int, _: int) -> Item:
    key, key_end = _scan(text, start)
    value_start = _skip(text, _skip(text, key_end) + 1)
    value, end = _scan(text, value_start)
    return Item(key, start, key_end, value_start, end, value)


def _skip(text: str, offset: int) -> int:
    match = SPACE.match(text, offset)
    return match.end() if match else offset


def _depth(value: Any) -> int:
    """How deep objects and lists are inside each other, level by level: a file may be deeper than our stack."""
    depth, level = 0, [value]
    while level := [part for part in level if isinstance(part, dict | list)]:
        depth += 1
        level = [child for part in level for child in (part.values() if isinstance(part, dict) else part)]
    return depth


def _refuse_invalid(text: str, path: Path | str) -> NoReturn:
    explain(text, path)
    line, column = position(text, 0)
    raise InvalidConfig("the file can't be read as JSON", path=path, line=line, column=column)


def _integer(spelling: str) -> int | LongInteger:
    return int(spelling) if len(spelling) <= _MAX_DIGITS else LongInteger(spelling)


def _fraction(spelling: str) -> float:
    number = float(spelling)
    if number in (float("inf"), float("-inf")):
        raise ValueError(spelling)
    return number


def _no_constant(spelling: str) -> NoReturn:
    raise ValueError(spelling)


def _distinct(pairs: list[tuple[str, Any]]) -> None:
    if len({key.casefold() for key, _ in pairs}) < len(pairs):
        raise _DoubleKeyError


class _DoubleKeyError(Exception):
    pass


_scan_distinct = json.JSONDecoder(object_pairs_hook=_distinct, parse_int=str, parse_float=str).raw_decode
_scan = json.JSONDecoder(parse_int=_integer, parse_float=_fraction, parse_constant=_no_constant).raw_decode
