"""What the commands share that change which profiles there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wizard.cli.result import Result

if TYPE_CHECKING:
    from collections.abc import Callable

    from wizard.change.run import Outcome, Run


def result_of(outcome: Outcome[Any], run: Run, said: Callable[[], None], **data: Any) -> Result:
    """The command's result, told for people by `said`, with the way back."""
    from wizard.change.run import as_data

    def show() -> None:
        if outcome.applied:
            said()
            run.output.note("to undo: crush-wizard undo")

    if run.output.as_json and outcome.applied:
        said()
    return Result(lambda: {**as_data(outcome), **data}, show)
