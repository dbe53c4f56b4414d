"""`convert` in a real terminal: what stays is said, the whole diff is shown, and then it is asked."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.terminal.conftest import User

SCRIPT = """\
# managed with chezmoi
provider add work --type openai-compat --base-url 'https://llm.work.example/v1' --api-key '$WORK' # theirs
model add work/w-1 --name 'Work 1' --context-window 32000
if [[ $HOSTNAME == laptop ]]; then
  provider add corp --api-key '$CORP_KEY'
fi
model large work/w-1 --think
"""
QUESTION = "Move work and the large model to ~/.config/crush/crush.json?"


@pytest.fixture
def script(user: User) -> Path:
    path: Path = user.config.with_name("crushrc")
    path.parent.mkdir(parents=True)
    path.write_text(SCRIPT)
    return path


def test_it_is_shown_asked_and_done(user: User, script: Path) -> None:
    window = user.wizard("convert", "--to", "json")
    asked = window.answer(QUESTION)
    assert "corp stays in" in " ".join(asked.split()), "what stays is in sight, below the diff"
    window.wait_for("Moved work and the large model to ~/.config/crush/crush.json")
    assert window.exit_code() == 0, window.screen
    assert window.cooked
    assert b'"think": true' in window.everything, "the diff"
    assert list(user.providers) == ["work"]
    assert "provider add corp" in script.read_text()


@pytest.mark.parametrize("way", ["n", "ctrl-c", "ctrl-d", "SIGINT", "SIGTERM"])
def test_without_a_yes_nothing_changes(user: User, script: Path, way: str) -> None:
    window = user.wizard("convert", "--to", "json")
    window.wait_for(f"? {QUESTION}")
    if way.startswith("SIG"):
        window.kill(signal.Signals[way])
    elif way == "n":
        window.send("n\r")
    else:
        window.key(way)
    assert window.exit_code() == 130, window.screen
    assert window.cooked
    assert script.read_text() == SCRIPT
    assert not user.config.exists()
