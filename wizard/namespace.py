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
HANDED_OUT = "WIZARD_PROFILE_KEYS"
"""Which variables `run` and `env` have set from the keys of the profile in force: NAME,NAME.

Who leaves the profile leaves them, whatever the profile is called by now, and has.
"""
BETWEEN = ":"
BEFORE_CHANGE = "@"


def profile_in_force(environ: Mapping[str, str] = os.environ) -> str:
    """The profile of this run, which its start has put into the environment; empty for none."""
    named = environ.get(VARIABLE, "")
    return "" if named == NONE else named


def own(name: str, profile: str) -> str:
    """What a profile's own secret is called in its store. A name that says whose it is stays as it is."""
    return f"{profile}{BETWEEN}{name}" if profile and BETWEEN not in name else name


def in_words(name: str) -> str:
    """What a store's name is called in a message: `GROQ_API_KEY (profile work)`."""
    profile, _, variable = name.rpartition(BETWEEN)
    return f"{variable} (profile {profile})" if profile else variable


def to_remove(name: str, store: str) -> str:
    """The command that deletes what has this name in the store, whichever profile is in force."""
    profile, _, variable = name.rpartition(BETWEEN)
    return f"crush-wizard{_flag(profile)} secret remove {variable} --store {store}"


def to_move_all(store: str) -> str:
    """The command that moves all secrets to the store, those of all profiles."""
    return f"crush-wizard{_flag('')} secret move --all --to {store}"


def _flag(profile: str) -> str:
    """For a command that is meant for the profile, or for none, where another one may be in force."""
    return f" --profile {profile or NONE}" if profile or profile_in_force() else ""


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
