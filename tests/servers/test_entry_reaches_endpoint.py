"""What add-provider writes works: with the entry and the keyring alone, a server gives an answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import program

if TYPE_CHECKING:
    from tests.conftest import SecretService
    from tests.servers.conftest import Endpoint

pytestmark = pytest.mark.any_python

CHAT = {"max_tokens": 16, "messages": [{"role": "user", "content": "hello"}]}
ANSWER = "Hi there!"


def _add(preset: str, *flags: str, key: str, env: dict[str, str]) -> dict[str, Any]:
    """Run add-provider with the key on stdin; the entry that it wrote."""
    command = ["add-provider", preset, "--yes", *flags, "--api-key-stdin"]
    done = program.run(command, key, Path.cwd(), env | program.IMPORTS)
    assert done.code == 0, done.err
    config = json.loads((Path(env["XDG_CONFIG_HOME"]) / "crush" / "crush.json").read_text(encoding="utf-8"))
    (entry,) = config["providers"].values()
    assert isinstance(entry, dict)
    return entry


def _key(entry: dict[str, Any], secret_service: SecretService) -> str:
    """The value that the entry's placeholder stands for, from the keyring."""
    key = secret_service.get(entry["api_key"].removeprefix("$"))
    assert key is not None
    return key


def test_an_openai_compatible_entry_gets_an_answer(mock_endpoint: Endpoint, secret_service: SecretService) -> None:
    flags = ("--id", "mock", "--base-url", f"{mock_endpoint.url}/v1/chat/completions", "--model", "gpt-4o")
    entry = _add("openai-compatible", *flags, key=mock_endpoint.key, env=secret_service.env)
    body = {"model": entry["models"][0]["id"], **CHAT}

    def ask(key: str) -> Any:
        """As Crush does for this type (crush-behaviour 2.4)."""
        return mock_endpoint.post(f"{entry['base_url']}/chat/completions", {"Authorization": f"Bearer {key}"}, body)

    assert entry["type"] == "openai-compat"
    assert ask(_key(entry, secret_service)).body["choices"][0]["message"]["content"] == ANSWER
    assert ask("sk-another").status == 401


def test_an_anthropic_entry_gets_an_answer(mock_endpoint: Endpoint, secret_service: SecretService) -> None:
    flags = ("--id", "mock", "--base-url", f"{mock_endpoint.url}/v1/", "--model", "claude-sonnet-4-5")
    entry = _add("anthropic-gateway", *flags, key=mock_endpoint.key, env=secret_service.env)
    body = {"model": entry["models"][0]["id"], **CHAT}

    def ask(key: str) -> Any:
        """As Crush does for this type: it adds /v1 and sends the entry's own headers along."""
        headers = {**entry.get("extra_headers", {}), "X-Api-Key": key}
        return mock_endpoint.post(f"{entry['base_url']}/v1/messages", headers, body)

    assert entry["type"] == "anthropic"
    assert ask(_key(entry, secret_service)).body["content"][0]["text"] == ANSWER
    assert ask("sk-another").status == 401
