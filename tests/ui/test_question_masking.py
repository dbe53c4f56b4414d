"""Secrets in the questions for another program, and in what it answers."""

from __future__ import annotations

import pytest

from wizard.flow.question import Choice, InvalidAnswer, Kind, Question
from wizard.redaction import MASK
from wizard.ui.question_masking import masked_question, secrets_in, unmasked_answer

SECRET = "s3cr3t-of-bob"


@pytest.mark.parametrize(
    "said",
    [
        "gsk_canary0123456789abcdef",
        f"X-Api-Key={SECRET}",
        f"X-Api-Key=${{TEAM_KEY:-{SECRET}}}",
        f"--header=X-Api-Key={SECRET}",
        f'{{"deep": [{{"api_key": "{SECRET}"}}]}}',
        f"https://bob:{SECRET}@llm.example/v1",
    ],
)
def test_a_secret_is_found_however_it_is_said(said: str) -> None:
    assert secrets_in(said)


@pytest.mark.parametrize("said", ["", "groq", "X-Api-Key=$TEAM_KEY", "[" * 100_000, f"X-Api-Key={MASK}", "a=b=c"])
def test_what_holds_none_is_let_through(said: str) -> None:
    assert not secrets_in(said)


def question(default: str | bool | tuple[str, ...] | None) -> Question:
    hinted = Choice("url", "URL", f"https://bob:{SECRET}@llm.example/v1")
    return Question(key="q", text="Q?", kind=Kind.TEXT, flag="", choices=(hinted,), default=default)


@pytest.mark.parametrize("default", [f"X-Api-Key={SECRET}", ("X-Team=a", f"X-Api-Key=${{K:-{SECRET}}}")])
def test_a_question_shows_no_secret(default: str | tuple[str, ...]) -> None:
    assert SECRET not in repr(masked_question(question(default)))


@pytest.mark.parametrize("default", [True, None, "plain", ("a", "b")])
def test_a_default_without_a_secret_stays(default: str | bool | tuple[str, ...] | None) -> None:
    assert masked_question(question(default)).default == default


def test_the_mask_stands_for_what_was_proposed() -> None:
    asked = question((f"X-Api-Key={SECRET}", "X-Team=a"))
    assert unmasked_answer(asked, (f"X-Api-Key={MASK}", "X-Team=b")) == (f"X-Api-Key={SECRET}", "X-Team=b")


@pytest.mark.parametrize("text", [MASK, f"X-Else={MASK}", f"X-Api-Key={MASK}."])
def test_the_mask_stands_for_nothing_elsewhere(text: str) -> None:
    with pytest.raises(InvalidAnswer):
        unmasked_answer(question((f"X-Api-Key={SECRET}",)), (text,))
