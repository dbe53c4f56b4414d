"""A way back for a command that asks here and there: all of its asking begins anew, as far as the question before.

The answers that still hold are given again unseen, and nothing that was said to them is said twice. So the asking
must change nothing. Where it comes to another question than before, that one is asked.
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


class Replay:
    """An asker that knows the answers up to the question that was gone back to."""

    def __init__(self, asker: Asker, output: Output) -> None:
        self._asker = asker
        self._output = output
        self._given: list[tuple[Question, Raw]] = []
        self._taken_back: dict[str, Raw] = {}
        self._place = 0

    def decide(self, decide: Callable[[], Decided]) -> Decided:
        """What `decide` returns, called again each time that the person goes back."""
        while True:
            self._place = 0
            self._output.muted = bool(self._given)
            try:
                return decide()
            except Back:
                continue
            finally:
                self._output.muted = False

    def ask(self, question: Question, *, can_go_back: bool) -> Raw:
        """From the second question on the person can go back, whatever the asking command says. Raises Back."""
        if not self._is_given(question):
            self.end()
            self._given.append((question, self._answer(question, can_go_back=False)))
        _, raw = self._given[self._place]
        self._place += 1
        self._output.muted = self._place < len(self._given)
        return raw

    def ask_last(self, question: Question, *, can_go_back: bool) -> Raw:
        """Ask what has to be asked anew each time. `can_go_back`: also where nothing was asked before. Raises Back."""
        return self._answer(question, can_go_back=can_go_back)

    def end(self) -> None:
        """No answer from before holds any more but those that were given again."""
        del self._given[self._place :]
        self._output.muted = False

    def show(self, text: str, level: Style) -> None:
        self._asker.show(text, level)

    def _is_given(self, question: Question) -> bool:
        before = self._given[self._place][0] if self._place < len(self._given) else None
        return before is not None and (before.key, before.text) == (question.key, question.text)

    def _answer(self, question: Question, *, can_go_back: bool) -> Raw:
        before = self._taken_back.pop(question.key, None)
        if before is not None and question.kind is not Kind.SECRET and is_offered(question, before):
            question = replace(question, default=before)
        try:
            return self._asker.ask(question, can_go_back=can_go_back or bool(self._given))
        except Back:
            if not can_go_back:
                self._take_back()
            raise

    def _take_back(self) -> None:
        question, raw = self._given.pop()
        self._place = min(self._place, len(self._given))
        self._taken_back[question.key] = raw
