"""Keys in plain text, also where one stands as the default of a variable; and what is none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.config.literals import is_dummy
from wizard.transfer.plain_secrets import holds_default_secret, holds_secret, sole_default

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
    assert holds_default_secret(value)
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
    assert not holds_default_secret(value)
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


@given(st.from_regex(r"[A-Za-z0-9_.\-]{1,30}", fullmatch=True), st.sampled_from([":-", "-", ":=", "="]))
def test_a_default_is_a_secret_exactly_where_it_would_be_one_alone(text: str, operator: str) -> None:
    assert holds_default_secret({"api_key": f"${{A{operator}{text}}}"}) == (not is_dummy(text))


@given(st.text(max_size=60))
def test_any_text_is_looked_at_without_a_mishap(text: str) -> None:
    assert holds_secret({"note": "${A:-" + text}) in (True, False)
