"""Questions and answers as data. Nothing here asks, prints or remembers."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from wizard.private import Private

if TYPE_CHECKING:
    from collections.abc import Callable

Raw = str | bool | tuple[str, ...]
"""What a person types or a flag says: text, yes or no, or several texts."""
ALL = "*"
"""Of several texts: all that there are."""


class Kind(StrEnum):
    TEXT = "text"
    SECRET = "secret"  # noqa: S105 - a kind of question
    CHOICE = "choice"
    MANY = "many"  # with choices: pick several; without: type several
    CONFIRM = "confirm"


class Origin(StrEnum):
    """Where an answer came from."""

    FLAG = "flag"
    PROFILE = "profile"
    TYPED = "typed"
    DEFAULT = "default"
    MISSING = "missing"


class InvalidAnswer(Exception):
    """The answer can't be taken; the message says why, in words for the person who gave it."""


class Back(Exception):
    """The person wants to see the question before this one again. Control flow, not an error."""


class Again(Back):
    """The answer to the question before this one is to be another one, which its question can tell by `wanted`."""

    def __init__(self, wanted: str) -> None:
        super().__init__()
        self.wanted = wanted


class Choice(Struct, frozen=True):
    """`value` is what is answered, `label` what is shown, `hint` a few words more beside it.

    `counted` False: it is none of the things that are listed, and stands for others.
    """

    value: str
    label: str
    hint: str = ""
    counted: bool = True


class Accepted(Struct, frozen=True):
    """A checked answer: its value, and what the user should know about it (corrected, unusual)."""

    value: Any
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def as_given(raw: Raw) -> Accepted:
    return Accepted(raw)


def visible_line(raw: Raw) -> Accepted:
    """A display name."""
    text = str(raw).strip()
    if not text or not text.isprintable():
        raise InvalidAnswer("a name must be one line of visible characters")
    return Accepted(text)


class Later(Struct, frozen=True):
    """What the surroundings are still to say about the choices of a question.

    `is_known`: whether they have, or will not any more. `question`: the same question then; it waits a
    moment for that.
    """

    is_known: Callable[[], bool]
    question: Callable[[], Question]


class Question(Private, Struct, frozen=True):
    """One question. `default` None: it must be answered. `flag` gives the answer without a terminal.

    `quiet`: nobody is bothered with it; it takes its default unless a flag or a profile answers it.
    `decision`: its default is a proposal to a person, never taken unasked.
    `closed`: one of the choices is the only answer. `aliases`: other keys that a flag may answer it under.
    `later`: it has more to offer soon, and can be asked before that.
    `why`: what keeps an answer from being known. `whose`: of a key, the provider and the server that it goes to.
    """

    key: str
    text: str
    kind: Kind
    flag: str
    help: str = ""
    choices: tuple[Choice, ...] = ()
    default: Raw | None = None
    quiet: bool = False
    decision: bool = False
    closed: bool = True
    aliases: tuple[str, ...] = ()
    later: Later | None = None
    why: str = ""
    whose: str = ""
    check: Callable[[Raw], Accepted] = as_given

    @property
    def asks_for_key(self) -> bool:
        """Whether an API key is asked for: no passphrase, nor any other secret."""
        return self.kind is Kind.SECRET and self.key == "key"

    @property
    def offered(self) -> frozenset[str]:
        """The values of its choices."""
        return frozenset(choice.value for choice in self.choices)


def settled(question: Question) -> Question:
    """The question with all that it has to offer, for whoever can be shown it once only. What is proposed stays so."""
    if question.later is None:
        return question
    known = question.later.question()
    return replace(known, default=_proposed(question.default, known.default))


def _proposed(before: Raw | None, now: Raw | None) -> Raw | None:
    """Of several that can be picked, those that were proposed before come first."""
    if isinstance(before, tuple) and isinstance(now, tuple):
        return tuple(dict.fromkeys((*before, *now)))
    return before or now


def is_offered(question: Question, raw: Raw) -> bool:
    """Whether an answer that was given before can be proposed: the choices may be other ones by now."""
    return not question.choices or set(raw if isinstance(raw, tuple) else (raw,)) <= question.offered


class Answer(Struct, frozen=True):
    value: Any
    origin: Origin
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
