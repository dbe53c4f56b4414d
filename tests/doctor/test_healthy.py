"""A rich setup in which nothing is wrong: a false alarm is a bug."""

from __future__ import annotations

import pytest

from tests.doctor.conftest import URL, Machine, codes
from wizard.doctor.table import diagnose

REASONING = {"can_reason": True, "reasoning_levels": ["low", "high"], "default_reasoning_effort": "high"}
LIMITS = {"context_window": 128_000, "default_max_tokens": 8_000}
COSTS = {"cost_per_1m_in": 3, "cost_per_1m_out": 15, "cost_per_1m_in_cached": 3.75, "cost_per_1m_out_cached": 0.3}
RICH = {
    "$schema": "https://charm.land/crush.json",
    "models": {
        "large": {"provider": "gateway", "model": "claude-opus", "reasoning_effort": "high"},
        "small": {"provider": "local", "model": "qwen3:8b"},
    },
    "providers": {
        "deepseek": {"api_key": "$DEEPSEEK_API_KEY"},
        "gateway": {
            "name": "Company",
            "type": "anthropic",
            "base_url": "https://llm.example/anthropic",
            "api_key": "${GATEWAY_API_KEY:-$(crush-wizard secret get GATEWAY_API_KEY)}",
            "extra_headers": {"X-Team": "$TEAM", "anthropic-version": "2023-06-01"},
            "models": [{"id": "claude-opus", "name": "Opus", **LIMITS, **COSTS, **REASONING}],
        },
        "local": {
            "type": "ollama",
            "base_url": "http://localhost:11434/v1",
            "api_key": "ollama",
            "discover_models": True,
            "extra_body": {"options.num_ctx": 32768},
            "models": [{"id": "qwen3:8b", "name": "Qwen"}],
        },
        "llama": {
            "type": "llamacpp",
            "base_url": "http://127.0.0.1:8080",
            "api_key": "none",
        },
        "vendor": {
            "type": "openai-compat",
            "base_url": f"{URL}/",
            "api_key": "$VENDOR_API_KEY",
            "flat_rate": True,
            "system_prompt_prefix": "Be brief.",
            "provider_options": {"user": "me"},
            "models": [{"id": "org/model-1.5", "name": "Model", **LIMITS, "options": {"temperature": 0.2}}],
        },
        "retired": {"base_url": "$NOWHERE", "disable": True, "api_key": "$GONE"},
    },
    "options": {"debug": False, "tui": {"compact_mode": True}},
    "env": {"TEAM": "core"},
    "mcp": {"files": {"type": "stdio", "command": "npx", "args": ["-y", "server"]}},
    "lsp": {"go": {"command": "gopls", "env": {"GOTOOLCHAIN": "go1.26"}}},
    "hooks": {"PreToolUse": [{"matcher": r"^(bash|edit)$", "command": "true"}]},
    "permissions": {"allowed_tools": ["view"]},
}
KEYS = {"DEEPSEEK_API_KEY": "k1", "GATEWAY_API_KEY": "k2", "VENDOR_API_KEY": "k3"}


def test_nothing_is_found(doctored: Machine) -> None:
    doctored.write("user", RICH)
    doctored.write("project", {"options": {"context_paths": ["NOTES.md"]}})
    doctored.write("data", {"recent_models": {"large": [{"provider": "vendor", "model": "org/model-1.5"}]}})
    assert [(one.code, one.message) for one in diagnose(doctored.examine(KEYS))] == []


def test_a_crushrc_is_as_good(doctored: Machine) -> None:
    doctored.write(
        "crushrc",
        f"provider add a --base-url {URL} --api-key '$VENDOR_API_KEY'\n"
        "model add a/m --name M --context-window 128000 --default-max-tokens 4096\n"
        "model large a/m\nmodel small a/m\ntrue\n",
    )
    assert codes(diagnose(doctored.examine(KEYS))) == []


def test_built_in_providers_alone_are_fine(doctored: Machine) -> None:
    assert codes(diagnose(doctored.examine({"ANTHROPIC_API_KEY": "k"}))) == []


def test_a_key_that_is_only_a_name_is_no_secret(doctored: Machine) -> None:
    server = {"base_url": "http://localhost:8000/v1", "api_key": "vllm", "models": [{"id": "m", "name": "M", **LIMITS}]}
    chosen = {"provider": "vllm", "model": "m"}
    doctored.write("user", {"models": {"large": chosen, "small": chosen}, "providers": {"vllm": server}})
    assert codes(diagnose(doctored.examine())) == []


def test_servers_of_a_network_of_ones_own(doctored: Machine) -> None:
    model = {"id": "m", "name": "M", **LIMITS}
    local: dict[str, dict[str, object]] = {
        "lite": {"type": "litellm", "base_url": "http://litellm:4000/v1", "api_key": "sk-1234"},
        "docker": {"base_url": "http://host.docker.internal:12434/engines/v1", "api_key": "docker"},
        "shelf": {
            "type": "ollama",
            "base_url": "http://ollama.lan:11434/v1",
            "api_key": "ollama",
            "provider_options": {"reasoning_effort": "high"},
        },
        "box": {"base_url": "http://box.local/v1", "api_key": "none"},
    }
    providers = {name: {**entry, "models": [{**model, **REASONING}]} for name, entry in local.items()}
    slots = {slot: {"provider": "lite", "model": "m"} for slot in ("large", "small")}
    doctored.write("user", {"models": slots, "providers": providers})
    found = diagnose(doctored.examine())
    assert [(one.code, one.provider) for one in found] == [("D24", "lite")]


@pytest.mark.parametrize(("key", "found"), [("sk-1234", []), ("sk-1234-of-our-own", ["D10"])])
def test_a_key_is_none_where_it_is_what_manuals_have_there(doctored: Machine, key: str, found: list[str]) -> None:
    entry = {"base_url": URL, "api_key": key, "models": [{"id": "m", "name": "M", **LIMITS}]}
    chosen = {"provider": "a", "model": "m"}
    doctored.write("user", {"models": {"large": chosen, "small": chosen}, "providers": {"a": entry}})
    assert codes(diagnose(doctored.examine())) == found


def test_built_ins_with_a_name_and_a_url(doctored: Machine) -> None:
    providers = {
        "azure": {"name": "Azure", "type": "azure", "base_url": "https://res.openai.azure.com", "api_key": "$K1"},
        "anthropic": {"name": "Claude", "base_url": "https://api.anthropic.com", "api_key": "$K1"},
        "openai": {"name": "Proxy", "base_url": "https://llm.example/v1", "api_key": "$K1"},
    }
    doctored.write("user", {"providers": providers})
    assert [one for one in codes(diagnose(doctored.examine({"K1": "k"}))) if one != "D19"] == []


def test_deployments_at_azure_have_names_of_their_own(doctored: Machine) -> None:
    models = [{"id": "gpt-4-1", "name": "One", **LIMITS}, {"id": "GPT-5-mini", "name": "Two", **LIMITS}]
    url = "https://res.openai.azure.com/openai/v1"
    providers = {
        "azure": {"base_url": url, "api_key": "$K1", "models": models},
        "mine": {"type": "openai", "base_url": url, "api_key": "$K1", "models": models},
    }
    doctored.write("user", {"providers": providers})
    assert "C6" not in codes(diagnose(doctored.examine({"K1": "k"})))
