"""Why a provider that takes a cloud's sign-in is not asked anything."""

from __future__ import annotations

from wizard.trial.not_tellable import NotTellable


class SignedOut(Exception):
    """A cloud's sign-in that is missing, or over; the message says it in the vendor's words, `hint` how to mend it."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class OnlyTheirs(NotTellable):
    """A sign-in that is there, and that only the cloud's own library can use. `hint`: what tells if it is good.

    `tool`: a command of the cloud that tells it as well, `taken` what it then means, `cure` what helps if it is not.
    """

    def __init__(self, message: str, hint: str = "", *, tool: str = "", taken: str = "", cure: str = "") -> None:
        super().__init__(message, hint)
        self.tool, self.taken, self.cure = tool, taken, cure
