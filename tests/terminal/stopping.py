"""Stopping a program at each of its questions."""

from __future__ import annotations

import itertools
import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.terminal.conftest import Terminal

Flow = tuple[tuple[str, str], ...]
"""Questions in their order, each with what is typed as its answer."""

Way = str | signal.Signals
"""A key, or what another process sends."""

WAYS: tuple[Way, ...] = ("ctrl-c", "ctrl-d", signal.SIGINT, signal.SIGTERM)


def up_to_each(flow: Flow) -> Iterable[object]:
    """For each question of the flow the steps that lead to it, the question, and how it is stopped there.

    The ways take turns: that each of them ends each kind of question is known from test_prompts.py.
    """
    ways = itertools.cycle(WAYS)
    return [pytest.param(flow[:at], question, next(ways), id=question) for at, (question, _) in enumerate(flow)]


def each_of(questions: Iterable[str]) -> Iterable[object]:
    """Each question, and how it is stopped there: the ways take turns."""
    ways = itertools.cycle(WAYS)
    return [pytest.param(question, next(ways), id=question) for question in questions]


def stop_there(window: Terminal, steps: Flow, question: str, way: Way) -> None:
    """Answer the steps, and stop the program at the question."""
    for asked, typed in steps:
        window.answer(asked, typed)
    window.wait_for_question(question)
    if isinstance(way, signal.Signals):
        window.kill(way)
    else:
        window.key(way)
    assert window.exit_code() == 130, window.screen
    assert "nothing was changed" in window.screen
    assert window.cooked
