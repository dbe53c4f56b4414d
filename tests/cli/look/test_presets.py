"""presets list, show and check, and the user's own presets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.flow.preset_library import SHIPPED

if TYPE_CHECKING:
    from tests.cli.conftest import Machine

MINE = """\
id = "mine"
name = "My box"
description = "The box under the desk"
type = "openai-compat"
base_url = "http://box.lan:9000/v1"

[key]
need = "none"
dummy = "box"

[[model]]
id = "big-1"
name = "Big One"
context_window = 65_536
"""


def _own_folder(machine: Machine) -> Path:
    folder: Path = machine.home / ".config" / "crush-wizard" / "presets"
    folder.mkdir(parents=True)
    return folder


def test_list(machine: Machine) -> None:
    done = machine.run("presets")
    assert done.code == 0
    assert done.err == ""
    lines = done.out.splitlines()
    assert lines[0].split() == ["preset", "name", "type", "what", "it", "is"]
    assert len(lines) == len(SHIPPED) + 1
    assert any(line.startswith("deepseek  ") for line in lines)
    assert machine.run("presets", "list").out == done.out


def test_list_json(machine: Machine) -> None:
    presets = machine.run("presets", "list", "--json").json["data"]["presets"]
    deepseek = next(preset for preset in presets if preset["id"] == "deepseek")
    assert set(deepseek) == {"id", "name", "description", "type", "base_url", "env", "local", "source"}
    assert deepseek["env"] == "DEEPSEEK_API_KEY"
    assert deepseek["source"] == "shipped"


def test_show(machine: Machine) -> None:
    done = machine.run("presets", "show", "deepseek")
    assert done.code == 0
    for text in ("DeepSeek", "https://api.deepseek.com/v1", "$DEEPSEEK_API_KEY", "deepseek-v4-pro", "large"):
        assert text in done.out
    assert done.out.rstrip().endswith("crush-wizard add-provider deepseek")


def test_show_json_has_everything(machine: Machine) -> None:
    preset = machine.run("presets", "show", "azure", "--json").json["data"]["preset"]
    assert [question["key"] for question in preset["questions"]] == ["resource", "deployment", "auth"]
    assert preset["checked"]
    assert preset["models"][0]["context_window"] > 0


def test_show_an_unknown_one(machine: Machine) -> None:
    done = machine.run("presets", "show", "deepsek")
    assert done.code == 2
    assert "did you mean `deepseek`" in done.err


def test_a_preset_of_ones_own_works_everywhere(machine: Machine) -> None:
    (_own_folder(machine) / "mine.toml").write_text(MINE)
    assert "mine (yours)" in machine.run("presets").out
    assert machine.run("add-provider", "mine", "--yes").code == 0
    assert machine.entries["mine"]["api_key"] == "box"
    assert machine.entries["mine"]["models"][0]["context_window"] == 65_536


def test_ones_own_preset_replaces_a_shipped_one(machine: Machine) -> None:
    (_own_folder(machine) / "groq.toml").write_text(MINE.replace('"mine"', '"groq"'))
    assert machine.run("presets", "show", "groq", "--json").json["data"]["preset"]["name"] == "My box"


def test_a_broken_preset_is_a_warning_that_hides_nothing_else(machine: Machine) -> None:
    folder = _own_folder(machine)
    (folder / "mine.toml").write_text(MINE)
    (folder / "bad.toml").write_text(MINE.replace('"mine"', '"bad"').replace("base_url", "bas_url"))
    done = machine.run("presets", "list", "--json")
    assert done.code == 0
    ids = [preset["id"] for preset in done.json["data"]["presets"]]
    assert "mine" in ids
    assert "bad" not in ids
    assert len(ids) == len(SHIPPED) + 1
    (message,) = done.json["messages"]
    assert message["level"] == "warning"
    assert f"{folder / 'bad.toml'}:5:" in message["text"]
    assert "bas_url" in message["text"]


def test_check(machine: Machine) -> None:
    file = machine.home / "mine.toml"
    file.write_text(MINE)
    done = machine.run("presets", "check", str(file))
    assert (done.code, done.err) == (0, "")
    assert "mine" in done.out


def test_check_names_file_line_and_key(machine: Machine) -> None:
    file = machine.home / "mine.toml"
    file.write_text(MINE.replace("context_window = 65_536", 'context_window = "64k"'))
    done = machine.run("presets", "check", str(file), "--json")
    assert done.code == 4
    error = done.json["error"]
    assert (error["code"], error["path"], error["line"]) == ("invalid-preset", str(file), 14)
    assert "context_window" in error["message"]
    assert json.loads(done.out)["ok"] is False


def test_a_preset_can_steer_no_terminal(machine: Machine) -> None:
    (_own_folder(machine) / "mine.toml").write_text(MINE.replace("My box", "My \\u001b[31mbox"))
    done = machine.run("presets")
    assert "\x1b" not in done.out + done.err
