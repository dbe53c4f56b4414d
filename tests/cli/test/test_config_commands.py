"""Commands in the user's own config: `test` and `models` run them with consent, and nobody else's ever."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.canary import CANARY
from tests.cli.secret.test_references import Vault, held_nowhere

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Finished, Machine
    from tests.model_server import ModelServer

ONLINE = {"WIZARD_OFFLINE": ""}
ALLOWED = "--allow-commands"


@pytest.fixture
def vault(machine: Machine) -> Vault:
    return Vault(machine)


def entry(base_url: str, key: str, **more: Any) -> dict[str, Any]:
    return {"type": "openai-compat", "base_url": base_url, "api_key": key, "models": [{"id": "m-large"}], **more}


def has(machine: Machine, **providers: dict[str, Any]) -> None:
    machine.write_config(json.dumps({"providers": providers}))


def verdicts(done: Finished) -> dict[str, str]:
    return {result["provider"]: result["verdict"] for result in done.json["data"]["results"]}


def test_it_is_run_when_it_is_allowed(machine: Machine, model_server: ModelServer, vault: Vault) -> None:
    model_server.key = CANARY
    has(machine, mine=entry(model_server.url, f"$({vault.command()})"))
    refused = machine.run("test", "--json", env=ONLINE)
    assert (verdicts(refused), vault.asked) == ({"mine": "untested"}, [])
    assert "--allow-commands" in machine.run("test", env=ONLINE).out
    done = machine.run("test", "--json", ALLOWED, env=ONLINE)
    assert (verdicts(done), vault.asked) == ({"mine": "works"}, ["groq"])
    held_nowhere(machine, done)


def test_models_as_well(machine: Machine, model_server: ModelServer, vault: Vault) -> None:
    model_server.key = CANARY
    has(machine, mine=entry(model_server.url, f"$({vault.command()})"))
    refused = machine.run("models", "mine", env=ONLINE)
    assert "its api_key comes from a command, which is not allowed to run" in refused.err
    assert vault.asked == []
    done = machine.run("models", "mine", ALLOWED, env=ONLINE)
    assert "gives no list" not in done.err
    assert vault.asked == ["groq"]
    held_nowhere(machine, done)


def test_of_a_crushrc(machine: Machine, model_server: ModelServer, vault: Vault) -> None:
    model_server.key = CANARY
    script = machine.home / ".config" / "crush" / "crushrc"
    script.parent.mkdir(parents=True)
    script.write_text(
        f"provider add mine --type openai-compat --base-url {model_server.url} --api-key '$({vault.command()})'\n"
        "model add mine/m-large\n"
    )
    done = machine.run("test", "--json", ALLOWED, env=ONLINE)
    assert (verdicts(done), vault.asked) == ({"mine": "works"}, ["groq"])


def test_around_a_variable_and_in_a_header(machine: Machine, model_server: ModelServer, vault: Vault) -> None:
    model_server.key = CANARY
    vault.put("team", "search")
    headers = {"X-Team": f"$({vault.command('team')})"}
    has(machine, mine=entry(model_server.url, f"${{MINE:-$({vault.command()})}}", extra_headers=headers))
    done = machine.run("test", "--json", ALLOWED, env=ONLINE)
    assert (verdicts(done), sorted(vault.asked)) == ({"mine": "works"}, ["groq", "team"])


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("echo locked >&2; exit 3", "failed with exit code 3: locked"),
        ("[[ a == a ]] && echo x", "[["),
        ("true", "printed nothing"),
    ],
)
def test_one_that_fails_says_why(machine: Machine, model_server: ModelServer, command: str, said: str) -> None:
    has(machine, mine=entry(model_server.url, f"$({command})"))
    done = machine.run("test", ALLOWED, env=ONLINE)
    if command.startswith("[[") and "1 of 1" in done.out + done.err:
        pytest.skip("sh is a shell that knows `[[`")
    assert said in done.out + done.err


def test_none_in_the_shell_of_an_agent(machine: Machine, model_server: ModelServer, vault: Vault) -> None:
    has(machine, mine=entry(model_server.url, f"$({vault.command()})"))
    done = machine.run("test", ALLOWED, env={**ONLINE, "CRUSH": "1"})
    assert "which is not run in the shell of an agent" in done.out
    assert vault.asked == []


@pytest.mark.parametrize("flags", [(), (ALLOWED,), (ALLOWED, "--allow-hosts")])
@pytest.mark.parametrize("where", ["its own", "base_url", "header", "proxy", "dotenv"])
def test_none_that_a_project_has_a_word_in(
    machine: Machine, model_server: ModelServer, vault: Vault, tmp_path: Path, where: str, flags: tuple[str, ...]
) -> None:
    command = f"$({vault.command()})"
    project = tmp_path / "project"
    (project / ".git").mkdir(parents=True)
    mine = entry("$MINE_URL" if where == "dotenv" else "https://llm.example/v1", command)
    theirs: dict[str, dict[str, Any]] = {
        "its own": {"providers": {"mine": entry(model_server.url, command)}},
        "base_url": {"providers": {"mine": {"base_url": model_server.url}}},
        "header": {"providers": {"mine": {"extra_headers": {"X-Team": "theirs"}}}},
        "proxy": {"env": {"HTTPS_PROXY": model_server.url}},
        "dotenv": {},
    }
    if where == "dotenv":
        (project / ".env").write_text(f"MINE_URL={model_server.url}\n")
    has(machine, **({} if where == "its own" else {"mine": mine}))
    (project / "crush.json").write_text(json.dumps(theirs[where]))
    for name in ("test", "models"):
        machine.run(name, "mine", *flags, cwd=project, env=ONLINE)
    assert vault.asked == []


def test_doctor_and_list_run_none(machine: Machine, model_server: ModelServer, vault: Vault) -> None:
    has(machine, mine=entry(model_server.url, f"$({vault.command()})"))
    for arguments in (("doctor",), ("list",), ("show", "mine"), ("export",), ("test", "--curl")):
        machine.run(*arguments, env=ONLINE)
    assert vault.asked == []
