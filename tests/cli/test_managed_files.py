"""Files that something else makes: Nix, home-manager, chezmoi; and those of stow, which are the user's own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Machine

CONFIG = {"providers": {"mine": {"base_url": "https://llm.mine.example/v1", "models": [{"id": "m-1"}, {"id": "m-2"}]}}}
ADD = ("add-provider", "groq", "--yes", "--no-test")
USE = ("use", "small", "mine/m-2", "--yes")


@pytest.fixture
def generated(machine: Machine, tmp_path: Path) -> Path:
    """The file of somebody whose home-manager makes it."""
    store = tmp_path / "nix" / "store"
    target = store / "0123-home-manager-files" / "crush.json"
    target.parent.mkdir(parents=True)
    target.write_text(json.dumps(CONFIG))
    target.chmod(0o444)
    machine.config.parent.mkdir(parents=True)
    machine.config.symlink_to(target)
    machine.env["NIX_STORE_DIR"] = str(store)
    return target


def test_what_nix_generates_is_refused_with_its_place_and_the_ways_around(machine: Machine, generated: Path) -> None:
    before = generated.read_bytes()
    done = machine.run(*ADD)
    assert done.code == 4
    assert f"this links to {generated}, which is generated and read-only" in done.err
    assert "change what generates it, or use: --format crushrc" in done.err
    assert "--scope project" in done.err
    assert (generated.read_bytes(), machine.config.is_symlink()) == (before, True)


def test_the_ways_around_work(machine: Machine, generated: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    assert machine.run(*ADD, "--format", "crushrc").code == 0
    assert machine.run(*USE, "--scope", "project", cwd=project).code == 0
    assert generated.read_text() == json.dumps(CONFIG)


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        (USE, "or use: --scope project\n"),
        (("edit-provider", "mine", "--name", "X", "--yes", "--no-test"), "hint: change what generates it\n"),
    ],
)
def test_the_hint_fits_the_command(machine: Machine, generated: Path, command: tuple[str, ...], hint: str) -> None:
    done = machine.run(*command)
    assert (done.code, hint in done.err) == (4, True), done.err
    assert generated.read_text() == json.dumps(CONFIG)


def test_a_dry_run_shows_the_change_and_warns(machine: Machine, generated: Path) -> None:
    done = machine.run(*ADD, "--dry-run")
    assert (done.code, "groq" in done.out) == (0, True)
    assert f"links to {generated}" in done.err


@pytest.mark.parametrize(
    "name", ["crush.json", "private_crush.json", "crush.json.tmpl", "encrypted_private_crush.json.age"]
)
@pytest.mark.parametrize("root", ["", "home"])
def test_what_chezmoi_writes_again_is_said_with_its_source(machine: Machine, name: str, root: str) -> None:
    machine.write_config(json.dumps(CONFIG))
    repository = machine.home / ".local" / "share" / "chezmoi"
    source = repository / root / "private_dot_config" / "crush" / name
    source.parent.mkdir(parents=True)
    source.write_text("{}")
    if root:
        (repository / ".chezmoiroot").write_text(f"{root}\n")
    done = machine.run(*USE)
    assert done.code == 0
    assert "the next `chezmoi apply` will undo this" in done.err
    assert f"{source.relative_to(machine.home)}: chezmoi edit" in done.err
    assert "chezmoi" not in machine.run("list").err


@pytest.mark.parametrize("whole_folder", [True, False])
def test_a_link_into_a_folder_of_ones_own_needs_no_word(machine: Machine, whole_folder: bool) -> None:
    """As stow makes them; and chezmoi, where it is told to."""
    own = machine.home / ".local" / "share" / "chezmoi" / "dot_config" / "crush"
    own.mkdir(parents=True)
    (own / "crush.json").write_text(json.dumps(CONFIG))
    folder = machine.config.parent
    folder.parent.mkdir(parents=True)
    if whole_folder:
        folder.symlink_to(own)
    else:
        folder.mkdir()
        machine.config.symlink_to(own / "crush.json")
    done = machine.run(*USE)
    assert (done.code, "chezmoi" in done.err.replace(str(own), "")) == (0, False), done.err
    assert "m-2" in (own / "crush.json").read_text()
