"""Masking secrets in whatever is about to be shown."""

from __future__ import annotations

import base64
import json
import re
import traceback
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

from wizard.provider.dummy_key import is_dummy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MASK = "<redacted>"
LONGEST_WORD = 8
"""Letters; what keys of JSON documents are mostly below."""
SHORTEST = 4
"""Shorter values are left alone: masking `a` everywhere would garble all text, and so give it away."""


class Redactor:
    """Knows secret values and masks them, in every spelling that a program is likely to give them."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._spellings: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Mask this value from now on. Values below four characters are not masked, nor what stands for no key."""
        if is_dummy(secret):
            return
        self._spellings.update(form for form in _spellings(secret.strip()) if len(form) >= SHORTEST)
        longest_first = sorted(self._spellings, key=len, reverse=True)
        if longest_first:
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def text(self, text: str) -> str:
        """The text with `<redacted>` in place of every secret."""
        return self._pattern.sub(MASK, text) if self._pattern else text

    def value(self, value: Any) -> Any:
        """The same JSON value with every string in it redacted, keys included; one that is a short word stays.

        Programs read by these words, and a key or a passphrase may be such a word (`test`, `state`).
        """
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self._key(key): self.value(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        return value

    def _key(self, key: str) -> str:
        return key if len(key) <= LONGEST_WORD else self.text(key)


def redacted_traceback(error: BaseException, redactor: Redactor) -> str:
    """The traceback with its causes and notes, no local variables, and every known secret masked."""
    return redactor.text("".join(traceback.format_exception(error)))


def _spellings(secret: str) -> Iterator[str]:
    if len(secret) < SHORTEST:
        return
    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    yield quote(secret)
    yield quote(secret, safe="")
    yield quote_plus(secret)
    yield from _inside_base64(secret.encode("utf-8", "surrogatepass"))


def _inside_base64(secret: bytes) -> Iterator[str]:
    """What the secret looks like in base64 whatever stands around it (`user:key`): three alignments.

    The first and last characters of an alignment mix in the neighbours' bits, so they are left off.
    """
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + secret).decode("ascii").rstrip("=")
        whole = len(secret) + shift
        inner = encoded[(shift * 8 + 5) // 6 : whole * 8 // 6]
        yield inner
        yield inner.replace("+", "-").replace("/", "_")
