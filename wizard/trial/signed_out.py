"""Why a provider that takes a cloud's sign-in is not asked anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from wizard.private import Private
from wizard.trial.not_tellable import NotTellable

if TYPE_CHECKING:
    from collections.abc import Callable

    from wizard.endpoints.wire import Live


class SignedOut(Exception):
    """A cloud's sign-in that is missing, or over; the message says it in the vendor's words, `hint` how to mend it."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class ToolCommand(Private, Struct, frozen=True):
    """How a tool of the cloud hands out what only the cloud's own library can get.

    `line`: the command. `read`: the provider with what it printed; None for what is of no use. `cure`: what helps
    where there is nothing to hand out. `older`: what a tool that can't do it tells instead, and `taken` what it then
    means.
    """

    line: str
    read: Callable[[str], Live | None]
    cure: str
    older: str = ""
    taken: str = ""


class OnlyTheirs(NotTellable):
    """A sign-in that is there, and that only the cloud's own library can use. `hint`: what tells if it is good."""

    def __init__(self, message: str, hint: str = "", tool: ToolCommand | None = None) -> None:
        super().__init__(message, hint)
        self.tool = tool
