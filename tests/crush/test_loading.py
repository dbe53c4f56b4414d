"""Real files in real folders, as Crush finds and reads them (crush-behaviour 1.1 to 1.5)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from wizard.crush.combined import combine
from wizard.crush.loading import Loaded, load
from wizard.documents.crushrc import document as crushrc_document
from wizard.files.locations import Surroundings, here


@pytest.fixture
def around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Surroundings:
    """A home of its own with a git work tree in it; the current folder is the tree's `sub`."""
    home, tree = tmp_path / "home", tmp_path / "home" / "tree"
    (tree / "sub").mkdir(parents=True)
    subprocess.run(["git", "init", "-q", tree], check=True)
    for variable in ("CRUSH_GLOBAL_CONFIG", "CRUSH_GLOBAL_DATA", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    monkeypatch.chdir(tree / "sub")
    # The machine's own /etc/crush must not count here; another system has none.
    return replace(here({}), platform="win32", data=home / "data") if Path("/etc/crush").exists() else here({})


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def naming(name: str) -> str:
    return f'{{"providers": {{"a": {{"name": "{name}"}}}}}}'


def script(name: str) -> str:
    return f"provider add a --name {name}\n"


def name_in(loaded: Loaded) -> Any:
    return combine(loaded).config.get("providers", {}).get("a", {}).get("name")


def codes(loaded: Loaded) -> list[str]:
    return [problem.code for problem in combine(loaded).problems]


# The vectors of crush-behaviour 1.2 and 1.1


def test_the_nearer_folder_counts(around: Surroundings) -> None:
    write(around.top / "crush.json", naming("root"))
    assert name_in(load(around)) == "root"
    write(around.cwd / "crush.json", naming("sub"))
    assert name_in(load(around)) == "sub"


def test_without_git_no_parent_is_read(around: Surroundings) -> None:
    write(around.top / "crush.json", naming("root"))
    assert name_in(load(replace(around, top=around.cwd))) is None


def test_nothing_above_the_work_tree_is_read(around: Surroundings) -> None:
    write(around.top.parent / "crush.json", naming("above"))
    assert name_in(load(around)) is None


def test_names_in_one_folder_have_their_order(around: Surroundings) -> None:
    for name, content in (("crush.json", naming), (".crush.json", naming), ("crushrc", script), (".crushrc", script)):
        write(around.cwd / name, content(name.removeprefix(".") + ("2" if name.startswith(".") else "1")))
        assert name_in(load(around)) == name.removeprefix(".") + ("2" if name.startswith(".") else "1")


def test_folder_beats_name(around: Surroundings) -> None:
    write(around.top / ".crush.json", naming("root"))
    write(around.cwd / "crush.json", naming("sub"))
    assert name_in(load(around)) == "sub"


def test_each_stronger_role_counts_more(around: Surroundings) -> None:
    files = (
        (around.config / "crush.json", naming),
        (around.config / "crushrc", script),
        (around.data / "crush.json", naming),
        (around.cwd / "crush.json", naming),
        (around.cwd / ".crush" / "crush.json", naming),
    )
    for number, (path, content) in enumerate(files):
        write(path, content(f"n{number}"))
        assert name_in(load(around)) == f"n{number}"


def test_a_script_in_the_data_folder_or_in_the_workspace_is_no_config(around: Surroundings) -> None:
    write(around.data / "crushrc", script("data"))
    write(around.cwd / ".crush" / "crushrc", script("workspace"))
    assert name_in(load(around)) is None


def test_a_project_file_of_somebody_else_is_passed_over(around: Surroundings) -> None:
    foreign = write(around.cwd / "crush.json", "not even JSON")
    write(around.top / "crush.json", naming("root"))
    loaded = load(around, owner=lambda path: 1 if path == foreign else 2)
    assert name_in(loaded) == "root"
    assert [one.path for one in loaded.files if one.foreign] == [foreign]
    assert codes(loaded) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_a_file_given_away_is_passed_over_and_a_global_one_is_not(around: Surroundings) -> None:
    os.chown(write(around.cwd / "crush.json", naming("project")), 12345, -1)
    os.chown(write(around.config / "crush.json", naming("user")), 12345, -1)
    assert name_in(load(around)) == "user"


def test_links_are_followed_and_dangling_ones_are_absent(around: Surroundings) -> None:
    (around.cwd / "crush.json").symlink_to(write(around.home / "dotfiles" / "c", naming("linked")))
    (around.top / "crush.json").symlink_to(around.home / "nowhere")
    loaded = load(around)
    assert name_in(loaded) == "linked"
    assert codes(loaded) == []


def test_a_folder_in_the_place_of_a_file_is_fatal(around: Surroundings) -> None:
    (around.cwd / "crush.json").mkdir()
    (problem,) = combine(load(around)).problems
    assert (problem.code, problem.path, problem.is_fatal) == ("F1", around.cwd / "crush.json", True)


# 1.3


def test_the_workspace_is_where_the_other_files_say(around: Surroundings) -> None:
    write(around.cwd / ".crush" / "crush.json", naming("default"))
    write(around.cwd / "state" / "crush.json", naming("state"))
    assert name_in(load(around)) == "default"
    write(around.config / "crush.json", '{"Options": {"Data_Directory": "state"}}')
    assert name_in(load(around)) == "state"
    write(around.cwd / "crushrc", "option data-directory .crush")
    assert name_in(load(around)) == "default"


@pytest.mark.parametrize("spelled", ["$HOME/ws", '"$HOME/ws"', "${HOME}/ws", "~/ws", "$HOME/ws more"])
def test_a_script_names_the_workspace_below_home(around: Surroundings, spelled: str) -> None:
    write(around.home / "ws" / "crush.json", naming("there"))
    write(around.config / "crushrc", f"option data-directory {spelled}\n")
    assert name_in(load(replace(around, environ={"HOME": str(around.home)}))) == "there"


@pytest.mark.parametrize("spelled", ["$PLACE", '"~/ws"', "$HOME/$PLACE", "$(pwd)"])
def test_a_word_that_only_running_would_tell_moves_nothing(around: Surroundings, spelled: str) -> None:
    write(around.home / "ws" / "crush.json", naming("there"))
    write(around.config / "crushrc", f"option data-directory {spelled}\n")
    assert name_in(load(replace(around, environ={"HOME": str(around.home)}))) is None


# 1.5


@pytest.mark.parametrize("content", [b"", b"{}", b'{"$schema": "x", "unknown": 1}'])
def test_content_that_says_nothing_is_fine(around: Surroundings, content: bytes) -> None:
    write(around.config / "crush.json", content)
    assert codes(load(around)) == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"  \n", "F2"),
        (b'{"a": 1 // x\n}', "F2"),
        (b'{"a": 1 /* x */}', "F2"),
        (b'{"a": 1,}', "F2"),
        (b"{'a': 1}", "F2"),
        (b"\xef\xbb\xbf{}", "F2"),
        ("{}".encode("utf-16"), "F2"),
        (b'{"a": ' + b"9" * 400 + b"}", "F2"),
        (b"null", "F3"),
        (b"[]", "F3"),
        (b'"x"', "F3"),
        (b"5", "F3"),
    ],
)
def test_content_that_keeps_crush_from_starting(around: Surroundings, content: bytes, code: str) -> None:
    path = write(around.config / "crush.json", content)
    write(around.cwd / "crush.json", naming("project"))
    loaded = load(around)
    (problem,) = combine(loaded).problems
    assert (problem.code, problem.path, problem.line) == (code, path, 1)
    assert name_in(loaded) == "project"


def test_bytes_that_are_no_text_are_replaced(around: Surroundings) -> None:
    write(around.config / "crush.json", b'{"providers": {"a": {"name": "caf\xe9"}}}')
    assert name_in(load(around)) == "caf\ufffd"


def test_of_two_equal_keys_the_last_one_counts_alone(around: Surroundings) -> None:
    text = '{"providers": {\n  "a": {"api_key": "k"},\n  "a": {"name": "second"}\n}}'
    path = write(around.config / "crush.json", text)
    combined = combine(load(around))
    assert combined.config == {"providers": {"a": {"name": "second"}}}
    source = combined.sources.deciding(("providers", "a", "name"))
    assert source is not None
    assert (source.path, source.line, source.column, source.role) == (path, 3, 9, "user-json")


def test_files_that_clash_are_both_named(around: Surroundings) -> None:
    weak = write(around.config / "crush.json", '{"providers": {"a": {\n"api_key": "secret"}}}')
    strong = write(around.cwd / "crush.json", '{"providers": {"a": {"name": "n", "api_key": 5}}}')
    (problem,) = combine(load(around)).problems
    assert (problem.code, problem.provider, problem.path) == ("F4", "a", strong)
    assert (problem.line, problem.column) == (1, 35)
    assert f"{weak}:2" in problem.message
    assert "`providers.a.api_key` is a number here and a string" in problem.message
    assert "secret" not in repr(problem)


def test_a_wrong_type_is_placed(around: Surroundings) -> None:
    path = write(around.config / "crush.json", '{"providers": {"a":\n {"DISABLE": "true"}}}')
    (problem,) = combine(load(around)).problems
    assert (problem.code, problem.path, problem.line, problem.column) == ("F5", path, 2, 3)


# The workspace, 1.4


@pytest.mark.parametrize(
    "content",
    ['{"providers": {"a": {"name": 5}}}', '{"options": {"debug": "x"}}', '{"providers": []}', "[]", '{"x": 1e400}'],
)
def test_a_workspace_file_that_does_not_fit_is_ignored(around: Surroundings, content: str) -> None:
    write(around.config / "crush.json", naming("user"))
    path = write(around.cwd / ".crush" / "crush.json", content)
    loaded = load(around)
    (problem,) = combine(loaded).problems
    assert (problem.code, problem.path, problem.line) == ("W9", path, 1)
    assert not problem.is_fatal
    assert name_in(loaded) == "user"


def test_a_workspace_file_that_is_no_json_is_fatal(around: Surroundings) -> None:
    write(around.cwd / ".crush" / "crush.json", "{")
    assert codes(load(around)) == ["F2"]


def test_the_workspace_meets_fields_in_their_own_spelling(around: Surroundings) -> None:
    write(around.config / "crush.json", '{"Providers": {"a": {"NAME": "user", "type": "openai"}}}')
    path = write(around.cwd / ".crush" / "crush.json", '{"providers": {"a": {"name": "ws"}, "b": {}}}')
    combined = combine(load(around))
    assert combined.config == {"providers": {"a": {"name": "ws", "type": "openai"}, "b": {}}}
    source = combined.sources.deciding(("providers", "a", "name"))
    assert source is not None
    assert (source.path, source.column) == (path, 22)
    assert [one.role for one in source.shadowed] == ["user-json"]


# Scripts


def test_a_script_and_a_json_file_of_one_folder_are_merged_and_told(around: Surroundings) -> None:
    write(around.config / "crush.json", '{"providers": {"a": {"name": "json", "models": [{"id": "m1"}]}}}')
    path = write(around.config / "crushrc", "provider add a --name rc\nmodel add a/m2\n")
    combined = combine(load(around))
    assert combined.config["providers"]["a"] == {"name": "rc", "models": [{"id": "m1"}, {"id": "m2"}]}
    assert [(one.code, one.path) for one in combined.problems] == [("W12", path)]
    source = combined.sources.deciding(("providers", "a", "models", 1, "id"))
    assert source is not None
    assert (source.path, source.line, source.format) == (path, 2, "crushrc")


@pytest.mark.parametrize("content", ["", "# only words\n", "exit 0\nprovider add a --name x\n"])
def test_a_script_that_does_nothing_is_told(around: Surroundings, content: str) -> None:
    write(around.config / "crushrc", content)
    assert codes(load(around)) == ["W13"]


@pytest.mark.parametrize("content", ["if true; then\n", "provider add 'a\n", "model add a/m\nexit 1\n"])
def test_a_script_that_fails_is_fatal(around: Surroundings, content: str) -> None:
    path = write(around.config / "crushrc", content)
    problems = [one for one in combine(load(around)).problems if one.is_fatal]
    assert {(one.code, one.path) for one in problems} == {("F6", path)}


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ("provider add a\nmodel add a/m --context-window 1e5", 2, "not a whole number"),
        ("provider add a --disable maybe", 1, "not true or false"),
        ("provider add a --nmae x", 1, "`--nmae`"),
        ("provider add a --name", 1, "`--name`"),
        ("provider add a --name=x", 1, "write `--name` and its value as two words"),
        ("\nmodel add b/m", 2, "`provider add b`"),
        ("provider frobnicate a", 1, "`provider frobnicate`"),
    ],
)
def test_a_command_that_crush_refuses_is_fatal(around: Surroundings, content: str, line: int, message: str) -> None:
    write(around.config / "crushrc", content)
    (problem,) = [one for one in combine(load(around)).problems if one.is_fatal]
    assert (problem.code, problem.line) == ("F6", line)
    assert message in problem.message


def test_a_model_of_a_provider_that_a_sourced_file_may_add_is_left_alone(around: Surroundings) -> None:
    write(around.config / "crushrc", "source ~/more\nmodel add b/m\n")
    assert [one.code for one in combine(load(around)).problems if one.is_fatal] == []


def test_a_byte_order_mark_hides_the_first_command(around: Surroundings) -> None:
    write(around.config / "crushrc", b"\xef\xbb\xbfprovider add b\nprovider add a --name second\n")
    combined = combine(load(around))
    assert list(combined.config["providers"]) == ["a"]


def test_what_only_running_a_script_would_tell_is_listed(around: Surroundings) -> None:
    text = "provider add a\nif true; then\n  provider add b\nfi\nsource more\n"
    path = write(around.config / "crushrc", text)
    (file,) = load(around).read
    assert [(one.provider, one.why, one.line) for one in file.uncertain] == [
        ("b", "inside `if`", 3),
        ("", "`source`", 5),
    ]
    assert file.uncertain[0].path == path


def test_without_the_parser_only_ids_are_known(around: Surroundings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crushrc_document, "find_parser", lambda: None)
    write(around.config / "crushrc", "provider add a --name x\nprovider add b\n")
    loaded = load(around)
    (file,) = loaded.read
    assert [one.provider for one in file.uncertain] == ["a", "b"]
    assert combine(loaded).config == {}


# .env, 1.8


def test_the_env_file_of_the_current_folder_is_read(around: Surroundings) -> None:
    write(around.top / ".env", "A=top")
    assert load(here({})).dotenv == {}
    write(around.cwd / ".env", "export A='sub' # why\n")
    assert load(here({})).dotenv == {"A": "sub"}
    assert "sub'" not in repr(load(here({})))


def test_the_env_file_moves_the_configuration_where_the_environment_does_not(around: Surroundings) -> None:
    write(around.cwd / ".env", "CRUSH_GLOBAL_CONFIG=../moved\nXDG_DATA_HOME=/data")
    moved = {file.file.role: file.path for file in load(here({"XDG_DATA_HOME": ""})).files}
    assert moved["user-json"] == around.top / "moved" / "crush.json"
    assert moved["data"] == around.home / ".local" / "share" / "crush" / "crush.json", "set to nothing is set"


@pytest.mark.skipif(sys.platform == "win32", reason="pipes have no names there")
def test_a_pipe_in_the_place_of_a_file_does_not_hold_us_up(around: Surroundings) -> None:
    os.mkfifo(around.cwd / "crush.json")
    assert codes(load(around)) == ["F1"]
