"""What must not be shown: a secret is known from where it enters on, and masked in whatever is said until the run ends.

Making a SecretText is all that an entrance does. Nothing that prints has to remember.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from wizard.credential import recognize
from wizard.occurrences import Texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MASK = "<redacted>"
LONGEST_WORD = 8
"""Letters; what keys of JSON documents are mostly below."""
SHORTEST = 4
"""Shorter values are left alone: masking `a` everywhere would garble all text, and so give it away."""
LONGEST_NAME = 16
"""What is longer is no name that somebody took for a key: it is a key that somebody took for a name."""


class Redactor:
    """Knows secret values and masks them, in every spelling that a program is likely to give them.

    What is also a part of a plain name, as of a provider's id or a model's, is no secret: masking it would garble
    ordinary words.
    """

    def __init__(self, secrets: Iterable[str] = (), names: Iterable[str] = ()) -> None:
        self._spellings: dict[str, frozenset[str]] = {}
        self._names = set(names)
        self._composed: set[str] = set()
        self._known: Texts | None = None  # all that is masked, once it is needed
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Mask this value from now on. Values below four characters are not masked, nor what only looks like a key."""
        bare = secret.strip()
        if bare not in self._spellings and not recognize(bare).is_harmless:
            self._spellings[bare] = frozenset(form for form in _spellings(bare) if len(form) >= SHORTEST)
            self._known = None

    def allow(self, names: Iterable[str]) -> None:
        """These are plain names, which stay."""
        self._names.update(names)
        self._known = None

    def compose(self, text: str) -> None:
        """Variables play a part in this text: no part of it is a plain name."""
        self._composed.add(text)
        self._known = None

    def forget(self) -> None:
        self._spellings.clear()
        self._names.clear()
        self._composed.clear()
        self._known = None

    def text(self, text: str) -> str:
        """The text with `<redacted>` in place of every secret."""
        if self._known is None:
            self._known = self._texts()
        return self._known.replaced(text, MASK)

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

    def _texts(self) -> Texts:
        """Made when something is said, for many secrets may come before that."""
        return Texts(form for secret, forms in self._spellings.items() if not self._is_name(secret) for form in forms)

    def _is_name(self, secret: str) -> bool:
        return len(secret) <= LONGEST_NAME and any(secret in name for name in self._names if self._is_plain(name))

    def _is_plain(self, name: str) -> bool:
        return not any(name in text for text in self._composed)


_OF_THIS_RUN = Redactor()

redact = _OF_THIS_RUN.text
redact_value = _OF_THIS_RUN.value
hide_secret = _OF_THIS_RUN.add
allow_names = _OF_THIS_RUN.allow
no_plain_name = _OF_THIS_RUN.compose
forget_secrets = _OF_THIS_RUN.forget
"""For the command that runs from now on: the one before it, in the same process, had secrets of its own."""


def holds_known_secret(value: Any) -> bool:
    """Whether a JSON value has one in it that is known by now."""
    import json

    text = json.dumps(value, default=str)
    return redact(text) != text


class SecretText(str):
    """A value that nobody may see. What is made one is masked from then on in all that the run says."""

    __slots__ = ()

    def __new__(cls, value: str) -> Self:
        _OF_THIS_RUN.add(value)
        return super().__new__(cls, value)

    def __repr__(self) -> str:
        return MASK


def redacted_traceback(error: BaseException) -> str:
    """The traceback with its causes and notes, no local variables, and every known secret masked."""
    import traceback

    return redact("".join(traceback.format_exception(error)))


def _spellings(secret: str) -> Iterator[str]:
    import json
    from urllib.parse import quote, quote_plus

    if len(secret) < SHORTEST:
        return
    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(str(secret))[1:-1]
    yield quote(secret)
    yield quote(secret, safe="")
    yield quote_plus(secret)
    yield from _inside_base64(secret.encode("utf-8", "surrogatepass"))


def _inside_base64(secret: bytes) -> Iterator[str]:
    """What the secret looks like in base64 whatever stands around it (`user:key`): three alignments.

    The first and last characters of an alignment mix in the neighbours' bits, so they are left off.
    """
    import base64

    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + secret).decode("ascii").rstrip("=")
        whole = len(secret) + shift
        inner = encoded[(shift * 8 + 5) // 6 : whole * 8 // 6]
        yield inner
        yield inner.replace("+", "-").replace("/", "_")
