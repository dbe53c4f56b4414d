"""Ctrl-C ends a command wherever it comes."""

from __future__ import annotations

import contextlib
import importlib
import os
import pty
import signal
import threading
import time
import weakref
from typing import TYPE_CHECKING

import pytest

from wizard.interrupts import interrupts_arrive, interrupts_handled, interrupts_held, wait_until_readable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO


class Thing:
    """What a weak reference can lead to."""


def _raise() -> None:
    raise KeyboardInterrupt


def _ends_without_an_answer() -> None:
    thing = Thing()
    weakref.finalize(thing, _raise)
    with interrupts_arrive():
        del thing
        threading.Event().wait()  # for ever, if the interrupt is lost


def test_an_interrupt_that_python_could_not_raise_comes_once_more() -> None:
    with pytest.raises(KeyboardInterrupt):
        _ends_without_an_answer()


def _interrupted_in_a_class_body() -> None:
    class Named:
        def __set_name__(self, owner: type, name: str) -> None:
            _raise()

    type("Class", (), {"attribute": Named()})


def _interrupted_in_a_capsule() -> None:
    """As `PyCapsule_Import` does, which `import ssl` comes to."""
    with contextlib.suppress(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    raise ImportError("PyCapsule_Import could not import module")


@pytest.mark.parametrize("interrupted", [_interrupted_in_a_class_body, _interrupted_in_a_capsule])
def test_an_interrupt_that_python_made_another_error_of_is_one(interrupted: Callable[[], None]) -> None:
    with pytest.raises(KeyboardInterrupt), interrupts_arrive():
        interrupted()


def test_an_import_that_fails_by_itself_is_no_interrupt() -> None:
    with pytest.raises(ModuleNotFoundError), interrupts_arrive():
        importlib.import_module("there_is_none")


def test_what_is_held_takes_effect_at_the_end() -> None:
    done: list[str] = []

    def starts_something() -> None:
        with interrupts_held():
            signal.raise_signal(signal.SIGINT)
            done.append("all of it")
        done.append("more than that")

    with pytest.raises(KeyboardInterrupt):
        starts_something()
    assert done == ["all of it"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_was_ignored_stays_so() -> None:
    came: list[int] = []
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interrupts_handled(lambda number, _: came.append(number)):
            signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
    assert came == []


@pytest.fixture
def typist() -> Iterator[tuple[int, TextIO]]:
    """The end of a terminal that a person types at, and the one that is read."""
    typed, read = pty.openpty()
    with os.fdopen(read) as stream:
        yield typed, stream
    os.close(typed)


def test_a_line_is_waited_for_through_signals_that_end_nothing(typist: tuple[int, TextIO]) -> None:
    typed, stream = typist
    came: list[int] = []

    def type_after_the_signal(number: int, _frame: object) -> None:
        came.append(number)
        os.write(typed, b"a line\n")

    def interrupt() -> None:
        time.sleep(0.05)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    before = signal.signal(signal.SIGINT, type_after_the_signal)
    try:
        threading.Thread(target=interrupt).start()
        wait_until_readable(stream)
    finally:
        signal.signal(signal.SIGINT, before)
    assert came == [signal.SIGINT]
    assert stream.readline() == "a line\n"
    assert signal.set_wakeup_fd(-1) == -1


def test_ctrl_c_ends_the_wait_for_a_line(typist: tuple[int, TextIO]) -> None:
    _, stream = typist
    threading.Timer(0.05, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        wait_until_readable(stream)
    assert signal.set_wakeup_fd(-1) == -1
