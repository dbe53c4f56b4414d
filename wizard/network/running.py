"""Running what waits for the network, so that another process can end it as cleanly as Ctrl-C does."""

from __future__ import annotations

import asyncio
import signal
import threading
from typing import TYPE_CHECKING, TypeVar

from wizard.errors import Terminated

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from types import FrameType
    from typing import Any

Result = TypeVar("Result")


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """The result. Raises KeyboardInterrupt after Ctrl-C and Terminated after SIGTERM, and what `work` raises.

    An exception out of a signal's handler may come in the middle of the event loop's own work, and get lost there. So
    SIGTERM is passed on as the SIGINT that asyncio cancels the work for.
    """
    ended = False

    def end(_number: int, _frame: FrameType | None) -> None:
        nonlocal ended
        ended = True
        if not callable(signal.getsignal(signal.SIGINT)):  # who ignores Ctrl-C ends here all the same
            raise Terminated
        signal.raise_signal(signal.SIGINT)

    if threading.current_thread() is not threading.main_thread():
        return asyncio.run(work)
    before = signal.getsignal(signal.SIGTERM)
    if before is not signal.SIG_IGN:  # who ignores it goes on
        signal.signal(signal.SIGTERM, end)
    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        if ended:
            raise Terminated from None
        raise
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)
