"""`paths`: every file that counts, the weakest first, and what is there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Machine

PROVIDERS = json.dumps({"providers": {"a": {}, "b": {}}})


def by_path(machine: Machine, cwd: Path | None = None) -> dict[str, dict[str, Any]]:
    done = machine.run("paths", "--json", cwd=cwd)
    assert done.code == 0, done.err
    return {file["path"]: file for file in done.json["data"]["files"]}


def test_an_empty_machine(machine: Machine) -> None:
    done = machine.run("paths", "--json")
    assert (done.code, done.err) == (0, "")
    data = done.json["data"]
    roles = [file["role"] for file in data["files"]]
    assert list(dict.fromkeys(roles)) == ["system", "user-json", "user-crushrc", "data", "project", "workspace"]
    assert [file["precedence"] for file in data["files"]] == list(range(1, len(roles) + 1))
    user = data["files"][1]
    assert user == {
        "role": "user-json",
        "path": str(machine.config),
        "exists": False,
        "precedence": 2,
        "error": None,
        "format": "json",
        "providers": None,
        "edited": True,
    }
    assert [file["path"] for file in data["files"] if file["edited"]] == [str(machine.config)]
    assert set(data["own"]) == {
        "presets",
        "settings",
        "references",
        "profiles",
        "catalog",
        "state",
        "backups",
        "secrets",
    }
    assert data["own"]["presets"] == str(machine.home / ".config" / "crush-wizard" / "presets")


def test_what_is_there(machine: Machine) -> None:
    machine.write_config(PROVIDERS)
    project = machine.home / "project"
    project.mkdir()
    (project / ".crush.json").write_text("")
    (project / "crushrc").write_text("provider add local --type openai\n")
    found = by_path(machine, project)
    assert (found[str(machine.config)]["exists"], found[str(machine.config)]["providers"]) == (True, 2)
    assert (found[str(project / ".crush.json")]["exists"], found[str(project / ".crush.json")]["providers"]) == (
        True,
        0,
    )
    assert found[str(project / "crushrc")]["providers"] == 1
    assert found[str(project / "crush.json")]["exists"] is False


def test_a_lone_crushrc_is_what_is_edited(machine: Machine) -> None:
    crushrc = machine.config.with_name("crushrc")
    crushrc.parent.mkdir(parents=True)
    crushrc.write_text("true\n")
    assert [path for path, file in by_path(machine).items() if file["edited"]] == [str(crushrc)]


def test_the_workspace_is_where_the_other_files_say(machine: Machine) -> None:
    machine.write_config('{"options": {"data_directory": "state"}}')
    (workspace,) = [path for path, file in by_path(machine).items() if file["role"] == "workspace"]
    assert workspace == str(machine.home / "state" / "crush.json")


def test_a_broken_file_hides_nothing_else(machine: Machine) -> None:
    machine.write_config('{\n  "providers": {,}\n}')
    data = machine.home / ".local" / "share" / "crush" / "crush.json"
    data.parent.mkdir(parents=True)
    data.write_text(PROVIDERS)
    found = by_path(machine)
    assert found[str(machine.config)]["error"]["line"] == 2
    assert found[str(machine.config)]["error"]["code"] == "invalid-config"
    assert found[str(data)]["providers"] == 2
    done = machine.run("paths")
    assert done.code == 0
    assert "broken, line 2" in done.out
    assert f"warning: {machine.config}:2:17: " in done.err


def test_a_folder_in_the_place_of_a_file(machine: Machine) -> None:
    machine.config.mkdir(parents=True)
    file = by_path(machine)[str(machine.config)]
    assert file["exists"] is True
    assert "folder" in file["error"]["message"]


def test_people_see_the_order_and_the_mark(machine: Machine) -> None:
    machine.write_config(PROVIDERS)
    done = machine.run("paths")
    lines = done.out.splitlines()
    (user,) = [line for line in lines if line.startswith("user-json")]
    assert user.split() == ["user-json", "2", "providers", "*", "~/.config/crush/crush.json"]
    places = [done.out.index(f"\n{role}") for role in ("system", "user-json", "user-crushrc", "data", "workspace")]
    assert places == sorted(places)
    assert "Later files override earlier ones." in done.out
    assert "project" not in done.out
    assert "~/.local/state/crush-wizard/backups" in done.out


def test_a_name_can_steer_no_terminal(machine: Machine) -> None:
    folder = machine.home / "x\x1b[31m"
    folder.mkdir()
    (folder / "crush.json").write_text("{")
    done = machine.run("paths", cwd=folder)
    assert "project" in done.out
    assert "\x1b" not in done.out + done.err


def test_a_current_folder_that_is_gone(machine: Machine) -> None:
    gone = machine.home / "gone"
    gone.mkdir()
    line = f"cd {gone}; rmdir {gone}; exec {sys.executable} -P -m wizard paths"
    done = subprocess.run(["sh", "-c", line], env=machine.env, capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert "the current folder no longer exists" in done.stderr


AS_SOMEBODY = """
import os, sys
from wizard.cli.app import run
assert run(["paths"]) == 0  # imports all that it needs, while they can be read
os.setuid(54321)
sys.exit(run(["paths"]))
"""
"""A user who is not in the system's list, and owns nothing."""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act for somebody else")
@pytest.mark.parametrize(
    ("home", "code", "said"),
    [
        ({}, 4, "can't tell where your home folder is"),
        ({"HOME": "/"}, 0, "warning: /.config/crush/crush.json is read-only for you"),
    ],
)
def test_without_a_home_and_with_one_that_is_read_only(
    machine: Machine, home: dict[str, str], code: int, said: str
) -> None:
    environ = {key: value for key, value in machine.env.items() if key != "HOME"} | home
    done = subprocess.run(
        [sys.executable, "-c", AS_SOMEBODY], env=environ, cwd="/", capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    assert said in done.stderr
