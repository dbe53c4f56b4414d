"""Where each key of a TOML text stands, which tomllib does not tell."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Iterator

KeyPath = tuple[str | int, ...]
"""Names of tables and keys from the top down; an int is a place in an array, from 0."""

_TOKEN = regexp(
    r"""
      \#[^\n]*                                              # a comment
    | (?P<text> \"{3} (?:\\.|(?!\"{3})[^\\])* \"{3,5}
              | '{3} .*? '{3,5}
              | " (?:\\.|[^"\\\n])* "
              | ' [^'\n]* ' )
    | (?P<mark> [\[\]{}=,.\n] )
    | (?P<bare> [^\s\[\]{}=,."'\#]+ )
    """,
    re.VERBOSE | re.DOTALL,
)
_END = ""


class _Tokens:
    """The tokens of a text, one ahead; after the last comes `_END`, without end."""

    def __init__(self, text: str) -> None:
        self._matches: Iterator[re.Match[str]] = (match for match in _TOKEN.finditer(text) if match.lastgroup)
        self.is_mark = False
        self.offset = 0
        self.here = _END
        self.step()

    def step(self) -> str:
        """The token that was here; moves on to the next."""
        passed, match = self.here, next(self._matches, None)
        self.here = match[0] if match else _END
        self.is_mark = bool(match and match.lastgroup == "mark")
        self.offset = match.start() if match else self.offset
        return passed

    def at(self, *marks: str) -> bool:
        return self.here == _END or (self.is_mark and self.here in marks)


class _Positions:
    """One pass over a text, noting the offset of every key."""

    def __init__(self, text: str) -> None:
        self.tokens = _Tokens(text)
        self.found: dict[KeyPath, int] = {}
        self.lengths: Counter[KeyPath] = Counter()
        self.table: KeyPath = ()
        while self.tokens.here != _END:
            self._statement()

    def _statement(self) -> None:
        if self.tokens.at("\n"):
            self.tokens.step()
        elif self.tokens.at("["):
            self._header()
        else:
            self._pair(self.table)

    def _header(self) -> None:
        self.tokens.step()
        is_array = self.tokens.at("[")
        self._skip("[")
        offset, names = self.tokens.offset, self._names("]", "\n")
        *outer, last = names or ("",)
        self.table = (*self._inside(outer), last)
        self.found.setdefault(self.table, offset)
        if is_array:
            self.lengths[self.table] += 1
            self.table = (*self.table, self.lengths[self.table] - 1)
            self.found[self.table] = offset
        self._skip("]")

    def _inside(self, names: list[str]) -> KeyPath:
        """The path of a table, in the latest element of each array of tables on the way."""
        path: KeyPath = ()
        for name in names:
            path = (*path, name)
            if count := self.lengths[path]:
                path = (*path, count - 1)
        return path

    def _pair(self, table: KeyPath) -> None:
        offset = self.tokens.offset
        key = table
        for name in self._names("=", "\n", ",", "]", "}"):
            key = (*key, name)
            self.found.setdefault(key, offset)
        if self.tokens.at("="):
            self.tokens.step()
            self._value(key)
        elif not self.tokens.at("\n"):
            self.tokens.step()

    def _names(self, *ends: str) -> tuple[str, ...]:
        names = []
        while not self.tokens.at(*ends):
            word = self.tokens.step()
            if word != ".":
                names.append(word.strip("\"'"))
        return tuple(names)

    def _value(self, key: KeyPath) -> None:
        if self.tokens.at("["):
            self._array(key)
        elif self.tokens.at("{"):
            self._inline_table(key)
        while not self.tokens.at("\n", ",", "]", "}"):
            self.tokens.step()

    def _array(self, key: KeyPath) -> None:
        self.tokens.step()
        place = 0
        while not self.tokens.at("]"):
            if self.tokens.at("\n", ",", "}"):
                place += self.tokens.step() == ","
                continue
            self.found.setdefault((*key, place), self.tokens.offset)
            self._value((*key, place))
        self.tokens.step()

    def _inline_table(self, key: KeyPath) -> None:
        self.tokens.step()
        while not self.tokens.at("}"):
            if self.tokens.at("\n", ",", "]"):
                self.tokens.step()
            else:
                self._pair(key)
        self.tokens.step()

    def _skip(self, mark: str) -> None:
        while self.tokens.here == mark:
            self.tokens.step()


def locate(text: str, key: KeyPath) -> tuple[int, int] | None:
    """Line and column, from 1, of a key of a valid TOML text; of the table around it if the key is not there.

    None if that is the top of the text. Never raises, whatever the text.
    """
    found = _Positions(text).found
    while key and key not in found:
        key = key[:-1]
    if not key:
        return None
    offset = found[key]
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
