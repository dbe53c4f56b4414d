"""Profiles with commands of their own that print secrets: told, moved along, taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.secret.test_references import NAME, Vault, kept, use

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Machine

OWN_VALUE = "sk-of-work-0123456789"


@pytest.fixture
def vault(machine: Machine) -> Vault:
    return Vault(machine)


@pytest.fixture
def working(machine: Machine, vault: Vault) -> Machine:
    """A machine with a shared command, and a profile with one of its own for the same secret."""
    use(machine)
    vault.put("work", OWN_VALUE)
    assert machine.run("secret", "set", NAME, "--command", vault.command(), "--no-test").code == 0
    assert machine.run("profile", "create", "work", "--copy", "--yes").code == 0
    set_ = ("--profile", "work", "secret", "set", NAME, "--command", vault.command("work"), "--no-test")
    assert machine.run(*set_).code == 0
    return machine


def own(machine: Machine, profile: str) -> Path:
    return kept(machine).parent / "profiles" / profile / "references.toml"


def test_show_and_list_tell_them(working: Machine, vault: Vault) -> None:
    assert f"{NAME} (from `{vault.command('work')}`)" in working.run("profile", "show", "work").out
    secrets = working.run("profile", "show", "work", "--json").json["data"]["secrets"]
    assert secrets == [{"name": NAME, "store": "reference", "command": vault.command("work")}]
    assert NAME in working.run("profile", "list").out
    assert vault.asked == []


def test_a_copy_has_what_all_share(working: Machine, vault: Vault) -> None:
    assert working.run("profile", "create", "other", "--copy", "--yes").code == 0
    assert not own(working, "other").exists()
    assert "none" in working.run("profile", "show", "other").out
    assert f"{NAME} (vault)" in working.run("--profile", "other", "list").out
    assert working.run("--profile", "other", "secret", "get", NAME).code == 0


def test_rename_takes_them_along_and_undo_back(working: Machine) -> None:
    assert working.run("profile", "rename", "work", "client", "--yes").code == 0
    assert working.run("--profile", "client", "secret", "get", NAME).out == f"{OWN_VALUE}\n"
    assert working.run("undo", "--yes").code == 0
    assert working.run("--profile", "work", "secret", "get", NAME).out == f"{OWN_VALUE}\n"


def test_remove_says_what_goes_and_undo_brings_it_back(working: Machine, vault: Vault) -> None:
    done = working.run("profile", "remove", "work", "--yes")
    assert f"to be deleted: the command for {NAME}, `{vault.command('work')}`" in done.err
    assert not own(working, "work").exists()
    assert working.run("undo", "--yes").code == 0
    assert vault.command("work") in own(working, "work").read_text()
    assert vault.asked == []


def test_a_process_is_told_whose_key_it_has(working: Machine) -> None:
    """What the profile hands out leaves with it: inside, another profile gets its own."""
    script = f"echo $WIZARD_PROFILE_KEYS ${NAME}"
    done = working.run_alone("--profile", "work", "run", "--", "sh", "-c", script)
    assert done.out == f"{NAME} {OWN_VALUE}\n", done.err


def test_the_shared_one_is_used_by_profiles_without_their_own(working: Machine) -> None:
    (working.home / ".config" / "crush" / "crush.json").write_text("{}")
    assert working.run("secret", "remove", NAME, "--yes").code == 0
    assert working.run("undo", "--yes").code == 0
    assert working.run("--profile", "work", "secret", "remove", NAME, "--force").code == 0
    refused = working.run("secret", "remove", NAME, "--yes")
    assert (refused.code, "is used by" in refused.err) == (4, True)
