"""Where Crush looks, on three systems (crush-behaviour 1.1 to 1.3)."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wizard.files import locations
from wizard.files.locations import Surroundings, config_files, here, target_file

if TYPE_CHECKING:
    from wizard.files.locations import Scope

VARIABLES = ("CRUSH_GLOBAL_CONFIG", "CRUSH_GLOBAL_DATA", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "LOCALAPPDATA")

ADA = "/users/ada"
EVERYWHERE = f"{ADA}/.config/crush/crush.json"
UNIX_DATA = f"{ADA}/.local/share/crush/crush.json"
WINDOWS_DATA = f"{ADA}/AppData/Local/crush/crush.json"

# system, variables set, the user's file, the file that Crush writes
TABLE: list[tuple[str, dict[str, str], str, str]] = [
    ("linux", {}, EVERYWHERE, UNIX_DATA),
    ("darwin", {}, EVERYWHERE, UNIX_DATA),
    ("win32", {}, EVERYWHERE, WINDOWS_DATA),
    ("linux", {"XDG_CONFIG_HOME": "/c", "XDG_DATA_HOME": "/d"}, "/c/crush/crush.json", "/d/crush/crush.json"),
    ("darwin", {"XDG_CONFIG_HOME": "/c", "XDG_DATA_HOME": "/d"}, "/c/crush/crush.json", "/d/crush/crush.json"),
    ("win32", {"XDG_CONFIG_HOME": "/c", "XDG_DATA_HOME": "/d"}, "/c/crush/crush.json", "/d/crush/crush.json"),
    ("linux", {"LOCALAPPDATA": "/local"}, EVERYWHERE, UNIX_DATA),
    ("darwin", {"LOCALAPPDATA": "/local"}, EVERYWHERE, UNIX_DATA),
    ("win32", {"LOCALAPPDATA": "/local"}, EVERYWHERE, "/local/crush/crush.json"),
    ("win32", {"LOCALAPPDATA": "/local", "XDG_DATA_HOME": "/d"}, EVERYWHERE, "/d/crush/crush.json"),
    ("linux", {"CRUSH_GLOBAL_CONFIG": "/g", "XDG_CONFIG_HOME": "/c"}, "/g/crush.json", UNIX_DATA),
    ("darwin", {"CRUSH_GLOBAL_CONFIG": "/g", "XDG_CONFIG_HOME": "/c"}, "/g/crush.json", UNIX_DATA),
    ("win32", {"CRUSH_GLOBAL_CONFIG": "/g", "XDG_CONFIG_HOME": "/c"}, "/g/crush.json", WINDOWS_DATA),
    ("linux", {"CRUSH_GLOBAL_DATA": "/g", "XDG_DATA_HOME": "/d"}, EVERYWHERE, "/g/crush.json"),
    ("win32", {"CRUSH_GLOBAL_DATA": "/g", "LOCALAPPDATA": "/local"}, EVERYWHERE, "/g/crush.json"),
    ("linux", dict.fromkeys(VARIABLES, ""), EVERYWHERE, UNIX_DATA),
    ("win32", dict.fromkeys(VARIABLES, ""), EVERYWHERE, WINDOWS_DATA),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, in a home of its own, outside any work tree."""
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", ADA)
    monkeypatch.setenv("USERPROFILE", ADA)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def around(environ: dict[str, str] | None = None, platform: str = "linux", cwd: str = "/work/sub") -> Surroundings:
    """Surroundings on paper: a work tree at /work."""
    home = Path(ADA)
    config, data = home / ".config/crush", home / ".local/share/crush"
    return Surroundings(environ or {}, platform, home, config, data, Path(cwd), Path("/work"))


@pytest.mark.parametrize(("platform", "environ", "user", "data"), TABLE)
def test_the_users_files_on_three_systems(
    platform: str, environ: dict[str, str], user: str, data: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in environ.items():
        monkeypatch.setenv(variable, value)
    found = {one.role: one.path.as_posix() for one in config_files(here(platform=platform))}
    assert found["user-json"] == user
    assert found["user-crushrc"] == user.replace("crush.json", "crushrc")
    assert found["data"] == data


@pytest.mark.parametrize("variable", ["CRUSH_GLOBAL_CONFIG", "XDG_CONFIG_HOME"])
def test_a_relative_folder_counts_from_the_current_one(
    variable: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "cfg")
    below = folder / "cfg" / ("crush" if variable == "XDG_CONFIG_HOME" else "")
    assert target_file(here()) == below / "crush.json"


def test_a_folder_on_a_drive_is_taken_as_crush_takes_it() -> None:
    assert locations.config_folder(around({"XDG_CONFIG_HOME": "C:/cfg"}, "win32")).as_posix().endswith("C:/cfg/crush")


def test_all_files_from_the_weakest_to_the_strongest() -> None:
    assert [(one.role, one.path.as_posix(), one.format) for one in config_files(around())] == [
        ("system", "/etc/crush/crush.json", "json"),
        ("user-json", f"{ADA}/.config/crush/crush.json", "json"),
        ("user-crushrc", f"{ADA}/.config/crush/crushrc", "crushrc"),
        ("data", f"{ADA}/.local/share/crush/crush.json", "json"),
        ("project", "/work/crush.json", "json"),
        ("project", "/work/.crush.json", "json"),
        ("project", "/work/crushrc", "crushrc"),
        ("project", "/work/.crushrc", "crushrc"),
        ("project", "/work/sub/crush.json", "json"),
        ("project", "/work/sub/.crush.json", "json"),
        ("project", "/work/sub/crushrc", "crushrc"),
        ("project", "/work/sub/.crushrc", "crushrc"),
        ("workspace", "/work/sub/.crush/crush.json", "json"),
    ]


def test_windows_has_no_system_file() -> None:
    assert "system" not in {one.role for one in config_files(around(platform="win32"))}


def test_the_workspace_is_the_nearest_folder_that_exists() -> None:
    found = config_files(around(cwd="/work/a/b"), is_folder=lambda path: path == Path("/work/a/.crush"))
    assert found[-1].path == Path("/work/a/.crush/crush.json")


def test_a_configured_workspace_counts_from_the_current_folder() -> None:
    assert config_files(around(), data_directory="state")[-1].path == Path("/work/sub/state/crush.json")


def test_dots_in_a_configured_workspace_are_taken_out_as_crush_does() -> None:
    assert config_files(around(), data_directory="../a/./b")[-1].path == Path("/work/a/b/crush.json")


def test_the_homes_workspace_is_not_adopted_by_a_folder_below() -> None:
    at_home = Surroundings({}, "linux", Path("/work"), Path("/c"), Path("/d"), Path("/work/sub"), Path("/work"))
    assert config_files(at_home, is_folder=lambda _: True)[-1].path == Path("/work/sub/.crush/crush.json")
    assert locations.workspace_folder(at_home, is_folder=lambda path: path == Path("/work/.crush")) == Path(
        "/work/sub/.crush"
    )


@pytest.mark.parametrize(
    ("existing", "target"),
    [
        ([], "/work/crush.json"),
        (["/work/crush.json"], "/work/crush.json"),
        (["/work/.crush.json"], "/work/.crush.json"),
        (["/work/crush.json", "/work/.crush.json"], "/work/.crush.json"),
        (["/work/.crush.json", "/work/sub/crush.json"], "/work/sub/crush.json"),
        (["/work/sub/crushrc"], "/work/sub/crushrc"),
        (["/crush.json"], "/work/crush.json"),
    ],
)
def test_the_project_file_is_the_nearest(existing: list[str], target: str) -> None:
    assert target_file(around(), "project", exists=lambda path: path.as_posix() in existing) == Path(target)


@pytest.mark.parametrize("scope", ["user", "project"])
def test_a_named_file_wins_over_any_scope(scope: Scope) -> None:
    assert target_file(around(), scope, Path("mine.json")) == Path("/work/sub/mine.json")
    assert target_file(around(), scope, Path("/x/mine.json")) == Path("/x/mine.json")


def test_a_real_work_tree_ends_the_walk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = folder / "tree with ünïcode"
    (tree / "a" / "b").mkdir(parents=True)
    subprocess.run(["git", "init", "-q", tree], check=True)
    (folder / "crush.json").write_text("{}")
    monkeypatch.chdir(tree / "a" / "b")
    assert target_file(here(), "project") == tree / "crush.json"
    (tree / "a" / "crush.json").write_text("{}")
    assert target_file(here(), "project") == tree / "a" / "crush.json"


def test_outside_a_work_tree_parents_do_not_count(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "crush.json").write_text("{}")
    (folder / "sub").mkdir()
    monkeypatch.chdir(folder / "sub")
    assert target_file(here(), "project") == folder / "sub" / "crush.json"


def test_without_git_only_the_current_folder_counts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "init", "-q", folder], check=True)
    (folder / "sub").mkdir()
    monkeypatch.chdir(folder / "sub")
    assert here().top == folder
    monkeypatch.setenv("PATH", "/nowhere")
    assert here().top == folder / "sub"


def test_a_git_that_hangs_is_no_git(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "git").write_text("#!/bin/sh\nexec sleep 60\n")
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    monkeypatch.setattr(locations, "GIT_SECONDS", 0.2)
    assert here().top == folder
