"""What Crush signs in to, in its own words, and how a login is."""

from __future__ import annotations

from typing import Any

import pytest

from wizard.provider.login import login_state, meant_login, platforms_in

HELP = """
  Login Crush to a specified platform.
  The platform should be provided as an argument.
  Available platforms are: hyper,{} copilot.

  USAGE
"""


@pytest.mark.parametrize(
    ("text", "platforms"),
    [
        (HELP.format(""), ("hyper", "copilot")),
        (HELP.format(" openai,\n "), ("hyper", "openai", "copilot")),
        ('unknown command "login" for "crush"', ()),
        ("", ()),
    ],
)
def test_the_help_says_what_there_is(text: str, platforms: tuple[str, ...]) -> None:
    assert platforms_in(text) == platforms


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("hyper", "hyper"),
        ("GitHub-Copilot", "copilot"),
        ("login:copilot", "copilot"),
        ("login:openai", "openai"),
        ("openai", ""),
        ("github-models", ""),
    ],
)
def test_what_somebody_means(typed: str, meant: str) -> None:
    assert meant_login(typed) == meant


@pytest.mark.parametrize(
    ("token", "state"),
    [
        ({"expires_in": 1000, "expires_at": 2000}, "valid"),
        ({"expires_in": 1000, "expires_at": 1100}, "expired"),  # within a tenth of its time
        ({"expires_in": 10, "expires_at": 1031}, "valid"),
        ({"expires_in": 10, "expires_at": 1030}, "expired"),
        ({"expires_in": 10, "expires_at": 1, "refresh_token": "r"}, "renewed"),
        ({"access_token": "a"}, "expired"),
        ({}, None),
        ("odd", None),
        (None, None),
    ],
)
def test_how_a_login_is(token: Any, state: str | None) -> None:
    """As Crush takes it: a login has expired some time before it has."""
    assert login_state({"oauth": token}, 1000.0) == state
