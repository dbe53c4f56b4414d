"""The loop that drives the engine: answers come from flags, from a person, or from defaults, in this order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from wizard.errors import AnswersMissing, Conflict, UsageError
from wizard.flow.add_provider import survey as add_provider
from wizard.flow.answers import Answers
from wizard.flow.engine import Survey, accept, next_question, visible_keys
from wizard.flow.question import (
    Accepted,
    Again,
    Answer,
    Back,
    Choice,
    InvalidAnswer,
    Kind,
    Origin,
    Question,
    Raw,
    is_offered,
)
from wizard.flow.situation import Situation
from wizard.private import Private

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wizard.flow.facts import Facts


Style = Literal["note", "warning", "error"]


CONFIRMATION = Question(key="apply", text="Write this?", kind=Kind.CONFIRM, flag="--yes", default=True)
"""The last question of a command that changes something; whoever asks it knows what `this` is."""


YES, CHANGE, DIFF, CANCEL = "yes", "change", "diff", "no"
SAVE = Question(
    key="apply",
    text="Save?",
    kind=Kind.CHOICE,
    flag="--yes",
    choices=(
        Choice(YES, "Yes"),
        Choice(CHANGE, "Change something"),
        Choice(DIFF, "Show the diff"),
        Choice(CANCEL, "Cancel"),
    ),
    default=YES,
)
"""The same of a command whose answers can be revised, below their summary."""

IF_TAKEN = "existing"
"""What is to become of an entry that has the id already: said of an id that is free, it is no mistake."""


class Asker(Protocol):
    """Whoever can be asked. `ask` raises Back, or Cancelled (wizard.errors)."""

    def ask(self, question: Question, *, can_go_back: bool) -> Raw: ...
    def show(self, text: str, style: Style) -> None: ...


class Typed(Private, Struct, frozen=True):
    """What a person answered to a question; of a secret, also the server that it was for."""

    question: Question
    raw: Raw
    server: str


class Interview(Struct):
    """One run through the survey. `given` holds raw answers by key; `asker` None: nobody is there.

    `assume_defaults` (--yes): a person is asked only what has no default. `confirmation` is asked after all
    others, by the caller who can show the plan; without an asker and without --yes it is missing, too.
    """

    facts: Facts
    given: Mapping[str, Raw]
    asker: Asker | None = None
    assume_defaults: bool = False
    confirmation: Question | None = None
    survey: Survey = add_provider
    answers: Answers = field(default_factory=Answers)
    _asked: list[str] = field(default_factory=list)
    _used: set[str] = field(default_factory=set)
    _remembered: dict[str, Raw] = field(default_factory=dict)
    _questions: dict[str, Question] = field(default_factory=dict)
    _typed: dict[str, Typed] = field(default_factory=dict)
    _kept: dict[str, Typed] = field(default_factory=dict)

    def run(self) -> Answers:
        """All answers. Raises AnswersMissing (or Conflict) with every gap, UsageError for a bad flag."""
        missing: list[Question] = []
        is_checked = not any(key.startswith("set.") for key in self.given)
        while (question := next_question(self.answers, self.facts, self.survey)) is not None:
            self._questions[question.key] = question
            answer = self._answer(question)
            if answer is None:
                continue  # went back
            if answer.origin is Origin.MISSING:
                missing.append(question)
            self.answers = self.answers.plus(question.key, answer)
            if not is_checked and (is_checked := self._names_the_provider):
                self._refuse_unknown_settings()
        if self.asker is None and self.confirmation is not None:
            missing.append(self.confirmation)
        if missing:
            raise _missing(missing)
        self._refuse_unused()
        return self.answers

    @property
    def can_go_back(self) -> bool:
        return bool(self._asked)

    @property
    def way_back(self) -> Callable[[], None] | None:
        """`back`, where there is something to take back."""
        return self.back if self.can_go_back else None

    def back(self) -> None:
        """Take the last typed answer back, so that `run` asks it again, with this answer proposed."""
        self.answers = self.answers.before(self._asked.pop())

    def answered(self) -> list[Question]:
        """The questions whose answers count, the quiet ones among them."""
        return [self._questions[key] for key in self.answers]

    def revise(self, key: str) -> None:
        """Let `run` ask a question that has been answered, be it a quiet one.

        What was typed after it is given again unseen where it still fits; but a pasted key goes to no other server.
        """
        later = [name for name in self.answers if name not in self.answers.before(key)]
        self._kept = {name: self._typed[name] for name in later[1:] if name in self._typed}
        self._asked = [name for name in self._asked if name not in later]
        self.answers = self.answers.before(key)
        self.given = {name: raw for name, raw in self.given.items() if name != key}
        self.facts = replace(self.facts, wanted=self.facts.wanted | {key}, given=self.facts.given - {key})

    def take(self, given: Mapping[str, Raw]) -> None:
        """Let these stand in the place of what was said before; what was typed after them is given again unseen."""
        first = next((key for key in self.answers if key in given), None)
        rest = self.answers.before(first) if first else Answers()
        later = [name for name in self.answers if name not in rest and name not in given]
        self._kept = {name: self._typed[name] for name in later if name in self._typed}
        self._asked = [name for name in self._asked if name in rest]
        self._used.clear()
        self.answers = rest if self.asker else Answers()
        self.given = {**self.given, **given}
        self.facts = replace(self.facts, given=self.facts.given | given.keys())

    def renew(self, facts: Facts, given: Mapping[str, Raw]) -> None:
        """Take the same answers for other facts; what is revised stays so."""
        wanted = self.facts.wanted
        self.given = {name: raw for name, raw in given.items() if name not in wanted}
        self.facts = replace(facts, wanted=wanted, given=facts.given - wanted)

    def _kept_answer(self, question: Question) -> Raw | None:
        """What was answered before an earlier question was revised, if it is still the same question."""
        typed = self._kept.pop(question.key, None)
        if typed is None or typed.question.kind is not question.kind or not is_offered(question, typed.raw):
            return None
        if question.kind is Kind.SECRET:
            return typed.raw if typed.server == self._server else None
        return typed.raw if typed.question.text == question.text else None

    @property
    def _server(self) -> str:
        """Where a key would go, as far as the answers tell."""
        return Situation(self.answers, self.facts).base_url.server

    def _answer(self, question: Question) -> Answer | None:
        key = next((key for key in (question.key, *question.aliases) if key in self.given), None)
        if key is not None:
            self._used.add(key)
            return self._from_flag(question, self.given[key])
        is_quiet = question.quiet and question.key not in self.facts.wanted
        unasked = is_quiet or (self.assume_defaults and not question.decision)
        if question.default is not None and (unasked or (self.asker is None and not question.decision)):
            return _answer(accept(question, question.default), Origin.DEFAULT)
        if self.asker is None:
            return Answer(None, Origin.MISSING)
        return self._from_person(self.asker, question)

    def _from_flag(self, question: Question, raw: Raw) -> Answer:
        try:
            return _answer(accept(question, raw), Origin.FLAG)
        except InvalidAnswer as problem:
            raise UsageError(f"{question.flag}: {problem}") from None

    def _from_person(self, asker: Asker, question: Question) -> Answer | None:
        shown = replace(question, default=self._proposal(question))
        while True:
            try:
                kept = self._kept_answer(question)
                raw = asker.ask(shown, can_go_back=self.can_go_back) if kept is None else kept
                accepted = accept(question, raw)
            except Back as back:
                if isinstance(back, Again):
                    self.facts = replace(self.facts, wanted=self.facts.wanted | {back.wanted})
                if not self.can_go_back:  # the asker knows of questions before this interview
                    raise
                self.back()
                return None
            except InvalidAnswer as problem:
                asker.show(str(problem), "error")
                is_secret = shown.kind is Kind.SECRET or visible_keys(question, raw)
                shown = shown if is_secret else replace(shown, default=raw)
                continue
            break
        self._asked.append(question.key)
        server = self._server if question.kind is Kind.SECRET else ""
        self._typed[question.key] = Typed(question, raw, server)
        self._remember(question, raw)
        for note in accepted.notes:
            asker.show(note, "note")
        for warning in accepted.warnings:
            asker.show(warning, "warning")
        return _answer(accepted, Origin.TYPED)

    def _remember(self, question: Question, raw: Raw) -> None:
        """For when the question comes again. A default that was taken may be another one by then."""
        if raw == question.default or question.kind is Kind.SECRET:
            self._remembered.pop(question.key, None)
        else:
            self._remembered[question.key] = raw

    def _proposal(self, question: Question) -> Raw | None:
        """What was answered before going back, as long as it is still among the choices; else the default."""
        if question.key not in self._remembered:
            return question.default
        before = self._remembered[question.key]
        return before if is_offered(question, before) else question.default

    @property
    def _names_the_provider(self) -> bool:
        """Whether it is known whose questions are asked."""
        return self.answers.value("preset") in self.facts.presets and ("id" in self.answers or not self.facts.edits)

    def _refuse_unknown_settings(self) -> None:
        """Before anything else is asked, or any endpoint. Raises UsageError."""
        from wizard.flow.model_questions import check_settings

        check_settings(Situation(self.answers, self.facts), self.given)

    def _refuse_unused(self) -> None:
        """A flag that answers no question of this survey is a mistake, not a wish to be ignored."""
        unused = set(self.given) - self._used - {IF_TAKEN}
        if unused:
            names = ", ".join(
                f"--set {key.removeprefix('set.')}" if key.startswith("set.") else key for key in sorted(unused)
            )
            raise UsageError(f"unknown answer: {names}", hint="list what a preset asks: crush-wizard presets show ID")


def _answer(accepted: Accepted, origin: Origin) -> Answer:
    return Answer(accepted.value, origin, accepted.notes, accepted.warnings)


def _missing(questions: list[Question]) -> AnswersMissing | Conflict:
    if any(question.decision for question in questions):
        decision = next(question for question in questions if question.decision)
        return Conflict(decision.text.removesuffix(" What now?").rstrip("."), hint=f"decide with {decision.flag}")
    flags = "\n".join(f"  {question.flag:<32}  {question.text}{_why(question)}" for question in questions)
    return AnswersMissing(f"answers are missing, and this is not interactive:\n{flags}", hint="give them as flags")


def _why(question: Question) -> str:
    return f" ({question.why})" if question.why else ""
