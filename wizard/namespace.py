"""Whose a secret is: a profile's own, or everybody's. A profile's own is called `work:GROQ_API_KEY` in its store.

A value that is kept for `undo` has the id of its change behind an `@`: `work:GROQ_API_KEY@20260801T...`. No name of a
variable or of a profile has either character. Light on purpose: every command waits for these imports.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

VARIABLE = "WIZARD_PROFILE"
NONE = "none"
"""What the variable, and a flag, says for no profile."""
BETWEEN = ":"


def profile_in_force(environ: Mapping[str, str] = os.environ) -> str:
    """The profile of this run, which its start has put into the environment; empty for none."""
    named = environ.get(VARIABLE, "")
    return "" if named == NONE else named


def own(name: str, profile: str) -> str:
    """What a profile's own secret is called in its store. A name that says whose it is stays as it is."""
    return f"{profile}{BETWEEN}{name}" if profile and BETWEEN not in name else name


def owned(names: Iterable[str], profile: str) -> tuple[str, ...]:
    """Those of a store's names that are a profile's own, as the profile calls them. Without one: everybody's."""
    if not profile:
        return tuple(name for name in names if BETWEEN not in name)
    start = own("", profile)
    return tuple(name.removeprefix(start) for name in names if name.startswith(start))


def seen(names: Iterable[str], profile: str) -> tuple[str, ...]:
    """What a profile sees of a store's names: its own, and behind them everybody's. Sorted."""
    there = tuple(names)
    return tuple(sorted({*owned(there, profile), *owned(there, "")}))
