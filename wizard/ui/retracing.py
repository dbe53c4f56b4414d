"""A way back for a command that asks here and there: all of its asking begins anew, as far as the question before.

The answers that still hold are given again unseen, and nothing that was said to them is said twice. So the asking
must change nothing, and come to the same questions by the same answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from wizard.flow.question import Back, Kind, is_offered

if TYPE_CHECKING:
    from collections.abc import Callable

    from wizard.flow.driver import Asker, Style
    from wizard.flow.question import Question, Raw
    from wizard.ui.output import Output

Decided = TypeVar("Decided")


def with_way_back(asker: Asker | None, output: Output, decide: Callable[[Asker | None], Decided]) -> Decided:
    """What `decide` returns, called again each time that the person goes back. `asker` None: nobody is asked."""
    if asker is None:
        return decide(None)
    retracing = Retracing(asker, output)
    while True:
        retracing.begin()
        try:
            return decide(retracing)
        except Back:
            continue


class Retracing:
    """An asker that knows the answers up to the question that was gone back to."""

    def __init__(self, asker: Asker, output: Output) -> None:
        self._asker = asker
        self._output = output
        self._given: list[tuple[str, Raw]] = []
        self._taken_back: dict[str, Raw] = {}
        self._place = 0

    def begin(self) -> None:
        """From the first question again."""
        self._place = 0
        self._output.muted = bool(self._given)

    def ask(self, question: Question, *, can_go_back: bool) -> Raw:
        """From the second question on the person can go back, whatever the asking command says. Raises Back."""
        if self._place == len(self._given):
            self._given.append((question.key, self._answer(question)))
        _, raw = self._given[self._place]
        self._place += 1
        self._output.muted = self._place < len(self._given)
        return raw

    def show(self, text: str, level: Style) -> None:
        self._asker.show(text, level)

    def _answer(self, question: Question) -> Raw:
        before = self._taken_back.pop(question.key, None)
        if before is not None and question.kind is not Kind.SECRET and is_offered(question, before):
            question = replace(question, default=before)
        try:
            return self._asker.ask(question, can_go_back=bool(self._given))
        except Back:
            key, raw = self._given.pop()
            self._taken_back[key] = raw
            raise
