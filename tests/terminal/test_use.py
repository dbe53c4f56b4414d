"""`use` in a real terminal: pick a model, take the older choice out, confirm."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.terminal.conftest import SIZES

if TYPE_CHECKING:
    from tests.terminal.conftest import User

ENTRY = {"type": "openai-compat", "base_url": "https://llm.example/v1", "api_key": "sk-canary-0123456789"}
CONFIG = {
    "providers": {
        "work": {**ENTRY, "models": [{"id": "m1"}, {"id": "org/m2"}]},
        "home": {**ENTRY, "models": [{"id": "h1"}]},
    },
    "models": {"large": {"provider": "work", "model": "m1"}},
}


@pytest.fixture
def data_file(user: User) -> Path:
    """Crush's own file, after a choice in Crush."""
    user.writes(json.dumps(CONFIG, indent=2))
    path = Path(user.env["XDG_DATA_HOME"]) / "crush" / "crush.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"models": {"large": {"provider": "home", "model": "h1"}}}')
    return path


def selected(path: Path) -> Any:
    return json.loads(path.read_text())["models"]


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_pick_clear_confirm(user: User, data_file: Path, columns: int, rows: int) -> None:
    window = user.wizard("use", "large", columns=columns, rows=rows)
    screen = window.wait_for("? Large model")
    assert "❯ h1      now · home" in screen
    window.key("up")
    window.wait_for("❯ org/m2")
    window.key("enter")
    window.wait_for("has home/h1, saved by Crush, and would win")
    window.answer("Also remove the older choice from Crush's own file?")
    window.answer("Write this to")
    window.wait_for("Set the large model to work/org/m2")
    assert window.exit_code() == 0
    assert selected(user.config)["large"] == {"provider": "work", "model": "org/m2"}
    assert "large" not in selected(data_file)
    assert b"sk-canary" not in window.everything


def test_the_older_choice_may_stay(user: User, data_file: Path) -> None:
    before = data_file.read_bytes()
    window = user.wizard("use", "large", "work/org/m2")
    window.answer("Also remove the older choice", "n")
    window.wait_for("Crush still uses home/h1 here")
    window.answer("Write this to")
    assert window.exit_code() == 0
    assert data_file.read_bytes() == before


@pytest.mark.parametrize("way", ["no", "ctrl-c", "ctrl-d"])
def test_cancelled_nothing_is_changed(user: User, data_file: Path, way: str) -> None:
    before = user.snapshot()
    window = user.wizard("use", "large", "work/org/m2")
    window.answer("Also remove the older choice")
    if way == "no":
        window.answer("Write this to", "n")
    else:
        window.wait_for("? Write this to")
        window.key(way)
    assert window.exit_code() == 130
    assert "nothing was changed" in window.screen
    assert user.snapshot() == before


def test_a_narrow_window_cuts_no_path(user: User, data_file: Path) -> None:
    window = user.wizard("use", columns=40)
    assert window.exit_code() == 0
    assert "~/.local/share/crush/crush.json:1" in window.screen
