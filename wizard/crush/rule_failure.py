"""What one of Crush's checks has found, and the problem that it makes with a place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from wizard.crush.problem import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.crush.sources import Source


class RuleFailure(Struct, frozen=True):
    """One check that did not pass. `field` is where in the entry the cause is."""

    code: str
    message: str
    field: tuple[str, ...] = ()
    hint: str = ""


_SEVERITIES: Mapping[str, Severity] = {
    "F7": "error",
    "F8": "error",
    "F11": "error",
    "F13": "error",
    "W6": "error",
    "W7": "error",
    "W8": "error",
    "W15": "info",
    "W19": "info",
}


def placed(found: RuleFailure, source: Source | None, provider: str = "", severity: Severity | None = None) -> Problem:
    """The problem that a finding is at a place. Without a `severity` its code decides."""
    found_severity = severity or _SEVERITIES.get(found.code, "warning")
    if source is None:
        return Problem(found.code, found_severity, found.message, provider, hint=found.hint)
    place = (source.path, source.line, source.column)
    return Problem(found.code, found_severity, found.message, provider, *place, found.hint)
