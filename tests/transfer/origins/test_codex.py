"""Codex's config.toml and auth.json."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from wizard.transfer.origins.found import FoundSetup

if TYPE_CHECKING:
    from tests.transfer.origins.conftest import Home

Entries = Callable[[FoundSetup], dict[str, dict[str, Any]]]


def test_providers_and_the_model_in_use(home: Home, entries: Entries) -> None:
    home.put("codex", ".codex")
    found = home.found("codex")
    assert entries(found) == {
        "gateway": {
            "name": "Company gateway",
            "type": "openai",
            "base_url": "https://gateway.example.com/openai/v1",
            "api_key": "$GATEWAY_KEY",
            "extra_headers": {"X-Cost-Center": "4711", "X-Project": "$GATEWAY_PROJECT"},
            "models": [
                {"id": "gpt-5.2-team", "name": "gpt-5.2-team", "context_window": 400000, "default_max_tokens": 32000},
                {"id": "gpt-5.2-mini", "name": "gpt-5.2-mini"},
            ],
        },
        "nearby": {
            "name": "Nearby",
            "type": "openai-compat",
            "base_url": "http://127.0.0.1:8080/v1",
            "api_key": "no-key",
        },
        "tokens": {
            "name": "Tokens",
            "type": "openai",
            "base_url": "https://tokens.example.com/v1",
            "api_key": "$TOKENS_API_KEY",
        },
    }
    large = {"provider": "gateway", "model": "gpt-5.2-team", "reasoning_effort": "high"}
    assert found.profile.selected == {"large": large}


def test_a_command_is_named_and_not_run(home: Home) -> None:
    home.put("codex", ".codex")
    said = home.found("codex").unsupported
    assert "provider tokens, its key: it comes from a command, which is not run" in said
    assert any("ChatGPT login" in one for one in said)
    assert any("`approval_policy`" in one for one in said)


def test_profiles_are_further_models_and_efforts_stay(home: Home, entries: Entries) -> None:
    home.write(
        ".codex/config.toml",
        'model = "gpt-5.5"\nprofile = "deep"\n'
        '[profiles.deep]\nmodel = "gpt-5.6-sol"\nmodel_reasoning_effort = "xhigh"\n'
        '[profiles.near]\nmodel_provider = "oss"\nmodel = "gpt-oss:20b"\n'
        '[profiles.cheap]\nmodel_provider = "deepseek"\nmodel = "deepseek-v4-flash"\nservice_tier = "flex"\n',
    )
    found = home.found("codex")
    large = {"provider": "openai", "model": "gpt-5.6-sol", "reasoning_effort": "xhigh"}
    assert found.profile.selected == {"large": large}
    assert [(one, [model["id"] for model in entry.get("models", ())]) for one, entry in entries(found).items()] == [
        ("ollama", ["gpt-oss:20b"]),
        ("deepseek", ["deepseek-v4-flash"]),
        ("openai", []),
    ]
    assert "profile cheap, settings that Crush does not have: `service_tier`" in found.unsupported


def test_a_proxy_with_openais_login_has_a_key_of_its_own(home: Home, entries: Entries) -> None:
    home.write(
        ".codex/config.toml",
        'model_provider = "relay"\nmodel = "gpt-5.5"\n'
        '[model_providers.relay]\nbase_url = "https://relay.example/v1"\nrequires_openai_auth = true\n',
    )
    home.write(".codex/auth.json", '{"OPENAI_API_KEY": "sk-made-up-0123456789"}')
    found = home.found("codex")
    assert entries(found)["relay"]["api_key"] == "$RELAY_API_KEY"
    assert dict(found.values) == {"RELAY_API_KEY": "sk-made-up-0123456789"}


def test_openai_itself_and_the_key_that_codex_keeps(home: Home, entries: Entries) -> None:
    home.write("c/config.toml", 'model = "gpt-5"\n')
    home.write("c/auth.json", '{"OPENAI_API_KEY": "sk-made-up-0123456789"}')
    found = replace(home, environ={"CODEX_HOME": "c"}).found("codex")
    assert entries(found)["openai"]["base_url"] == "https://api.openai.com/v1"
    assert dict(found.values) == {"OPENAI_API_KEY": "sk-made-up-0123456789"}
    assert found.profile.selected == {"large": {"provider": "openai", "model": "gpt-5"}}


@pytest.mark.parametrize("name", ["PATH", "A B", "$(id)", "LD_PRELOAD"])
def test_a_variable_that_is_none_for_keys_is_refused(home: Home, entries: Entries, name: str) -> None:
    home.write(
        ".codex/config.toml",
        f'[model_providers.x]\nbase_url = "https://x.example/v1"\nenv_key = "{name}"\n'
        f'env_http_headers = {{ "X-Thing" = "{name}" }}\n',
    )
    found = home.found("codex")
    assert entries(found)["x"]["api_key"] == "$X_API_KEY"
    assert "extra_headers" not in entries(found)["x"]
    assert found.unsupported == (
        "provider x, header X-Thing: its variable can't hold a key",
        "provider x, its key: its variable can't hold a key",
    )


def test_toml_that_can_not_be_read_is_refused_with_its_place(home: Home) -> None:
    file = home.write(".codex/config.toml", 'model = "a"\nmodel_provider =\n')
    error = home.refused("codex")
    assert (error.path, error.line) == (str(file), 2)
