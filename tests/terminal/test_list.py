"""`list` and `show` in a real terminal: whole at any width, in any script, with and without colours."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.canary import CANARY
from wizard.ui.text import columns as columns_of

if TYPE_CHECKING:
    from tests.terminal.conftest import User

WIDE = {
    "providers": {
        "qwen": {
            "name": "通义千问",
            "base_url": "https://llm.example/v1",
            "api_key": "ollama",
            "models": [{"id": "通义-1", "name": "通义千问 一号", "context_window": 131072}],
        }
    },
    "models": {"large": {"provider": "qwen", "model": "通义-1"}},
}


@pytest.mark.parametrize(("columns", "rows"), [(120, 40), (80, 40), (40, 90)])
def test_nothing_is_cut(user: User, hand_written: str, columns: int, rows: int) -> None:
    user.writes(hand_written)
    window = user.wizard("list", columns=columns, rows=rows)
    assert window.exit_code() == 0
    screen = window.wait_for("crush-wizard secret adopt")
    for text in ("acme", "literal!", "llm.acme.example", "MY_KEY (missing)", "needs key", "acme/acme-1"):
        assert text in screen
    window.wait_for("~/.config/crush/crush.json:11")
    assert "…" not in screen
    assert CANARY.encode() not in window.everything


@pytest.mark.parametrize("columns", [100, 40])
def test_a_provider_in_full(user: User, hand_written: str, columns: int) -> None:
    user.writes(hand_written)
    window = user.wizard("show", "acme", columns=columns, rows=70)
    assert window.exit_code() == 0
    window.wait_for("~/.config/crush/crush.json:13:20")
    for text in ("https://llm.acme.example/v1", "<redacted>", "128k", "0.4"):
        assert text in window.screen
    assert CANARY.encode() not in window.everything


@pytest.mark.parametrize("columns", [90, 80, 40])
def test_wide_letters_keep_the_columns_straight(user: User, columns: int) -> None:
    user.writes(json.dumps(WIDE))
    window = user.wizard("list", columns=columns, rows=40)
    assert window.exit_code() == 0
    screen = window.wait_for("qwen/通义-1")
    assert all(columns_of(line) <= columns for line in screen.splitlines())


@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"NO_COLOR": "1"}])
def test_no_escapes_where_none_are_wanted(user: User, hand_written: str, env: dict[str, str]) -> None:
    user.writes(hand_written)
    for arguments in (("list",), ("show", "acme")):
        window = user.wizard(*arguments, env=env)
        assert window.exit_code() == 0
        assert b"\x1b" not in window.everything


def test_nothing_yet(user: User) -> None:
    window = user.wizard("list", columns=40)
    assert window.exit_code() == 0
    window.wait_for("crush-wizard add-provider")
