"""A program in the place of a person: each question ends the run, and the next run answers it (cli.md, dialogue)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from wizard.flow.dialogue import Asked, as_data, fingerprint, raw_of, token_of
from wizard.flow.question import InvalidAnswer, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.flow.dialogue import Dialogue, Given
    from wizard.flow.question import Question, Raw
    from wizard.ui.output import Level, Output

CHANGED = "what would be done is no longer what this was said to: look at it again"


class NextQuestion(Exception):
    """The dialogue has come to a question without an answer. Control flow, not an error."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__()
        self.data = data


class Stepper:
    """A Prompter that answers from a dialogue. `secrets`: what came through stdin, by the names of the questions."""

    def __init__(self, dialogue: Dialogue, secrets: Mapping[str, str], output: Output) -> None:
        self._dialogue = dialogue
        self._secrets = secrets
        self._output = output
        self._times: Counter[str] = Counter()
        self._last: tuple[str, str] | None = None  # the key and the name of the last answer that was taken
        self._refused: str | None = None

    def ask(self, question: Question, *, can_go_back: bool) -> Raw:
        """The given answer. Raises NextQuestion where none can be taken; an older state is the way back."""
        name = self._name(question)
        seen = fingerprint(question, self._output.presented)
        given = self._dialogue.answer(name)
        if given is not None and given.seen != seen:
            self._refuse(name, CHANGED)
            given = None
        if given is None or (texts := self._texts(given)) is None:
            raise self._next(question, name, seen)
        try:
            raw = raw_of(question, texts)
        except InvalidAnswer as problem:
            self._refuse(name, str(problem))
            raise self._next(question, name, seen) from None
        self._times[question.key] += 1
        self._last, self._refused = (question.key, name), None
        self._output.clear()
        return raw

    def prepare(self) -> None:
        """Nothing to get ready."""

    def show(self, text: str, level: Level) -> None:
        """Tell the program; an error is why the last answer can't be taken."""
        if level != "error":
            self._output.show(text, level)
        elif self._last is not None:
            key, name = self._last
            self._times[key] -= 1
            self._refuse(name, text)

    def _name(self, question: Question) -> str:
        times = self._times[question.key]
        return f"{question.key}.{times + 1}" if times else question.key

    def _texts(self, given: Given) -> tuple[str, ...] | None:
        """None for one that came through stdin in an earlier call."""
        if given.texts is not None:
            return given.texts
        return (self._secrets[given.name],) if given.name in self._secrets else None

    def _refuse(self, name: str, reason: str) -> None:
        self._dialogue = self._dialogue.without(name)
        self._refused = reason

    def _next(self, question: Question, name: str, seen: str) -> NextQuestion:
        state = self._dialogue.asking(Asked(name, question.kind is Kind.SECRET, seen))
        redactor = self._output.redactor
        return NextQuestion(
            {
                "done": False,
                "state": token_of(state, lambda token: redactor.text(token) == token),
                "question": as_data(question, name),
                "refused": self._refused,
                "shown": dict(self._output.presented),
                "secrets": list(state.from_stdin),
            }
        )
