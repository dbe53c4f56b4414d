"""Masking the literal secrets of a config file, in whatever way JSON can spell them."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from wizard.occurrences import Texts
from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# A secret this short is masked only where it stands alone: `x` must not eat the x of other words.
_SHORT = 8
_SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "/": "\\/", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_LONG_ESCAPES = {escape: char for char, escape in _SHORT_ESCAPES.items()}
_HEX = r"[0-9A-Fa-f]"
_ESCAPE = regexp(
    rf"""\\(?:u[Dd][89ABab]{_HEX}{_HEX}\\u[Dd][C-Fc-f]{_HEX}{_HEX} | u{_HEX}{_HEX}{_HEX}{_HEX} | ["\\/bfnrt])""",
    re.VERBOSE,
)


class Mask:
    """Puts something else in the place of each secret. `masked` says what, by secret."""

    def __init__(self, masked: Mapping[str, str]) -> None:
        self._masked = {secret: shown for secret, shown in masked.items() if secret}
        plain = [secret for secret in self._masked if "\\" not in secret]
        self._long = Texts(secret for secret in plain if len(secret) >= _SHORT)
        self._short = Texts(secret for secret in plain if len(secret) < _SHORT)
        self._others = {secret: re.compile(_spellings(secret)) for secret in self._masked if "\\" in secret}

    def text(self, text: str) -> str:
        """The text without the secrets. It keeps its number of lines."""
        kept: list[str] = []
        at = 0
        for start, end, secret in self._spans(text):
            shown = self._masked[secret]
            kept += (text[at:start], re.sub(r"[^\r\n]+", lambda _, shown=shown: shown, text[start:end]))  # type: ignore[misc]
            at = end
        return "".join((*kept, text[at:])) if at else text

    def found(self, text: str) -> tuple[str, ...]:
        """What stands in the masked text in the places of the secrets."""
        return tuple(self._masked[secret] for _, _, secret in self._spans(text))

    def _spans(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Where each secret stands, and which it is; of those that begin at one place the longest, and none twice."""
        at = 0
        for start, end, secret in sorted(self._all_spans(text), key=lambda span: (span[0], -len(span[2]))):
            if start >= at:
                yield start, end, secret
                at = end

    def _all_spans(self, text: str) -> Iterator[tuple[int, int, str]]:
        for start, end, secret in (*self._plain(text), *self._escaped(text), *self._with_backslash(text)):
            if len(secret) >= _SHORT or _stands_alone(text, start, end):
                yield start, end, secret

    def _plain(self, text: str) -> Iterator[tuple[int, int, str]]:
        for texts in (self._long, self._short):  # a short one may stand across the beginning of a long one
            yield from ((start, start + len(secret), secret) for start, secret in texts.spans(text))

    def _escaped(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Where a secret stands with some of its characters escaped."""
        escapes = (
            [match.span() for match in _ESCAPE.finditer(text)] if "\\" in text and (self._long or self._short) else []
        )
        if not escapes:
            return
        plain, places = _unescaped(text, escapes)
        for start, end, secret in self._plain(plain):
            yield places.original(start), places.original(end), secret

    def _with_backslash(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Where one stands that can't be told from an escape by itself."""
        for secret, pattern in self._others.items():
            yield from ((match.start(), match.end(), secret) for match in pattern.finditer(text))


class _Places:
    """Where the characters of a text without escapes were in the one with them."""

    def __init__(self) -> None:
        self._starts = [0]
        self._shifts = [0]

    def add(self, start: int, shift: int) -> None:
        """From this character on, a text is so much shorter."""
        self._starts.append(start)
        self._shifts.append(shift)

    def original(self, offset: int) -> int:
        return offset + self._shifts[bisect_right(self._starts, offset) - 1]


def _unescaped(text: str, escapes: Iterable[tuple[int, int]]) -> tuple[str, _Places]:
    """The text with each escape of JSON as its character."""
    places = _Places()
    parts: list[str] = []
    at = length = 0
    for start, end in escapes:
        parts += (text[at:start], _character(text[start:end]))
        length += start - at + len(parts[-1])
        at = end
        places.add(length, end - length)
    return "".join((*parts, text[at:])), places


def _character(escape: str) -> str:
    """One or two of UTF-16 are one character; half of one stays what it is."""
    if escape[1] != "u":
        return _LONG_ESCAPES[escape]
    units = bytes.fromhex(escape.replace("\\u", ""))
    return units.decode("utf-16-be", "surrogatepass")


def _stands_alone(text: str, start: int, end: int) -> bool:
    return not (_is_word(text[max(start - 1, 0) : start]) or _is_word(text[end : end + 1]))


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _spellings(secret: str) -> str:
    """A pattern of all the ways in which a text or a JSON string can spell a secret."""
    return "".join(map(_spelling, secret))


def _spelling(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass").hex()
    escaped = "".join(rf"\\u(?i:{units[i : i + 4]})" for i in range(0, len(units), 4))
    ways = [re.escape(char), escaped]
    if char in _SHORT_ESCAPES:
        ways.append(re.escape(_SHORT_ESCAPES[char]))
    return f"(?:{'|'.join(ways)})"
