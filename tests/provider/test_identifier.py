from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.provider.builtins import BUILTINS, explain_id, near_miss
from wizard.provider.identifier import check_id, id_for_host, slug, unique_id


@pytest.mark.parametrize("good", ["a", "deepseek", "my-proxy_2"])
def test_good_ids(good: str) -> None:
    assert check_id(good) is None


@pytest.mark.parametrize("bad", ["", "A", "2x", "a.b", "a/b", "a b", "-a", "a*", "ä", "a\n"])
def test_ids_that_crush_could_not_write(bad: str) -> None:
    assert check_id(bad)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("llm.corp.example", "corp"),
        ("api.deepseek.com", "deepseek"),
        ("localhost", "local"),
        ("127.0.0.1", "local"),
        ("::1", "local"),
        ("gpu-box", "gpu-box"),
        ("api.ai", ""),
    ],
)
def test_id_for_host(host: str, expected: str) -> None:
    assert id_for_host(host) == expected


@given(st.text())
def test_a_slug_is_an_id_or_nothing(text: str) -> None:
    made = slug(text)
    assert made == "" or check_id(made) is None


def test_unique_id() -> None:
    assert unique_id("groq", {}) == "groq"
    assert unique_id("groq", {"groq", "groq-2"}) == "groq-3"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("kimi", "kimi-coding"),
        ("google", "gemini"),
        ("bedrock-united-states", "bedrock"),
        ("openroute", "openrouter"),
        ("deepseak", "deepseek"),
        ("groq", None),
        ("corp", None),
    ],
)
def test_near_misses_of_built_in_ids(typed: str, meant: str | None) -> None:
    assert near_miss(typed) == meant


def test_a_built_in_id_is_explained() -> None:
    assert "adds its own models" in (explain_id("groq") or "")
    assert "not the built-in `kimi-coding`" in (explain_id("kimi") or "")
    assert explain_id("corp") is None


def test_the_table_is_complete() -> None:
    assert len(BUILTINS) == 41
