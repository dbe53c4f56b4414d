"""The format of a scope's first config file: a crushrc where Crush reads one and it can say all, else crush.json."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import program
from wizard.documents.crushrc import syntax

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Machine

PLAIN = (
    *("add-provider", "openai-compatible", "--id", "new", "--base-url", "https://new.example/v1", "--model", "n-1"),
    *("--no-api-key", "--no-test", "--yes"),
)
WITH_LEVELS = """\
[providers.deep]
type = "openai-compat"
base_url = "https://deep.example/v1"

[[providers.deep.models]]
id = "d-1"
name = "D"
context_window = 8192
default_max_tokens = 1024
can_reason = true
reasoning_levels = ["low", "high"]
"""


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


@pytest.mark.parametrize(
    ("version", "file"),
    [(None, "crush.json"), ("0.80.0", "crush.json"), ("0.88.0", "crushrc"), ("devel", "crushrc"), ("?", "crush.json")],
)
@pytest.mark.parametrize("arguments", [PLAIN, ("hide", "openai", "--yes")])
def test_the_crush_on_path_decides_and_undo_leaves_nothing(
    machine: Machine, version: str | None, file: str, arguments: tuple[str, ...]
) -> None:
    if version:
        machine.install_crush(version)
    shown = machine.run(*arguments, "--dry-run")
    assert f"+++ ~/.config/crush/{file}" in shown.out, shown.err
    assert "not a crushrc" not in shown.err
    done = machine.run(*arguments)
    assert done.code == 0, done.err
    assert files(machine.config.parent) == {file}
    assert machine.run("undo", "--yes").code == 0
    assert files(machine.config.parent) == set()


@pytest.mark.parametrize("version", ["0.80.0", "0.88.0"])
def test_what_a_crushrc_can_not_say_is_a_reason_that_is_told_where_one_was_to_be_expected(
    machine: Machine, tmp_path: Path, version: str
) -> None:
    machine.install_crush(version)
    profile = tmp_path / "profile.toml"
    profile.write_text(f"profile = 1\n\n{WITH_LEVELS}", encoding="utf-8")
    done = machine.run("import", str(profile), "--yes")
    assert done.code == 0, done.err
    assert machine.entries["deep"]["models"][0]["reasoning_levels"] == ["low", "high"]
    assert files(machine.config.parent) == {"crush.json"}
    told = "crush.json, not a crushrc: a crushrc does not support models.reasoning_levels of deep\n" in done.err
    assert told == (version == "0.88.0")


def test_without_the_parser_it_is_crush_json(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.install_crush("0.88.0")
    monkeypatch.setattr(syntax, "find_parser", lambda: None)
    done = machine.run(*PLAIN)
    assert files(machine.config.parent) == {"crush.json"}
    assert "crush.json, not a crushrc: the parser for crushrc files is not installed" in done.err


def test_what_is_there_decides_whatever_its_scope_has(machine: Machine) -> None:
    machine.install_crush("0.88.0")
    machine.write_config("{}")
    project = machine.home / "project"
    project.mkdir()
    assert machine.run(*PLAIN).code == 0
    assert machine.run(*PLAIN, "--scope", "project", cwd=project).code == 0
    assert (files(machine.config.parent), files(project)) == ({"crush.json"}, {"crushrc"})


@pytest.mark.parametrize(("named", "file"), [("json", "crush.json"), ("crushrc", "crushrc")])
def test_a_format_that_was_named_for_a_new_file_is_kept_until_auto_is_named(
    machine: Machine, named: str, file: str
) -> None:
    machine.install_crush("0.88.0" if named == "json" else "?")
    settings = machine.home / ".config" / "crush-wizard" / "settings.toml"
    done = machine.run(*PLAIN, "--format", named)
    assert (done.code, files(machine.config.parent)) == (0, {file})
    assert "(until --format auto)" in done.err
    assert f'format = "{named}"' in settings.read_text()
    first, second, third = (machine.home / name for name in "abc")
    for project in (first, second, third):
        project.mkdir()
    assert "until" not in machine.run(*PLAIN, "--scope", "project", cwd=first).err
    assert machine.run(*PLAIN, "--scope", "project", "--format", "auto", cwd=second).code == 0
    assert "format" not in settings.read_text()
    assert machine.run(*PLAIN, "--scope", "project", cwd=third).code == 0
    other = {"crush.json": "crushrc", "crushrc": "crush.json"}[file]
    assert [files(project) for project in (first, second, third)] == [{file}, {other}, {other}]


@pytest.mark.parametrize(("version", "file"), [("0.87.0", "crush.json"), ("0.88.0", "crushrc")])
def test_paths_marks_the_file_that_is_to_come(machine: Machine, version: str, file: str) -> None:
    machine.install_crush(version)
    edited = [one["path"] for one in machine.run("paths", "--json").json["data"]["files"] if one["edited"]]
    assert edited == [str(machine.config.with_name(file))]


def test_no_test_meets_the_crush_of_its_machine(tmp_path: Path) -> None:
    for name in ("crush", "git"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    (folder, last) = program.without_crush(f"{tmp_path}:/nowhere").split(":")
    assert (files(tmp_path / folder), last) == ({"git"}, "/nowhere")
