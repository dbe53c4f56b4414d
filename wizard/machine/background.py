"""Slow looks at the surroundings, started before the first question and waited for when one needs them."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Seen = TypeVar("Seen")


class InBackground(Generic[Seen]):
    """Starts looking at once. Calling it waits for what was seen, or raises what was raised."""

    def __init__(self, look: Callable[[], Seen]) -> None:
        self._look = look
        self._seen: Seen
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, daemon=True)  # the program may end without having waited
        self._thread.start()

    def __call__(self) -> Seen:
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._seen

    def within(self, seconds: float) -> Seen | None:
        """What was seen; None if it takes longer than that, or if looking went wrong."""
        self._thread.join(max(seconds, 0.0))
        return None if self._thread.is_alive() or self._error is not None else self._seen

    def _run(self) -> None:
        try:
            self._seen = self._look()
        except BaseException as error:  # for whoever asks
            self._error = error
