"""What only looks like a key is called what it is, and never moved as a key."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.canary import CANARY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.cli.conftest import Machine

REMOTE, LOCAL = "https://llm.example.com/v1", "http://localhost:8080/v1"
STORE = ("--secret-store", "file")

VARIABLES = """{env:WORK_KEY} ${env:WORK_KEY} $env:WORK_KEY env:WORK_KEY os.environ/WORK_KEY %WORK_KEY%
process.env.WORK_KEY WORK_API_KEY""".split()
OTHERS = """{file:~/.keys/work} {cred:work} keychain://work op://Private/Work/key
<YOUR_API_KEY> your_api_key sk-xxxx REPLACE_ME"""
DUMMIES = "- 1234 llama sk-litellm x no-key sk-1234 EMPTY abc"


def _entry(key: str, url: str = REMOTE, **fields: Any) -> dict[str, Any]:
    return {"base_url": url, "type": "openai-compat", "api_key": key, "models": [{"id": "m"}], **fields}


def _write(machine: Machine, providers: Mapping[str, Any]) -> str:
    text = json.dumps({"providers": providers}, indent=2)
    machine.write_config(text)
    machine.config.chmod(0o600)
    return text


def _findings(machine: Machine, *codes: str) -> list[dict[str, Any]]:
    found = machine.run("doctor", "--json").json["data"]["findings"]
    return [finding for finding in found if finding["code"] in codes]


def _adopts_nothing(machine: Machine) -> str:
    before = machine.config.read_bytes()
    done = machine.run("secret", "adopt", "--yes", *STORE)
    assert done.code == 0, done.err
    assert "nothing to adopt" in done.err
    assert machine.config.read_bytes() == before
    assert not list(machine.home.rglob("secrets.age"))
    return " ".join(done.err.split())


@pytest.mark.parametrize("key", DUMMIES.split())
def test_a_dummy_is_no_finding_and_is_left_alone(machine: Machine, key: str) -> None:
    _write(machine, {"one": _entry(key), "two": _entry(key, "https://other.example.com/v1")})
    assert _findings(machine, "D10", "D12", "D28") == []
    assert "left alone" not in _adopts_nothing(machine)


@pytest.mark.parametrize(
    "url", [LOCAL, "http://127.0.0.1:1234/v1", "http://[::1]:1/v1", "http://host.docker.internal/v1"]
)
def test_any_key_for_a_server_on_this_machine_is_a_dummy(machine: Machine, url: str) -> None:
    _write(machine, {"one": _entry("whatever-5e1b77aa10f3", url)})
    assert _findings(machine, "D10") == []
    _adopts_nothing(machine)


@pytest.mark.parametrize(
    "key", ["sk-ant-api03-5e1b77aa10f3c9e2", "sk-good-1234567890", "0f1e2d3c4b5a69788796a5b4c3d2e1f0"]
)
def test_a_key_that_nobody_made_up_is_one_wherever_it_goes(machine: Machine, key: str) -> None:
    """A LiteLLM or a vLLM on this machine may have been told to ask for one."""
    _write(machine, {"one": _entry(key, LOCAL)})
    assert len(_findings(machine, "D10")) == 1
    (listed,) = machine.run("list", "--json").json["data"]["providers"]
    assert listed["key"]["kind"] == "literal"
    assert key not in machine.run("show", "one").out
    assert machine.run("secret", "adopt", "--secret-store", "file", "--yes").code == 0
    assert key not in machine.config.read_text(encoding="utf-8")
    assert machine.run("secret", "get", "ONE_API_KEY").out.strip() == key


@pytest.mark.parametrize("key", VARIABLES)
def test_the_variable_of_another_tool_is_written_as_crush_writes_it(machine: Machine, key: str) -> None:
    _write(machine, {"one": _entry(key)})
    name = "WORK_API_KEY" if key == "WORK_API_KEY" else "WORK_KEY"
    (finding,) = _findings(machine, "D10", "D12", "D28")
    assert finding["code"] == "D12"
    assert f"write ${name}" in finding["cure"]
    assert f"write ${name}" in _adopts_nothing(machine)
    done = machine.run("show", "one")
    assert key in done.out
    assert "no key but" in done.out
    assert "plain text" not in done.err


@pytest.mark.parametrize("key", OTHERS.split())
def test_what_nothing_fills_in_is_called_what_it_is(machine: Machine, key: str) -> None:
    _write(machine, {"one": _entry(key)})
    (finding,) = _findings(machine, "D10", "D12", "D28")
    assert finding["code"] == "D28"
    assert "give the key itself" in finding["cure"]
    assert "skipped: one" in _adopts_nothing(machine)


@pytest.mark.parametrize(("header", "code"), [("Bearer {env:WORK_KEY}", "D12"), ("Bearer <YOUR_API_KEY>", "D28")])
def test_so_is_it_in_a_header(machine: Machine, header: str, code: str) -> None:
    _write(machine, {"one": _entry("$ONE_KEY", extra_headers={"Authorization": header})})
    assert [finding["code"] for finding in _findings(machine, "D10", "D12", "D28")] == [code]
    _adopts_nothing(machine)


def test_the_address_in_a_header_is_no_finding(machine: Machine) -> None:
    headers = {"HTTP-Referer": "https://example.com/app", "X-Title": "CRUSH_KEY"}
    _write(machine, {"one": _entry("$ONE_KEY", extra_headers=headers)})
    assert _findings(machine, "D10", "D12", "D28") == []


@pytest.mark.parametrize("name", ["DEEPSEEK_API_KEY", "MINE_API_KEY"])
@pytest.mark.parametrize("value", ["-", "{env:OTHER}", "your_api_key", "llama"])
def test_what_is_no_key_in_the_environment_is_not_taken(machine: Machine, name: str, value: str) -> None:
    _write(machine, {"mine": _entry("$MINE_API_KEY")})
    machine.env[name] = value
    _adopts_nothing(machine)


# One variable, one host


def test_one_literal_at_two_hosts_becomes_two_variables(machine: Machine) -> None:
    _write(machine, {"one": _entry(CANARY), "two": _entry(CANARY, "https://other.example.com/v1")})
    done = machine.run("secret", "adopt", "--yes", *STORE)
    assert done.code == 0, done.err
    assert [machine.entries[name]["api_key"] for name in ("one", "two")] == ["$ONE_API_KEY", "$TWO_API_KEY"]
    assert machine.run("secret", "get", "TWO_API_KEY").out == f"{CANARY}\n"
    assert CANARY not in done.out + done.err


def test_one_literal_at_one_host_becomes_one_variable(machine: Machine) -> None:
    _write(machine, {"one": _entry(CANARY), "two": _entry(CANARY)})
    assert machine.run("secret", "adopt", "--yes", *STORE).code == 0
    assert [machine.entries[name]["api_key"] for name in ("one", "two")] == ["$ONE_API_KEY"] * 2


def test_the_variable_of_a_vendor_is_not_given_to_another_host(machine: Machine) -> None:
    """Its value may be another one tomorrow."""
    _write(machine, {"mine": _entry(CANARY), "deepseek": {"api_key": CANARY}})
    machine.env["DEEPSEEK_API_KEY"] = CANARY
    done = machine.run("secret", "adopt", "--yes", *STORE)
    assert done.code == 0, done.err
    assert machine.entries["mine"]["api_key"] == "$MINE_API_KEY"
    assert machine.entries["deepseek"]["api_key"] == "$DEEPSEEK_API_KEY"


FIRST = ("add-provider", "deepseek", "--yes", "--no-test", *STORE, "--api-key-stdin")


def test_a_second_provider_of_a_preset_at_another_host_has_a_variable_of_its_own(machine: Machine) -> None:
    assert machine.run(*FIRST, stdin=CANARY).code == 0
    more = ("--id", "mine", "--base-url", "https://gw.example.com/v1")
    done = machine.run(*FIRST, *more, stdin=f"{CANARY}-2")
    assert done.code == 0, done.err
    assert machine.entries["deepseek"]["api_key"] == "$DEEPSEEK_API_KEY"
    assert machine.entries["mine"]["api_key"] == "$MINE_API_KEY"
    assert machine.run("secret", "get", "DEEPSEEK_API_KEY").out == f"{CANARY}\n"


def test_ids_that_lead_to_one_name_lead_to_two_at_two_hosts(machine: Machine) -> None:
    custom = ("add-provider", "openai-compatible", "--yes", "--no-test", "--model", "m", "--base-url")
    assert machine.run(*custom, REMOTE, "--id", "my-box").code == 0
    assert machine.run(*custom, "https://other.example.com/v1", "--id", "my_box").code == 0
    assert machine.run(*custom, "https://third.example.com/v1", "--id", "my--box").code == 0
    keys = {name: entry["api_key"] for name, entry in machine.entries.items()}
    assert keys == {"my-box": "$MY_BOX_API_KEY", "my_box": "$MY_BOX_API_KEY_2", "my--box": "$MY_BOX_API_KEY_3"}


def _opencode(machine: Machine, providers: Mapping[str, tuple[str, str]]) -> None:
    path = machine.home / ".config" / "opencode" / "opencode.json"
    path.parent.mkdir(parents=True)
    entries = {
        name: {"npm": "@ai-sdk/openai-compatible", "options": {"baseURL": url, "apiKey": key}, "models": {"m": {}}}
        for name, (url, key) in providers.items()
    }
    path.write_text(json.dumps({"provider": entries}), encoding="utf-8")


def test_an_import_stores_nothing_that_is_no_key(machine: Machine) -> None:
    keys = dict(enumerate("- sk-litellm WORK_API_KEY os.environ/WORK_KEY op://Private/Work/key <YOUR_API_KEY>".split()))
    _opencode(machine, {f"p{place}": (f"https://p{place}.example.com/v1", key) for place, key in keys.items()})
    done = machine.run("import", "--from", "opencode", "--yes", *STORE)
    assert done.code == 0, done.err
    assert [machine.entries[f"p{place}"]["api_key"] for place in keys] == [
        *("no-key", "no-key", "$WORK_API_KEY", "$WORK_KEY", "$P4_API_KEY", "$P5_API_KEY")
    ]
    assert not list(machine.home.rglob("secrets.age"))
    assert "it is not a key but 1Password's way to name a secret" in " ".join(done.err.split())


# A file that links lead to


@pytest.fixture
def dotfiles(machine: Machine) -> Path:
    """A git work tree that holds the config, and a link to it where Crush looks."""
    folder = machine.home / "dotfiles"
    folder.mkdir()
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    _write(machine, {"one": _entry(CANARY)})
    machine.config.rename(folder / "crush.json")
    machine.config.symlink_to(folder / "crush.json")
    return folder


def test_a_link_into_a_work_tree_is_seen_through(machine: Machine, dotfiles: Path) -> None:
    (finding,) = _findings(machine, "D10")
    assert "git would commit the file, which is ~/dotfiles/crush.json" in finding["message"]
    assert CANARY not in json.dumps(finding)


def test_a_link_in_a_work_tree_takes_no_key_along(machine: Machine, dotfiles: Path) -> None:
    real = machine.home / "elsewhere.json"
    (dotfiles / "crush.json").rename(real)
    (dotfiles / "crush.json").symlink_to(real)
    (finding,) = _findings(machine, "D10")
    assert "git" not in finding["message"]
