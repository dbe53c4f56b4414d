"""Cures that would do harm are not offered, or not without asking."""

from __future__ import annotations

from typing import Any

import pytest

from tests.doctor.conftest import URL, Machine, found
from wizard.doctor.finding import Finding

MODEL = {"id": "m1", "name": "One", "context_window": 128_000, "default_max_tokens": 4096}
SLOTS = {slot: {"provider": "a", "model": "m1"} for slot in ("large", "small")}


def config(**more: Any) -> dict[str, Any]:
    return {"models": SLOTS, "providers": {"a": {"base_url": URL, "api_key": "$A_KEY", "models": [MODEL], **more}}}


def about(machine: Machine, code: str, value: object, **environ: str) -> list[Finding]:
    machine.write("user", value)
    return found(machine.examine({"A_KEY": "k1", **environ}), code)


# D5


@pytest.mark.parametrize(
    ("type_name", "url"),
    [
        ("anthropic", "https://res.services.ai.azure.com/anthropic"),
        ("anthropic", "https://res.services.ai.azure.com"),
        ("google", "https://res.services.ai.azure.com/google"),
        ("openai", "https://res.cognitiveservices.azure.com/openai/v1"),
        ("openai", "https://res.openai.azure.com/openai/v1/"),
        ("openai-compat", "https://res.services.ai.azure.com/models"),
    ],
)
def test_other_apis_at_azure_are_left_alone(doctored: Machine, type_name: str, url: str) -> None:
    assert about(doctored, "D5", config(type=type_name, base_url=url)) == []


@pytest.mark.parametrize("type_name", ["openai", "openai-compat"])
def test_the_endpoint_of_a_resource_is_only_suggested(doctored: Machine, type_name: str) -> None:
    (finding,) = about(doctored, "D5", config(type=type_name, base_url="https://res.openai.azure.com"))
    assert finding.severity == "warning"
    assert finding.fix
    assert not finding.fix.automatic
    assert '"https://res.openai.azure.com/openai/v1"' in doctored.repaired(finding.fix)


@pytest.mark.parametrize(
    ("type_name", "url", "better", "automatic"),
    [
        ("ollama", "http://localhost:11434/api", "http://localhost:11434/v1", False),
        ("lmstudio", "http://localhost:1234/api/v0", "http://localhost:1234/v1", False),
        ("openai-compat", "http://localhost:8000/chat/completions", "http://localhost:8000/v1", False),
        ("openai-compat", "https://llm.example/models", "https://llm.example", False),
        ("openai-compat", "https://llm.example/v1/messages", "https://llm.example/v1", False),
        ("openai", "https://llm.example/v1/responses", "https://llm.example/v1", False),
        ("openai-compat", "llm.example/v1", "https://llm.example/v1", False),
        ("openai-compat", " https://llm.example/v1/chat/completions/", "https://llm.example/v1", True),
        ("anthropic", "https://llm.example/v1/messages", "https://llm.example", True),
        ("openai-compat", "'https://llm.example/v1'", "https://llm.example/v1", True),
        ("ollama", " http://localhost:11434/", "http://localhost:11434", True),
        ("ollama", "http://localhost:11434/", "http://localhost:11434/v1", False),
    ],
)
def test_a_url_has_one_finding_with_one_fix(
    doctored: Machine, type_name: str, url: str, better: str, automatic: bool
) -> None:
    (finding,) = about(doctored, "D5", config(type=type_name, base_url=url))
    assert finding.fix
    assert finding.fix.automatic is automatic
    assert f'"base_url": "{better}"' in doctored.repaired(finding.fix)


# D4


@pytest.mark.parametrize(("key", "value"), [("reasoning", "high"), ("contextWindow", "128k"), ("id_", ["m1"])])
def test_a_value_of_another_type_is_not_renamed(doctored: Machine, key: str, value: object) -> None:
    model = {"name": "One", "context_length": 1, key: value}
    wrong = [one for one in about(doctored, "D4", config(models=[MODEL, model])) if f"`{key}`" in one.message]
    assert [(one.fix, one.severity) for one in wrong] == [(None, "warning")]
    assert "another kind of value" in wrong[0].cure


def test_a_provider_keeps_a_value_that_would_stop_crush(doctored: Machine) -> None:
    (finding,) = about(doctored, "D4", config(discovery="auto"))
    assert finding.fix is None
    (finding,) = about(doctored, "D4", config(discovery=True))
    assert finding.fix


# D1


def test_a_double_in_one_file_is_taken_out_without_asking(doctored: Machine) -> None:
    (finding,) = about(doctored, "D1", config(models=[MODEL, MODEL]))
    assert finding.fix
    assert finding.fix.automatic


def test_a_double_in_a_shared_file_is_asked_for(doctored: Machine) -> None:
    doctored.write("project", {"providers": {"a": {"models": [MODEL]}}})
    (finding,) = about(doctored, "D1", config())
    assert finding.fix
    assert not finding.fix.automatic


def test_of_a_built_in_the_first_entry_wins(doctored: Machine) -> None:
    doctored.write("project", {"providers": {"zai": {"models": [MODEL, {**MODEL, "id": "m2"}]}}})
    other = {**MODEL, "id": "m2", "name": "Two"}
    (finding,) = about(doctored, "D1", {"providers": {"zai": {"api_key": "$A_KEY", "models": [MODEL, other]}}})
    assert finding.message.startswith("zai/m2 ")
    assert finding.message.endswith("the first (earlier file) wins")


# Disabled built-ins


@pytest.mark.parametrize("provider", ["azure", "bedrock", "vertexai", "hyper", "gemini"])
def test_a_disabled_built_in_is_no_error(doctored: Machine, provider: str) -> None:
    doctored.write("user", {"providers": {provider: {"disable": True}}})
    examined = doctored.examine()
    assert [one for code in ("W1", "W2", "W3", "W4", "W5") for one in found(examined, code)] == []
    assert len(found(examined, "D18")) == 1


@pytest.mark.parametrize("provider", ["azure", "bedrock", "hyper", "gemini"])
def test_its_dummy_keeps_it_hidden(doctored: Machine, provider: str) -> None:
    (finding,) = about(doctored, "D18", {"providers": {provider: {"disable": True}}})
    assert finding.fix
    doctored.repaired(finding.fix)
    assert found(doctored.examine(), "D18") == []


def test_no_dummy_helps_vertex(doctored: Machine) -> None:
    (finding,) = about(doctored, "D18", {"providers": {"vertexai": {"disable": True, "api_key": "x"}}})
    assert finding.fix is None
    assert "remove the entry" in finding.cure


# D14


@pytest.mark.parametrize(("noted", "count"), [("$A_KEY", 0), ("$B_KEY", 1)])
def test_crush_may_note_what_the_config_says(doctored: Machine, noted: str, count: int) -> None:
    doctored.write("data", {"providers": {"a": {"api_key": noted}}})
    assert len(about(doctored, "D14", config(), B_KEY="k2")) == count


@pytest.mark.parametrize(("noted", "count"), [("$A_KEY", 0), ("$B_KEY", 1)])
def test_crush_may_note_what_a_crushrc_says(doctored: Machine, noted: str, count: int) -> None:
    doctored.write("data", {"providers": {"a": {"api_key": noted}}})
    doctored.write("crushrc", f"provider add a --base-url {URL} --api-key '$A_KEY'\nmodel add a/m1 --name One\n")
    assert len(found(doctored.examine({"A_KEY": "k1", "B_KEY": "k2"}), "D14")) == count


# D21


LEAK = {"type": "anthropic", "api_key": ""}


@pytest.mark.parametrize("variable", ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"])
def test_the_key_of_anthropic_goes_elsewhere(doctored: Machine, variable: str) -> None:
    (finding,) = about(doctored, "D21", config(**LEAK), **{variable: "k2"})
    assert f"sends it {variable}" in finding.message
    assert finding.fix
    doctored.repaired(finding.fix)
    assert found(doctored.examine({variable: "k2"}), "D21") == []


def test_without_any_key_nothing_is_sent(doctored: Machine) -> None:
    (finding,) = about(doctored, "D21", config(**LEAK))
    assert (finding.severity, "Crush sends no request" in finding.message) == ("warning", True)


@pytest.mark.parametrize(
    "more", [{"extra_headers": {"X-Api-Key": "$A_KEY"}}, {"base_url": "https://api.anthropic.com"}, {"api_key": "x"}]
)
def test_a_key_that_is_meant_is_no_leak(doctored: Machine, more: dict[str, Any]) -> None:
    assert about(doctored, "D21", config(**{**LEAK, **more}), ANTHROPIC_API_KEY="k2") == []


# D10, W7


def test_secrets_outside_of_providers(doctored: Machine) -> None:
    servers = {
        "web": {"type": "http", "url": "https://x.example/mcp", "headers": {"Authorization": "Bearer abcdef01234567"}},
        "local": {"type": "stdio", "command": "npx", "env": {"API_KEY": "$A_KEY"}},
    }
    (finding,) = about(doctored, "D10", {**config(), "mcp": servers})
    assert (finding.path, finding.severity, finding.fix) == (doctored.path("user"), "warning", None)
    assert "abcdef" not in repr(finding)
    assert "$NAME" in finding.cure
    assert about(doctored, "D10", {**config(), "mcp": {"local": servers["local"]}}) == []


@pytest.mark.parametrize("key", ["%MY_KEY%", "~/key"])
def test_one_wrong_key_is_one_finding(doctored: Machine, key: str) -> None:
    assert about(doctored, "D10", config(api_key=key)) == []
    assert len(about(doctored, "D12", config(api_key=key))) == 1


def test_a_key_as_a_default_is_told_as_such(doctored: Machine) -> None:
    (finding,) = about(doctored, "D10", config(api_key="${A_KEY:-hunter2-and-more}"))
    assert "as the default of A_KEY" in finding.message
    assert "secret adopt" in finding.cure
    assert "hunter2" not in repr(finding)


@pytest.mark.parametrize(
    "default", ["", "none", "ollama", "$OTHER", "$(pass show a)", "$(crush-wizard secret get A_KEY)"]
)
def test_a_default_that_is_no_key(doctored: Machine, default: str) -> None:
    template = f"${{A_KEY:-{default}}}"
    given = config(api_key=template, extra_headers={"X-Token": template, "Authorization": f"Bearer {template}"})
    assert about(doctored, "D10", {**given, "mcp": {"web": {"headers": {"X-Token": template}}}}) == []


def test_a_default_outside_of_providers(doctored: Machine) -> None:
    servers = {"web": {"type": "http", "url": "https://x.example/mcp", "headers": {"X-Token": "${A_KEY:-hunter2}"}}}
    (finding,) = about(doctored, "D10", {**config(), "mcp": servers})
    assert "`mcp`" in finding.message


def test_a_url_is_no_secret(doctored: Machine) -> None:
    (finding,) = about(doctored, "W7", config(base_url="$LLM_URL"))
    assert finding.cure.startswith("export it: export LLM_URL=")
