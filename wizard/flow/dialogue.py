"""A dialogue with another program: what it has answered so far, as one token that it carries from call to call.

All of it is pure. The token is JSON, compressed, in hexadecimal digits: no shell and no log mistakes a part of it
for something else. What came through stdin is not in it, only that it came.

    token = hex(SALT, each byte of deflate(JSON) xor SALT)
"""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import astuple, replace

from wizard.flow.engine import fitting
from wizard.flow.question import InvalidAnswer, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wizard.flow.question import Question, Raw

VERSION = 1
LARGEST = 4 * 1024 * 1024
"""Bytes of JSON in a token; no command line is as long."""
SALTS = 256


class InvalidState(ValueError):
    """The token is none of ours, or was cut off."""


class OpenQuestion(Struct, frozen=True):
    """The question that waits for an answer. `name` is its key, numbered where it comes again (`key`, `key.2`).

    `seen` is the fingerprint of the question, and of what was shown with it.
    """

    name: str
    is_secret: bool
    seen: str


class Given(Struct, frozen=True):
    """An answer. `texts` None: it came through stdin, and has to come again."""

    name: str
    texts: tuple[str, ...] | None
    seen: str


class Dialogue(Struct, frozen=True):
    """`arguments` are those of the command as it was first called."""

    command: str
    arguments: tuple[str, ...]
    given: tuple[Given, ...] = ()
    asked: OpenQuestion | None = None

    def answer(self, name: str) -> Given | None:
        return next((answer for answer in self.given if answer.name == name), None)

    @property
    def from_stdin(self) -> tuple[str, ...]:
        """The names of the answers that came through stdin."""
        return tuple(answer.name for answer in self.given if answer.texts is None)

    def plus(self, answer: Given) -> Dialogue:
        return replace(self, given=(*self.without(answer.name).given, answer))

    def without(self, name: str) -> Dialogue:
        return replace(self, given=tuple(answer for answer in self.given if answer.name != name))

    def asking(self, asked: OpenQuestion) -> Dialogue:
        return replace(self, asked=asked)


# The token


def token_of(dialogue: Dialogue, is_fit: Callable[[str], bool] = lambda _: True) -> str:
    """The token; the first one that `is_fit`, for by chance its digits may spell what nothing may spell."""
    value = {
        "version": VERSION,
        "command": dialogue.command,
        "arguments": dialogue.arguments,
        "given": [(answer.name, answer.texts, answer.seen) for answer in dialogue.given],
        "asked": astuple(dialogue.asked) if dialogue.asked else None,
    }
    packed = zlib.compress(json.dumps(value, separators=(",", ":")).encode("ascii"))
    tokens = (bytes((salt, *_salted(packed, salt))).hex() for salt in range(SALTS))
    return next(filter(is_fit, tokens))


def _salted(packed: bytes, salt: int) -> bytes:
    """With the same salt once more it is as it was."""
    return bytes(byte ^ salt for byte in packed)


def dialogue_of(token: str) -> Dialogue:
    """What a token says. Raises InvalidState."""
    value = _unpacked(token)
    if not isinstance(value, dict) or value.get("version") != VERSION:
        raise InvalidState
    try:
        return Dialogue(
            _text(value["command"]),
            _texts(value["arguments"]),
            tuple(
                Given(_text(name), None if texts is None else _texts(texts), _text(seen))
                for name, texts, seen in value["given"]
            ),
            None if value["asked"] is None else _asked(*value["asked"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidState from error


def _asked(name: Any, is_secret: Any, seen: Any) -> OpenQuestion:
    return OpenQuestion(_text(name), is_secret is True, _text(seen))


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise InvalidState
    return tuple(map(_text, value))


def _text(value: Any) -> str:
    """A text that a command line can hold, for the arguments and answers came from there."""
    if not isinstance(value, str) or "\0" in value:
        raise InvalidState
    value.encode("utf-8", "surrogateescape")
    return value


def _unpacked(token: str) -> Any:
    try:
        salt, *salted = bytes.fromhex(token)
        unpacking = zlib.decompressobj()
        text = unpacking.decompress(_salted(bytes(salted), salt), LARGEST)
        if not unpacking.eof:
            raise InvalidState
        return json.loads(text)
    except (zlib.error, ValueError, RecursionError) as error:
        raise InvalidState from error


# Questions and answers


def as_data(question: Question, name: str) -> dict[str, Any]:
    """The question as cli.md shows it to programs."""
    choices = [{"value": choice.value, "label": choice.label, "hint": choice.hint} for choice in question.choices]
    default = list(question.default) if isinstance(question.default, tuple) else question.default
    return {
        "key": name,
        "text": question.text,
        "help": question.help,
        "kind": question.kind.value,
        "choices": choices,
        "default": None if question.kind is Kind.SECRET else default,
        "flag": question.flag,
        "decision": question.decision,
    }


def fingerprint(question: Question, shown: Mapping[str, Any]) -> str:
    """Of what an answer is given to: the question in its words, and what was shown with it.

    The words of MANY do not count: an endpoint's list of models may come and go, and ids are an answer either way.
    """
    import hashlib

    words = "" if question.kind is Kind.MANY else question.text
    answered = json.dumps([question.kind.value, words, shown], sort_keys=True, default=str)
    return hashlib.sha256(answered.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def raw_of(question: Question, texts: tuple[str, ...]) -> Raw:
    """What a person would have answered. Raises InvalidAnswer.

    An empty text takes the default, where it is not itself one of the choices; of MANY it is none.
    """
    if question.kind is Kind.MANY:
        picked = tuple(text for text in texts if text)
        _refuse_unoffered(question, picked)
        return picked
    if len(texts) != 1:
        raise InvalidAnswer("give one answer")
    if not texts[0] and question.default is not None and "" not in question.offered:
        return question.default
    return fitting(question, texts[0])


def _refuse_unoffered(question: Question, picked: tuple[str, ...]) -> None:
    offered = question.offered
    if offered and question.closed and (strange := [value for value in picked if value not in offered]):
        raise InvalidAnswer(f"not among the choices: {', '.join(strange)}")
