"""Running what waits for the network, so that Ctrl-C and SIGTERM end it cleanly wherever they come."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING, TypeVar

from wizard.errors import Terminated
from wizard.interrupts import interrupts_handled

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import FrameType
    from typing import Any

Result = TypeVar("Result")

INSISTING = 3
"""The signal that ends work at once which is still not over."""


def run(work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """The result. Raises KeyboardInterrupt after Ctrl-C and Terminated after SIGTERM, and what `work` raises.

    An exception out of a signal's handler may come in the middle of the event loop's own work, even while it is made,
    and get lost there; and who cancels a task from there may do so between two steps of a callback. So the handler
    only asks the loop to cancel the work.
    """
    interruption = _Interruption()
    try:
        with interrupts_handled(interruption):
            result = asyncio.run(interruption.may_cancel(work))
    except BaseException as error:
        interruption.ends(error)
        raise
    interruption.ends()
    return result


class _Interruption:
    """The handler of the signals, which remembers them: they may come before there is anything to cancel."""

    def __init__(self) -> None:
        self._came: list[int] = []
        self._cancel: Callable[[], object] = int

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        self._came.append(number)
        if len(self._came) >= INSISTING:
            raise KeyboardInterrupt
        self._cancel()

    async def may_cancel(self, work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        if task is not None:
            self._cancel = lambda: loop.call_soon_threadsafe(task.cancel)
        if self._came:
            raise asyncio.CancelledError
        try:
            return await work()
        finally:
            self._cancel = int

    def ends(self, error: BaseException | None = None) -> None:
        """Raises what came, where something did: another process that ends this one outweighs Ctrl-C."""
        if self._came:
            raise (Terminated if signal.SIGTERM in self._came else KeyboardInterrupt) from error
