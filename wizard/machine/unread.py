"""Files that keep Crush from reading its configuration, for commands that need all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.errors import InvalidConfig

if TYPE_CHECKING:
    from wizard.machine.in_force import InForce

UNREAD = ("F1", "F2", "F3", "F4", "F5", "F6")
"""The codes of files that can't be read, or not together (crush-behaviour 10.1)."""


def refuse_unread(found: InForce) -> None:
    """Raises InvalidConfig, with the place, for the first such file: what it would say is not known."""
    for problem in found.effective.fatal:
        if problem.code in UNREAD and problem.path is not None:
            raise InvalidConfig(
                problem.message, hint=problem.hint, path=problem.path, line=problem.line, column=problem.column
            )
