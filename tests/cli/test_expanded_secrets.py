"""What a script makes of a key, or Crush of a template: wherever the value comes to stand, no command shows it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Machine
    from tests.model_server import ModelServer

ADD = 'provider add work --base-url https://llm.example/v1 --api-key "$WORK_KEY"'
SCRIPTS = {
    "a model's id": f'{ADD}\nmodel add "work/m-$MY_KEY"\nmodel large "work/m-$MY_KEY"\n',
    "a part of it": f'{ADD}\nmodel add "work/m-${{MY_KEY:4}}"\n',
    "a model's name": f'{ADD}\nmodel add work/m --name "M $MY_KEY"\n',
    "the id": 'provider add "w-$MY_KEY" --base-url https://llm.example/v1 --api-key k\nmodel add "w-$MY_KEY/m"\n',
    "the name": f'{ADD} --name "W $MY_KEY"\nmodel add work/m\n',
    "a header's name": f'{ADD} --extra-header "X-$MY_KEY" yes\nmodel add work/m\n',
    "a header": f'{ADD} --extra-header X-Team "$MY_KEY"\nmodel add work/m\n',
    "the host": f"{ADD.replace('llm', '$MY_KEY')}\nmodel add work/m\n",
    "the path": 'provider add work --base-url "https://llm.example/$MY_KEY/v1"\nmodel add work/m\n',
    "the body": f'{ADD} --extra-body "{{\\"user\\":\\"$MY_KEY\\"}}"\nmodel add work/m\n',
    "the prompt": f'{ADD} --system-prompt-prefix "As $MY_KEY"\nmodel add work/m\n',
}
ENTRIES: dict[str, dict[str, Any]] = {
    "a header in JSON": {"base_url": "https://llm.example/v1", "extra_headers": {"X-Team": "a $MY_KEY b"}},
    "the path in JSON": {"base_url": "https://llm.example/$MY_KEY/v1"},
}
KEYS = {"a short one": "hunter2x", "hex": "9f8e7d6c5b4a39281706f5e4d3c2b1a0"}
COMMANDS = """
list
show work
test work --curl
doctor
models work
export --skip-literals
use
"""
PART = 4


def _configured(machine: Machine, where: str) -> None:
    machine.env["WORK_KEY"] = "sk-another-0123456789abcd"
    if where in ENTRIES:
        entry = {"api_key": "$WORK_KEY", "models": [{"id": "m"}], **ENTRIES[where]}
        machine.write_config(json.dumps({"providers": {"work": entry}}))
    else:
        machine.write_config("{}")
        machine.config.with_name("crushrc").write_text(SCRIPTS[where], encoding="utf-8")


def _stored(machine: Machine, value: str) -> None:
    assert machine.run("secret", "set", "MY_KEY", "--store", "file", "--stdin", stdin=value).code == 0


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("place", ["environment", "store"])
@pytest.mark.parametrize("where", [*SCRIPTS, *ENTRIES])
def test_no_command_shows_it(machine: Machine, where: str, place: str, key: str) -> None:
    value = KEYS[key]
    if place == "store":
        _stored(machine, value)
    else:
        machine.env["MY_KEY"] = value
    _configured(machine, where)
    shown = value[PART:] if where == "a part of it" and len(value) > 8 + PART else value
    for line in COMMANDS.strip().splitlines():
        for more in ((), ("--json",)):
            done = machine.run(*line.split(), *more)
            assert shown not in done.out + done.err, (line, more)
            assert "unexpected error" not in done.err


def test_no_profile_holds_it(machine: Machine) -> None:
    machine.env["MY_KEY"] = value = KEYS["a short one"]
    _configured(machine, "a model's id")
    refused = machine.run("export", "p.toml")
    assert refused.code == 4
    assert "if a script computes it from a secret" in " ".join(refused.err.split())
    assert "adopt" not in refused.err, "there is nothing to adopt"
    assert machine.run("export", "p.toml", "--skip-literals").code == 0
    assert value not in (machine.home / "p.toml").read_text(encoding="utf-8")


def test_it_is_sent_and_not_shown(machine: Machine, model_server: ModelServer) -> None:
    """The server says once more what it was asked for."""
    value = KEYS["a short one"]
    _stored(machine, value)
    machine.write_config("{}")
    script = f'provider add work --base-url {model_server.url} --api-key "$WORK_KEY"\nmodel add "work/m-$MY_KEY"\n'
    machine.config.with_name("crushrc").write_text(script, encoding="utf-8")
    machine.env |= {"WORK_KEY": str(model_server.key), "WIZARD_OFFLINE": ""}
    for value_of in ({}, {"MY_KEY": value}):
        for more in ((), ("--json",)):
            done = machine.run("test", "work", *more, env=value_of)
            assert value not in done.out + done.err
    assert "there is no model" in machine.run("test", "work", env={"MY_KEY": value}).out


def test_a_key_is_one_whatever_its_variable_is_called(machine: Machine) -> None:
    entry = {"base_url": "https://llm.example/v1", "api_key": "$MINE", "name": "As $MINE", "models": [{"id": "m"}]}
    machine.write_config(json.dumps({"providers": {"work": entry}}))
    script = 'model add "work/m-$MINE" --name M\n'
    machine.config.with_name("crushrc").write_text(f'provider add work --api-key "$MINE"\n{script}', encoding="utf-8")
    done = machine.run("show", "work", env={"MINE": KEYS["a short one"]})
    assert "m-<redacted>" in done.out
    assert KEYS["a short one"] not in done.out + done.err
