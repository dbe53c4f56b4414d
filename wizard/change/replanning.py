"""What to do when a file changes while its own change is being decided on: the same, for what it is now."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from wizard.errors import ChangedMeanwhile

if TYPE_CHECKING:
    from collections.abc import Callable

    from wizard.ui.output import Output

ATTEMPTS = 20
"""How often a change is planned when the file keeps changing under it."""

Result = TypeVar("Result")


def planned_anew(decide_and_write: Callable[[], Result], look_anew: Callable[[], None], output: Output) -> Result:
    """What the first attempt returns that finds the file as it was read. `look_anew` comes before each new attempt.

    Raises ChangedMeanwhile when the last one fails, too.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            return decide_and_write()
        except ChangedMeanwhile:
            output.note("the file has just been changed by someone else; this is the change to what it is now")
            look_anew()
    return decide_and_write()
