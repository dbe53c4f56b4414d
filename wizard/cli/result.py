"""What a command returns, and the one place that prints it: as text for people, or as the JSON document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from wizard.ui.output import say_nothing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wizard.ui.output import Output


class Result(Struct, frozen=True):
    """`data` is that of the JSON document (cli.md), worked out for --json only. `show` tells the same to people.

    `below`: what is said below it on stderr; it is among the messages of the document.
    """

    data: Callable[[], Mapping[str, Any]]
    show: Callable[[], None] = say_nothing
    below: Callable[[], None] = say_nothing
    exit_code: int = 0


def print_result(result: Result, output: Output, command: str) -> int:
    """The exit code."""
    if output.as_json:
        data = result.data()
        result.below()
        output.envelope(command, ok=result.exit_code == 0, data=data)
    else:
        result.show()
        result.below()
    return result.exit_code
