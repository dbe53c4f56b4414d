"""A key that a command prints is nowhere but where it is handed out: no file, stream, argument, record, traceback."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from tests.canary import CANARY
from tests.cli.secret.test_references import NAME, Vault, held_nowhere, use

if TYPE_CHECKING:
    from tests.cli.conftest import Machine
    from tests.model_server import ModelServer

ONLINE = {"WIZARD_OFFLINE": "", "WIZARD_DEBUG": "1"}
EVERY = (
    ("list",),
    ("show", NAME.lower()),
    ("paths",),
    ("doctor",),
    ("doctor", "--report"),
    ("test",),
    ("test", "--curl"),
    ("models", NAME.lower()),
    ("models", NAME.lower(), "--refresh", "--yes"),
    ("secret", "list"),
    ("secret", "status"),
    ("secret", "set", NAME, "--command", "true; ./vault/vault groq"),
    ("export", "p.toml"),
    ("import", "p.toml", "--yes", "--allow-commands"),
    ("edit-provider", NAME.lower(), "--name", "Mine", "--yes"),
    ("undo", "--list"),
    ("secret", "remove", NAME, "--force"),
    ("undo", "--yes"),
)


@pytest.fixture
def vault(machine: Machine) -> Vault:
    return Vault(machine)


@pytest.fixture
def referred(machine: Machine, vault: Vault, model_server: ModelServer) -> Machine:
    use(machine, model_server.url)
    model_server.key = CANARY
    assert machine.run("secret", "set", NAME, "--command", vault.command(), "--no-test").code == 0
    return machine


@pytest.mark.parametrize("flags", [(), ("--json",)], ids=["words", "json"])
def test_of_every_command(referred: Machine, vault: Vault, flags: tuple[str, ...]) -> None:
    for arguments in EVERY:
        done = referred.run(*arguments, *flags, env=ONLINE)
        assert done.code in (0, 1), (arguments, done.err)
        held_nowhere(referred, done)
    assert "groq" in vault.asked


@pytest.mark.parametrize(
    "script",
    ["{it}; echo; {it}", "{it} >&2; exit 3", "{it}; exit 3", "{it}; kill $$"],
    ids=["two lines", "complaint", "failing", "killed"],
)
def test_of_a_manager_that_fails_with_it(referred: Machine, vault: Vault, script: str) -> None:
    it = f"echo {base64.b64encode(CANARY.encode()).decode()} | base64 -d"
    vault.program.write_text(f"#!/bin/sh\n{script.format(it=it)}\n")
    for arguments in (("secret", "get", NAME), ("run", "--", "true"), ("test",), ("doctor",), ("models", NAME.lower())):
        done = referred.run_alone(*arguments, env=ONLINE)
        assert vault.command() in done.out + done.err
        held_nowhere(referred, done)


def test_of_no_process(referred: Machine) -> None:
    """Whoever lists the processes meanwhile sees no key."""
    script = f"cat /proc/[0-9]*/cmdline | tr '\\0' ' '; test -n \"${NAME}\" && echo has-it"
    done = referred.run_alone("run", "--", "sh", "-c", script)
    assert "has-it" in done.out
    assert CANARY not in done.out


def test_of_a_command_in_the_config(referred: Machine, vault: Vault, model_server: ModelServer) -> None:
    config = referred.home / ".config" / "crush" / "crush.json"
    config.write_text(config.read_text().replace(f"${NAME}", f"$({vault.command()})"))
    for arguments in (("test",), ("models", NAME.lower()), ("test", "--json")):
        held_nowhere(referred, referred.run(*arguments, "--allow-commands", env=ONLINE))
    assert vault.asked == ["groq"] * 3
