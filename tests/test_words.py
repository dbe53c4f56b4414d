"""Counting and listing in a sentence."""

from __future__ import annotations

import pytest

from wizard.words import by_number, counted, joined


@pytest.mark.parametrize(("number", "said"), [(0, "0 models"), (1, "1 model"), (2, "2 models")])
def test_things_are_counted(number: int, said: str) -> None:
    assert counted(number, "model") == said


def test_the_verb_goes_with_the_number() -> None:
    assert [by_number(number, "is", "are") for number in (0, 1, 2)] == ["are", "is", "are"]


@pytest.mark.parametrize(
    ("words", "said"), [((), ""), (("a",), "a"), (("a", "b"), "a and b"), (("a", "b", "c"), "a, b and c")]
)
def test_words_are_listed(words: tuple[str, ...], said: str) -> None:
    assert joined(words) == said


def test_they_are_listed_as_a_choice() -> None:
    assert joined(iter("abc"), "or") == "a, b or c"
