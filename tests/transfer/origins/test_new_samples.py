"""What comes of each made-up setup, field by field; and what no sample shows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.canary import CANARY
from tests.transfer.origins.new_samples import EXPECTED, SAMPLES, Sample
from wizard.transfer.origins.found import look_for
from wizard.transfer.origins.joining import join

if TYPE_CHECKING:
    from tests.transfer.origins.conftest import Home
    from wizard.transfer.origins.found import FoundSetup


def said(found: FoundSetup) -> dict[str, Any]:
    return {
        "providers": {provider.id: dict(provider.entry) for provider in found.profile.providers},
        "selected": {slot: dict(choice) for slot, choice in found.profile.selected.items()},
        "values": dict(found.values),
        "unsupported": list(found.unsupported),
    }


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.folder)
def test_each_field_is_as_an_expert_would_write_it(home: Home, sample: Sample) -> None:
    sample.put(home)
    expected = json.loads((EXPECTED / f"{sample.folder}.json").read_text(encoding="utf-8"))
    assert said(home.found(sample.tool)) == expected


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.folder)
def test_the_key_is_only_where_keys_are_kept(home: Home, sample: Sample) -> None:
    sample.put(home)
    found = home.found(sample.tool)
    shown = {**said(found), "values": list(found.values)}
    assert CANARY not in json.dumps(shown) + repr(found)


# Claude Code


def test_of_a_projects_two_files_the_local_one_counts(home: Home) -> None:
    home.put("claude2", "project/.claude")
    home.write("project/.mcp.json", '{"mcpServers": {"docs": {"command": "npx"}}}')
    found = home.found("claude", home.folder / "project" / ".claude")
    assert found.profile.selected["large"] == {"provider": "team", "model": "team-large"}
    assert found.profile.providers[0].entry["models"][0] == {
        "id": "team-large",
        "name": "team-large",
        "context_window": 1_000_000,
    }
    assert any("MCP servers are not imported: `docs`" in sentence for sentence in found.unsupported)


@pytest.mark.parametrize(
    ("env", "what"),
    [
        ({"CLAUDE_CODE_USE_BEDROCK": "1", "AWS_REGION": "eu-west-1"}, "crush-wizard add-provider bedrock"),
        ({"CLAUDE_CODE_USE_VERTEX": True, "CLOUD_ML_REGION": "global"}, "crush-wizard add-provider vertexai"),
        ({}, "a login of Claude Code works for Claude Code only"),
    ],
)
def test_clouds_and_logins_say_how_crush_gets_there(home: Home, env: dict[str, Any], what: str) -> None:
    home.write(".claude/settings.json", json.dumps({"env": env}))
    found = home.found("claude")
    assert found.profile.providers == ()
    assert any(what in sentence for sentence in found.unsupported)


def test_a_cloud_that_is_switched_off_is_none(home: Home) -> None:
    env = {"CLAUDE_CODE_USE_BEDROCK": "0", "ANTHROPIC_API_KEY": CANARY}
    home.write(".claude/settings.json", json.dumps({"env": env}))
    assert [provider.id for provider in home.found("claude").profile.providers] == ["anthropic"]


def test_what_cc_switch_wrote_for_claude_comes_once(home: Home) -> None:
    Sample("claude", 1).put(home)
    home.database("cc-switch/cc-switch.sql", ".cc-switch/cc-switch.db")
    found, errors = look_for(["claude", "cc-switch"], home.around, None)
    assert errors == ()
    env = json.loads((home.folder / ".claude/settings.json").read_text())["env"]
    home.write(".claude/settings.json", json.dumps({"env": {**env, "ANTHROPIC_CUSTOM_HEADERS": ""}}))
    alike, _ = look_for(["claude", "cc-switch"], home.around, None)
    assert len(join(found).profile.providers) == 4, "the headers differ"
    assert len(join(alike).profile.providers) == 3


# The same for all: what a file may be


@pytest.mark.parametrize("tool", ["claude", "pi", "zed", "qwen", "ccr", "gemini"])
def test_a_file_that_is_no_json_is_told_with_its_place(home: Home, tool: str) -> None:
    error = home.refused(tool, home.write("given.json", '{\n "a": [}'))
    assert (error.code, error.line) == ("invalid-config", 2)


def test_a_variable_that_the_tool_has_tells_which_stock_endpoint_of_mods_is_used(home: Home) -> None:
    Sample("mods", 1).put(home)
    around = home.around
    around = type(around)(
        {"OPENAI_API_KEY": "x"}, around.platform, around.home, around.config, around.data, around.cwd, around.top
    )
    (found,), _ = look_for(["mods"], around, None)
    assert "openai" in [provider.id for provider in found.profile.providers]


def test_no_file_that_a_strangers_file_names_is_read(home: Home) -> None:
    secret = home.write("elsewhere.env", f"OPENAI_API_KEY={CANARY}\n")
    home.write("project/.aider.conf.yml", f"model: gpt-5\nenv-file: {secret}\n")
    found = home.found("aider", home.folder / "project")
    assert dict(found.values) == {}
    assert any("`env-file`" in sentence for sentence in found.unsupported)


@pytest.mark.parametrize(
    ("tool", "name", "text"),
    [
        ("codex", "config.toml", '[mcp_servers.docs]\ncommand = "npx"\n'),
        ("mods", "mods.yml", "mcp-servers: {docs: {command: npx}}\n"),
        ("gemini", "settings.json", '{"mcpServers": {"docs": {"command": "npx"}}}'),
        ("zed", "settings.json", '{"context_servers": {"docs": {"command": "npx"}}}'),
    ],
)
def test_mcp_servers_are_named_with_the_line_of_a_crushrc_that_adds_one(
    home: Home, tool: str, name: str, text: str
) -> None:
    (sentence,) = home.found(tool, home.write(name, text)).unsupported
    assert sentence.startswith("MCP servers are not imported: `docs`; to add one, write in your crushrc: mcp add NAME")
