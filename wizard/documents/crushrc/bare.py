"""A script without commands: comments, and lines that only say how it is to be run."""

from __future__ import annotations

from wizard.regexp import regexp

_HOW_IT_RUNS = regexp(r"\s*(?:set( [-+]\w+| pipefail)+|true|:|(?:exit|return)( 0)?)?\s*(?:#.*)?")


def is_bare(script: str) -> bool:
    """Whether no line is a command that does anything."""
    return all(map(_HOW_IT_RUNS.fullmatch, script.splitlines()))
