"""`export` and `import` in a real terminal: passphrases, conflicts side by side, consent, Ctrl-C, and pipes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import age_files
from tests.terminal.conftest import SIZES

if TYPE_CHECKING:
    from tests.model_server import ModelServer
    from tests.terminal.conftest import OpenTerminal, User

HEAD = "profile = 1\n"
PROFILE = """\
[selected.large]
provider = "work"
model = "m2"

[providers.work]
base_url = "https://new.example/v1"
api_key = "$WORK_KEY"

[[providers.work.models]]
id = "m2"
"""
COMMAND = "[providers.tool]\nbase_url = 'https://tool.example/v1'\napi_key = '$(pass show tool)'\n"
MINE = {"base_url": "https://old.example/v1", "api_key": "sk-canary-0123456789", "models": [{"id": "m1"}]}


@pytest.fixture
def profile(tmp_path: Path) -> str:
    path = tmp_path / "team.toml"
    path.write_text(HEAD + PROFILE, encoding="utf-8")
    return str(path)


def test_diff_confirm_write(user: User, profile: str) -> None:
    window = user.wizard("import", profile)
    window.answer("Write this to")
    window.wait_for("$WORK_KEY has no value yet")
    assert window.exit_code() == 0
    assert user.providers["work"]["base_url"] == "https://new.example/v1"


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_a_conflict_is_shown_side_by_side(user: User, profile: str, columns: int, rows: int) -> None:
    selected = {"large": {"provider": "work", "model": "m1"}}
    user.writes(json.dumps({"providers": {"work": MINE}, "models": selected}))
    window = user.wizard("import", profile, columns=columns, rows=rows)
    window.wait_for("? work already exists. What now?")
    assert b"https://old.example/v1" in window.everything
    assert b"https://new.example/v1" in window.everything
    assert b"sk-canary" not in window.everything
    window.key("down", 3)
    window.wait_for("❯ Keep both")
    window.key("enter")
    window.wait_for("? The large model here is work/m1")
    window.key("down")
    window.wait_for("❯ Take the profile's")
    window.key("enter")
    window.answer("Write this to")
    window.wait_for("undo")
    assert window.exit_code() == 0
    assert user.providers["work"] == MINE
    assert user.providers["work-2"]["base_url"] == "https://new.example/v1"
    config = json.loads(user.config.read_text(encoding="utf-8"))
    assert config["models"]["large"] == {"provider": "work-2", "model": "m2"}
    assert b"sk-canary" not in window.everything


def test_a_no_to_a_command_changes_nothing(user: User, tmp_path: Path) -> None:
    path = tmp_path / "tool.toml"
    path.write_text(HEAD + COMMAND, encoding="utf-8")
    before = user.snapshot()
    window = user.wizard("import", str(path))
    screen = window.answer("Allow all of this?")
    assert "$(pass show tool)" in screen
    assert window.exit_code() == 130
    assert user.snapshot() == before


@pytest.mark.parametrize("question", ["Passphrase of the profile", "work already exists", "Write this to"])
def test_ctrl_c_changes_nothing(user: User, profile: str, tmp_path: Path, question: str) -> None:
    if question.startswith("work"):
        user.writes(json.dumps({"providers": {"work": MINE}}))
    if question.startswith("Passphrase"):
        profile = str(tmp_path / "sealed.age")
        Path(profile).write_text(age_files.sealed(HEAD + PROFILE, "x"), encoding="ascii")
    before = user.snapshot()
    window = user.wizard("import", profile)
    window.wait_for(f"? {question}")
    window.key("ctrl-c")
    assert window.exit_code() == 130
    assert window.cooked
    assert user.snapshot() == before


def test_a_passphrase_is_asked_for_twice_and_opens_the_file(user: User, profile: str, tmp_path: Path) -> None:
    user.writes(json.dumps({"providers": {"work": {**MINE, "api_key": "$WORK_KEY"}}}))
    target = tmp_path / "all.age"
    env = {"WORK_KEY": "sk-canary-0123456789"}
    window = user.wizard("export", str(target), "--with-secrets", env=env)
    window.answer("Passphrase for the file", "correct horse")
    window.answer("The same passphrase again", "another horse")
    window.wait_for("the passphrases differ")
    window.answer("Passphrase for the file", "correct horse")
    window.answer("The same passphrase again", "correct horse")
    assert window.exit_code(60) == 0
    assert b"horse" not in window.everything
    user.config.unlink()
    window = user.wizard("import", str(target), "--secret-store", "file")
    window.answer("Passphrase of the profile", "correct horse")
    screen = window.wait_for("? Write this to", 60)
    assert b"opening the profile" in window.everything  # for the second or two that it takes
    assert "opening the profile" not in screen
    window.key("enter")
    assert window.exit_code() == 0
    assert user.providers["work"]["api_key"] == "$WORK_KEY"
    assert user.files_with("sk-canary") == []
    assert b"sk-canary" not in window.everything


@pytest.mark.skipif(sys.platform == "win32", reason="there is no /dev/tty")
def test_data_through_the_pipe_and_questions_on_the_terminal(user: User, terminal: OpenTerminal, profile: str) -> None:
    line = f"cat '{profile}' | '{sys.executable}' -m wizard import -"
    window = terminal(["/bin/sh", "-c", line], user.env)
    window.answer("Write this to")
    assert window.exit_code() == 0
    assert list(user.providers) == ["work"]


def test_the_test_is_offered_afterwards(user: User, model_server: ModelServer, tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    entry = f"[providers.p]\nbase_url = '{model_server.url}'\napi_key = '$P_KEY'\n"
    path.write_text(f"{HEAD}{entry}[[providers.p.models]]\nid = 'm-large'\n", encoding="utf-8")
    env = {"WIZARD_OFFLINE": None, "P_KEY": str(model_server.key)}
    window = user.wizard("import", str(path), "--allow-commands", env=env)
    window.answer("Write this to")
    window.answer("Test them now?")
    window.wait_for("1 of 1 works")
    assert window.exit_code() == 0
    assert "POST /v1/chat/completions" in model_server.seen


def test_the_way_back(user: User, profile: str) -> None:
    mine = {**MINE, "api_key": "$MY_KEY"}
    user.writes(json.dumps({"providers": {"work": mine}, "models": {"large": {"provider": "work", "model": "m1"}}}))
    window = user.wizard("import", profile)
    window.wait_for("? work already exists. What now?")
    window.key("down")
    window.wait_for("❯ Merge them")
    window.key("enter")
    window.wait_for("? The large model here is work/m1")
    window.key("esc")
    window.wait_for("❯ Merge them")  # as it was answered
    window.key("down")
    window.wait_for("❯ Replace mine")
    window.key("enter")
    window.answer("The large model here is work/m1")
    window.wait_for("? Write this to")
    window.key("esc")
    window.wait_for("? The large model here is work/m1")
    window.key("enter")
    window.answer("Write this to")
    window.wait_for("undo")
    assert window.exit_code() == 0
    assert [model["id"] for model in user.providers["work"]["models"]] == ["m2"]
    config = json.loads(user.config.read_text(encoding="utf-8"))
    assert config["models"]["large"] == {"provider": "work", "model": "m1"}
