""" "Change something": every value of an interview with its question, the quiet ones among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.flow.question import Choice, Kind, Question
from wizard.provider.pasted_key import PastedKey

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wizard.flow.driver import Interview

_DECISIONS = frozenset({"refused_key", "existing", "set.foreign_host"})
"""They are about other answers."""


def what_to_change(interview: Interview) -> Question:
    """Which of the answers is to be another one."""
    return choice_of(tuple(rows(interview)))


def choice_of(rows: Sequence[Choice]) -> Question:
    return Question(
        key="revise",
        text="What do you want to change?",
        kind=Kind.CHOICE,
        flag="a flag of its own",
        choices=tuple(rows),
    )


def rows(interview: Interview) -> Iterator[Choice]:
    """The questions whose answers count, each with its answer; of a key no more than its end."""
    for question in interview.answered():
        if question.key not in _DECISIONS:
            yield Choice(question.key, question.text.removesuffix("?"), _shown(question, interview))


def _shown(question: Question, interview: Interview) -> str:
    value = interview.answers.value(question.key)
    if question.kind is Kind.SECRET:
        return PastedKey(value).short if value else ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    labels = {choice.value: choice.label for choice in question.choices}
    if isinstance(value, tuple):
        return ", ".join(labels.get(item, str(item)) for item in value)
    if isinstance(value, dict):
        return ", ".join(map(str, value))
    return labels.get(value, "" if value is None else str(value))
