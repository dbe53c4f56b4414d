"""Files that keep Crush from reading its configuration, for commands that need all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.crush.problem import DOES_NOT_FIT, NOT_READ
from wizard.errors import InvalidConfig

if TYPE_CHECKING:
    from wizard.machine.in_force import InForce


def refuse_unread(found: InForce) -> None:
    """Raises InvalidConfig, with the place, for the first such file: what it would say is not known."""
    for problem in found.effective.fatal:
        if problem.code in (*NOT_READ, *DOES_NOT_FIT):
            hint = problem.hint or "Crush does not start with this: fix it first"
            raise InvalidConfig(problem.message, hint=hint, path=problem.path, line=problem.line, column=problem.column)
