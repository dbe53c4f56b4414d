"""`secret move`: from one store to the other and back, all or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.canary import CANARY
from tests.fault_injection import KILL, run_with_fault

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.cli.conftest import Machine
    from tests.conftest import SecretService

MANY = tuple(f"HOUSE_{number}_API_KEY" for number in range(8))
NAMES = MANY[:4]
STRIDE = 23


def value_of(name: str) -> str:
    return f"{CANARY}-{name.lower()}"


@pytest.fixture
def owner(machine_with_keyring: Machine) -> Machine:
    """Somebody with a few secrets in the keyring."""
    return with_secrets(machine_with_keyring, NAMES)


def with_secrets(machine: Machine, names: Iterable[str]) -> Machine:
    for name in names:
        assert machine.run("secret", "set", name, "--stdin", stdin=value_of(name)).code == 0
    return machine


def found(machine: Machine) -> dict[str, str]:
    """What the store in use gives out, by name."""
    done = machine.run("secret", "list", "--json")
    names = [secret["name"] for secret in done.json["data"]["secrets"]]
    return {name: machine.run("secret", "get", name).out.rstrip("\n") for name in names}


def settings(machine: Machine) -> str:
    path = machine.home / ".config" / "crush-wizard" / "settings.toml"
    return path.read_text() if path.exists() else ""


def test_all_move_there_and_back_and_undo_takes_it_back(
    machine_with_keyring: Machine, secret_service: SecretService
) -> None:
    owner = with_secrets(machine_with_keyring, MANY)
    everything = {name: value_of(name) for name in MANY}
    there = owner.run("secret", "move", "--all", "--to", "file", "--yes", "--json")
    assert there.code == 0, there.err
    assert [edit["action"] for edit in there.json["data"]["secrets"]] == ["store"] * len(MANY) + ["delete"] * len(MANY)
    assert found(owner) == everything
    assert [secret_service.get(name) for name in MANY] == [None] * len(MANY)
    assert 'secret_store = "file"' in settings(owner)
    assert owner.run("undo", "--yes").code == 0
    assert (found(owner), settings(owner)) == (everything, "")
    assert owner.run("secret", "move", "--all", "--to", "file", "--yes").code == 0
    back = owner.run("secret", "move", "--all", "--to", "keyring", "--yes")
    assert "Moved HOUSE_0_API_KEY" in back.err
    assert found(owner) == everything
    assert [secret_service.get(name) for name in MANY] == list(everything.values())
    assert not [path for path in owner.home.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]


def test_one_of_several_leaves_the_store_in_use(owner: Machine) -> None:
    moved = owner.run("secret", "move", NAMES[3], "--to", "file", "--yes")
    assert moved.code == 0, moved.err
    assert "secrets are read from the keyring, not from the encrypted file" in " ".join(moved.err.split())
    assert owner.run("secret", "get", NAMES[3]).code == 5
    assert owner.run("secret", "move", "--all", "--to", "keyring", "--yes").code == 0
    assert owner.run("secret", "get", NAMES[3]).out.strip() == value_of(NAMES[3])


def test_another_value_there_is_refused(owner: Machine, secret_service: SecretService) -> None:
    assert owner.run("secret", "set", NAMES[0], "--stdin", "--store", "file", stdin="sk-another-0123456789").code == 0
    refused = owner.run("secret", "move", "--all", "--to", "keyring", "--yes", "--json")
    assert (refused.code, refused.json["error"]["code"]) == (4, "conflict")
    assert f"secret remove {NAMES[0]} --store keyring" in refused.json["error"]["hint"]
    assert secret_service.get(NAMES[0]) == value_of(NAMES[0])


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--to", "file"), 2),
        ((NAMES[0], "--all", "--to", "file"), 2),
        (("--all",), 2),
        (("NOT_THERE", "--to", "file", "--yes"), 5),
        ((NAMES[0], "--to", "file"), 3),
    ],
)
def test_what_it_can_not_do_changes_nothing(owner: Machine, arguments: tuple[str, ...], code: int) -> None:
    assert owner.run("secret", "move", *arguments).code == code
    assert found(owner) == {name: value_of(name) for name in NAMES}


def test_nothing_to_move_and_a_plan(owner: Machine) -> None:
    assert "nothing to do" in owner.run("secret", "move", "--all", "--to", "keyring", "--yes").err
    plan = owner.run("secret", "move", "--all", "--to", "file", "--dry-run")
    assert f"{NAMES[0]} would go into the encrypted file" in plan.err
    assert found(owner) == {name: value_of(name) for name in NAMES}


def test_a_locked_keyring_ends_with_five(machine_with_keyring: Machine, secret_service: SecretService) -> None:
    machine = machine_with_keyring
    assert machine.run("secret", "set", NAMES[0], "--stdin", "--store", "file", stdin=value_of(NAMES[0])).code == 0
    secret_service.lock()
    assert machine.run("secret", "move", "--all", "--to", "keyring", "--yes").code == 5
    assert machine.run("secret", "get", NAMES[0]).out.strip() == value_of(NAMES[0])


@pytest.mark.any_python
@pytest.mark.timeout(600)
def test_killed_in_the_middle_every_secret_is_there(owner: Machine, tmp_path: Path) -> None:
    everything = {name: value_of(name) for name in NAMES}
    number, moved = 3, 0
    while True:
        ended = run_with_fault(
            owner, ("secret", "move", "--all", "--to", "file", "--yes"), "", KILL, number, tmp_path / "n"
        )
        assert owner.run("list").code == 0
        assert found(owner) == everything, f"killed at call {number}"
        if "file" in settings(owner):
            moved += 1
            assert owner.run("undo", "--yes").code == 0
        if not ended.struck:
            break
        number += STRIDE
    assert moved
