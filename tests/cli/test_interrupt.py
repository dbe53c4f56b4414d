"""Ctrl-C ends a command wherever it comes."""

from __future__ import annotations

import threading
import weakref

import pytest

from wizard.cli.app import interrupts_arrive


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
