"""Looking for tools: where, which, and what is said where nothing can be read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from tests.facts import crush_fields
from wizard.provider.base_url import normalize_base_url
from wizard.provider.identifier import check_id
from wizard.provider.model import Model
from wizard.provider.types import TYPES
from wizard.transfer.origins.found import OTHERS, TOOLS, FoundSetup, look_for

if TYPE_CHECKING:
    from tests.transfer.origins.conftest import Home

Entries = Callable[[FoundSetup], dict[str, dict[str, Any]]]
PLACES = {
    "crush": ("crush/crush.json", ".local/share/crush/crush.json"),
    "opencode": ("opencode", ".config/opencode"),
    "codex": ("codex", ".codex"),
    "goose": ("goose", ".config/goose"),
    "aichat": ("aichat", ".config/aichat"),
    "llm": ("llm", ".config/io.datasette.llm"),
    "continue": ("continue", ".continue"),
    "litellm": ("litellm", "litellm"),
    "claude": ("claude", ".claude"),
    "ccr": ("ccr", ".claude-code-router"),
    "gemini": ("gemini", ".gemini"),
    "qwen": ("qwen", ".qwen"),
    "pi": ("pi", ".pi/agent"),
    "zed": ("zed", ".config/zed"),
    "aider": ("aider/.aider.conf.yml", ".aider.conf.yml"),
    "mods": ("mods", ".config/mods"),
}
LITELLM_THERE = {"CONFIG_FILE_PATH": "litellm/config.yaml"}


@pytest.fixture
def full(home: Home) -> Home:
    """Somebody who has tried every tool."""
    for sample, place in PLACES.values():
        home.put(sample, place)
    home.database("cc-switch/cc-switch.sql", ".cc-switch/cc-switch.db")
    return replace(home, environ=LITELLM_THERE)


def test_all_tools_are_found_where_they_keep_their_files(full: Home) -> None:
    found, errors = look_for(None, full.around, None)
    assert errors == ()
    assert [one.tool for one in found] == list(OTHERS)
    assert all(full.folder in one.path.parents for one in found)


def test_what_crush_has_itself_is_read_only_by_name(full: Home) -> None:
    found, _ = look_for(None, full.around, None)
    assert "crush" not in [one.tool for one in found]
    assert full.found("crush").profile.providers


def test_nothing_is_nothing(home: Home) -> None:
    assert look_for(None, home.around, None) == ((), ())


def test_a_file_in_the_current_folder_is_not_looked_for(home: Home) -> None:
    home.put("opencode/opencode.jsonc", "opencode.json")
    home.put("litellm/config.yaml", "litellm_config.yaml")
    home.put("codex/config.toml", "config.toml")
    assert look_for(None, home.around, None) == ((), ())


@pytest.mark.parametrize(
    ("tool", "platform", "place"),
    [
        ("opencode", "darwin", ".config/opencode/opencode.json"),
        ("opencode", "win32", ".config/opencode/opencode.json"),
        ("codex", "win32", ".codex/config.toml"),
        ("goose", "darwin", ".config/goose/config.yaml"),
        ("goose", "win32", "AppData/Roaming/Block/goose/config/config.yaml"),
        ("aichat", "darwin", "Library/Application Support/aichat/config.yaml"),
        ("aichat", "win32", "AppData/Roaming/aichat/config.yaml"),
        ("llm", "darwin", "Library/Application Support/io.datasette.llm/extra-openai-models.yaml"),
        ("llm", "win32", "AppData/Roaming/io.datasette.llm/extra-openai-models.yaml"),
        ("continue", "darwin", ".continue/config.yaml"),
        ("crush", "win32", "AppData/Local/crush/crush.json"),
        ("zed", "darwin", ".config/zed/settings.json"),
        ("zed", "win32", "AppData/Roaming/Zed/settings.json"),
        ("mods", "darwin", "Library/Application Support/mods/mods.yml"),
        ("claude", "win32", ".claude/settings.json"),
    ],
)
def test_each_system_has_its_own_places(home: Home, tool: str, platform: str, place: str) -> None:
    assert home.folder / place in TOOLS[tool].places(replace(home, platform=platform).around)


@pytest.mark.parametrize(
    ("tool", "environ", "place"),
    [
        ("opencode", {"XDG_CONFIG_HOME": "cfg"}, "cfg/opencode/opencode.jsonc"),
        ("opencode", {"XDG_DATA_HOME": "data"}, "data/opencode/auth.json"),
        ("aichat", {"AICHAT_CONFIG_DIR": "ai"}, "ai/config.yaml"),
        ("aichat", {"AICHAT_CONFIG_FILE": "ai.yaml"}, "ai.yaml"),
        ("llm", {"LLM_USER_PATH": "llm"}, "llm/keys.json"),
        ("continue", {"CONTINUE_GLOBAL_DIR": "co"}, "co/config.yaml"),
        ("crush", {"CRUSH_GLOBAL_DATA": "cr"}, "cr/crush.json"),
        ("codex", {"CODEX_HOME": ""}, ".codex/config.toml"),
        ("claude", {"CLAUDE_CONFIG_DIR": "cl"}, "cl/settings.json"),
        ("pi", {"PI_CODING_AGENT_DIR": "pi"}, "pi/models.json"),
        ("gemini", {"GEMINI_CLI_HOME": "ge"}, "ge/.gemini/settings.json"),
        ("mods", {"XDG_CONFIG_HOME": "cfg"}, "cfg/mods/mods.yml"),
    ],
)
def test_variables_move_them(home: Home, tool: str, environ: dict[str, str], place: str) -> None:
    assert home.folder / place in TOOLS[tool].places(replace(home, environ=environ).around)


def test_a_tool_that_was_asked_for_and_is_not_there(home: Home) -> None:
    error = home.refused("codex")
    assert "found nothing of Codex" in error.message
    assert ".codex" in error.message
    assert "--from codex" in error.hint


def test_a_file_that_is_named_and_not_there(home: Home) -> None:
    error = home.refused("codex", Path("gone.toml"))
    assert error.path == "gone.toml"


@pytest.mark.parametrize("name", ["claude-code", "claude-code-router", "Gemini CLI", "qwen-code"])
def test_a_tool_by_its_whole_name(home: Home, name: str) -> None:
    assert "found nothing of " in home.refused(name).message


def test_an_unknown_tool(home: Home) -> None:
    assert home.refused("codx").hint == "did you mean `codex`?"


@pytest.mark.parametrize("tools", [None, ["codex", "goose"]])
def test_a_file_belongs_to_one_tool(home: Home, tools: list[str] | None) -> None:
    found, (error,) = look_for(tools, home.around, Path("config.toml"))
    assert (found, error.code) == ((), "usage")


def test_one_broken_file_hides_no_other_tool(full: Home) -> None:
    file = full.write(".codex/config.toml", "model = \n")
    found, (error,) = look_for(None, full.around, None)
    assert "codex" not in [one.tool for one in found]
    assert len(found) == len(OTHERS) - 1
    assert error.path == str(file)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_no_file(home: Home) -> None:
    (home.folder / ".codex").mkdir()
    os.mkfifo(home.folder / ".codex" / "config.toml")
    assert home.refused("codex").code == "invalid-config"


def test_keys_show_nowhere(full: Home) -> None:
    found, _ = look_for(None, full.around, None)
    shown = repr(found) + "\n".join(line for one in found for line in one.unsupported)
    written = json.dumps([dict(provider.entry) for one in found for provider in one.profile.providers])
    for key in {value for one in found for value in one.values.values()}:
        assert key not in shown
        assert key not in written


def test_every_key_has_the_name_that_stands_for_it(full: Home) -> None:
    found, _ = look_for(None, full.around, None)
    for one in found:
        written = json.dumps([dict(provider.entry) for provider in one.profile.providers])
        assert set(one.values) <= set(one.profile.secrets)
        assert all(f"${name}" in written or f"${{{name}}}" in written for name in one.profile.secrets)


def test_ids_types_and_urls_are_crushs(full: Home) -> None:
    found, _ = look_for(None, full.around, None)
    providers = [provider for one in found if one.tool != "crush" for provider in one.profile.providers]
    for provider in providers:
        entry = provider.entry
        assert check_id(provider.id) is None
        assert normalize_base_url(entry["base_url"], entry["type"]).url == entry["base_url"]
        assert entry["type"] in TYPES


def test_entries_are_those_of_crushs_schema_once_their_models_are_filled_up(full: Home) -> None:
    found, _ = look_for(None, full.around, None)
    validator = Draft202012Validator(crush_fields.schema())
    for one in found:
        providers = {provider.id: filled(dict(provider.entry)) for provider in one.profile.providers}
        validator.validate({"providers": providers, "models": dict(one.profile.selected)})


def filled(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry whose models say what Crush takes for unknown where nothing is known."""
    models = [Model(**model).entry() for model in entry.get("models", [])]
    return {**entry, "models": models} if models else entry
