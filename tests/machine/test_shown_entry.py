"""Whatever a credential is made of, what is shown of it holds no part that stands there literally."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.machine.shown_entry import shown_credential, shown_expanded_url, shown_url

SECRET = "-zq7w9xk4"
PIECES = st.sampled_from(
    (
        "$NAME",
        "${NAME}",
        "${NAME:-$OTHER}",
        "${NAME:?not set}",
        "$(crush-wizard secret get NAME)",
        "${NAME:-$(crush-wizard secret get NAME || true)}",
        f"${{NAME:-{SECRET}}}",
        f"$(echo {SECRET})",
        f"`echo {SECRET}`",
        "$(pass show x)",
        SECRET,
        "Bearer ",
        "\\$",
        '"',
        " ",
        ")",
    )
)


@given(st.lists(PIECES, max_size=6).map("".join))
def test_no_literal_part_is_shown(text: str) -> None:
    assert SECRET not in shown_credential(text)


@given(st.lists(PIECES, min_size=1, max_size=4).map("".join))
def test_nor_in_the_places_of_a_url_that_hold_one(text: str) -> None:
    value = "".join(text.split())  # a URL has no blanks
    assert SECRET not in shown_url(f"https://me:{value}@llm.example/v1")
    assert SECRET not in shown_url(f"https://llm.example/v1?region=eu&api_key={value}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ollama",
        "$NAME",
        "Bearer ${NAME}",
        "${A}$B",
        "${A:-$B}",
        "${NAME:-$(crush-wizard secret get NAME)}",
        "${NAME:?set NAME first}",
        "${NAME:-none}",
        "Bearer ${NAME-dummy}",
        "${A}${B:-}",
    ],
)
def test_placeholders_are_shown_as_they_are(text: str) -> None:
    assert shown_credential(text) == text


@pytest.mark.parametrize("text", ["$(pass show x)", "`pass show x`", "${NAME:-$(pass show x)}"])
def test_of_a_command_only_that_it_is_one(text: str) -> None:
    assert shown_credential(text) == "$(...)"
    assert shown_credential(f"Bearer {text}") == "Bearer $(...)"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://llm.example/v1", "https://llm.example/v1"),
        ("https://$HOST/v1?region=eu", "https://$HOST/v1?region=eu"),
        ("https://me:$PW@llm.example", "https://me:$PW@llm.example"),
        ("https://me:secret@llm.example", "https://me:<redacted>@llm.example"),
        ("https://t0k3n@llm.example", "https://<redacted>@llm.example"),
        ("https://llm.example/v1?key=abc#x", "https://llm.example/v1?key=<redacted>#x"),
    ],
)
def test_urls(url: str, shown: str) -> None:
    assert shown_url(url) == shown
    assert shown_expanded_url(url) == shown


def test_very_long_values_take_no_time() -> None:
    assert shown_credential("$A" * 100_000 + "-") == "<redacted>"
    assert shown_url("://" * 100_000) == "://" * 100_000
