"""The command `test` against servers that others wrote."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import program

if TYPE_CHECKING:
    from tests.servers.conftest import Endpoint, LlamaServer

pytestmark = [pytest.mark.any_python, pytest.mark.timeout(600)]

WRONG = "sk-wrong-9876543210"


@dataclass
class Account:
    """Somebody with a HOME and a crush.json."""

    home: Path

    def test(self, providers: dict[str, Any], *arguments: str, key: str) -> tuple[int, dict[str, dict[str, str]], str]:
        """The exit code; by provider the status of each step; all that was printed."""
        config = self.home / ".config" / "crush" / "crush.json"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(json.dumps({"providers": providers}), encoding="utf-8")
        env = {"HOME": str(self.home), "PATH": os.defpath, "THE_KEY": key, **program.LOCALE, **program.IMPORTS}
        done = program.run(["test", "--json", "--timeout", "240", *arguments], "", self.home, env)
        results = done.json["data"]["results"]
        steps = {one["provider"]: {step["name"]: step["status"] for step in one["steps"]} for one in results}
        return done.code, steps, done.out + done.err


@pytest.fixture
def account(tmp_path: Path) -> Account:
    home = tmp_path / "home"
    home.mkdir()
    return Account(home)


def test_the_mock_in_two_dialects_and_a_wrong_key(mock_endpoint: Endpoint, account: Account) -> None:
    openai = {"type": "openai-compat", "base_url": f"{mock_endpoint.url}/v1", "models": [{"id": "gpt-4o"}]}
    anthropic = {"type": "anthropic", "base_url": mock_endpoint.url, "models": [{"id": "claude-sonnet-4-5"}]}
    providers = {
        "right": {**openai, "api_key": "$THE_KEY"},
        "claude": {**anthropic, "api_key": "$THE_KEY"},
        "wrong": {**openai, "api_key": WRONG},
    }
    code, steps, printed = account.test(providers, key=mock_endpoint.key)
    assert code == 1
    for provider in ("right", "claude"):
        assert {steps[provider][name] for name in ("key", "chat", "stream", "tools")} == {"ok"}
    assert (steps["wrong"]["key"], steps["wrong"]["chat"]) == ("failed", "skipped")
    assert mock_endpoint.key not in printed
    assert WRONG not in printed


def test_a_real_server(llama_server: LlamaServer, account: Account) -> None:
    entry = {"type": "openai-compat", "base_url": f"{llama_server.url}/v1", "api_key": "$THE_KEY"}
    providers = {"llama": {**entry, "models": [{"id": "tiny.gguf", "default_max_tokens": 64}]}}
    code, steps, printed = account.test(providers, key=llama_server.key)
    assert code == 0
    assert set(steps["llama"].values()) == {"ok", "skipped"}
    assert steps["llama"]["tls"] == "skipped"
    assert llama_server.key not in printed
    code, steps, _ = account.test(providers, key=WRONG)
    assert code == 1
    assert (steps["llama"]["models"], steps["llama"]["key"]) == ("ok", "failed")
