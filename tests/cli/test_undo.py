"""undo: the last change back, byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    assert machine.config.read_text() == before


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
