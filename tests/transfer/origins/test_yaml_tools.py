"""The tools that write YAML: Goose, aichat, llm, Continue, LiteLLM."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from wizard.transfer.origins.found import FoundSetup

if TYPE_CHECKING:
    from tests.transfer.origins.conftest import Home

Entries = Callable[[FoundSetup], dict[str, dict[str, Any]]]
ANTHROPIC = {
    "name": "Anthropic",
    "type": "anthropic",
    "base_url": "https://api.anthropic.com",
    "api_key": "$ANTHROPIC_API_KEY",
}


def test_goose(home: Home, entries: Entries) -> None:
    home.put("goose", ".config/goose")
    found = home.found("goose")
    assert entries(found) == {
        # not `openai`: that one keeps its type, and this proxy is only sure to chat
        "openai-custom": {
            "name": "OpenAI",
            "type": "openai-compat",
            "base_url": "https://proxy.example.com/v1",
            "api_key": "$OPENAI_API_KEY",
        },
        "ollama": {"name": "Ollama", "type": "ollama", "base_url": "http://localhost:11434/v1", "api_key": "no-key"},
        "custom-fast-shop": {
            "name": "Fast Shop",
            "type": "openai-compat",
            "base_url": "https://fast.example.com/api/v1",
            "api_key": "$CUSTOM_FAST_SHOP_API_KEY",
            "extra_headers": {"X-Client": "goose"},
            "models": [
                {
                    "id": "fast-mini",
                    "name": "fast-mini",
                    "cost_per_1m_in": 0.25,
                    "cost_per_1m_out": 2,
                    "context_window": 128000,
                },
                {"id": "fast-large", "name": "fast-large", "context_window": 65536},
            ],
        },
    }
    assert dict(found.values) == {
        "CUSTOM_FAST_SHOP_API_KEY": "made-up-fast-shop-key",
        "OPENAI_API_KEY": "sk-made-up-openai-0123456789",
    }
    assert found.profile.selected == {"large": {"provider": "custom-fast-shop", "model": "fast-large"}}
    assert "provider odd is left out: Crush does not support Goose's engine generic_http" in found.unsupported


def test_goose_keeps_keys_in_the_keyring(home: Home, entries: Entries) -> None:
    home.write(".config/goose/config.yaml", "GOOSE_PROVIDER: google\nGOOSE_MODEL: gemini-3-flash\n")
    found = home.found("goose")
    assert entries(found)["gemini"]["api_key"] == "$GOOGLE_API_KEY"
    assert dict(found.values) == {}
    assert "Goose's keys are in the keyring, which only Goose may read: `GOOGLE_API_KEY`" in found.unsupported


def test_aichat(home: Home, entries: Entries) -> None:
    home.put("aichat/config.yaml", ".config/aichat/config.yaml")
    home.put("aichat/dotenv", ".config/aichat/.env")
    found = home.found("aichat")
    sonnet = {
        "id": "claude-sonnet-4-5",
        "name": "claude-sonnet-4-5",
        "cost_per_1m_in": 3,
        "cost_per_1m_out": 15,
        "context_window": 200000,
        "default_max_tokens": 32000,
        "supports_attachments": True,
    }
    assert entries(found)["anthropic"] == {**ANTHROPIC, "models": [sonnet]}
    assert entries(found)["local"] == {
        "name": "local",
        "type": "openai-compat",
        "base_url": "http://localhost:8080/v1",
        "api_key": "no-key",
        "models": [{"id": "llama3", "name": "llama3", "context_window": 8192}],
    }
    assert entries(found)["azure-openai"]["type"] == "openai"
    assert entries(found)["azure-openai"]["base_url"] == "https://team-eu.openai.azure.com/openai/v1"
    assert found.values["DEEPSEEK_API_KEY"] == "sk-made-up-deepseek"
    assert found.profile.selected == {"large": {"provider": "local", "model": "llama3"}}
    assert "provider cohere is left out: Crush does not support aichat's type cohere" in found.unsupported
    assert "provider local, no chat models: `nomic-embed`" in found.unsupported


def test_llm(home: Home, entries: Entries) -> None:
    home.put("llm", ".config/io.datasette.llm")
    found = home.found("llm")
    assert list(entries(found)) == ["local", "shop", "openai", "mistral"]
    assert entries(found)["shop"] == {
        "name": "shop",
        "type": "openai-compat",
        "base_url": "https://api.shop.example/v1",
        "api_key": "$SHOP_API_KEY",
        "extra_headers": {"X-Title": "llm"},
        "models": [
            {"id": "vendor/large-2", "name": "shop-large", "supports_attachments": True},
            {"id": "vendor/small-2", "name": "shop-small"},
        ],
    }
    assert entries(found)["local"]["api_key"] == "no-key"
    assert dict(found.values) == {
        "SHOP_API_KEY": "made-up-shop-key",
        "OPENAI_API_KEY": "sk-made-up-openai-0123456789",
        "MISTRAL_API_KEY": "made-up-mistral-key",
    }
    assert found.profile.selected == {"large": {"provider": "shop", "model": "vendor/large-2"}}
    assert found.unsupported == ("keys of unknown providers: `weather`",)


def test_continue(home: Home, entries: Entries) -> None:
    home.put("continue/config.yaml", ".continue/config.yaml")
    home.put("continue/dotenv", ".continue/.env")
    found = home.found("continue")
    assert list(entries(found)) == ["anthropic", "example", "ollama"]
    assert [model["id"] for model in entries(found)["anthropic"]["models"]] == ["claude-sonnet-4-5", "claude-haiku-4-5"]
    assert entries(found)["example"] == {
        "name": "example",
        "type": "openai-compat",
        "base_url": "https://lab.example.edu/v1",
        "api_key": "$EXAMPLE_API_KEY",
        "extra_headers": {"X-Lab": "physics"},
        "extra_body": {"top_k": 20},
        "models": [{"id": "Qwen/Qwen3-Coder-30B", "name": "vLLM in the lab"}],
    }
    assert "models" not in entries(found)["ollama"]
    assert dict(found.values) == {
        "ANTHROPIC_API_KEY": "sk-ant-made-up-0123456789",
        "EXAMPLE_API_KEY": "made-up-lab-key",
    }
    assert "`mistral/codestral`: a block of Continue's hub, which only Continue can fetch" in found.unsupported
    assert "provider openai, no chat models: `text-embedding-3-small`" in found.unsupported
    assert "model vLLM in the lab, settings that Crush does not have: `verifySsl`" in found.unsupported


def test_litellm(home: Home, entries: Entries) -> None:
    found = home.found("litellm", home.put("litellm", "proxy"))
    sonnet = {
        "id": "claude-sonnet-4-5",
        "name": "sonnet",
        "cost_per_1m_in": 3,
        "cost_per_1m_out": 15,
        "cost_per_1m_in_cached": 3.75,
        "cost_per_1m_out_cached": 0.3,
        "context_window": 200000,
        "default_max_tokens": 32000,
        "supports_attachments": True,
    }
    assert entries(found)["anthropic"] == {**ANTHROPIC, "models": [sonnet]}
    assert entries(found)["azure-openai"] == {
        "name": "Azure OpenAI",
        "type": "openai",
        "base_url": "https://team-eu.openai.azure.com/openai/v1",
        "api_key": "$AZURE_API_KEY",
        "models": [{"id": "gpt-4o-eu", "name": "gpt-4o"}],
    }
    assert entries(found)["house"]["models"] == [{"id": "house-70b", "name": "house-model", "cost_per_1m_in": 0.1}]
    assert entries(found)["ollama"]["base_url"] == "http://localhost:11434/v1"
    assert "models" not in entries(found)["groq"]
    assert dict(found.values) == {
        "HOUSE_API_KEY": "sk-made-up-house-key",
        "GROQ_API_KEY": "gsk_madeup0123456789abcdef",
    }
    assert any("bedrock is left out" in one for one in found.unsupported)
    assert not any("master" in one for one in found.values)


@pytest.mark.parametrize(
    ("host", "key"),
    [("localhost:8080", "no-key"), ("[::1]:8080", "no-key"), ("localhost.example.com", "$MINE_API_KEY")],
)
def test_aichat_needs_no_key_for_a_server_on_this_machine(home: Home, entries: Entries, host: str, key: str) -> None:
    client = f"{{type: openai-compatible, name: mine, api_base: 'http://{host}/v1', models: [{{name: m}}]}}"
    home.write(".config/aichat/config.yaml", f"clients:\n  - {client}\n")
    assert entries(home.found("aichat"))["mine"].get("api_key") == key
