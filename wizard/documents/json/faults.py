"""Says what is wrong with a text that is not JSON, and where.

Python's own messages differ between versions and point beside the culprit, so a refused text is read a second
time, slowly, by a small state machine of our own. A text that is fine never comes here.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from wizard.errors import InvalidConfig
from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAX_DEPTH = 200
"""Objects and lists inside each other; Crush's own fields need fewer than ten."""

SPACE = regexp(r"[ \t\n\r]*")
_NUMBER = regexp(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_DIGITS = regexp(r"[-+.0-9][-+.0-9A-Za-z]*")
_WORD = regexp(r"[-+]?[A-Za-z_$][\w$.]*")
_PLAIN = regexp(r'[^"\\\x00-\x1f]*')
_ESCAPE = regexp(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})')
_COMMENT = regexp(r"//|/\*|#")

_Step: TypeAlias = "Callable[[], _Step | None]"

WITHOUT_BOM = "Crush refuses this file as well: save it as UTF-8 without BOM"
_STRICT = "Crush refuses this file as well: it reads strict JSON only"
_NUMBERS = "Crush refuses this file as well: JSON has only finite numbers, written like 1, -0.5 or 2e6"


def position(text: str, offset: int) -> tuple[int, int]:
    """The line and column, both counted in characters from 1, of an offset."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


class Lines:
    """The same for many offsets of one text, which is gone through once."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def position(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


def refuse(text: str, offset: int, path: Path | str, message: str, hint: str) -> NoReturn:
    """Raises InvalidConfig that points at an offset of the text."""
    line, column = position(text, offset)
    raise InvalidConfig(message, hint=hint, path=path, line=line, column=column)


def explain(text: str, path: Path | str) -> None:
    """Raise InvalidConfig at the first fault of a text; return if it is JSON that we can take."""
    reader = _Reader(text, path)
    step: _Step | None = reader.begin
    while step is not None:
        reader.skip_space()
        step = step()


class _Reader:
    """Reads one token a step; each step returns the next one. A list, not the stack, holds the open brackets."""

    def __init__(self, text: str, path: Path | str) -> None:
        self.text = text
        self.path = path
        self.at = 0
        self.comma = 0
        self.closers: list[str] = []

    def skip_space(self) -> None:
        self.at = self._end_of(SPACE, self.at)

    def begin(self) -> _Step:
        if self.text.startswith("\ufeff"):
            refuse(self.text, 0, self.path, "the file starts with a byte order mark (BOM)", WITHOUT_BOM)
        if self.at == len(self.text):
            hint = "Crush refuses this file as well: delete it, or put {} into it"
            refuse(self.text, 0, self.path, "the file has only white space", hint)
        return self.value

    def value(self) -> _Step:
        char = self.text[self.at : self.at + 1]
        if char in ("{", "["):
            return self._open(char)
        if char == '"':
            self._string()
        elif number := _NUMBER.match(self.text, self.at):
            self._number(number.group())
        elif word := next((w for w in ("true", "false", "null") if self.text.startswith(w, self.at)), None):
            self.at += len(word)
        else:
            self._unexpected("a value")
        return self.after_value

    def first_item(self) -> _Step:
        return self._close() if self.text.startswith("]", self.at) else self.value()

    def first_key(self) -> _Step:
        return self._close() if self.text.startswith("}", self.at) else self.key()

    def key(self) -> _Step:
        if not self.text.startswith('"', self.at):
            self._unexpected("a key in double quotes")
        self._string()
        return self.colon

    def colon(self) -> _Step:
        if not self.text.startswith(":", self.at):
            self._unexpected("`:` after the key")
        self.at += 1
        return self.value

    def after_value(self) -> _Step | None:
        if not self.closers:
            return None if self.at == len(self.text) else self._unexpected("the end of the file")
        if self.text.startswith(self.closers[-1], self.at):
            return self._close()
        if not self.text.startswith(",", self.at):
            self._unexpected(f"`,` or `{self.closers[-1]}`")
        self.comma = self.at
        self.at += 1
        return self.after_comma

    def after_comma(self) -> _Step:
        if self.text.startswith(("]", "}"), self.at):
            self._refuse(self.comma, "a comma with nothing after it", f"{_STRICT}. Remove this comma")
        return self.key() if self.closers[-1] == "}" else self.value()

    def _open(self, bracket: str) -> _Step:
        if len(self.closers) == MAX_DEPTH:
            hint = "simplify this part of the file"
            self._refuse(self.at, f"objects and lists are nested too deeply, more than {MAX_DEPTH} levels", hint)
        self.at += 1
        self.closers.append("}" if bracket == "{" else "]")
        return self.first_key if bracket == "{" else self.first_item

    def _close(self) -> _Step:
        self.at += 1
        self.closers.pop()
        return self.after_value

    def _string(self) -> None:
        start = self.at
        self.at = self._end_of(_PLAIN, start + 1)
        while not self.text.startswith('"', self.at):
            self.at = self._end_of(_PLAIN, self._escape(start))
        self.at += 1

    def _escape(self, start: int) -> int:
        """The end of the escape at the current place, which is no plain character of a string."""
        escape = _ESCAPE.match(self.text, self.at)
        return escape.end() if escape else self._bad_character(start)

    def _bad_character(self, start: int) -> NoReturn:
        if self.at == len(self.text):
            self._refuse(start, "this string is never closed", 'put a `"` at its end')
        char = self.text[self.at]
        if char == "\\":
            hint = "JSON knows \\b \\f \\n \\r \\t and \\u with four hex digits; write \\\\ for a backslash"
            self._refuse(self.at, "an unknown escape in a string", hint)
        if char in "\r\n":
            hint = 'close the string with `"`, or write \\n for a line break inside it'
            self._refuse(self.at, "the line ends inside a string", hint)
        hint = f"write it as \\u{ord(char):04x}"
        self._refuse(self.at, f"a control character (U+{ord(char):04X}) in a string", hint)

    def _number(self, spelling: str) -> None:
        if not spelling.lstrip("-").isdigit() and float(spelling) in (float("inf"), float("-inf")):
            self._refuse(self.at, "a number that is too large", _NUMBERS)
        whole = self._end_of(_DIGITS, self.at)
        if whole > self.at + len(spelling):
            self._refuse(self.at, f"{_shown(self.text[self.at : whole])} is not a JSON number", _NUMBERS)
        self.at += len(spelling)

    def _unexpected(self, wanted: str) -> NoReturn:
        """Refuse what stands here; the frequent mistakes get a message of their own."""
        rest = self.text[self.at : self.at + 60]
        word = _WORD.match(rest)
        if not rest:
            owed = "".join(reversed(self.closers))
            self._refuse(self.at, f"the file ends where {wanted} should be", f"still open here: `{owed}` must follow")
        if comment := _COMMENT.match(rest):
            self._refuse(self.at, f"a comment ({comment.group()})", f"{_STRICT}, without comments")
        if rest[0] == "'":
            self._refuse(self.at, "a string in single quotes", f'{_STRICT}. Use double quotes: "..."')
        if word and word.group().lstrip("+-") in ("NaN", "Infinity", "inf", "nan"):
            self._refuse(self.at, f"{word.group()} is not a JSON number", _NUMBERS)
        if word:
            hint = f"{_STRICT}: strings and keys need double quotes, except true, false and null"
            self._refuse(self.at, f"expected {wanted}, found {_shown(word.group())}", hint)
        number = _DIGITS.match(rest)
        found = number.group() if number else rest[0]
        self._refuse(self.at, f"expected {wanted}, found {_shown(found)}", _NUMBERS if number else _STRICT)

    def _refuse(self, offset: int, message: str, hint: str) -> NoReturn:
        refuse(self.text, offset, self.path, message, hint)

    def _end_of(self, pattern: re.Pattern[str], offset: int) -> int:
        match = pattern.match(self.text, offset)
        return match.end() if match else offset


def _shown(found: str) -> str:
    """What stands in the file, safe to print; long words are cut, for they may be a key without its quotes."""
    if not found.isprintable():
        return f"U+{ord(found[0]):04X}"
    return f"`{found}`" if len(found) <= 12 else f"`{found[:6]}...`"
