"""`run` and `env` in a real terminal: it is the command's, and values do not show by accident."""

from __future__ import annotations

import json
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from tests.canary import CANARY
from wizard.secrets.index import Index, IndexedStore
from wizard.secrets.keyring_store import KeyringStore

if TYPE_CHECKING:
    from pathlib import Path

    from tests.terminal.conftest import User

ASKS = """
import os, signal, sys, termios
signal.signal(signal.SIGINT, lambda *_: (os.write(1, b"caught"), sys.exit(42)))
alone = os.tcgetpgrp(0) == os.getpgrp()
echoes = bool(termios.tcgetattr(0)[3] & termios.ECHO)
print([os.isatty(number) for number in range(3)], alone, echoes, flush=True)
print("you said", input("say: "))
signal.pause()
"""


@pytest.fixture
def keeper(keyring_user: User) -> User:
    """Somebody whose keyring holds the key of a provider."""
    index = Index(keyring_user.home / ".local" / "state" / "crush-wizard")
    IndexedStore(KeyringStore(keyring_user.env), index).set("GROQ_API_KEY", CANARY)
    keyring_user.writes(json.dumps({"providers": {"groq": {"api_key": "$GROQ_API_KEY"}}}))
    return keyring_user


def script(user: User, text: str) -> Path:
    path = user.home / "command.py"
    path.write_text(text)
    return path


def test_the_terminal_and_ctrl_c_are_the_command_s(keeper: User) -> None:
    window = keeper.wizard("run", "--", sys.executable, str(script(keeper, ASKS)))
    window.wait_for("[True, True, True] True True")
    window.wait_for("say:")
    window.send("hello\r")
    window.wait_for("you said hello")
    window.key("ctrl-c")
    window.wait_for("caught")
    assert window.exit_code() == 42, window.screen
    assert window.cooked


def test_a_signal_ends_the_command_as_it_would_anyway(keeper: User) -> None:
    window = keeper.wizard("run", "--", sys.executable, str(script(keeper, ASKS)))
    window.wait_for("say:")
    window.kill(signal.SIGTERM)
    assert window.exit_code() == -signal.SIGTERM


def test_values_do_not_show_on_a_terminal_unasked(keeper: User) -> None:
    window = keeper.wizard("env", "--shell", "fish")
    assert window.exit_code() == 2
    window.wait_for("crush-wizard env")
    assert "--yes" in window.screen
    assert CANARY.encode() not in window.everything
    assert b"false" not in window.everything, "nothing is evaluated here"


def test_with_yes_they_do(keeper: User) -> None:
    window = keeper.wizard("env", "--shell", "bash", "--yes")
    assert window.exit_code() == 0
    window.wait_for(f"export GROQ_API_KEY='{CANARY}'")


def test_names_may_show(keeper: User) -> None:
    window = keeper.wizard("env", "--names")
    assert window.exit_code() == 0
    window.wait_for("GROQ_API_KEY")
    assert CANARY.encode() not in window.everything
