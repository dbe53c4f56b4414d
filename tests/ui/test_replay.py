"""The way back through questions that are asked here and there."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from wizard.errors import Cancelled
from wizard.flow.question import Back, Choice, Kind, Question
from wizard.ui.output import Output
from wizard.ui.replay import Replay

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wizard.flow.driver import Asker, Style
    from wizard.flow.question import Raw

BACK = "back"


def question(key: str, kind: Kind = Kind.TEXT, *values: str) -> Question:
    choices = tuple(Choice(value, value) for value in values)
    return Question(key=key, text=f"{key}?", kind=kind, flag="", choices=choices, default="usual")


class Person:
    """Answers in turn, and remembers what was asked: key, proposal, and whether there was a way back."""

    def __init__(self, answers: Iterable[Raw]) -> None:
        self.answers = iter(answers)
        self.asked: list[tuple[str, Raw | None, bool]] = []

    def ask(self, question: Question, *, can_go_back: bool) -> Raw:
        self.asked.append((question.key, question.default, can_go_back))
        answer = next(self.answers)
        if answer == BACK:
            raise Back
        return answer

    def show(self, text: str, level: Style) -> None:
        raise AssertionError((text, level))


def walk(person: Person, *questions: Question) -> tuple[list[Raw], str]:
    """The answers in the end, and what stood on stderr; each question has a note before it."""
    output = Output(io.StringIO(), io.StringIO(), environ={})

    def decide(asker: Asker) -> list[Raw]:
        answers = []
        for one in questions:
            output.note(f"now {one.key}")
            answers.append(asker.ask(one, can_go_back=False))
        output.note("the end")
        return answers

    replay = Replay(person, output)
    answers = replay.decide(lambda: decide(replay))
    assert isinstance(output.stderr, io.StringIO)
    return answers, output.stderr.getvalue()


A, B, C = question("a"), question("b"), question("c")


def test_straight_on() -> None:
    person = Person(["1", "2", "3"])
    answers, said = walk(person, A, B, C)
    assert answers == ["1", "2", "3"]
    assert person.asked == [("a", "usual", False), ("b", "usual", True), ("c", "usual", True)]
    assert said.split("\n") == ["now a", "now b", "now c", "the end", ""]


def test_back_asks_the_question_before_with_its_answer_kept() -> None:
    person = Person(["1", "2", BACK, "two", "3"])
    answers, said = walk(person, A, B, C)
    assert answers == ["1", "two", "3"]
    assert person.asked[3] == ("b", "2", True)
    assert said.split("\n") == ["now a", "now b", "now c", "now b", "now c", "the end", ""]


def test_back_twice() -> None:
    person = Person(["1", "2", BACK, BACK, "one", "two", "3"])
    answers, said = walk(person, A, B, C)
    assert answers == ["one", "two", "3"]
    assert person.asked[4] == ("a", "1", False)
    assert said.count("now a") == 2


def test_a_proposal_is_among_the_choices() -> None:
    first, other = question("a", Kind.CHOICE, "x", "usual"), question("b")
    person = Person(["gone", BACK, "x", "2"])
    walk(person, first, other)
    assert person.asked[2] == ("a", "usual", False)


def test_a_secret_is_not_proposed() -> None:
    person = Person(["hidden", BACK, "hidden", "2"])
    walk(person, question("a", Kind.SECRET), B)
    assert person.asked[2] == ("a", "usual", False)


def test_who_leaves_has_left() -> None:
    class Leaving(Person):
        def ask(self, question: Question, *, can_go_back: bool) -> Raw:
            raise Cancelled

    with pytest.raises(Cancelled):
        walk(Leaving([]), A)
