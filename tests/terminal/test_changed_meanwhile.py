"""A file that changes before it is written: every command decides anew, on what it is by then, and asks again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.terminal.conftest import User

ENTRY = {"type": "openai-compat", "base_url": "https://llm.example/v1/chat/completions", "api_key": "$WORK_KEY"}
CONFIG = {
    "providers": {"work": {**ENTRY, "models": [{"id": "m1"}, {"id": "m2"}]}},
    "models": {"large": {"provider": "work", "model": "m1"}},
}


@pytest.mark.parametrize(
    ("command", "question"),
    [
        (("use", "large", "work/m2"), "Write this to"),
        (("convert", "--to", "crushrc"), "Move work"),
        (("doctor", "--fix"), "Write this to"),
        (("remove-provider", "work"), "Write this to"),
        (("models", "work", "--remove", "m2"), "Write this to"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_it_is_decided_on_anew(user: User, command: tuple[str, ...], question: str) -> None:
    user.writes(json.dumps(CONFIG, indent=2))
    window = user.wizard(*command, env={"WIZARD_OFFLINE": "1"})
    window.wait_for(f"? {question}")
    user.writes(json.dumps({**CONFIG, "options": {"debug": True}}, indent=2))
    window.key("enter")
    window.wait_for("was just changed by another program")
    window.answer(question)
    window.exit_code()
    if command[0] == "convert":
        assert "option debug true" in user.config.with_name("crushrc").read_text()
        assert not user.config.exists()
        return
    written = json.loads(user.config.read_text())
    assert written["options"] == {"debug": True}
    assert {key: value for key, value in written.items() if key != "options"} != CONFIG


def test_a_profile_is_planned_anew(user: User, tmp_path: Path) -> None:
    user.writes(json.dumps(CONFIG, indent=2))
    profile = tmp_path / "team.toml"
    profile.write_text(
        'profile = 1\n[providers.team]\ntype = "openai-compat"\nbase_url = "https://team.example/v1"\n'
        '[[providers.team.models]]\nid = "t1"\n'
    )
    window = user.wizard("import", str(profile), "--no-test", env={"WIZARD_OFFLINE": "1"})
    window.wait_for("? Write this to")
    user.writes(json.dumps({**CONFIG, "options": {"debug": True}}, indent=2))
    window.key("enter")
    window.wait_for("was just changed by another program")
    window.answer("Write this to")
    assert window.exit_code() == 0, window.screen
    written = json.loads(user.config.read_text())
    assert written["options"] == {"debug": True}
    assert list(written["providers"]) == ["work", "team"]
