"""Masking the literal secrets of a config file, in whatever way JSON can spell them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# A secret this short is masked only where it stands alone: `x` must not eat the x of other words.
_SHORT = 8
_SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "/": "\\/", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class Mask:
    """Puts something else in the place of each secret. `masked` says what, by secret."""

    def __init__(self, masked: Mapping[str, str]) -> None:
        self._masked = masked
        self._secrets = sorted(filter(None, masked), key=len, reverse=True)  # one may begin with another
        self._pattern = re.compile("|".join(f"({_spellings(secret)})" for secret in self._secrets))

    def text(self, text: str) -> str:
        """The text without the secrets. It keeps its number of lines."""
        return self._pattern.sub(self._shown, text) if self._secrets else text

    def found(self, text: str) -> tuple[str, ...]:
        """What stands in the masked text in the places of the secrets."""
        return tuple(map(self._mask, self._pattern.finditer(text))) if self._secrets else ()

    def _shown(self, match: re.Match[str]) -> str:
        return re.sub(r"[^\r\n]+", lambda _: self._mask(match), match.group())

    def _mask(self, match: re.Match[str]) -> str:
        return self._masked[self._secrets[(match.lastindex or 1) - 1]]


def _spellings(secret: str) -> str:
    """A pattern of all the ways in which a text or a JSON string can spell a secret."""
    pattern = "".join(map(_spelling, secret))
    return pattern if len(secret) >= _SHORT else rf"(?<!\w){pattern}(?!\w)"


def _spelling(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass").hex()
    escaped = "".join(rf"\\u(?i:{units[i : i + 4]})" for i in range(0, len(units), 4))
    ways = [re.escape(char), escaped]
    if char in _SHORT_ESCAPES:
        ways.append(re.escape(_SHORT_ESCAPES[char]))
    return f"(?:{'|'.join(ways)})"
