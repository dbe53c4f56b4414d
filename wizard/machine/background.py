"""Slow looks at the surroundings: begun behind the first question, and waited for when one needs them."""

from __future__ import annotations

import time
from threading import Thread
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Seen = TypeVar("Seen")


class InBackground(Generic[Seen]):
    """Looks in a thread of its own, from when it is told to `begin`, or from when somebody wants to know.

    Calling it waits for what was seen, or raises what was raised.
    """

    def __init__(self, look: Callable[[], Seen]) -> None:
        self._look = look
        self._seen: Seen
        self._error: BaseException | None = None
        self._since = 0.0
        self._thread = Thread(target=self._run, daemon=True)  # the program may end without having waited

    def begin(self) -> None:
        """Only the first time counts."""
        if self._thread.ident is None:
            self._since = time.monotonic()
            self._thread.start()

    def __call__(self) -> Seen:
        self.begin()
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._seen

    def within(self, seconds: float) -> Seen | None:
        """What was seen; None if it takes longer than that from its beginning, or if looking went wrong."""
        self.begin()
        self._thread.join(max(self._since + seconds - time.monotonic(), 0.0))
        return None if self._thread.is_alive() or self._error is not None else self._seen

    def is_over(self, seconds: float) -> bool:
        """Whether `within` so many seconds need not wait any more."""
        has_begun = self._thread.ident is not None
        return has_begun and (not self._thread.is_alive() or time.monotonic() > self._since + seconds)

    def _run(self) -> None:
        try:
            self._seen = self._look()
        except BaseException as error:  # for whoever asks
            self._error = error
