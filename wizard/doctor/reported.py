"""What the effective configuration says about itself (crush-behaviour 10.1, 10.2), as findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from wizard.doctor.finding import Seen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wizard.crush.problem import Problem, Severity
    from wizard.doctor.examined import Examined

_LACKING = frozenset(("W6", "W7", "W8"))
"""What a script may still bring."""


def reported(code: str, severity: Severity | None = None) -> Callable[[Examined], Iterator[Seen]]:
    """A check that takes over all problems of one code. `severity` instead of theirs, unless that is info."""

    def find(examined: Examined) -> Iterator[Seen]:
        for problem in (*examined.effective.fatal, *examined.effective.problems):
            if problem.code == code:
                yield _seen(problem, examined, severity)

    return find


def _seen(problem: Problem, examined: Examined, severity: Severity | None) -> Seen:
    usual = severity if severity and problem.severity != "info" else problem.severity
    seen = Seen(problem.message, problem.provider, problem, problem.hint, severity=usual)
    if problem.code in _LACKING and examined.may_be_set(problem.provider):
        return replace(
            seen, message=f"{seen.message}; a script may set it: can't tell without running it", severity="info"
        )
    return seen
