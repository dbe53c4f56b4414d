"""undo: the last change back, byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.canary import CANARY

if TYPE_CHECKING:
    from tests.cli.conftest import Machine


def test_nothing_to_undo(machine: Machine) -> None:
    done = machine.run("undo", "--yes", "--json")
    assert done.code == 0
    assert done.json["data"]["applied"] is False
    assert machine.run("undo", "--list").code == 0


def test_back_step_by_step(machine: Machine, rich_config: str) -> None:
    machine.write_config(rich_config)
    texts = [rich_config]
    for preset in ("groq", "ollama"):
        assert machine.run("add-provider", preset, "--yes").code == 0
        texts.append(machine.config.read_text(encoding="utf-8"))
    while len(texts) > 1:
        texts.pop()
        assert machine.run("undo", "--yes").code == 0
        assert machine.config.read_text(encoding="utf-8") == texts[-1]
    assert machine.run("undo", "--yes").err.startswith("nothing to undo")


def test_refuses_when_the_file_changed_since(machine: Machine) -> None:
    machine.run("add-provider", "groq", "--yes")
    machine.config.write_text(machine.config.read_text() + "\n")
    before = machine.config.read_text()
    done = machine.run("undo", "--yes", "--json")
    assert done.code == 4
    assert done.json["error"]["code"] == "changed-meanwhile"
    assert done.json["error"]["hint"] == "edit the file by hand"
    assert machine.config.read_text() == before


def test_a_newer_change_that_is_in_the_way_is_named(machine: Machine) -> None:
    machine.run("add-provider", "groq", "--yes")
    machine.run("add-provider", "ollama", "--yes")
    older, newer = sorted(machine.run("undo", "--list", "--json").json["data"]["history"], key=lambda it: it["time"])
    refused = machine.run("undo", older["id"], "--yes", "--json").json["error"]
    assert refused["hint"] == f"undo the newer change first: crush-wizard undo {newer['id']}"
    assert machine.run("undo", newer["id"], "--yes").code == 0
    assert machine.run("undo", older["id"], "--yes").code == 0


def test_without_a_terminal_it_wants_yes(machine: Machine) -> None:
    machine.run("add-provider", "groq", "--yes")
    done = machine.run("undo")
    assert done.code == 3
    assert "--yes" in done.err


def test_dry_run(machine: Machine) -> None:
    machine.run("add-provider", "groq", "--yes")
    before = machine.snapshot()
    done = machine.run("undo", "--dry-run")
    assert done.code == 0
    assert '-    "groq": {' in done.out
    assert machine.snapshot() == before


CHOICES = ("--format", "json", "--placeholder", "lookup", "--secret-store", "file", "--api-key-stdin", "--no-test")


def test_what_was_remembered_along_with_a_change_is_forgotten_with_it(machine: Machine) -> None:
    settings = machine.home / ".config" / "crush-wizard" / "settings.toml"
    assert machine.run("add-provider", "groq", "--yes", *CHOICES, stdin=CANARY).code == 0
    assert settings.read_text() == 'secret_store = "file"\nkeys = "lookup"\nformat = "json"\n'
    machine.install_crush("0.88.0")
    assert machine.run("convert", "--to", "crushrc", "--yes").code == 0
    assert "format" not in settings.read_text()
    assert machine.run("undo", "--yes").code == 0
    assert 'format = "json"' in settings.read_text()
    assert machine.run("undo", "--yes").code == 0
    assert not settings.exists()
    assert not machine.config.exists()


def test_settings_that_were_edited_since_stay_as_they_are(machine: Machine) -> None:
    settings = machine.home / ".config" / "crush-wizard" / "settings.toml"
    assert machine.run("add-provider", "groq", "--yes", *CHOICES, stdin=CANARY).code == 0
    settings.write_text(f"# mine\n{settings.read_text()}")
    before = settings.read_text()
    assert machine.run("undo", "--yes").code == 0
    assert not machine.config.exists()
    assert settings.read_text() == before


def test_a_store_that_holds_other_secrets_by_now_stays_in_use(machine: Machine) -> None:
    assert machine.run("secret", "set", "A_KEY", "--stdin", "--store", "file", stdin=CANARY).code == 0
    assert machine.run("secret", "set", "B_KEY", "--stdin", stdin=CANARY).code == 0
    first = machine.run("undo", "--list", "--json").json["data"]["history"][0]["id"]
    assert machine.run("undo", first, "--yes").code == 0
    assert machine.run("secret", "get", "B_KEY").out == f"{CANARY}\n"


def test_list(machine: Machine) -> None:
    machine.run("add-provider", "groq", "--yes")
    listed = machine.run("undo", "--list")
    assert "add-provider groq" in listed.out
    assert "~/.config/crush/crush.json" in listed.out
    (record,) = machine.run("undo", "--list", "--json").json["data"]["history"]
    assert record["files"] == [{"path": str(machine.config), "action": "create"}]


def test_ten_changes_are_kept(machine: Machine) -> None:
    for number in range(12):
        machine.run(
            "add-provider", "groq", "--yes", "--id", f"groq-{chr(97 + number)}", "--model", "openai/gpt-oss-20b"
        )
    assert len(machine.run("undo", "--list", "--json").json["data"]["history"]) == 10


def test_a_hint_names_no_flag_that_undo_lacks(machine: Machine) -> None:
    assert machine.run("add-provider", "groq", "--yes").code == 0
    machine.config.unlink()
    machine.config.mkdir()
    ended = machine.run("undo", "--yes", "--json")
    assert ended.code == 4
    assert ended.json["error"]["hint"] == "move it away"
    assert "name another file with --file" in machine.run("add-provider", "openai", "--yes").err


@pytest.mark.parametrize("used", [False, True])
def test_the_folders_that_were_made_for_a_change_go_with_it(machine: Machine, used: bool) -> None:
    assert machine.run("add-provider", "groq", "--yes", "--format", "json").code == 0
    folder = machine.config.parent
    if used:
        (folder.parent / "somebody").mkdir()
    assert machine.run("undo", "--yes").code == 0
    assert not folder.exists()
    assert folder.parent.exists() == used
