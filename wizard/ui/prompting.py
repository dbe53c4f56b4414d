"""What all prompters share: the protocol that they are behind, and how they read what is typed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, Protocol

from msgspec import Struct
from msgspec.structs import replace

from wizard.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Callable

    from wizard.flow.question import Question, Raw

Level = Literal["note", "warning", "error"]

MANY_CHOICES = 10
"""With more choices than this, typing filters them."""


def begin_all(waiting: list[Callable[[], None]]) -> None:
    """Begin what was to wait for a question on the screen, each once."""
    while waiting:
        waiting.pop(0)()


class News(Struct, frozen=True):
    """Something to tell the person. `is_known`: whether `say` need not wait for it."""

    is_known: Callable[[], bool]
    say: Callable[[], None]


def say_known(waiting: list[News]) -> None:
    """Say what is known by now, each once, and nothing before what was to be said earlier."""
    while waiting and waiting[0].is_known():
        waiting.pop(0).say()


class Prompter(Protocol):
    """Asks one question at a time."""

    def ask(self, question: Question, *, can_go_back: bool) -> Raw:
        """The answer as it was given; `question.check` is the caller's to call.

        Text and secrets and choices give a str (a choice its value), MANY a tuple of str, CONFIRM a bool.
        An empty answer gives `question.default` where there is one.

        Raises Back (only with `can_go_back`) or wizard.errors.Cancelled.
        """
        ...

    def meanwhile(self, work: Callable[[], None]) -> None:
        """Have this done as soon as a question is on the screen: it begins what may last, and returns at once."""
        ...

    def tell(self, news: News) -> None:
        """Have it said as soon as it is known: above the question that is on the screen then."""
        ...

    def prepare(self) -> None:
        """Get ready to ask: called where there is time to spare."""
        ...

    def show(self, text: str, level: Level) -> None:
        """Tell the person something between two questions."""
        ...


def redacted_question(question: Question) -> Question:
    """The question as anybody may see it. What is to be corrected or chosen is shown, or taken, as it is."""
    choices = (replace(choice, label=redact(choice.label), hint=redact(choice.hint)) for choice in question.choices)
    return replace(question, text=redact(question.text), help=redact(question.help), choices=tuple(choices))


def several_texts(typed: str) -> tuple[str, ...]:
    """One line typed or pasted for a MANY question without choices: `a, b` and lines are several texts.

    `NAME=VALUE` stays whole, for its value may hold commas.
    """
    separator = r"\n" if "=" in typed else r"[\n,]"
    return tuple(part.strip() for part in re.split(separator, typed) if part.strip())
