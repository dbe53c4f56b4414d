"""The variables of a .env file, as Crush reads them (crush-behaviour 1.8)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LONGEST = 1_048_576
"""Characters of a .env file that are looked at: an accident, not a file, is longer."""

_SPACE = "\t\v\f\r \x85\xa0"
_BETWEEN = regexp(r"(?:\s+|#[^\n]*(?:\n|\Z))*")
_NAME = regexp(rf"(?:export[{_SPACE}]++)?(?P<name>[A-Za-z0-9_.{_SPACE}]*+)[=:][{_SPACE}]*")
_LAST_WORD = regexp(rf"(?!export[{_SPACE}]+\Z)[A-Za-z0-9_.{_SPACE}]*\Z")
_BARE = regexp(r"[^\r\n]*")
_COMMENTED = regexp(rf"(?P<value>.*)[{_SPACE}]#")
_QUOTED = {quote: regexp(rf"{quote}(?P<text>.*?)(?<!\\){quote}", re.DOTALL) for quote in "'\""}
_ESCAPE = regexp(r"\\(?P<what>[^$])")
_LINE_ENDS = {"n": "\n", "r": "\r"}
_REFERENCE = regexp(r"(?P<escape>\\)?\$\(?\{?(?P<name>[A-Z0-9_]+)?\}?")


class _Broken(ValueError):
    """Not a .env file; Crush then takes nothing from it."""


def read_dotenv(text: str) -> dict[str, str]:
    """The variables of a .env file; none at all if a line is wrong (crush-behaviour 1.8).

    Crush reads the one in the folder it is started in, and never overrides a variable that is set.
    """
    found: dict[str, str] = {}
    try:
        for name, value in _pairs(text.replace("\r\n", "\n"), found):
            found[name] = value
    except _Broken:
        return {}
    return {name: value for name, value in found.items() if can_be_set(name, value)}


def _pairs(text: str, so_far: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if len(text) > LONGEST:
        raise _Broken
    at = _end(_BETWEEN, text, 0)
    while at < len(text):
        name = _NAME.match(text, at)
        if not name:
            if not _LAST_WORD.match(text, at):
                raise _Broken
            return
        value, at = _value(text, name.end(), so_far)
        yield name["name"].strip(_SPACE), value
        at = _end(_BETWEEN, text, at)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _value(text: str, at: int, so_far: Mapping[str, str]) -> tuple[str, int]:
    """The value that begins at `at`, and where it ends."""
    quote = text[at : at + 1]
    if quote in _QUOTED:
        return _quoted(text, at, quote, so_far)
    end = _end(_BARE, text, at)
    bare = text[at:end]
    if commented := _COMMENTED.match(bare):
        bare = commented["value"]
    return _with_references(bare.strip(_SPACE), so_far), end


def _quoted(text: str, at: int, quote: str, so_far: Mapping[str, str]) -> tuple[str, int]:
    found = _QUOTED[quote].match(text, at)
    if not found:
        raise _Broken
    value = found["text"].strip(quote)
    if quote == '"':
        value = _with_references(_ESCAPE.sub(lambda match: _LINE_ENDS.get(match["what"], match["what"]), value), so_far)
    return value, found.end()


def _with_references(value: str, so_far: Mapping[str, str]) -> str:
    """`$NAME` in upper case stands for a variable of the same file, and for nothing if that has none."""

    def referred(match: re.Match[str]) -> str:
        if match["escape"]:
            return match[0][1:]
        return so_far.get(match["name"], "") if match["name"] else match[0]

    if sum(len(referred(match)) for match in _REFERENCE.finditer(value)) > LONGEST:
        raise _Broken  # names that stand for names that stand for names
    return _REFERENCE.sub(referred, value)


def can_be_set(name: str, value: str) -> bool:
    """Whether the system takes a variable of this name with this value."""
    return bool(name) and not set("=\0") & set(name) and "\0" not in value
