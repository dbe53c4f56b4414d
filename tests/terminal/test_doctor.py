"""`doctor --fix` in a real terminal: what changes a meaning is asked for one by one, then the whole diff is shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.terminal.conftest import SIZES

if TYPE_CHECKING:
    from tests.terminal.conftest import User

CANARY = "sk-canary-0123456789abcdefghij"
BROKEN = """{
  "models": {"large": {"provider": "a", "model": "m1"}, "small": {"provider": "a", "model": "m1"}},
  "providers": {
    "a": {
      "base_url": "https://llm.example/v1/chat/completions",
      "apiKey": "$A_KEY",
      "api_key": "sk-canary-0123456789abcdefghij",
      "extra_headers": {"X-Team": "%TEAM%", "X-Unit": "$env:UNIT"},
      "models": [{"id": "m1", "name": "One", "context_window": 9000}]
    }
  }
}
"""
QUESTIONS = (
    "D4: remove `apiKey`",
    "D12: write the variable in the header `X-Team`",
    "D12: write the variable in the header `X-Unit`",
    "Write this to ~/.config/crush/crush.json?",
)
NO_NETWORK = {"WIZARD_OFFLINE": "1"}


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_each_change_of_meaning_is_asked_for(user: User, columns: int, rows: int) -> None:
    user.writes(BROKEN)
    window = user.wizard("doctor", "--fix", env=NO_NETWORK, columns=columns, rows=rows)
    for question, answer in zip(QUESTIONS, "nyny", strict=True):
        window.answer(question, answer)
    window.wait_for("Fixed ~/.config/crush/crush.json")
    assert window.exit_code() == 1, window.screen
    assert window.cooked
    entry = json.loads(user.config.read_text())["providers"]["a"]
    assert entry["apiKey"] == "$A_KEY"
    assert entry["base_url"] == "https://llm.example/v1"
    assert entry["extra_headers"] == {"X-Team": "${TEAM}", "X-Unit": "$env:UNIT"}
    assert CANARY.encode() not in window.everything


def test_ctrl_c_at_any_question_changes_nothing(user: User) -> None:
    user.writes(BROKEN)
    before = user.snapshot()
    for number, question in enumerate(QUESTIONS):
        window = user.wizard("doctor", "--fix", env=NO_NETWORK)
        for earlier in QUESTIONS[:number]:
            window.answer(earlier, "y")
        window.wait_for(question)
        window.key("ctrl-c")
        assert window.exit_code() == 130
        assert user.snapshot() == before
