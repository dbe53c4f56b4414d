"""Two accounts of one vendor: the key of the second leaves that of the first alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Finished, Machine

FIRST, SECOND, THIRD = (f"gsk_{name}0123456789abcdefAB" for name in ("first", "second", "third"))
STORE = ("--secret-store", "file")


def _added(machine: Machine, key: str, *flags: str) -> Finished:
    return machine.run("add-provider", "groq", "--yes", "--api-key-stdin", *STORE, *flags, stdin=key)


def _keys(machine: Machine) -> dict[str, str]:
    return {provider: entry["api_key"] for provider, entry in machine.entries.items()}


def _stored(machine: Machine, name: str) -> str:
    return machine.run("secret", "get", name).out.strip()


@pytest.fixture
def owner(machine: Machine) -> Machine:
    assert _added(machine, FIRST).code == 0
    return machine


def test_another_key_gets_a_variable_of_its_own(owner: Machine) -> None:
    done = _added(owner, SECOND, "--id", "groq-work")
    assert done.code == 0
    said = "GROQ_API_KEY holds the key of groq: this one is stored as GROQ_WORK_API_KEY"
    assert said in " ".join(done.err.split())
    assert _keys(owner) == {"groq": "$GROQ_API_KEY", "groq-work": "$GROQ_WORK_API_KEY"}
    assert (_stored(owner, "GROQ_API_KEY"), _stored(owner, "GROQ_WORK_API_KEY")) == (FIRST, SECOND)


def test_the_same_key_is_shared(owner: Machine) -> None:
    assert _added(owner, FIRST, "--id", "groq-work").code == 0
    assert set(_keys(owner).values()) == {"$GROQ_API_KEY"}


def test_a_third_one_takes_no_name_that_is_taken(owner: Machine) -> None:
    assert owner.run("secret", "set", "GROQ_WORK_API_KEY", "--store", "file", "--stdin", stdin=SECOND).code == 0
    assert _added(owner, THIRD, "--id", "groq-work").code == 0
    assert _keys(owner)["groq-work"] == "$GROQ_WORK_API_KEY_2"
    assert (_stored(owner, "GROQ_WORK_API_KEY"), _stored(owner, "GROQ_WORK_API_KEY_2")) == (SECOND, THIRD)


def test_a_new_key_of_its_own_takes_the_place_of_the_old_one(owner: Machine) -> None:
    assert _added(owner, SECOND, "--merge").code == 0
    assert _keys(owner) == {"groq": "$GROQ_API_KEY"}
    assert _stored(owner, "GROQ_API_KEY") == SECOND


def test_an_edit_changes_the_key_of_one_provider(owner: Machine) -> None:
    assert _added(owner, FIRST, "--id", "groq-work").code == 0
    done = owner.run("edit-provider", "groq-work", "--yes", "--api-key-stdin", stdin=SECOND)
    assert done.code == 0, done.err
    assert _keys(owner) == {"groq": "$GROQ_API_KEY", "groq-work": "$GROQ_WORK_API_KEY"}
    assert (_stored(owner, "GROQ_API_KEY"), _stored(owner, "GROQ_WORK_API_KEY")) == (FIRST, SECOND)


def test_a_variable_that_is_named_and_taken_is_refused(owner: Machine) -> None:
    before = owner.snapshot()
    done = _added(owner, SECOND, "--id", "groq-work", "--api-key-env", "GROQ_API_KEY")
    assert done.code == 2
    assert "GROQ_API_KEY holds a different key, of groq: use another variable" in " ".join(done.err.split())
    assert SECOND not in done.out + done.err
    assert owner.snapshot() == before


def test_the_lookup_names_it_too(owner: Machine) -> None:
    assert _added(owner, SECOND, "--id", "groq-work", "--placeholder", "lookup").code == 0
    assert "secret get GROQ_WORK_API_KEY" in _keys(owner)["groq-work"]


def test_adopting_and_importing_leave_it_alone(owner: Machine) -> None:
    config = json.loads(owner.config.read_text(encoding="utf-8"))
    entry = {"base_url": "https://api.groq.com/openai/v1", "models": [{"id": "m"}]}
    config["providers"] |= {"groq-2": {**entry, "api_key": SECOND}, "groq-3": {**entry, "api_key": FIRST}}
    owner.write_config(json.dumps(config))
    assert owner.run("secret", "adopt", "--yes", "--store", "file").code == 0
    assert _stored(owner, "GROQ_API_KEY") == FIRST
    assert _stored(owner, _keys(owner)["groq-2"].removeprefix("$")) == SECOND
    (owner.home / "p.toml").write_text(
        f"profile = 1\nsecrets = ['GROQ_API_KEY']\n[values]\nGROQ_API_KEY = '{THIRD}'\n[providers.groq-4]\n"
        "api_key = '$GROQ_API_KEY'\nbase_url = 'https://api.groq.com/openai/v1'\nmodels = [{id = 'm'}]\n",
        encoding="utf-8",
    )
    done = owner.run("import", "p.toml", "--yes", *STORE)
    assert (done.code, _stored(owner, "GROQ_API_KEY")) == (4, FIRST)


def test_a_builtin_that_comes_with_the_key_does_not_keep_the_slots(machine: Machine) -> None:
    """Crush has both providers of OpenCode for one key; only one of them was asked for."""
    machine.env["OPENCODE_API_KEY"] = "sk-opencode-0123456789"
    assert machine.run("add-provider", "opencode-zen", "--yes").code == 0
    chosen = json.loads(machine.config.read_text())["models"]
    assert {slot: model["provider"] for slot, model in chosen.items()} == dict.fromkeys(
        ("large", "small"), "opencode-zen"
    )
