"""The tools that write YAML: Goose, aichat, llm, Continue, LiteLLM."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
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
    assert entries(found)["cohere"]["base_url"] == "https://api.cohere.ai/compatibility/v1"
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


def test_gooses_present_layout(home: Home, entries: Entries) -> None:
    home.write(
        ".config/goose/config.yaml",
        "active_provider: openrouter\n"
        "providers:\n"
        "  openrouter: {enabled: true, configured: true, model: anthropic/claude-sonnet-4.6}\n"
        "  deepseek: {enabled: true, configured: true, model: deepseek-v4-pro}\n"
        "  groq: {enabled: true, configured: false}\n"
        "OLLAMA_HOST: localhost\n"
        "OPENAI_HOST: https://proxy.example.com\n"
        "OPENROUTER_HOST: https://openrouter.ai\n",
    )
    found = home.found("goose")
    urls = {name: entry["base_url"] for name, entry in entries(found).items()}
    assert urls == {
        "openrouter": "https://openrouter.ai/api/v1",
        "ollama": "http://localhost:11434/v1",
        "openai-custom": "https://proxy.example.com/v1",
        "deepseek": "https://api.deepseek.com/v1",
    }
    assert entries(found)["openrouter"]["type"] == "openrouter"
    assert found.profile.selected == {"large": {"provider": "openrouter", "model": "anthropic/claude-sonnet-4.6"}}


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("localhost", "http://localhost:11434/v1"),
        ("http://box.lan:8080", "http://box.lan:8080/v1"),
        ("https://ollama.example.com", "https://ollama.example.com/v1"),
        ("[::1]", "http://[::1]:11434/v1"),
    ],
)
def test_goose_finds_ollama_at_its_own_port(home: Home, entries: Entries, host: str, url: str) -> None:
    home.write(".config/goose/config.yaml", f"OLLAMA_HOST: '{host}'\n")
    assert entries(home.found("goose"))["ollama"]["base_url"] == url


AICHAT = """
clients:
  - type: openai-compatible
    name: shop
    api_base: https://shop.example/v1
    api_key: dummy-key
    patch: {chat_completions: {".*": {body: {top_k: 1}}}}
    models:
      - {name: embed-1, type: embedding}
      - {name: "big:thinking", real_name: vendor/big, patch: {body: {think: true}}}
      - {name: big, real_name: vendor/big, max_input_tokens: 64000}
"""


@pytest.mark.parametrize("model", ["shop", "shop:big", "shop:big:thinking"])
def test_aichats_names_for_a_model(home: Home, entries: Entries, model: str) -> None:
    home.write(".config/aichat/config.yaml", f"model: {model}\nkeybindings: vi\n{AICHAT}")
    found = home.found("aichat")
    assert found.profile.selected == {"large": {"provider": "shop", "model": "vendor/big"}}
    assert entries(found)["shop"]["models"] == [{"id": "vendor/big", "name": "big", "context_window": 64000}]
    assert "provider shop, settings that Crush does not have: `patch`" in found.unsupported
    assert "provider shop, model big:thinking, settings that Crush does not have: `patch`" in found.unsupported
    assert "not imported, not about providers: `keybindings`" in found.unsupported
    assert dict(found.values) == {}


def test_continue_lists_all_beside_an_embedding_model(home: Home, entries: Entries) -> None:
    home.write(
        ".continue/config.yaml",
        "models:\n"
        "  - {name: All, provider: ollama, model: AUTODETECT}\n"
        "  - {name: Embed, provider: ollama, model: nomic-embed-text, roles: [embed]}\n"
        "  - {name: All there, provider: lmstudio, model: AUTODETECT}\n"
        "  - {name: Qwen, provider: lmstudio, model: qwen3}\n",
    )
    found = entries(home.found("continue"))
    assert "models" not in found["ollama"]
    assert (found["lmstudio"]["discover_models"], found["lmstudio"]["models"][0]["id"]) == (True, "qwen3")


def test_continues_older_file(home: Home, entries: Entries) -> None:
    home.write(
        ".continue/config.json",
        """{
          "models": [
            {"title": "Router", "provider": "openai", "model": "z-ai/glm-5.3", "apiKey": "sk-or-v1-madeup0123456789",
             "apiBase": "https://openrouter.ai/api/v1"},
            {"title": "Lab", "provider": "openai", "model": "lab-1", "apiBase": "https://lab.example.edu/v1",
             "contextLength": 32000, "completionOptions": {"maxTokens": 4000, "temperature": 0},
             "capabilities": {"uploadImage": true}, "requestOptions": {"headers": {"X-Lab": "physics"}},
             "apiKey": "your_api_key"}
          ],
          "tabAutocompleteModel": {"title": "Tab", "provider": "ollama", "model": "starcoder2:3b"},
          "embeddingsProvider": {"provider": "openai", "model": "text-embedding-3-small"},
          "customCommands": []
        }""",
    )
    found = home.found("continue")
    assert list(entries(found)) == ["openrouter", "example"]
    assert entries(found)["openrouter"]["type"] == "openrouter"
    assert entries(found)["example"] == {
        "name": "example",
        "type": "openai-compat",
        "base_url": "https://lab.example.edu/v1",
        "api_key": "$EXAMPLE_API_KEY",
        "extra_headers": {"X-Lab": "physics"},
        "models": [
            {
                "id": "lab-1",
                "name": "Lab",
                "context_window": 32000,
                "default_max_tokens": 4000,
                "supports_attachments": True,
            }
        ],
    }
    assert dict(found.values) == {"OPENROUTER_API_KEY": "sk-or-v1-madeup0123456789"}
    assert "model Lab, settings that Crush does not have: `temperature`" in found.unsupported
    assert "not imported, not about providers: `customCommands`" in found.unsupported
    assert any("starcoder2:3b" in sentence for sentence in found.unsupported)


LITELLM = """
model_list:
  - {model_name: a, litellm_params: {model: anthropic/claude-sonnet-4-6, api_key: os.environ/ANTHROPIC_API_KEY}}
  - {model_name: b, litellm_params: {model: anthropic/claude-haiku-4-5}}
  - {model_name: near, litellm_params: {model: ollama/qwen3, api_base: os.environ/OLLAMA_URL}}
  - {model_name: team, litellm_params: {model: azure/team, api_base: os.environ/AZURE_URL}}
  - {model_name: vectors, litellm_params: {model: openai/text-embedding-3-large}, model_info: {odd: 1}}
general_settings: {master_key: sk-madeup0123456789abcd}
"""


def test_litellms_variables_get_the_path_of_literals(home: Home, entries: Entries) -> None:
    found = home.found("litellm", home.write("config.yaml", LITELLM))
    assert {name: entry["base_url"] for name, entry in entries(found).items()} == {
        "anthropic": "https://api.anthropic.com",
        "ollama": "$OLLAMA_URL/v1",
        "azure-openai": "$AZURE_URL/openai/v1",
    }
    assert [model["name"] for model in entries(found)["anthropic"]["models"]] == ["a", "b"]
    assert "provider openai, no chat models: `text-embedding-3-large`" in found.unsupported
    assert "model vectors, settings that Crush does not have: `odd`" in found.unsupported


def test_litellms_running_proxy_is_one_provider(home: Home, entries: Entries) -> None:
    found = home.found("litellm-proxy", home.write("config.yaml", LITELLM))
    (entry,) = entries(found).values()
    assert (entry["type"], entry["base_url"]) == ("litellm", "http://localhost:4000/v1")
    assert entry["api_key"] == "$LITELLM_MASTER_KEY"
    assert [model["id"] for model in entry["models"]] == ["a", "b", "near", "team"]
    assert dict(found.values) == {"LITELLM_MASTER_KEY": "sk-madeup0123456789abcd"}


def test_llms_own_names_for_keys(home: Home, entries: Entries) -> None:
    folder = ".config/io.datasette.llm"
    keys = '{"openai_api_key": "made-up-key-of-relay", "groq_key": "gsk_madeup0123456789ab"}'
    model = "{model_id: relay, model_name: gpt-4o, api_base: 'https://relay.example/v1', api_key_name: openai_api_key}"
    home.write(f"{folder}/keys.json", keys)
    home.write(f"{folder}/extra-openai-models.yaml", f"- {model}\n")
    found = home.found("llm")
    assert {name: entry["api_key"] for name, entry in entries(found).items()} == {
        "relay": "$RELAY_API_KEY",
        "groq": "$GROQ_API_KEY",
    }
    assert dict(found.values) == {"RELAY_API_KEY": "made-up-key-of-relay", "GROQ_API_KEY": "gsk_madeup0123456789ab"}


def test_a_placeholder_that_a_tool_keeps_is_no_key(home: Home, entries: Entries) -> None:
    home.write(".config/goose/config.yaml", "GOOSE_PROVIDER: openai\nGOOSE_MODEL: gpt-5.5\n")
    home.write(".config/goose/secrets.yaml", "OPENAI_API_KEY: your_api_key\n")
    found = home.found("goose")
    assert entries(found)["openai"]["api_key"] == "$OPENAI_API_KEY"
    assert dict(found.values) == {}
    assert "the key OPENAI_API_KEY: it is not a key but a text to be replaced by the key" in found.unsupported


def test_aichats_local_servers_are_of_their_own_type(home: Home, entries: Entries) -> None:
    client = "{type: openai-compatible, name: ollama, api_base: 'http://localhost:11434/v1', models: [{name: m}]}"
    home.write(".config/aichat/config.yaml", f"clients:\n  - {client}\n")
    assert entries(home.found("aichat"))["ollama"]["type"] == "ollama"


def test_a_model_that_also_chats_is_not_said_to_be_none(home: Home, entries: Entries) -> None:
    home.write(
        ".continue/config.json",
        """{"models": [{"title": "D", "provider": "deepseek", "model": "deepseek-v4-pro"}],
            "tabAutocompleteModel": {"title": "T", "provider": "deepseek", "model": "deepseek-v4-pro"},
            "embeddingsProvider": {"model": ""}}""",
    )
    found = home.found("continue")
    assert [model["id"] for model in entries(found)["deepseek"]["models"]] == ["deepseek-v4-pro"]
    assert found.unsupported == ()


def test_litellms_models_alike_are_one_sentence_and_a_variable_names_its_server(home: Home, entries: Entries) -> None:
    parameters = "{model: openai/m, api_base: os.environ/LLAMA_BOX_HOST, cooldown_time: 5}"
    lines = "".join(f"  - {{model_name: {name}, litellm_params: {parameters}}}\n" for name in ("a", "b"))
    found = home.found("litellm", home.write("config.yaml", f"model_list:\n{lines}"))
    assert list(entries(found)) == ["llama-box"]
    assert found.unsupported == ("models `a`, `b`, settings that Crush does not have: `cooldown_time`",)


def test_litellms_settings_of_a_request_are_named_and_its_longest_answer_is_taken(home: Home, entries: Entries) -> None:
    parameters = "{model: openai/m, api_base: 'https://llm.example/v1', max_tokens: 4096, rpm: 60, timeout: 5}"
    text = f"model_list: [{{model_name: a, litellm_params: {parameters}}}]"
    found = home.found("litellm", home.write("config.yaml", text))
    (entry,) = entries(found).values()
    assert entry["models"][0]["default_max_tokens"] == 4096
    assert found.unsupported == ("model a, settings that Crush does not have: `rpm`, `timeout`",)


def test_litellms_proxy_is_where_its_own_clients_look_for_it(home: Home, entries: Entries) -> None:
    there = replace(home, environ={"LITELLM_PROXY_API_BASE": "https://proxy.example/v1"})
    found = there.found("litellm-proxy", there.write("config.yaml", LITELLM))
    (entry,) = entries(found).values()
    assert entry["base_url"] == "https://proxy.example/v1"
    assert any("at $LITELLM_PROXY_API_BASE, https://proxy.example/v1" in sentence for sentence in found.unsupported)
