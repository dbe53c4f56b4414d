"""hide and unhide in a real terminal: picked, another model chosen, confirmed; add-provider that shows one again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.terminal.conftest import User

OFFLINE = {"WIZARD_OFFLINE": "1", "GROQ_API_KEY": "g-key-0123456789"}
MODELS = [{"id": "m1", "name": "M1", "context_window": 9000, "default_max_tokens": 900}]
WORK = {"base_url": "https://llm.example/v1", "api_key": "none", "models": MODELS}
CONFIG = {"providers": {"work": WORK}, "models": {"large": {"provider": "groq", "model": "qwen/qwen3-32b"}}}


def test_pick_one_and_choose_another_model(user: User) -> None:
    text = json.dumps(CONFIG, indent=2)
    user.writes(text)
    window = user.wizard("hide", env=OFFLINE)
    window.wait_for_question("Which providers do you want to hide?")
    window.send("groq")
    window.wait_for("❯")
    window.key("tab")
    window.key("enter")
    window.choose("Large model instead of groq/qwen/qwen3-32b", "M1")
    window.answer("Write this to")
    window.wait_for("Hid groq in")
    assert window.exit_code() == 0
    config = json.loads(user.config.read_text())
    assert config["models"]["large"] == {"provider": "work", "model": "m1"}
    assert config["providers"]["groq"] == {"disable": True, "api_key": "unused"}

    window = user.wizard("unhide", env=OFFLINE)
    window.wait_for_question("Which providers do you want to show again?")
    window.key("tab")
    window.key("enter")
    window.answer("Write this to")
    window.wait_for("Unhid groq in")
    assert json.loads(user.config.read_text())["providers"] == {"work": WORK}


def test_a_no_changes_nothing(user: User) -> None:
    user.writes(json.dumps({"providers": {"work": WORK}}))
    before = user.config.read_bytes()
    window = user.wizard("hide", "groq", env=OFFLINE)
    window.answer("Write this to", "n")
    assert window.exit_code() == 130
    assert user.config.read_bytes() == before


def test_adding_a_hidden_one_offers_to_show_it(user: User) -> None:
    user.writes('{"providers": {"deepseek": {"disable": true, "api_key": "unused"}}}')
    window = user.wizard("add-provider", "deepseek", "--secret-store", "environment", "--no-test", env=OFFLINE)
    window.answer("deepseek is hidden in Crush. Show it again?")
    window.wait_for_question("Save?")
    window.key("enter")
    assert window.exit_code() == 0
    assert "disable" not in json.loads(user.config.read_text())["providers"]["deepseek"]
