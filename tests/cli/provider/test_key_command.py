"""A provider whose key stays in a password manager: only the command that prints it is kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.canary import CANARY

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Finished, Machine
    from tests.model_server import ModelServer

ONLINE = {"WIZARD_OFFLINE": ""}
GATEWAY = ("add-provider", "openai-compatible", "--id", "mine", "--model", "m-large", "--yes")
NAME = "MINE_API_KEY"


@pytest.fixture
def manager(machine: Machine) -> Path:
    """`pass`, as far as it is wanted here. Its file does not hold the key as it is."""
    program = machine.home / "bin" / "pass"
    program.parent.mkdir()
    program.write_text(
        f"#!/bin/sh\necho asked >> {machine.home}/asked\n"
        f'[ ! -e {machine.home}/locked ] || {{ echo "gpg: decryption failed: Operation cancelled" >&2; exit 2; }}\n'
        f'[ "$3" = ai/groq ] || {{ echo "Error: $3 is not in the password store." >&2; exit 1; }}\n'
        f"echo {CANARY} | rev | rev\n".replace(CANARY, f"'{CANARY[::-1]}'").replace("| rev | rev", "| rev")
    )
    program.chmod(0o700)
    return program


def command(manager: Path, item: str = "ai/groq") -> str:
    return f"{manager} show -- {item}"


def kept(machine: Machine) -> str:
    path = machine.home / ".config" / "crush-wizard" / "references.toml"
    return path.read_text() if path.exists() else ""


def held_nowhere(machine: Machine, done: Finished) -> None:
    for path, (_, content) in machine.snapshot().items():
        assert CANARY.encode() not in (content or b""), path
    assert CANARY not in done.out + done.err


def asked(machine: Machine) -> int:
    log = machine.home / "asked"
    return len(log.read_text().split()) if log.exists() else 0


def test_the_command_is_kept_and_the_key_is_tried(machine: Machine, manager: Path, model_server: ModelServer) -> None:
    model_server.key = CANARY
    url = ("--base-url", model_server.url, "--no-discover")
    done = machine.run(*GATEWAY, *url, "--api-key-command", command(manager), env=ONLINE)
    assert done.code == 0, done.err
    assert kept(machine) == f'{NAME} = "{command(manager)}"\n'
    entry = json.loads((machine.home / ".config/crush/crush.json").read_text())["providers"]["mine"]
    assert entry["api_key"] == f"${NAME}"
    assert f"Saved {NAME}: it comes from `{command(manager)}`" in done.err
    held_nowhere(machine, done)
    assert machine.run("secret", "get", NAME).out == f"{CANARY}\n"
    assert machine.run("undo", "--yes").code == 0
    assert kept(machine) == ""


def test_a_key_that_is_refused_is_told(machine: Machine, manager: Path, model_server: ModelServer) -> None:
    model_server.key = "sk-another-0123456789"
    url = ("--base-url", model_server.url)
    done = machine.run(*GATEWAY, *url, "--api-key-command", command(manager), env=ONLINE)
    assert done.code != 0
    assert kept(machine) == ""
    held_nowhere(machine, done)


@pytest.mark.parametrize(
    ("item", "locked", "said"),
    [
        ("gone", False, "gone is not in the password store"),
        ("ai/groq", True, "decryption failed: Operation cancelled"),
    ],
)
def test_a_manager_that_refuses_says_so_itself(
    machine: Machine, manager: Path, item: str, locked: bool, said: str
) -> None:
    if locked:
        (machine.home / "locked").touch()
    url = ("--base-url", "https://llm.example/v1")
    done = machine.run(*GATEWAY, *url, "--api-key-command", command(manager, item))
    assert done.code == 5, done.err
    assert said in done.err
    assert ("to unlock pass:" if locked else "pass does not have this item") in done.err
    assert not (machine.home / ".config/crush/crush.json").exists()


@pytest.mark.parametrize("flag", ["--no-test", "--dry-run"])
def test_it_can_be_left_unrun(machine: Machine, manager: Path, flag: str) -> None:
    url = ("--base-url", "https://llm.example/v1")
    done = machine.run(*GATEWAY, *url, "--api-key-command", command(manager), flag)
    assert done.code == 0, done.err
    assert asked(machine) == 0
    assert command(manager) in (done.out if flag == "--dry-run" else kept(machine))


def test_an_edit_takes_one(machine: Machine, manager: Path) -> None:
    entry = {"type": "openai-compat", "base_url": "https://llm.example/v1", "api_key": f"${NAME}", "models": []}
    machine.write_config(json.dumps({"providers": {"mine": entry}}))
    done = machine.run("edit-provider", "mine", "--api-key-command", command(manager), "--yes")
    assert done.code == 0, done.err
    assert kept(machine) == f'{NAME} = "{command(manager)}"\n'
    held_nowhere(machine, done)


@pytest.mark.parametrize(
    "more", [("--api-key-stdin",), ("--no-api-key",), ("--secret-store", "file"), ("--api-key-file", "x")]
)
def test_it_goes_with_no_other_source(machine: Machine, manager: Path, more: tuple[str, ...]) -> None:
    url = ("--base-url", "https://llm.example/v1")
    assert machine.run(*GATEWAY, *url, "--api-key-command", command(manager), *more).code == 2


def test_what_is_no_command_is_refused(machine: Machine) -> None:
    url = ("--base-url", "https://llm.example/v1")
    for line in ("", "a\nb", f"echo {CANARY}"):
        done = machine.run(*GATEWAY, *url, "--api-key-command", line)
        assert (done.code, CANARY in done.err) == (2, False)


class TestPlaceholder:
    URL = ("--base-url", "https://llm.example/v1", "--placeholder", "command")

    def test_the_config_has_the_command(self, machine: Machine, manager: Path) -> None:
        done = machine.run(*GATEWAY, *self.URL, "--api-key-command", command(manager))
        assert done.code == 0, done.err
        assert machine.entries["mine"]["api_key"] == f"$({command(manager)})"
        assert "Crush runs this command at each start, and at least twice for each prompt" in done.err
        assert kept(machine) == ""
        held_nowhere(machine, done)

    def test_it_is_for_this_provider_only(self, machine: Machine, manager: Path) -> None:
        assert machine.run(*GATEWAY, *self.URL, "--api-key-command", command(manager)).code == 0
        done = machine.run("add-provider", "groq", "--yes", "--api-key-command", command(manager))
        assert done.code == 0, done.err
        assert machine.entries["groq"]["api_key"] == "$GROQ_API_KEY"

    def test_it_needs_a_command(self, machine: Machine) -> None:
        done = machine.run(*GATEWAY, *self.URL, "--secret-store", "environment")
        assert done.code == 2
        assert "--api-key-command" in done.err

    def test_it_may_be_the_one_that_is_kept_already(self, machine: Machine, manager: Path) -> None:
        """For an entry that has the variable now, and for a new one. Neither is run."""
        entry = {"type": "openai-compat", "base_url": self.URL[1], "api_key": f"${NAME}", "models": []}
        machine.write_config(json.dumps({"providers": {"mine": entry}}))
        for name in (NAME, "GROQ_API_KEY"):
            assert machine.run("secret", "set", name, "--command", command(manager), "--no-test").code == 0
        done = machine.run("edit-provider", "mine", "--placeholder", "command", "--yes", "--no-test")
        assert done.code == 0, done.err
        done = machine.run("add-provider", "groq", "--placeholder", "command", "--yes", "--no-test")
        assert done.code == 0, done.err
        assert {entry["api_key"] for entry in machine.entries.values()} == {f"$({command(manager)})"}
        assert asked(machine) == 0
        again = machine.run("edit-provider", "mine", "--placeholder", "command", "--yes")
        assert (again.code, "nothing to do" in again.err) == (0, True), again.err
        for way in ("variable", "lookup"):
            done = machine.run("edit-provider", "mine", "--placeholder", way, "--yes")
            assert (done.code, "secret adopt --commands" in done.err) == (2, True), done.err

    def test_an_old_crush_can_not_run_it(self, machine: Machine, manager: Path) -> None:
        crush = manager.with_name("crush")
        crush.write_text("#!/bin/sh\necho crush version 0.66.1\n")
        crush.chmod(0o700)
        path = {"PATH": f"{crush.parent}:/usr/bin:/bin"}
        done = machine.run(*GATEWAY, *self.URL, "--api-key-command", command(manager), env=path)
        assert (done.code, "0.67" in done.err) == (2, True)
        assert not machine.config.exists()
