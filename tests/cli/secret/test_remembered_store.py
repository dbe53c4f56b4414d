"""The store that was named is the one in use from then on; what can't be remembered undoes no change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.canary import CANARY

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Machine

ENTRY = {"type": "openai-compat", "base_url": "https://llm.mine.example/v1", "models": [{"id": "m-1"}]}
ADD = ("add-provider", "groq", "--yes", "--no-test", "--api-key-stdin")


@pytest.fixture
def unwritable(machine: Machine) -> Path:
    """The file with what is remembered, where nobody can write it."""
    path = machine.home / ".config" / "crush-wizard" / "settings.toml"
    path.parent.mkdir(parents=True)
    path.symlink_to("/proc/settings.toml")
    return path


def test_a_store_that_cannot_be_remembered_is_said_and_all_else_done(machine: Machine, unwritable: Path) -> None:
    done = machine.run(*ADD, "--secret-store", "file", "--json", stdin=CANARY)
    assert (done.code, done.json["data"]["applied"]) == (0, True), done.out
    assert "groq" in machine.entries
    warnings = [message["text"] for message in done.json["messages"] if message["level"] == "warning"]
    assert any("can't save your choice" in text and str(unwritable) in text for text in warnings)
    assert any(text.startswith("secrets are read from the keyring, not from the encrypted file") for text in warnings)


def test_adopting_into_a_store_makes_it_the_one_in_use(machine: Machine) -> None:
    machine.write_config(json.dumps({"providers": {"mine": {**ENTRY, "api_key": CANARY}}}))
    done = machine.run("secret", "adopt", "--secret-store", "file", "--yes")
    assert done.code == 0, done.err
    shown = machine.run("run", "--", "sh", "-c", 'printf %s "$MINE_API_KEY"')
    assert (shown.out, shown.err) == (CANARY, "")


def test_run_says_which_keys_have_no_value(machine: Machine) -> None:
    other = {**ENTRY, "api_key": "${OTHER_KEY:-none}"}
    machine.write_config(json.dumps({"providers": {"mine": {**ENTRY, "api_key": "$MINE_KEY"}, "other": other}}))
    done = machine.run("run", "--", "true")
    assert done.code == 0
    assert done.err.splitlines() == ["warning: MINE_KEY has no value; store it: crush-wizard secret set MINE_KEY"]
    assert machine.run("run", "--", "true", env={"MINE_KEY": "set"}).err == ""
