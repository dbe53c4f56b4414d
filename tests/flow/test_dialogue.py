"""The state of a dialogue with a program: a token that carries all of it, and nothing else."""

from __future__ import annotations

import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from wizard.flow.dialogue import (
    Dialogue,
    Given,
    InvalidState,
    OpenQuestion,
    as_data,
    dialogue_of,
    fingerprint,
    raw_of,
    token_of,
)
from wizard.flow.question import Choice, InvalidAnswer, Kind, Question

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
dialogues = st.builds(
    Dialogue,
    texts,
    st.lists(texts, max_size=4).map(tuple),
    st.lists(st.builds(Given, texts, st.none() | st.lists(texts, max_size=3).map(tuple), texts), max_size=5).map(tuple),
    st.none() | st.builds(OpenQuestion, texts, st.booleans(), texts),
)


@given(dialogues)
def test_a_token_carries_the_whole_dialogue(dialogue: Dialogue) -> None:
    token = token_of(dialogue)
    assert dialogue_of(token) == dialogue
    assert set(token) <= set("0123456789abcdef")


@given(dialogues, st.data())
def test_a_token_that_was_cut_or_altered_is_refused(dialogue: Dialogue, data: st.DataObject) -> None:
    token = token_of(dialogue)
    cut = token[: data.draw(st.integers(0, len(token) - 1))]
    with pytest.raises(InvalidState):
        dialogue_of(cut)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from([digit for digit in "0123456789abcdef" if digit != token[place]]))
    try:
        read = dialogue_of(token[:place] + other + token[place + 1 :])
    except InvalidState:
        return
    assert read == dialogue  # some bits of the container mean nothing


@given(st.text(max_size=200))
def test_no_text_is_taken_for_a_token(text: str) -> None:
    with pytest.raises(InvalidState):
        dialogue_of(text)


@pytest.mark.parametrize(
    "value",
    [
        [],
        {"version": 2},
        {"version": 1},
        {"version": 1, "command": "x", "arguments": 1, "given": [], "asked": None},
        {"version": 1, "command": "x", "arguments": [], "given": [["only a name"]], "asked": None},
        {"version": 1, "command": "x", "arguments": [], "given": [], "asked": ["too short"]},
        {"version": 1, "command": "x", "arguments": ["a\0b"], "given": [], "asked": None},
        {"version": 1, "command": "x", "arguments": ["\ud800"], "given": [], "asked": None},
        {"version": 1, "command": ["x"], "arguments": [], "given": [], "asked": None},
        {"version": 1, "command": "x", "arguments": "letters", "given": [], "asked": None},
        {"version": 1, "command": "x", "arguments": [{"no": "text"}], "given": [], "asked": None},
        {"version": 1, "command": "x", "arguments": [], "given": [["name", "letters", ""]], "asked": None},
    ],
)
def test_json_of_another_shape_is_no_state(value: object) -> None:
    with pytest.raises(InvalidState):
        dialogue_of(b"\0".hex() + zlib.compress(json.dumps(value).encode()).hex())


def test_a_small_token_that_unpacks_to_gigabytes_is_refused_early() -> None:
    packing = zlib.compressobj(9)
    bomb = b"".join(packing.compress(b" " * 2**20) for _ in range(64)) + packing.flush()
    with pytest.raises(InvalidState):
        dialogue_of(b"\0".hex() + bomb.hex())


def test_a_token_is_made_until_it_fits() -> None:
    dialogue = Dialogue("add-provider", ("groq",))
    unfit = token_of(dialogue)
    token = token_of(dialogue, lambda made: made != unfit)
    assert token != unfit
    assert dialogue_of(token) == dialogue


def test_there_is_no_text_that_all_tokens_hold() -> None:
    """What has the shape of a secret is masked wherever it stands, so a token without it has to be found."""
    dialogue = Dialogue("add-provider", ("groq",))
    usual = token_of(dialogue)
    for place in range(len(usual) - 3):
        unfit = usual[place : place + 4]
        assert unfit not in token_of(dialogue, lambda token, unfit=unfit: unfit not in token)  # type: ignore[misc]


def question(kind: Kind, default: str | bool | tuple[str, ...] | None = None, *values: str) -> Question:
    choices = tuple(Choice(value, value.upper(), "hint") for value in values)
    return Question(key="q", text="Q?", kind=kind, flag="--q", choices=choices, default=default)


@pytest.mark.parametrize(
    ("asked", "given_texts", "raw"),
    [
        (question(Kind.TEXT), ("a b",), "a b"),
        (question(Kind.TEXT), ("",), ""),
        (question(Kind.TEXT, "usual"), ("",), "usual"),
        (question(Kind.CHOICE, "a", "a", "b"), ("b",), "b"),
        (question(Kind.CHOICE, "a", "a", "b"), ("",), "a"),
        (question(Kind.CHOICE, "a", "a", ""), ("",), ""),
        (question(Kind.CONFIRM, True), ("no",), False),
        (question(Kind.CONFIRM, False), ("true",), True),
        (question(Kind.MANY, ("a",), "a", "b"), ("a", "b"), ("a", "b")),
        (question(Kind.MANY, ("a",), "a", "b"), ("",), ()),
        (question(Kind.MANY), ("x=1", "y=2"), ("x=1", "y=2")),
        (question(Kind.SECRET), ("k",), "k"),
    ],
)
def test_texts_become_what_a_person_would_have_answered(
    asked: Question, given_texts: tuple[str, ...], raw: object
) -> None:
    assert raw_of(asked, given_texts) == raw


@pytest.mark.parametrize(
    ("asked", "given_texts"),
    [
        (question(Kind.TEXT), ("a", "b")),
        (question(Kind.CHOICE, "a", "a", "b"), ("c",)),
        (question(Kind.CONFIRM, True), ("maybe",)),
        (question(Kind.MANY, (), "a", "b"), ("a", "c")),
    ],
)
def test_what_is_no_answer_is_refused(asked: Question, given_texts: tuple[str, ...]) -> None:
    with pytest.raises(InvalidAnswer):
        raw_of(asked, given_texts)


def test_a_question_shows_all_that_a_front_end_needs() -> None:
    assert as_data(question(Kind.MANY, ("a",), "a"), "q.2") == {
        "key": "q.2",
        "text": "Q?",
        "help": "",
        "kind": "many",
        "choices": [{"value": "a", "label": "A", "hint": "hint"}],
        "default": ["a"],
        "flag": "--q",
        "decision": False,
    }


def test_the_default_of_a_secret_is_not_shown() -> None:
    assert as_data(question(Kind.SECRET, "hidden"), "q")["default"] is None


def test_an_answer_is_bound_to_what_was_shown_with_its_question() -> None:
    asked = question(Kind.CONFIRM, True)
    shown = fingerprint(asked, {"changes": ["one"]})
    assert shown == fingerprint(asked, {"changes": ["one"]})
    assert shown != fingerprint(asked, {"changes": ["two"]})
    assert fingerprint(asked, {}) != fingerprint(replace(asked, text="Another?"), {})
    assert fingerprint(asked, {}) != fingerprint(replace(asked, kind=Kind.TEXT), {})
