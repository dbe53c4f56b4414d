"""Programs in the tests' terminals are forks: that must make no difference to what a person sees."""

from __future__ import annotations

import shlex
import signal
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.terminal.conftest import OpenTerminal, Terminal, User

QUESTION = "? Groq API key"
WAYS = ["forked", "started"]


def asked(user: User, terminal: OpenTerminal, way: str) -> Terminal:
    """A window with a question in it."""
    if way == "forked":
        window = user.wizard("add-provider", "groq")
    else:
        line = shlex.join([sys.executable, "-m", "wizard", "add-provider", "groq"])
        window = terminal(["/bin/sh", "-c", f"exec {line}"], user.env)
    window.wait_for(QUESTION)
    return window


def test_it_looks_the_same_and_ends_the_same(user: User, terminal: OpenTerminal) -> None:
    def seen(way: str) -> tuple[str, str, int, bool]:
        window = asked(user, terminal, way)
        question = window.wait_for("Ctrl-C cancel")
        window.key("ctrl-c")
        return question, window.wait_for("nothing was changed"), window.exit_code(), window.cooked

    forked, started = map(seen, WAYS)
    assert forked == started
    assert forked[2:] == (130, True)


@pytest.mark.parametrize("way", WAYS)
def test_a_signal_ends_it(user: User, terminal: OpenTerminal, way: str) -> None:
    window = asked(user, terminal, way)
    window.kill(signal.SIGKILL)
    assert window.exit_code() == -signal.SIGKILL
