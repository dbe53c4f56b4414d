"""OpenCode's configuration of both versions, and the keys that it keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wizard.expansion.expand import expand
from wizard.transfer.origins.found import FoundSetup

if TYPE_CHECKING:
    from tests.transfer.origins.conftest import Home

Entries = Callable[[FoundSetup], dict[str, dict[str, Any]]]
CONFIG, AUTH = ".config/opencode/opencode.jsonc", ".local/share/opencode/auth.json"


@pytest.fixture
def found(home: Home) -> FoundSetup:
    home.put("opencode/opencode.jsonc", CONFIG)
    home.put("opencode/auth.json", AUTH)
    return home.found("opencode")


def test_a_provider_of_ones_own_comes_with_what_is_said_about_its_models(found: FoundSetup, entries: Entries) -> None:
    assert entries(found)["team"] == {
        "name": "Team gateway",
        "type": "openai-compat",
        "base_url": "https://llm.example.com/v1",
        "api_key": "$TEAM_LLM_KEY",
        "extra_headers": {"X-Team": "core", "X-Access-Token": "$TEAM_X_ACCESS_TOKEN"},
        "models": [
            {
                "id": "qwen/qwen3-coder-480b",
                "name": "Qwen3 Coder",
                "cost_per_1m_in": 0.4,
                "cost_per_1m_out": 1.6,
                "cost_per_1m_in_cached": 0.04,
                "cost_per_1m_out_cached": 0.04,
                "context_window": 262144,
                "default_max_tokens": 32000,
                "can_reason": False,
                "supports_attachments": True,
            },
            {"id": "draft", "name": "draft"},
        ],
    }


def test_vendors_take_their_presets_url_and_variable(found: FoundSetup, entries: Entries) -> None:
    groq = {"type": "openai-compat", "base_url": "https://api.groq.com/openai/v1", "api_key": "$GROQ_API_KEY"}
    assert entries(found)["groq"] == {"name": "Groq", **groq}
    assert entries(found)["gemini"]["api_key"] == "$GEMINI_API_KEY"


def test_a_local_server_is_of_its_own_type_and_bound_to_the_machine(found: FoundSetup, entries: Entries) -> None:
    assert entries(found)["ollama"]["type"] == "ollama"
    assert entries(found)["ollama"]["api_key"] == "no-key"
    assert {one.id: one.machine_bound for one in found.profile.providers}["ollama"] == ("base_url",)


def test_keys_are_apart_from_the_entries(found: FoundSetup) -> None:
    assert dict(found.values) == {
        "TEAM_X_ACCESS_TOKEN": "tk-made-up-0123456789",
        "GROQ_API_KEY": "gsk_madeup0123456789abcdef",
    }
    assert set(found.profile.secrets) == {"TEAM_LLM_KEY", "TEAM_X_ACCESS_TOKEN", "GEMINI_API_KEY", "GROQ_API_KEY"}


def test_the_models_in_use_go_by_the_ids_that_their_providers_know(found: FoundSetup) -> None:
    assert found.profile.selected == {
        "large": {"provider": "team", "model": "qwen/qwen3-coder-480b"},
        "small": {"provider": "groq", "model": "openai/gpt-oss-20b"},
    }


def test_what_has_no_equal_is_named(found: FoundSetup) -> None:
    said = "\n".join(found.unsupported)
    assert "provider team, options that Crush does not have: `timeout`" in said
    assert "provider google, its key: its value comes from a file" in said
    assert "provider anthropic: OpenCode's login" in said
    assert "provider small-shop is left out" in said
    assert "amazon-bedrock is left out: Amazon Bedrock is built into Crush" in said
    assert "left out: `old-proxy`" in said
    assert "MCP servers are not imported: `files`" in said


def test_version_2_is_read_as_well(home: Home, entries: Entries) -> None:
    home.put("opencode2/opencode.json", ".config/opencode/opencode.json")
    found = home.found("opencode")
    assert entries(found)["acme"] == {
        "name": "Acme",
        "type": "anthropic",
        "base_url": "https://ai.acme.example",
        "api_key": "$ACME_TOKEN",
        "extra_headers": {"X-Project": "$ACME_PROJECT"},
        "models": [{"id": "claude-team", "name": "Claude for teams"}],
    }


def test_keys_alone_make_providers(home: Home, entries: Entries) -> None:
    home.put("opencode/auth.json", AUTH)
    assert list(entries(home.found("opencode"))) == ["groq"]


def test_a_key_that_opencode_keeps_comes_before_a_variable(home: Home, entries: Entries) -> None:
    home.put("opencode2/opencode.json", ".config/opencode/opencode.json")
    home.write(AUTH, '{"acme": {"type": "api", "key": "made-up-acme-key"}}')
    found = home.found("opencode")
    assert entries(found)["acme"]["api_key"] == "$ACME_API_KEY"
    assert found.values["ACME_API_KEY"] == "made-up-acme-key"


def test_a_variable_says_where_the_file_is(home: Home) -> None:
    file = home.put("opencode2/opencode.json", "elsewhere/oc.json")
    assert replace(home, environ={"OPENCODE_CONFIG": str(file)}).found("opencode").path == file


@pytest.mark.parametrize("value", ["$(touch /tmp/x)", "`id`", "a${HOME}b", "\\$HOME/of/mine"])
def test_what_crush_would_expand_is_only_text_for_opencode(home: Home, entries: Entries, value: str) -> None:
    escaped = value.replace("\\", "\\\\")
    home.write(
        CONFIG,
        f'{{"provider": {{"x": {{"options": {{"baseURL": "https://x.example/v1", "apiKey": "{escaped}",'
        f'"headers": {{"X-Plain": "{escaped}"}}}}}}}}}}',
    )
    entry = entries(home.found("opencode"))["x"]
    assert entry["api_key"] == "$X_API_KEY"
    assert expand(entry["extra_headers"]["X-Plain"], {"HOME": "/root"}).text == value


def test_all_files_are_merged(home: Home, entries: Entries) -> None:
    """The folder's three, the one that a variable names, and what a variable holds, each over the one before."""
    folder = ".config/opencode"
    shop = '"npm": "@ai-sdk/openai-compatible", "options": {"baseURL": "https://x.example/v1"}'
    home.write(f"{folder}/config.json", f'{{"provider": {{"shop": {{{shop}, "name": "Old"}}}}, "model": "shop/a"}}')
    home.write(f"{folder}/opencode.json", '{"theme": "dark"}')
    home.write(f"{folder}/opencode.jsonc", '{"provider": {"shop": {"name": "Shop", "models": {"a": {}, }}}} // mine')
    home.write("other.json", '{"provider": {"shop": {"models": {"b": {}}}}, "model": "shop/b"}')
    content = '{"provider": {"shop": {"options": {"baseURL": "https://y.example/v1"}}}}'
    around = replace(home, environ={"OPENCODE_CONFIG": "other.json", "OPENCODE_CONFIG_CONTENT": content})
    entry = entries(around.found("opencode"))["shop"]
    assert (entry["name"], entry["base_url"]) == ("Shop", "https://y.example/v1")
    assert [model["id"] for model in entry["models"]] == ["a", "b"]
    assert around.found("opencode").profile.selected == {"large": {"provider": "shop", "model": "b"}}


def test_a_projects_file_has_the_keys_that_opencode_keeps(home: Home, entries: Entries) -> None:
    home.put("opencode/auth.json", AUTH)
    home.write("project/opencode.json", '{"provider": {"groq": {}}}')
    home.write("project/opencode.jsonc", '{"model": "groq/openai/gpt-oss-20b"}')
    found = home.found("opencode", Path("project"))
    assert list(entries(found)) == ["groq"]
    assert dict(found.values) == {"GROQ_API_KEY": "gsk_madeup0123456789abcdef"}
    assert found.profile.selected == {"large": {"provider": "groq", "model": "openai/gpt-oss-20b"}}


def test_every_field_without_an_equal_is_named(home: Home) -> None:
    home.write(
        CONFIG,
        '{"provider": {"x": {"options": {"baseURL": "https://x.example/v1"}, "odd": 1, "models": {"m": {"new": 2}}}}}',
    )
    said = home.found("opencode").unsupported
    assert "provider x, settings that Crush does not have: `odd`" in said
    assert "provider x, model m, settings that Crush does not have: `new`" in said
