"""Keys in plain text, also where one stands as the default of a variable; and what is none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.credential import recognize
from wizard.expansion.plain_secrets import (
    Default,
    default_secrets,
    holds_secret,
    plain_defaults,
    plain_secrets,
    sole_default,
    without_defaults,
)

KEY = "k3y-in-plain-text"


@pytest.mark.parametrize(
    "value",
    [
        {"api_key": f"${{A:-{KEY}}}"},
        {"api_key": f"${{A-{KEY}}}"},
        {"api_key": f"${{A:={KEY}}}"},
        {"api_key": f"${{A:+{KEY}}}"},
        {"api_key": f"${{A:-'{KEY}'}}"},
        {"api_key": f"${{A:-${{B:-{KEY}}}}}"},
        {"api_key": f"$A${{B:-{KEY}}}"},
        {"api_key": f"${{A:-$(pass show a)}}${{B:-{KEY}}}"},
        {"api_key": "${A:-pa\\$\\$word}"},
        {"api_key": "${A:-100$}"},
        {"api_key": f"${{A:-{KEY}}}$[1]"},  # a spelling that is not covered
        {"api_key": f"${{A:-{KEY}}}${{"},
        {"Authorization": f"Bearer ${{A:-{KEY}}}"},
        {"Authorization": f"${{A:-Bearer {KEY}}}"},
        {"X-Odd": f"Bearer ${{A:-{KEY}}}"},
        {"base_url": f"https://u:${{A:-{KEY}}}@host/v1"},
        {"base_url": f"https://host/v1?api_key=${{A:-{KEY}}}"},
        {"base_url": f"${{A:-https://u:{KEY}@host}}/v1"},
        {"extra_body": {"nested": [{"token": f"${{A:-{KEY}}}"}]}},
        {"name": f"${{A:-sk-{'a1B2' * 8}}}"},
    ],
)
def test_a_key_as_a_default_is_found(value: dict[str, Any]) -> None:
    assert default_secrets(value)
    assert holds_secret(value)


@pytest.mark.parametrize(
    "value",
    [
        {"api_key": "${A:-}"},
        {"api_key": "${A:-none}"},
        {"api_key": "${A:-dummy}"},
        {"api_key": "${A:-$OTHER}"},
        {"api_key": "${A:-${B:-${C}}}"},
        {"api_key": "${A:-$(crush-wizard secret get A)}"},
        {"api_key": "${A:-`pass show a`}"},
        {"api_key": "${A:?is not set}"},
        {"api_key": "${#A}"},
        {"Authorization": "Bearer ${A:-$(crush-wizard secret get A || true)}"},
        {"Authorization": "${A:-Bearer $B}"},
        {"base_url": "${HOST:-http://localhost:8080}/v1"},
        {"base_url": "https://host/${PATH_THERE:-v1}"},
        {"X-Team": "${TEAM:-search}"},
        {"system_prompt_prefix": "say ${A:-b}"},
        None,
    ],
)
def test_what_is_no_key_is_left_alone(value: dict[str, Any] | None) -> None:
    assert not default_secrets(value)
    assert not holds_secret(value)


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("${A:-text}", ("A", "text")),
        ("${A-'te xt'}", ("A", "te xt")),
        ("${A:-}", ("A", "")),
        ("${A:-$B}", None),
        ("${A:+text}", None),
        ("x${A:-text}", None),
        ("$A", None),
        ("${", None),
    ],
)
def test_a_variable_and_its_default(template: str, found: tuple[str, str] | None) -> None:
    assert sole_default(template) == found


def test_secrets_are_told_as_they_are_written() -> None:
    entry = {"api_key": f"${{A:-{KEY}}}", "extra_headers": {"X-Token": "${B:-'an other'}"}, "token": "literal-one"}
    assert plain_secrets(entry) == {KEY, "an other", "literal-one"}
    in_parts = '${A:-k3y"in"parts}'
    assert in_parts in plain_secrets({"api_key": in_parts})


def test_quotes_of_a_script_make_no_key_of_a_dummy() -> None:
    assert plain_secrets([["--api-key", '"${A:-none}"']]) == frozenset()
    assert KEY in plain_secrets([["--api-key", f'"${{A:-{KEY}}}"']])


def test_all_defaults_are_told_be_they_secrets_or_not() -> None:
    entry = {"api_key": f"x${{A:-{KEY}}}", "extra_headers": {"X-Team": "${T:-${S:-search}}", "X-No": "${T:-}${T:-$U}"}}
    assert plain_defaults(entry) == {Default("A", KEY), Default("S", "search")}


def test_what_takes_the_place_of_a_default() -> None:
    entry = {
        "api_key": f"${{A:-{KEY}}}",
        "extra_headers": {"Authorization": f"Bearer ${{B-{KEY}}}", "X-Team": "${T:-search}", "X-Token": "${N:-none}"},
    }
    assert without_defaults(entry) == {f"${{A:-{KEY}}}": "${A}", f"${{B-{KEY}}}": "${B}"}


@given(st.from_regex(r"[A-Za-z0-9_.\-]{1,30}", fullmatch=True), st.sampled_from([":-", "-", ":=", "="]))
def test_a_default_is_a_secret_exactly_where_it_would_be_one_alone(text: str, operator: str) -> None:
    assert default_secrets({"api_key": f"${{A{operator}{text}}}"}) == (set() if recognize(text).is_harmless else {text})


@given(st.text(max_size=60))
def test_any_text_is_looked_at_without_a_mishap(text: str) -> None:
    assert holds_secret({"note": "${A:-" + text}) in (True, False)
