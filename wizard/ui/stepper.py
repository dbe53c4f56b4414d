"""A program in the place of a person: each question ends the run, and the next run answers it (cli.md, dialogue)."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from wizard.flow.dialogue import OpenQuestion, as_data, fingerprint, raw_of, token_of
from wizard.flow.question import InvalidAnswer, Kind, settled
from wizard.redaction import redact
from wizard.ui.question_masking import masked_question, unmasked_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wizard.flow.dialogue import Dialogue, Given
    from wizard.flow.question import Question, Raw
    from wizard.ui.output import Output
    from wizard.ui.prompting import Level, News

CHANGED = "this has changed since the question was asked: check it again"


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
        self._answered: dict[str, Question] = {}  # by name, in the order in which they were asked

    def ask(self, question: Question, *, can_go_back: bool) -> Raw:
        """The given answer. Raises NextQuestion where none can be taken; an older state is the way back."""
        question = settled(question)
        name = self._name(question)
        given = self._dialogue.answer(name)
        texts = None if given is None else self._texts(given)
        if given is None or texts is None:
            raise self._next(question, name)
        if given.seen != fingerprint(question, self._output.presented):
            raise self._next(question, name, refused=CHANGED)
        try:
            raw = raw_of(question, unmasked_answer(question, texts))
        except InvalidAnswer as problem:
            raise self._next(question, name, refused=str(problem)) from None
        self._answered[name] = question
        self._output.clear()
        return raw

    def meanwhile(self, work: Callable[[], None]) -> None:
        """A program reads nothing: who asks it waits for what a question needs."""

    def tell(self, news: News) -> None:
        news.say()

    def prepare(self) -> None:
        """Nothing to get ready."""

    def show(self, text: str, level: Level) -> None:
        """Tell the program. An error is why the last answer can't be taken: NextQuestion asks the same again."""
        if level != "error" or not self._answered:
            self._output.show(text, level)
            return
        name, question = self._answered.popitem()
        raise self._next(question, name, refused=text)

    def _name(self, question: Question) -> str:
        """The key of a question that comes again is numbered, for its answer is another one."""
        names = (f"{question.key}.{number}" if number > 1 else question.key for number in count(1))
        return next(name for name in names if name not in self._answered)

    def _texts(self, given: Given) -> tuple[str, ...] | None:
        """None for one that came through stdin in an earlier call."""
        if given.texts is not None:
            return given.texts
        return (self._secrets[given.name],) if given.name in self._secrets else None

    def _next(self, question: Question, name: str, refused: str | None = None) -> NextQuestion:
        seen = fingerprint(question, self._output.presented)
        dialogue = self._dialogue.without(name) if refused else self._dialogue
        state = dialogue.asking(OpenQuestion(name, question.kind is Kind.SECRET, seen))
        return NextQuestion(
            {
                "done": False,
                "state": token_of(state, lambda token: redact(token) == token),
                "question": as_data(masked_question(question), name),
                "refused": refused,
                "shown": dict(self._output.presented),
                "secrets": list(state.from_stdin),
            }
        )
