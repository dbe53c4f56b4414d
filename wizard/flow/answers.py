"""The answers given so far: values by question key, each with where it came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import Any

from wizard.flow.question import Answer, Origin


class Answers(Mapping[str, Answer]):
    """Immutable. A missing answer (nobody to ask) stands in it with the value None."""

    def __init__(self, answers: Mapping[str, Answer] | None = None) -> None:
        self._answers = dict(answers or {})

    def __getitem__(self, key: str) -> Answer:
        return self._answers[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._answers)

    def __len__(self) -> int:
        return len(self._answers)

    def value(self, key: str, otherwise: Any = None) -> Any:
        """The value, or `otherwise` where the question was not asked or could not be."""
        answer = self._answers.get(key)
        return otherwise if answer is None or answer.value is None else answer.value

    def mentioned(self, key: str) -> bool:
        """Whether the user said this, rather than leaving it to a default."""
        answer = self._answers.get(key)
        return answer is not None and answer.origin in (Origin.FLAG, Origin.PROFILE, Origin.TYPED)

    def plus(self, key: str, answer: Answer) -> Answers:
        return Answers({**self._answers, key: answer})

    def before(self, key: str) -> Answers:
        """Those that were given before the one of this key: the later ones may rest on it."""
        earlier = takewhile(lambda item: item[0] != key, self._answers.items())
        return Answers(dict(earlier))
