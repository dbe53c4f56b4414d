"""A key that is typed where the answer is shown: known from there on, refused, and proposed no second time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.canary import CANARY
from tests.flow.test_add_provider_survey import own
from wizard.errors import UsageError
from wizard.flow.engine import KEY_HERE, accept
from wizard.flow.question import Choice, InvalidAnswer, Kind, Question
from wizard.redaction import MASK, redact

if TYPE_CHECKING:
    from tests.flow.conftest import RunInterview

HEX = "a9f8e7d6c5b4a39281706f5e4d3c2b1a"
TYPED: dict[str, Any] = {
    "base_url": f"https://llm.corp.example/v1?key={CANARY}",
    "id": CANARY,
    "name": f"Corp {CANARY}",
    "key_env": f"${CANARY}",
    "models": ("m1", CANARY),
    "set.m1.name": CANARY,
    "set.m1.context_window": CANARY,
    "headers": (f"X-Team={CANARY}",),
}


@pytest.mark.parametrize("key", TYPED)
def test_every_question_refuses_it(interview: RunInterview, key: str) -> None:
    script = own()
    script[key] = [TYPED[key], script[key]]
    given = {"preset": "own"}
    _, _, person = interview(given, script)
    first, second = (question for question in person.questions if question.key == key)
    assert KEY_HERE in person.shown
    assert second.default == first.default
    assert redact(CANARY) == MASK
    assert CANARY not in "".join(person.shown)


@pytest.mark.parametrize("key", ["id", "name", "key_env"])
def test_one_that_nobody_made_up_is_no_name(interview: RunInterview, key: str) -> None:
    typed = HEX.upper() if key == "key_env" else HEX
    script = own()
    script[key] = [typed, script[key]]
    _, _, person = interview({"preset": "own"}, script)
    assert KEY_HERE in person.shown
    assert redact(typed) == MASK


@pytest.mark.parametrize("key", ["id", "name", "key_env", "prefix", "extra_body"])
def test_a_flag_is_refused_alike(interview: RunInterview, key: str) -> None:
    with pytest.raises(UsageError, match="this is a key") as refused:
        interview({"preset": "acme", "key_source": "environment", key: CANARY}, None)
    assert CANARY not in refused.value.message


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (Question(key="m", text="?", kind=Kind.CHOICE, flag="", choices=(Choice(CANARY, "m"),)), CANARY),
        (Question(key="base_url", text="?", kind=Kind.TEXT, flag="", default=CANARY), CANARY),
        (Question(key="key", text="?", kind=Kind.SECRET, flag=""), CANARY),
        (Question(key="set.account", text="?", kind=Kind.TEXT, flag=""), HEX),
    ],
    ids=["what is offered", "what is there", "a secret", "a number of an account"],
)
def test_what_is_meant_so_is_taken(question: Question, answer: str) -> None:
    assert accept(question, answer).value == answer


def test_a_list_is_looked_through() -> None:
    with pytest.raises(InvalidAnswer):
        accept(Question(key="m", text="?", kind=Kind.MANY, flag=""), ("a", f"b {CANARY}"))
