"""A crush.json as Crush reads it: more patient than an editor may be.

Of two equal keys the last one counts, bytes that are no UTF-8 are replaced (crush-behaviour 1.4, 1.5).
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

from msgspec import Struct

from wizard.documents.json.draft import folded, named_fields
from wizard.documents.json.faults import Lines, refuse
from wizard.documents.json.syntax import LongInteger, items, parse, read_text
from wizard.errors import InvalidConfig
from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wizard.documents.json.draft import KeyPath
    from wizard.documents.json.syntax import Item

_MANY_DIGITS = regexp(r"\d{309,}")  # Crush's numbers end at 1.8e308


class Double(Struct, frozen=True):
    """A key that stands again later in the same object: nothing of this one counts. Places are line and column, from 1;
    `start` and `end` are the characters that could go.
    """

    key_path: KeyPath
    place: tuple[int, int]
    kept: tuple[int, int]
    start: int
    end: int


class JsonReading:
    """The tree of a file and where everything in it stands.

    Raises InvalidConfig, with the place, for what keeps Crush from starting: text that is no JSON (F2, but see
    `is_json`) and a top level that is no object (F3).
    """

    format = "json"

    def __init__(self, raw: bytes, path: Path) -> None:
        self.path = path
        self.text, self._root = _parsed(raw, path)
        self._members: dict[int, dict[str | int, Item]] = {}

    @property
    def tree(self) -> dict[str, Any]:
        """The whole file, keys spelled as they are there."""
        tree: dict[str, Any] = self._root.value
        return tree

    def position(self, key_path: KeyPath) -> tuple[int, int] | None:
        """Line and column, from 1, of the key or element that counts; None if there is none.

        Names of fields are found in any letter case.
        """
        item: Item | None = self._root
        way: KeyPath = ()
        for key in key_path:
            item = self._child(item, way, key) if item else None
            way = (*way, folded(way, key))
        return self._place(item.start) if item else None

    def doubles(self) -> tuple[Double, ...]:
        """Every key that is lost because it comes again, in the order of the file."""
        return tuple(self._doubles(self._root, ()))

    def _doubles(self, container: Item, path: KeyPath) -> Iterator[Double]:
        if not isinstance(container.value, dict | list):
            return
        found = items(self.text, container)
        last = {item.key: number for number, item in enumerate(found)}
        for number, item in enumerate(found):
            way = (*path, item.key)
            if last[item.key] == number:
                yield from self._doubles(item, way)
            else:
                kept = self._place(found[last[item.key]].start)
                yield Double(way, self._place(item.start), kept, item.start, found[number + 1].start)

    def _child(self, container: Item, path: KeyPath, key: str | int) -> Item | None:
        if isinstance(container.value, list) != isinstance(key, int):
            return None
        members = self._members_of(container)
        if key in members or not named_fields(path):
            return members.get(key)
        return next((item for item in reversed(members.values()) if folded(path, item.key) == folded(path, key)), None)

    def _members_of(self, container: Item) -> dict[str | int, Item]:
        """What an object or a list holds; of two equal keys the last one."""
        if container.value_start not in self._members:
            found = items(self.text, container)
            self._members[container.value_start] = {item.key: item for item in found}
        return self._members[container.value_start]

    def _place(self, offset: int) -> tuple[int, int]:
        return self._lines.position(offset)

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self.text)


def is_json(raw: bytes) -> bool:
    """Whether Crush takes a file that was refused for JSON, whatever it makes of it."""
    try:
        json.loads(raw.decode("utf-8", "replace"), parse_int=str, parse_float=str, parse_constant=_refuse_word)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse_word(word: str) -> NoReturn:
    """NaN and its like are no JSON."""
    raise ValueError(word)


def _parsed(raw: bytes, path: Path) -> tuple[str, Item]:
    try:
        text = read_text(raw, path)
    except InvalidConfig as error:
        return _parsed_patiently(raw, path, error)
    root = parse(text, path)
    if _is_beyond(root.value) and (digits := _MANY_DIGITS.search(text)):
        refuse(text, digits.start(), path, "a number that is too large", "Crush refuses this file as well")
    return text, root


def _parsed_patiently(raw: bytes, path: Path, error: InvalidConfig) -> tuple[str, Item]:
    text = raw.decode("utf-8", "replace")
    try:
        return text, parse(text, path)
    except InvalidConfig:
        raise error from None


def _is_beyond(value: Any) -> bool:
    """Whether there is a number that no float can hold."""
    if isinstance(value, dict | list):
        return any(map(_is_beyond, value.values() if isinstance(value, dict) else value))
    if isinstance(value, int):
        return abs(value) >= 2**1024
    return isinstance(value, LongInteger)
