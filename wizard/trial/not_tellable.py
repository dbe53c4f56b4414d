"""The reason why a provider can't be put on the wire."""

from __future__ import annotations


class NotTellable(Exception):
    """A value that is not known here, or that only running a command of the config would tell; the message says it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class KeyToCome(NotTellable):
    """The variable that its key is in has no value yet."""
