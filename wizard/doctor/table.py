"""All checks. Their order is that of the documentation; findings are ordered by what they break."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.doctor import (
    builtin_checks,
    entry_checks,
    environment_checks,
    file_checks,
    folder_checks,
    machine_checks,
    model_checks,
    omissions,
    refusals,
    selection_checks,
    unknown_keys,
    value_checks,
)
from wizard.doctor.finding import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.doctor.check import Check, Code
    from wizard.doctor.examined import Examined
    from wizard.doctor.finding import Finding

_MODULES = (
    refusals,
    omissions,
    entry_checks,
    environment_checks,
    unknown_keys,
    model_checks,
    value_checks,
    selection_checks,
    builtin_checks,
    file_checks,
    machine_checks,
    folder_checks,
)


def _rank(code: str) -> tuple[str, int]:
    """F1, F2 ... F13, then W, D, and our own: C, E, P, S, T, V."""
    return f"{'FWD'.find(code[0]) % 9}{code[0]}", int(code[1:])


CHECKS: tuple[Check, ...] = tuple(
    sorted((check for module in _MODULES for check in module.CHECKS), key=lambda check: _rank(check.about.code))
)
CODES: Mapping[str, Code] = {check.about.code: check.about for check in CHECKS}


def diagnose(examined: Examined) -> tuple[Finding, ...]:
    """Everything that is wrong, the worst first, and what belongs to one file or provider together."""
    places = {file.path: number for number, file in enumerate(examined.effective.files)}

    def weight(finding: Finding) -> tuple[int, bool, int, int, str, tuple[str, int]]:
        return (
            SEVERITIES.index(finding.severity),
            not finding.code.startswith("F"),
            places.get(finding.path, len(places)) if finding.path else len(places),
            finding.line or 0,
            finding.provider,
            _rank(finding.code),
        )

    found = {_identity(finding): finding for check in CHECKS for finding in check.run(examined)}
    return tuple(sorted(found.values(), key=weight))


def _identity(finding: Finding) -> tuple[object, ...]:
    """What makes two findings one: a fix may hold any value of a file, and can't be compared quickly."""
    return finding.code, finding.message, finding.provider, finding.path, finding.line, finding.column
