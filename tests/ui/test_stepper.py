"""A dialogue in the place of a person: which answer is taken for which question."""

from __future__ import annotations

import io
from typing import Any

import pytest

from wizard.flow.dialogue import Dialogue, Given, dialogue_of
from wizard.flow.question import Kind, Question
from wizard.ui.output import Output
from wizard.ui.prompter import after_writing, open_prompter
from wizard.ui.stepper import NextQuestion, Stepper

NAME = Question(key="name", text="Name?", kind=Kind.TEXT, flag="--name")
KEY = Question(key="key", text="Key of the one?", kind=Kind.SECRET, flag="--key")
OTHER_KEY = Question(key="key", text="Key of the other?", kind=Kind.SECRET, flag="--key")


@pytest.fixture
def output() -> Output:
    return Output(io.StringIO(), io.StringIO(), as_json=True, quiet=True)


def asked(output: Output, dialogue: Dialogue, *questions: Question, **secrets: str) -> dict[str, Any]:
    """What is printed for the first of the questions that the dialogue has no answer to."""
    stepper = Stepper(dialogue, secrets, output)
    for question in questions:
        try:
            stepper.ask(question, can_go_back=False)
        except NextQuestion as following:
            return dict(following.data)
    raise AssertionError("all are answered")


def answered(data: dict[str, Any], *texts: str) -> Dialogue:
    dialogue = dialogue_of(data["state"])
    assert dialogue.asked is not None
    return dialogue.plus(Given(dialogue.asked.name, texts or None, dialogue.asked.seen))


def test_an_answer_is_for_its_question_alone(output: Output) -> None:
    """A secret must not go to somebody else because a question before it is no longer asked."""
    dialogue = answered(asked(output, Dialogue("x", ()), KEY))
    assert Stepper(dialogue, {"key": "secret"}, output).ask(KEY, can_go_back=False) == "secret"
    data = asked(output, dialogue, OTHER_KEY, key="secret")
    assert data["question"]["text"] == OTHER_KEY.text
    assert "has changed" in data["refused"]


def test_a_question_of_another_kind_is_another_question(output: Output) -> None:
    dialogue = answered(asked(output, Dialogue("x", ()), NAME), "yes")
    again = Question(key="name", text=NAME.text, kind=Kind.CONFIRM, flag="--name")
    assert asked(output, dialogue, again)["refused"]


def test_a_key_that_looks_like_a_number_of_another_is_told_apart(output: Output) -> None:
    keys = [Question(key=key, text=key, kind=Kind.TEXT, flag="") for key in ("a", "a.2", "a", "a.2")]
    dialogue, names = Dialogue("x", ()), []
    for _ in keys:
        data = asked(output, dialogue, *keys)
        names.append(data["question"]["key"])
        dialogue = answered(data, "text")
    assert len(set(names)) == len(keys)


def test_an_error_asks_the_same_question_again(output: Output) -> None:
    stepper = Stepper(answered(asked(output, Dialogue("x", ()), NAME), "bad"), {}, output)
    stepper.ask(NAME, can_go_back=False)
    with pytest.raises(NextQuestion) as following:
        stepper.show("not like this", "error")
    assert following.value.data["refused"] == "not like this"
    assert following.value.data["question"]["key"] == "name"
    assert dialogue_of(following.value.data["state"]).given == ()


def test_nobody_is_asked_once_files_are_written(output: Output) -> None:
    output.in_dialogue = True
    output.front_end = Stepper(Dialogue("x", ()), {}, output)
    assert open_prompter(output) is output.front_end
    assert after_writing(output.front_end, output) is None
    assert open_prompter(output) is None
