"""A key in plain text is shown nowhere, wherever in an entry it stands; the words of a server are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Machine

OF_VENDOR = "sk-canary-77aa10f3c9e2d4b5"
BY_LOT = "9f8e7d6c5b4a39281706f5e4d3c2b1a0"
HOST = "llm.example.com"
PLACES: dict[str, dict[str, Any]] = {
    "header": {"extra_headers": {"X-Team": "@@"}},
    "header with a scheme": {"extra_headers": {"X-Team": "Bearer @@"}},
    "body": {"extra_body": {"user": "@@"}},
    "deep in the body": {"extra_body": {"metadata": {"tags": ["@@"]}}},
    "options": {"provider_options": {"tag": "@@"}},
    "password": {"base_url": f"https://me:@@@{HOST}/v1"},
    "user": {"base_url": f"https://@@@{HOST}/v1"},
    "query": {"base_url": f"https://{HOST}/v1?key=@@"},
    "another query": {"base_url": f"https://{HOST}/v1?team=@@"},
}
COMMANDS = """show mine
show mine --json
list
list --json
test mine --curl
export -
export - --skip-literals
edit-provider mine --name New --dry-run
edit-provider mine --name New --dry-run --json
remove-provider mine --dry-run
remove-provider mine --dry-run --json
hide mine --dry-run
hide groq --dry-run --json
convert --to crushrc --dry-run
doctor
doctor --json
doctor --report
models mine
secret adopt --dry-run"""


def _entry(**fields: Any) -> dict[str, Any]:
    return {"base_url": f"https://{HOST}/v1", "api_key": "$MINE_KEY", "models": [{"id": "m"}], **fields}


@pytest.fixture
def owner(machine: Machine) -> Machine:
    machine.env["MINE_KEY"] = "mine-0123-of-the-environment"
    return machine


@pytest.mark.parametrize("key", [OF_VENDOR, BY_LOT], ids=["of a vendor", "by lot"])
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_it_is_shown_nowhere(owner: Machine, place: dict[str, Any], key: str) -> None:
    owner.write_config(json.dumps({"providers": {"mine": _entry(**place)}}, indent=2).replace("@@", key, 1))
    config = owner.config.read_text(encoding="utf-8").replace("$MINE_" + key, "$MINE_KEY")
    owner.write_config(config if key in config else config.replace('KEY"', f'{key}"'))
    for line in COMMANDS.splitlines():
        done = owner.run(*line.split())
        assert key not in done.out + done.err, line


def test_a_profile_leaves_it_out_and_says_so(owner: Machine) -> None:
    owner.write_config(json.dumps({"providers": {"mine": _entry(extra_headers={"X-Team": BY_LOT, "X-Org": "acme"})}}))
    assert owner.run("export", "-").code == 4
    done = owner.run("export", "-", "--skip-literals")
    assert done.code == 0, done.err
    assert 'X-Org = "acme"' in done.out
    assert "X-Team" not in done.out


@pytest.mark.parametrize("key", ["ollama", "llama", "local", "-", "registry"[:5]])
def test_the_words_of_a_server_are_shown(owner: Machine, key: str) -> None:
    url = "https://registry.ollama.ai/local/llama-regis/v1"
    owner.write_config(json.dumps({"providers": {"mine": _entry(base_url=url, api_key=key)}}))
    for line in ("list --json", "show mine", "doctor", "test mine --curl --quick"):
        done = owner.run(*line.split())
        assert "<redacted>.ai" not in done.out + done.err
        if line != "doctor":
            assert "registry.ollama.ai" in done.out


def test_the_number_of_an_account_in_a_path_is_shown(owner: Machine) -> None:
    url = f"https://gateway.ai.example.com/v1/{BY_LOT}/gw/openai"
    owner.write_config(json.dumps({"providers": {"mine": _entry(base_url=url)}}))
    assert BY_LOT in owner.run("show", "mine").out


@pytest.mark.parametrize("body", [{"user": BY_LOT}, {"token": "hunter2-and-more"}, {"a": [{"api_key": "abc"}]}])
def test_a_body_with_a_key_in_it_is_not_taken(owner: Machine, body: dict[str, Any]) -> None:
    owner.write_config(json.dumps({"providers": {"mine": _entry()}}))
    before = owner.snapshot()
    done = owner.run("edit-provider", "mine", "--yes", "--extra-body", json.dumps(body))
    assert done.code == 2
    assert "it contains a key" in done.err
    assert not any(text in done.err for text in (BY_LOT, "hunter2"))
    assert owner.snapshot() == before
