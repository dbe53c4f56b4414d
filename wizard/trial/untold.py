"""Why a provider is not asked anything, though its endpoint might answer."""

from __future__ import annotations


class NotTellable(Exception):
    """A value that is not known here, or that only running a command of the config would tell; the message says it.

    `hint`: what would tell it, where that is known.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class SignedOut(Exception):
    """A cloud's sign-in that is missing, or over; the message says it in the vendor's words, `hint` how to mend it."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint
