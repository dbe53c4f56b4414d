"""A key is entered in every way there is: from there on it is known, and masked in whatever the run would say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.canary import CANARY
from wizard.redaction import MASK, redact

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Finished, Machine

PLAIN = {"api_key": CANARY, "base_url": "https://llm.example.com/v1", "models": [{"id": "m"}]}
HEADER = {**PLAIN, "api_key": "$MINE_API_KEY", "extra_headers": {"X-Api-Key": CANARY}}


def _file(machine: Machine, text: str = CANARY) -> str:
    path = machine.home / "key.txt"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return str(path)


def _configured(machine: Machine, entry: dict[str, Any]) -> None:
    machine.write_config(json.dumps({"providers": {"mine": entry}}))


def _stored(machine: Machine) -> None:
    assert machine.run("secret", "set", "MINE_API_KEY", "--store", "file", "--stdin", stdin=CANARY).code == 0
    _configured(machine, {**PLAIN, "api_key": "$MINE_API_KEY"})


def api_key_stdin(machine: Machine) -> Finished:
    """Cleaned of what was pasted with it."""
    flags = ("--secret-store", "file", "--api-key-stdin")
    return machine.run("add-provider", "deepseek", "--yes", *flags, stdin=f"'Bearer {CANARY}'\n")


def api_key_file(machine: Machine) -> Finished:
    flags = ("--secret-store", "file", "--api-key-file", _file(machine))
    return machine.run("add-provider", "deepseek", "--yes", *flags)


def answer_stdin(machine: Machine) -> Finished:
    """The first question is not for the key, and what comes through stdin is a secret all the same."""
    begun = machine.run("add-provider", "--steps").json["data"]
    return machine.run("add-provider", "--state", begun["state"], "--answer-stdin", stdin=CANARY)


def secrets_stdin(machine: Machine) -> Finished:
    begun = machine.run("add-provider", "--steps").json["data"]
    name = begun["question"]["key"]
    secrets = json.dumps({name: CANARY})
    return machine.run("add-provider", "--state", begun["state"], "--secrets-stdin", stdin=secrets)


def secret_set_stdin(machine: Machine) -> Finished:
    return machine.run("secret", "set", "MINE_API_KEY", "--store", "file", "--stdin", stdin=f"{CANARY}\n")


def secret_set_file(machine: Machine) -> Finished:
    return machine.run("secret", "set", "MINE_API_KEY", "--store", "file", "--file", _file(machine))


def the_store(machine: Machine) -> Finished:
    _stored(machine)
    machine.env["WIZARD_OFFLINE"] = ""
    return machine.run("test", "mine", "--timeout", "0.2")


def _printing() -> str:
    """A command that prints the key, which is nowhere as it is."""
    return f"echo {CANARY[::-1]} | rev"


def a_reference(machine: Machine) -> Finished:
    assert machine.run("secret", "set", "MINE_API_KEY", "--no-test", "--command", _printing()).code == 0
    _configured(machine, {**PLAIN, "api_key": "$MINE_API_KEY"})
    machine.env["WIZARD_OFFLINE"] = ""
    return machine.run("test", "mine", "--timeout", "0.2")


def a_command_of_the_config(machine: Machine) -> Finished:
    _configured(machine, {**PLAIN, "api_key": f"$({_printing()})"})
    machine.env["WIZARD_OFFLINE"] = ""
    return machine.run("test", "mine", "--timeout", "0.2", "--allow-commands")


def a_plain_key_on_the_wire(machine: Machine) -> Finished:
    _configured(machine, PLAIN)
    return machine.run("test", "mine", "--curl")


def a_header_on_the_wire(machine: Machine) -> Finished:
    _configured(machine, HEADER)
    return machine.run("test", "mine", "--curl", env={"MINE_API_KEY": "sk-another-one"})


def the_environment_on_the_wire(machine: Machine) -> Finished:
    _configured(machine, {**PLAIN, "api_key": "$MINE_API_KEY"})
    return machine.run("test", "mine", "--curl", env={"MINE_API_KEY": CANARY})


def an_exported_variable(machine: Machine) -> Finished:
    _configured(machine, {**PLAIN, "api_key": "$MINE_API_KEY"})
    flags = ("--with-secrets", "--passphrase-file", _file(machine, "of the profile"))
    return machine.run("export", str(machine.home / "p.age"), *flags, env={"MINE_API_KEY": CANARY})


def the_passphrase_of_an_export(machine: Machine) -> Finished:
    _configured(machine, {**PLAIN, "api_key": "$MINE_API_KEY"})
    flags = ("--with-secrets", "--passphrase-file", _file(machine, f"{CANARY}\nand a remark\n"))
    return machine.run("export", str(machine.home / "p.age"), *flags, env={"MINE_API_KEY": "sk-another-one"})


def an_imported_profile(machine: Machine) -> Finished:
    profile = f"""
        profile = 1
        secrets = ["MINE_API_KEY"]
        [values]
        MINE_API_KEY = "{CANARY}"
        [providers.mine]
        type = "openai-compat"
        base_url = "https://llm.example.com/v1"
        api_key = "$MINE_API_KEY"
    """
    return machine.run("import", _file(machine, profile), "--dry-run", "--yes")


def another_tool(machine: Machine) -> Finished:
    config = machine.home / ".config" / "aichat" / "config.yaml"
    config.parent.mkdir(parents=True)
    client = f"{{type: openai-compatible, name: mine, api_base: https://llm.example.com/v1, api_key: {CANARY}}}"
    config.write_text(f"model: mine:m\nclients:\n  - {client}\n", encoding="utf-8")
    return machine.run("import", "--from", "aichat", "--dry-run", "--yes")


def adopted_from_a_file(machine: Machine) -> Finished:
    _configured(machine, PLAIN)
    return machine.run("secret", "adopt", "--dry-run")


def adopted_from_the_environment(machine: Machine) -> Finished:
    return machine.run("secret", "adopt", "--from-environment", "--dry-run", env={"OPENAI_API_KEY": CANARY})


def adopted_from_a_start_file(machine: Machine) -> Finished:
    (machine.home / ".bashrc").write_text(f"export OPENAI_API_KEY='{CANARY}'\n", encoding="utf-8")
    return machine.run("secret", "adopt", "--from-environment", "--dry-run", env={"SHELL": "/bin/bash"})


def examined(machine: Machine) -> Finished:
    _configured(machine, PLAIN)
    return machine.run("doctor")


def reported(machine: Machine) -> Finished:
    machine.write_config(json.dumps({"mcp": {"m": {"type": "http", "headers": {"Authorization": CANARY}}}}))
    return machine.run("doctor", "--report")


def copied_into_a_profile(machine: Machine) -> Finished:
    _configured(machine, PLAIN)
    return machine.run("profile", "create", "work", "--copy", "--json")


def renamed_with_its_profile(machine: Machine) -> Finished:
    assert machine.run("profile", "create", "work").code == 0
    flags = ("--profile", "work", "--store", "file", "--stdin")
    assert machine.run("secret", "set", "MINE_API_KEY", *flags, stdin=CANARY).code == 0
    return machine.run("profile", "rename", "work", "client", "--json")


WAYS = (
    *(api_key_stdin, api_key_file, answer_stdin, secrets_stdin, secret_set_stdin, secret_set_file, the_store),
    *(a_reference, a_command_of_the_config),
    *(a_plain_key_on_the_wire, a_header_on_the_wire, the_environment_on_the_wire),
    *(an_exported_variable, the_passphrase_of_an_export, an_imported_profile, another_tool),
    *(adopted_from_a_file, adopted_from_the_environment, adopted_from_a_start_file, examined, reported),
    *(copied_into_a_profile, renamed_with_its_profile),
)
"""What is typed at a terminal is in tests/terminal."""


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_key_is_known_wherever_it_comes_in(machine: Machine, way: Callable[[Machine], Finished]) -> None:
    ended = way(machine)
    assert CANARY not in ended.out + ended.err
    assert redact(f"a key: {CANARY}") == f"a key: {MASK}", ended.out + ended.err


def test_the_next_command_in_the_same_process_knows_nothing_of_it(machine: Machine) -> None:
    secret_set_stdin(machine)
    assert machine.run("paths").code == 0
    assert redact(CANARY) == CANARY
