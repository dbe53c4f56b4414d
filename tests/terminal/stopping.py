"""Stopping a program at each of its questions, in every way there is."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.terminal.conftest import Terminal

Flow = tuple[tuple[str, str], ...]
"""Questions in their order, each with what is typed as its answer."""

WAYS: tuple[str | signal.Signals, ...] = ("ctrl-c", "ctrl-d", signal.SIGINT, signal.SIGTERM)


def up_to_each(flow: Flow) -> Iterable[object]:
    """For each question of the flow the steps that lead to it, and the question."""
    return [pytest.param(flow[:at], question, id=question) for at, (question, _) in enumerate(flow)]


def stop_there(windows: list[Terminal], steps: Flow, question: str) -> None:
    """Answer the steps in all windows, and stop each at the question in a way of its own."""
    for asked, typed in steps:
        for window in windows:
            window.answer(asked, typed)
    for window, way in zip(windows, WAYS, strict=True):
        window.wait_for(f"? {question}")
        if isinstance(way, signal.Signals):
            window.kill(way)
        else:
            window.key(way)
        assert window.exit_code() == 130, f"{way}: {window.screen}"
        assert "nothing was changed" in window.screen
        assert window.cooked, way
