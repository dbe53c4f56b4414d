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
BEFORE_CHANGE = "@"


def profile_in_force(environ: Mapping[str, str] = os.environ) -> str:
    """The profile of this run, which its start has put into the environment; empty for none."""
    named = environ.get(VARIABLE, "")
    return "" if named == NONE else named


def own(name: str, profile: str) -> str:
    """What a profile's own secret is called in its store. A name that says whose it is stays as it is."""
    return f"{profile}{BETWEEN}{name}" if profile and BETWEEN not in name else name


def owned(names: Iterable[str], profile: str) -> tuple[str, ...]:
    """Those of a store's names that are a profile's own, as the profile calls them. Without one: everybody's.

    None of them is kept for `undo`.
    """
    named = without_kept(names)
    if not profile:
        return tuple(name for name in named if BETWEEN not in name)
    start = own("", profile)
    return tuple(name.removeprefix(start) for name in named if name.startswith(start))


def kept_for(name: str, change: str) -> str:
    """What the value from before a change is called, by the change's id."""
    return f"{name}{BEFORE_CHANGE}{change}"


def without_kept(names: Iterable[str]) -> tuple[str, ...]:
    """A store's names, sorted, without those that are kept for `undo`."""
    return tuple(sorted(name for name in names if BEFORE_CHANGE not in name))


def seen(names: Iterable[str], profile: str) -> tuple[str, ...]:
    """What a profile sees of a store's names: its own, and behind them everybody's. Sorted."""
    there = tuple(names)
    return tuple(sorted({*owned(there, profile), *owned(there, "")}))
