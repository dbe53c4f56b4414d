"""Providers that Crush signs in to itself, with `crush login`, and the login that it keeps (crush-behaviour 2.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from wizard.provider.builtins import BUILTINS
from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Mapping

LoginState = Literal["valid", "renewed", "expired"]
"""`renewed`: it has run out, and Crush gets a new one before it asks the provider; `expired`: it can't."""
PREFIX = "login:"
"""In lists beside presets: what follows is signed in to."""
USUAL = ("hyper", "copilot")
"""What `crush login` has offered from its beginning."""
_OTHER_NAMES = {"github-copilot": "copilot", "github": "copilot"}
_HELP = regexp(r"Available\s+platforms\s+are:\s*([a-z0-9-]+(?:,\s*[a-z0-9-]+)*)")
_SECONDS = 30
"""Crush takes a login for expired so long before it is, at least."""


class Login(Struct, frozen=True):
    """What Crush can sign in to: its word for `crush login`, which is also the provider's id, and its name."""

    id: str
    name: str


def login_of(platform: str) -> Login:
    """By Crush's word for it."""
    return Login(platform, BUILTINS[platform].name if platform in BUILTINS else platform)


def meant_login(name: str) -> str:
    """The id of what somebody wants to sign in to without a key; empty where that is nothing of the kind."""
    id_ = _OTHER_NAMES.get(name.casefold(), name.casefold()).removeprefix(PREFIX)
    return id_ if id_ in USUAL or name.startswith(PREFIX) else ""


def platforms_in(help_text: str) -> tuple[str, ...]:
    """What `crush login --help` says that it can sign in to; nothing where there is no such command."""
    found = _HELP.search(help_text)
    return tuple(word.strip() for word in found[1].split(",")) if found else ()


def login_state(entry: Mapping[str, Any], now: float) -> LoginState | None:
    """How the login of a provider's entry is, at a time in seconds since 1970; None where it has none."""
    token = entry.get("oauth")
    if not isinstance(token, dict) or not token:
        return None
    lasts, ends = _number(token.get("expires_in")), _number(token.get("expires_at"))
    if now < ends - max(lasts // 10, _SECONDS):
        return "valid"
    return "renewed" if token.get("refresh_token") else "expired"


def _number(value: object) -> int:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0
