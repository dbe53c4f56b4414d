"""A new key takes the place of one in plain text: that the old one is gone for good is said before it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Machine

OLD = "hunter2-0123456789"
ENTRY = {"type": "openai-compat", "base_url": "https://w.example/v1", "models": [{"id": "m"}]}
NEW_KEY = ("--api-key-env", "W_KEY")
LOST = "it contains a plain-text key, which undo could not restore"


def _with_key(machine: Machine, **fields: Any) -> None:
    machine.write_config(json.dumps({"providers": {"w": {**ENTRY, **fields}}}))


@pytest.mark.parametrize("command", [("edit-provider", "w"), ("add-provider", "deepseek", "--merge")])
def test_it_is_said_before(machine: Machine, command: tuple[str, ...]) -> None:
    machine.write_config(json.dumps({"providers": {command[1]: {**ENTRY, "api_key": OLD}}}))
    done = machine.run(*command, *NEW_KEY, "--dry-run", "--json")
    assert done.code == 0, done.err
    assert [one["text"] for one in done.json["messages"] if LOST in one["text"]] == [
        f"~/.config/crush/crush.json: {LOST}"
    ]
    assert "crush-wizard secret adopt" in done.err
    assert OLD not in done.out + done.err


@pytest.mark.parametrize(
    "command", [("edit-provider", "w", *NEW_KEY), ("remove-provider", "w", "--allow-no-provider", "--yes")]
)
def test_adopt_is_named_only_where_it_takes_the_key(machine: Machine, command: tuple[str, ...]) -> None:
    for url, adopts in (("https://w.example/v1", True), ("http://localhost:9/v1", False)):
        _with_key(machine, base_url=url, api_key="abc12345")
        done = machine.run(*command, "--dry-run")
        assert (done.code, "to keep it, first: crush-wizard secret adopt" in done.err) == (0, adopts)
        assert adopts or "to keep it, copy it first" in done.err
        assert ("nothing to adopt" in machine.run("secret", "adopt", "--dry-run").err) is not adopts


@pytest.mark.parametrize("change", [("--name", "W"), ("--header", "X-Team=a")])
def test_where_the_key_stays_there_is_nothing_to_say(machine: Machine, change: tuple[str, ...]) -> None:
    _with_key(machine, api_key=OLD)
    done = machine.run("edit-provider", "w", *change, "--yes")
    assert (done.code, LOST in done.err) == (0, False)
    assert machine.run("undo", "--yes").code == 0
    assert machine.entries == {"w": {**ENTRY, "api_key": OLD}}


def test_a_placeholder_can_be_brought_back(machine: Machine) -> None:
    _with_key(machine, api_key="$OLD_KEY")
    done = machine.run("edit-provider", "w", *NEW_KEY, "--yes")
    assert (done.code, LOST in done.err) == (0, False)
