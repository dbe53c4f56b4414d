"""Ctrl-C and SIGTERM: that none is lost, and that none comes in the middle of what has to be whole."""

from __future__ import annotations

import _thread
import contextlib
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, TextIO

from wizard.errors import WizardError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import FrameType

    Handler = Callable[[int, FrameType | None], object] | signal.Handlers

AGAIN_SECONDS = 0.05


@contextlib.contextmanager
def interrupts_arrive() -> Iterator[None]:
    """Ctrl-C may come where Python can't raise it (the callback of a weak reference): there it is sent once more.

    Or where C code makes another exception of it, as an import may: what nobody expected after Ctrl-C is that Ctrl-C.
    """
    came: list[int] = []

    def remember(number: int, frame: FrameType | None) -> None:
        came.append(number)
        signal.default_int_handler(number, frame)

    with _lost_ones_are_sent_again(), _handled(remember, [signal.SIGINT]):
        try:
            yield
        except Exception as error:
            if is_interrupt(error) or (came and not isinstance(error, WizardError | OSError)):
                raise KeyboardInterrupt from error
            raise


def is_interrupt(error: BaseException) -> bool:
    """Whether it is Ctrl-C. Up to Python 3.11 one that comes in `__set_name__` is the cause of a RuntimeError."""
    return isinstance(error.__cause__ or error, KeyboardInterrupt)


@contextlib.contextmanager
def _lost_ones_are_sent_again() -> Iterator[None]:
    passed_on = sys.unraisablehook

    def again(lost: sys.UnraisableHookArgs) -> None:
        if issubclass(lost.exc_type, KeyboardInterrupt):
            threading.Timer(AGAIN_SECONDS, _interrupt_again).start()
        else:
            passed_on(lost)

    sys.unraisablehook = again
    try:
        yield
    finally:
        sys.unraisablehook = passed_on


def _interrupt_again() -> None:
    """To the main thread itself, so that what it waits for ends."""
    if sys.platform == "win32":
        _thread.interrupt_main()
    else:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def interrupts_handled(handle: Handler) -> contextlib.AbstractContextManager[None]:
    """Inside, `handle` (or SIG_IGN) is what a signal does. One that was ignored before stays so."""
    return _handled(handle, [signal.SIGINT, signal.SIGTERM])


@contextlib.contextmanager
def _handled(handle: Handler, signals: Iterable[signal.Signals]) -> Iterator[None]:
    if not _is_main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in signals}
    taken = {number: handler for number, handler in before.items() if handler is not signal.SIG_IGN}
    try:
        for number in taken:
            signal.signal(number, handle)
        yield
    finally:
        for number, handler in taken.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


@contextlib.contextmanager
def interrupts_held() -> Iterator[None]:
    """What comes inside takes effect at the end. For what is short, and must not be left half done: an import, the
    start of a thread that somebody has to stop.
    """
    came: list[int] = []
    try:
        with interrupts_handled(lambda number, _: came.append(number)):
            yield
    finally:
        if came:
            signal.raise_signal(signal.Signals(came[0]))


def termination_interrupts() -> contextlib.AbstractContextManager[None]:
    """SIGTERM acts as Ctrl-C inside, so that the terminal is put right and the run ends as cancelled."""
    return _handled(lambda *_: signal.raise_signal(signal.SIGINT), [signal.SIGTERM])


def wait_until_readable(stream: TextIO) -> None:
    """Until a person has typed a line in a terminal.

    A signal that comes just before a blocking read does not end it: Python handles signals between its own steps only.
    Here it also makes a pipe readable, which is waited for as well.
    """
    if sys.platform == "win32" or not _is_main_thread() or not stream.isatty():
        return
    import select

    signalled, signals = os.pipe()
    os.set_blocking(signals, False)
    before = signal.set_wakeup_fd(signals, warn_on_full_buffer=False)
    try:
        while stream.fileno() not in select.select([stream.fileno(), signalled], [], [])[0]:
            os.read(signalled, 1)  # its handler has been called, and did not raise
    finally:
        signal.set_wakeup_fd(before)
        os.close(signalled)
        os.close(signals)


def _is_main_thread() -> bool:
    """Signals only ever reach the main thread."""
    return threading.current_thread() is threading.main_thread()
