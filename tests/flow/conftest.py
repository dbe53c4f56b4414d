"""A scripted person for the interview, and presets small enough to read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, cast, overload

import pytest

from wizard.flow.add_provider import survey as add_provider
from wizard.flow.answers import Answers
from wizard.flow.driver import Interview
from wizard.flow.engine import Survey
from wizard.flow.facts import Facts, StoreFact
from wizard.flow.preset import Preset, PresetKey, PresetQuestion
from wizard.flow.question import Back, Question, Raw
from wizard.provider.model_facts import ModelFacts

BACK = object()
"""In a script: go back instead of answering."""


@dataclass
class ScriptedPerson:
    """Answers by question key; a list answers the same question several times.

    An unexpected question fails the test, and so does, in `done`, one that was never asked.
    """

    script: dict[str, Any]
    questions: list[Question] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)

    def ask(self, question: Question, *, can_go_back: bool) -> Raw:
        assert question.key in self.script, f"unexpected question {question.key}: {question.text}"
        self.questions.append(question)
        answer = self.script[question.key]
        if isinstance(answer, list):
            answer = answer.pop(0)
        if answer is BACK:
            assert can_go_back
            raise Back
        return answer  # type: ignore[no-any-return]

    def show(self, text: str, style: str) -> None:
        self.shown.append(text)

    def done(self) -> None:
        asked = {question.key for question in self.questions}
        assert set(self.script) == asked, f"never asked: {set(self.script) - asked}"

    def asked(self, key: str) -> Question:
        return next(question for question in reversed(self.questions) if question.key == key)


ACME = Preset(
    id="acme",
    name="Acme",
    description="A made-up provider",
    type="openai-compat",
    base_url="https://api.acme.example/v1",
    key=PresetKey(need="required", env="ACME_API_KEY", prefixes=("ac-",), page="https://acme.example/keys"),
    models=("big", "little"),
    facts={
        "big": ModelFacts("big", "Big", 1, 2, 0.1, 0.1, 200_000, default_max_tokens=32_000, can_reason=True),
        "little": ModelFacts("little", "Little", 0.5, 1, context_window=100_000, default_max_tokens=8_000),
    },
    large="big",
    small="little",
)
OWN = Preset(
    id="own",
    name="Own endpoint",
    description="Anything",
    type="openai-compat",
    key=PresetKey(need="optional"),
)
LOCAL = Preset(
    id="box",
    name="Box",
    description="A local server",
    type="ollama",
    old_type="openai-compat",
    crush="0.78.0",
    base_url="http://localhost:11434/v1",
    local=True,
    key=PresetKey(need="none", dummy="box"),
    questions=(PresetQuestion("host", "Host", fills="host", default="localhost", quiet=True),),
)


@pytest.fixture
def facts() -> Callable[..., Facts]:
    def make(**changes: Any) -> Facts:
        presets = {preset.id: preset for preset in (*changes.pop("presets", ()), ACME, OWN, LOCAL)}
        store, crush = changes.pop("store", StoreFact(usable=True)), changes.pop("crush", None)
        return Facts(presets=presets, look_at_store=lambda: store, look_at_crush=lambda: crush, **changes)

    return make


@pytest.fixture
def back() -> object:
    return BACK


class RunInterview(Protocol):
    """The `interview` fixture."""

    @overload
    def __call__(
        self,
        given: Mapping[str, Any],
        script: None = ...,
        *,
        yes: bool = ...,
        survey: Survey = ...,
        wanted: Collection[str] | None = ...,
        **changes: Any,
    ) -> tuple[Answers, Facts, None]: ...
    @overload
    def __call__(
        self,
        given: Mapping[str, Any],
        script: dict[str, Any],
        *,
        yes: bool = ...,
        survey: Survey = ...,
        wanted: Collection[str] | None = ...,
        **changes: Any,
    ) -> tuple[Answers, Facts, ScriptedPerson]: ...


@pytest.fixture
def interview(facts: Callable[..., Facts]) -> RunInterview:
    """Run the survey: `given` by flags, `script` by a person (None: nobody is there).

    The person wants to answer what is in the script, be it a quiet question; `wanted` names other ones.
    """

    def run(
        given: dict[str, Raw],
        script: dict[str, Any] | None = None,
        *,
        yes: bool = False,
        survey: Survey = add_provider,
        wanted: Collection[str] | None = None,
        **changes: Any,
    ) -> tuple[Answers, Facts, ScriptedPerson | None]:
        wants = frozenset((script or ()) if wanted is None else wanted)
        known = facts(given=frozenset(given), wanted=wants, **changes)
        person = None if script is None else ScriptedPerson(script)
        answers = Interview(known, given, person, assume_defaults=yes, survey=survey).run()
        if person is not None:
            person.done()
        return answers, known, person

    return cast("RunInterview", run)
