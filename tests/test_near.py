"""Did you mean: one rule for commands, presets, providers, models, keys and tools."""

from __future__ import annotations

import pytest

from wizard.near import did_you_mean, near, nearest

PRESETS = ("deepseek", "deepinfra", "groq", "ollama", "openai", "openai-gateway")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("deepsek", ("deepseek",)),
        ("GROQ", ("groq",)),
        ("openia", ("openai",)),
        ("something", ()),
        ("nope", ()),
        ("ppenai", ("openai",)),
        ("opena", ("openai",)),
        ("", ()),
    ],
)
def test_what_was_meant(typed: str, meant: tuple[str, ...]) -> None:
    assert near(typed, PRESETS) == meant


def test_several_that_are_as_close_are_named() -> None:
    assert set(near("m3", ("m1", "m2", "other"))) == set()
    assert set(near("gpt-3", ("gpt-1", "gpt-2", "gpt-41-mini"))) == {"gpt-1", "gpt-2"}


def test_as_a_question() -> None:
    assert did_you_mean("deepsek", PRESETS) == "did you mean `deepseek`?"
    assert did_you_mean("gpt-3", ("gpt-1", "gpt-2")) in (
        "did you mean `gpt-1` or `gpt-2`?",
        "did you mean `gpt-2` or `gpt-1`?",
    )
    assert did_you_mean("something", PRESETS) == ""


def test_what_would_be_taken_as_it_is_must_be_very_like() -> None:
    assert nearest("deepsek", PRESETS) == "deepseek"
    assert nearest("openrouter", PRESETS) == ""
