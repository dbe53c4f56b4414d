"""One list of Crush's files for every command, and one idea of which of them Crush writes, however they are named."""

from __future__ import annotations

import fcntl
import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.conftest import Machine

KEY = "sk-in-the-folder-that-the-script-names-1"
CONFIG = {
    "providers": {
        "w": {
            "type": "openai-compat",
            "base_url": "https://w.example/v1",
            "api_key": KEY,
            "extra_headers": {"X-Team": "$W_TEAM"},
            "models": [{"id": "m", "name": "M"}, {"id": "n", "name": "N"}],
        }
    },
    "models": {"large": {"provider": "w", "model": "m"}},
}


@pytest.fixture
def owner(machine: Machine) -> Machine:
    """A crushrc puts Crush's data, and so the workspace's file, into a folder of its own."""
    folder = machine.config.parent
    folder.mkdir(parents=True)
    (folder / "crushrc").write_text("option data-directory $HOME/ws\n")
    workspace(machine).parent.mkdir()
    workspace(machine).write_text(json.dumps(CONFIG))
    return machine


def workspace(machine: Machine) -> Path:
    return machine.home / "ws" / "crush.json"


@contextmanager
def held_by_crush(path: Path) -> Iterator[None]:
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def test_list_and_paths_name_the_same_workspace_file(owner: Machine) -> None:
    (listed,) = owner.run("list", "--json").json["data"]["providers"]
    assert listed["source"]["path"] == str(workspace(owner))
    files = owner.run("paths", "--json").json["data"]["files"]
    assert [one["path"] for one in files if one["role"] == "workspace"] == [str(workspace(owner))]


def test_its_key_in_plain_text_is_found(owner: Machine) -> None:
    done = owner.run("secret", "adopt", "--dry-run", "--secret-store", "file", "--json")
    assert done.code == 0, (done.out, done.err)
    assert [one["path"] for one in done.json["data"]["found"]] == [str(workspace(owner))]


def test_its_variables_are_in_use(owner: Machine) -> None:
    assert "W_TEAM" in owner.run("secret", "list").out


def test_no_profile_goes_over_it(owner: Machine) -> None:
    done = owner.run("export", str(workspace(owner)))
    assert "this is a config file of Crush" in done.err


@pytest.mark.parametrize(
    "spelled", ["ws/crush.json", "../user/ws/crush.json", "link/crush.json", "link/../ws/crush.json"]
)
def test_crushs_lock_is_taken_however_the_file_is_named(owner: Machine, spelled: str) -> None:
    (owner.home / "link").symlink_to("ws")
    before = workspace(owner).read_bytes()
    with held_by_crush(workspace(owner)):
        done = owner.run("use", "large", "w/n", "--file", spelled, "--yes", "--json")
    assert (done.code, done.json["error"]["code"]) == (4, "locked")
    assert workspace(owner).read_bytes() == before


@pytest.mark.parametrize(
    "spelled", [".config/../.config/crush/crush.json", "../user/.config/crush/crush.json", "l.json"]
)
def test_a_file_that_crush_reads_is_not_called_unread(machine: Machine, spelled: str) -> None:
    machine.write_config(json.dumps(CONFIG))
    (machine.home / "l.json").symlink_to(machine.config)
    done = machine.run("use", "large", "w/n", "--file", spelled, "--yes")
    assert done.code == 0, done.err
    assert "does not read" not in done.err
    assert json.loads(machine.config.read_text())["models"]["large"]["model"] == "n"


def test_after_a_link_two_dots_lead_where_the_system_says(machine: Machine) -> None:
    """`link/..` is the parent of what the link leads to."""
    machine.write_config(json.dumps(CONFIG))
    (machine.home / "link").symlink_to(machine.config.parent)
    (machine.home / "crush").mkdir()
    done = machine.run("use", "large", "w/n", "--file", "link/../crush/crush.json", "--yes", "--json")
    assert done.json["data"]["changes"][0]["path"] == str(machine.config)


@pytest.mark.parametrize("variable", ["CRUSH_GLOBAL_CONFIG", "CRUSH_GLOBAL_DATA"])
def test_a_folder_of_crushs_variables_is_without_dots(machine: Machine, variable: str) -> None:
    folder = machine.home / "mine"
    folder.mkdir()
    found = machine.run("paths", "--json", env={variable: f"{folder}/../mine"}).json["data"]["files"]
    assert str(folder / "crush.json") in [one["path"] for one in found]


def test_a_weaker_file_is_not_called_stronger(machine: Machine) -> None:
    """Crush's own file wins over the user's, and the project's over that."""
    data = machine.home / ".local" / "share" / "crush" / "crush.json"
    data.parent.mkdir(parents=True)
    data.write_text(json.dumps({"models": {"large": {"provider": "openai", "model": "gpt-5.5"}}}))
    project = machine.home / "project"
    project.mkdir()
    adding = ("add-provider", "deepseek", "--large", "deepseek-v4-pro", "--yes", "--dry-run")
    openai = {"OPENAI_API_KEY": "sk-0123456789"}
    assert "crush.json:1 wins" in machine.run(*adding, cwd=project, env=openai).err
    assert "wins" not in machine.run(*adding, "--scope", "project", cwd=project, env=openai).err


def test_a_plan_for_a_file_that_crush_passes_over_changes_nothing(tmp_path: Path) -> None:
    from wizard.change.planned import in_force_after
    from wizard.crush.loading import Loaded, LoadedFile
    from wizard.files.edit import TextEdit
    from wizard.files.locations import ConfigFile, here
    from wizard.files.plan import FileEdit
    from wizard.machine.in_force import in_force

    file = ConfigFile("project", tmp_path / "crush.json", "json")
    workspace = ConfigFile("workspace", tmp_path / ".crush" / "crush.json", "json")
    before = in_force(loaded=Loaded(here(), (LoadedFile(file, foreign=True), LoadedFile(workspace))))
    text = json.dumps(CONFIG)
    after = in_force_after(before, [FileEdit(file.path, None, (TextEdit(0, 0, text),))])
    assert after.effective.provider("w") is None


def test_a_file_of_somebody_else_has_no_variables_in_use(machine: Machine) -> None:
    """Crush ignores it, so `run` brings no key for it."""
    project = machine.home / "project"
    project.mkdir()
    (project / "crush.json").write_text(json.dumps(CONFIG))
    with mock.patch("wizard.machine.files.is_foreign", lambda file, _around: file.role == "project"):
        assert "W_TEAM" not in machine.run("secret", "list", cwd=project).out
    assert "W_TEAM" in machine.run("secret", "list", cwd=project).out
