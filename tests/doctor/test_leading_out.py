"""What is found leads out: to what is meant, or to where it belongs, and to nothing that breaks what works."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.canary import CANARY
from tests.doctor.conftest import URL, Machine, codes, found
from wizard.doctor.finding import Finding
from wizard.doctor.table import diagnose

MODEL = {"id": "m1", "name": "One", "context_window": 128_000, "default_max_tokens": 4096}
SLOTS = {slot: {"provider": "a", "model": "m1"} for slot in ("large", "small")}
HOME_URL = "http://localhost:11434/v1"


def config(**more: Any) -> dict[str, Any]:
    return {"models": SLOTS, "providers": {"a": {"base_url": URL, "api_key": "$A_KEY", "models": [MODEL], **more}}}


def about(machine: Machine, code: str, value: object, **environ: str) -> list[Finding]:
    machine.write("user", value)
    return found(machine.examine({"A_KEY": "k1", **environ}), code)


def fixed(machine: Machine, finding: Finding) -> Any:
    """What the file says after the fix of a finding."""
    assert finding.fix
    return json.loads(machine.repaired(finding.fix))


# D4: where it belongs


@pytest.mark.parametrize(
    ("key", "value", "place"),
    [
        ("disable_metrics", True, ("options",)),
        ("disableMetrics", True, ("options",)),
        ("attribution", {"co_authored_by": False}, ("options",)),
        ("co_authored_by", False, ("options", "attribution")),
        ("compact_mode", True, ("options", "tui")),
        ("data_directory", ".crush", ("options",)),
        ("context_paths", ["A.md"], ("options",)),
        ("allowed_tools", ["bash"], ("permissions",)),
        ("mine", {"base_url": URL, "api_key": "$A_KEY"}, ("providers",)),
    ],
)
def test_a_setting_at_the_top_goes_where_it_counts(
    doctored: Machine, key: str, value: object, place: tuple[str, ...]
) -> None:
    (finding,) = about(doctored, "D4", {key: value, **config()})
    assert finding.severity == "warning"
    assert finding.fix
    assert finding.fix.automatic
    assert finding.fix.description == f"move `{key}` to `{'.'.join(place)}`"
    tree = fixed(doctored, finding)
    assert key not in tree
    for name in place:
        tree = tree[name]
    assert list(tree.values())[-1] == value
    assert found(doctored.examine({"A_KEY": "k1"}), "D4") == []


def test_settings_among_the_options_go_where_they_count(doctored: Machine) -> None:
    (finding,) = about(doctored, "D4", {"options": {"allowed_tools": ["view"]}, **config()})
    assert fixed(doctored, finding)["permissions"] == {"allowed_tools": ["view"]}


def test_a_setting_that_is_said_in_its_place_already_is_not_overruled(doctored: Machine) -> None:
    (finding,) = about(doctored, "D4", {"debug": True, "options": {"debug": False}, **config()})
    assert "is also there" in finding.message
    assert finding.fix
    assert not finding.fix.automatic
    assert fixed(doctored, finding)["options"] == {"debug": False}


def test_what_belongs_in_several_places_is_not_moved(doctored: Machine) -> None:
    (finding,) = about(doctored, "D4", {"timeout": 5, **config()})
    assert (finding.severity, finding.fix) == ("info", None)


def test_servers_of_another_program_get_the_type_that_crush_wants(doctored: Machine) -> None:
    servers: dict[str, dict[str, Any]] = {
        "files": {"command": "npx", "args": ["-y", "x"]},
        "web": {"type": "http", "url": "https://x.example"},
        "typeless": {"url": "https://x.example/mcp", "headers": {"X-Team": "a"}},
        "older": {"type": "", "url": "https://x.example/sse/"},
    }
    (finding,) = about(doctored, "D4", {"mcpServers": servers, **config()})
    assert fixed(doctored, finding)["mcp"] == TYPED | {"web": servers["web"]}


TYPED: dict[str, dict[str, Any]] = {
    "files": {"type": "stdio", "command": "npx", "args": ["-y", "x"]},
    "typeless": {"type": "http", "url": "https://x.example/mcp", "headers": {"X-Team": "a"}},
    "older": {"type": "sse", "url": "https://x.example/sse/"},
}


def test_servers_among_the_providers_get_it_too(doctored: Machine) -> None:
    servers = {name: {key: value for key, value in one.items() if key != "type"} for name, one in TYPED.items()}
    (finding,) = about(doctored, "W7", {"providers": {**config()["providers"], "mcp": servers}})
    assert fixed(doctored, finding)["mcp"] == TYPED


# D4: what it is called


@pytest.mark.parametrize(
    ("key", "name"),
    [("baseURL", "base_url"), ("base-url", "base_url"), ("apiKey", "api_key"), ("headers", "extra_headers")],
)
def test_a_field_of_a_provider_by_another_name(doctored: Machine, key: str, name: str) -> None:
    value = {"X-Team": "t"} if name == "extra_headers" else f"{URL}" if name == "base_url" else "$A_KEY"
    entry = {"base_url": URL, "api_key": "$A_KEY", "models": [MODEL]}
    entry.pop(name, None)
    (finding,) = about(doctored, "D4", {"models": SLOTS, "providers": {"a": {**entry, key: value}}})
    assert finding.fix
    assert (finding.fix.description, finding.fix.automatic) == (f"rename `{key}` to `{name}`", True)
    assert fixed(doctored, finding)["providers"]["a"][name] == value


@pytest.mark.parametrize(
    ("key", "value", "name", "right"),
    [
        ("maxOutputTokens", 8000, "default_max_tokens", 8000),
        ("max_tokens", 8000, "default_max_tokens", 8000),
        ("context", 128_000, "context_window", 128_000),
        ("contextLength", "128000", "context_window", 128_000),
        ("can_think", True, "can_reason", True),
        ("supportsImages", "true", "supports_attachments", True),
    ],
)
def test_a_field_of_a_model_by_another_name(
    doctored: Machine, key: str, value: object, name: str, right: object
) -> None:
    (finding,) = about(doctored, "D4", config(models=[{"id": "m1", "name": "One", key: value}]))
    assert finding.severity == "warning"
    assert finding.fix
    assert (finding.fix.description, finding.fix.automatic) == (f"rename `{key}` to `{name}`", True)
    assert fixed(doctored, finding)["providers"]["a"]["models"][0] == {"id": "m1", "name": "One", name: right}


def test_a_setting_of_a_model_goes_into_its_options(doctored: Machine) -> None:
    (finding,) = about(doctored, "D4", config(models=[{**MODEL, "temperature": 0.2}]))
    assert fixed(doctored, finding)["providers"]["a"]["models"][0]["options"] == {"temperature": 0.2}


@pytest.mark.parametrize(
    ("key", "value", "right"),
    [
        ("limit", {"context": 9000, "output": 900}, {"context_window": 9000, "default_max_tokens": 900}),
        (
            "cost",
            {"input": 3, "output": 15, "cache_read": 0.3, "cache_write": 3.75},
            {
                "cost_per_1m_in": 3,
                "cost_per_1m_out": 15,
                "cost_per_1m_out_cached": 0.3,
                "cost_per_1m_in_cached": 3.75,
            },
        ),
    ],
)
def test_what_another_program_puts_together(
    doctored: Machine, key: str, value: dict[str, Any], right: dict[str, Any]
) -> None:
    (finding,) = about(doctored, "D4", config(models=[{"id": "m1", "name": "One", key: value}]))
    assert finding.fix
    assert finding.fix.automatic
    assert fixed(doctored, finding)["providers"]["a"]["models"] == [{"id": "m1", "name": "One", **right}]


def test_the_options_of_a_provider_in_another_program(doctored: Machine) -> None:
    entry = {"options": {"baseURL": URL, "apiKey": "$A_KEY"}, "models": [MODEL]}
    (finding,) = about(doctored, "D4", {"models": SLOTS, "providers": {"a": entry}})
    assert fixed(doctored, finding)["providers"]["a"] == {"base_url": URL, "api_key": "$A_KEY", "models": [MODEL]}
    assert codes(diagnose(doctored.examine({"A_KEY": "k1"}))) == []


@pytest.mark.parametrize("value", [{"context": 9000, "rate": 3}, {"context": "many"}, {}])
def test_what_is_not_known_as_a_whole_stays_together(doctored: Machine, value: dict[str, Any]) -> None:
    (finding,) = about(doctored, "D4", config(models=[{"id": "m1", "name": "One", "limit": value}]))
    assert (finding.severity, finding.fix) == ("info", None)


def test_two_names_of_one_field_are_not_both_taken(doctored: Machine) -> None:
    first, second = about(doctored, "D4", config(models=[{"id": "m1", "name": "One", "context": 1, "n_ctx": 2}]))
    assert first.fix
    assert second.fix is None


def test_a_slip_is_asked_about(doctored: Machine) -> None:
    (finding,) = about(doctored, "D4", config(models=[{"id": "m1", "name": "One", "contxt_window": 9000}]))
    assert finding.fix
    assert not finding.fix.automatic


# F5


@pytest.mark.parametrize(
    ("fields", "right"),
    [
        ({"context_window": "128000"}, {"context_window": 128_000}),
        ({"context_window": "128,000"}, {"context_window": 128_000}),
        ({"cost_per_1m_in": "0.25"}, {"cost_per_1m_in": 0.25}),
        ({"can_reason": "true"}, {"can_reason": True}),
        ({"can_reason": 1}, {"can_reason": True}),
        ({"name": 4}, {"name": "4"}),
        ({"reasoning_levels": "high"}, {"reasoning_levels": ["high"]}),
    ],
)
def test_a_value_in_the_wrong_type(doctored: Machine, fields: dict[str, Any], right: dict[str, Any]) -> None:
    (finding,) = about(doctored, "F5", config(models=[{**MODEL, **fields}]))
    assert finding.fix
    assert finding.fix.automatic
    assert fixed(doctored, finding)["providers"]["a"]["models"] == [{**MODEL, **right}]


@pytest.mark.parametrize(
    ("models", "right"),
    [
        (["m1"], [{"id": "m1"}]),
        ("m1", [{"id": "m1"}]),
        ([MODEL, "m2"], [MODEL, {"id": "m2"}]),
        ({"m1": {"name": "One"}}, [{"id": "m1", "name": "One"}]),
        (MODEL, [MODEL]),
    ],
)
def test_models_that_are_no_list_of_objects(doctored: Machine, models: object, right: object) -> None:
    finding = about(doctored, "F5", config(models=models))[0]
    assert fixed(doctored, finding)["providers"]["a"]["models"] == right


def test_providers_in_a_list(doctored: Machine) -> None:
    (finding,) = about(doctored, "F5", {"providers": [{"id": "a", "base_url": URL, "models": [MODEL]}]})
    assert fixed(doctored, finding)["providers"] == {"a": {"base_url": URL, "models": [MODEL]}}


@pytest.mark.parametrize(
    "fields",
    [
        {"context_window": "128k"},
        {"context_window": "many"},
        {"cost_per_1m_in": "$0.25"},
        {"can_reason": "high"},
        {"name": True},
        {"reasoning_levels": "low, high"},
        {"context_window": 1.5},
    ],
)
def test_what_can_be_read_in_two_ways_is_left_alone(doctored: Machine, fields: dict[str, Any]) -> None:
    (finding,) = about(doctored, "F5", config(models=[{**MODEL, **fields}]))
    assert finding.fix is None


def test_one_of_two_files_that_disagree(doctored: Machine) -> None:
    doctored.write("project", {"options": {"debug": "true"}})
    (finding,) = about(doctored, "F4", {"options": {"debug": True}, **config()})
    assert finding.fix
    assert json.loads(doctored.repaired(finding.fix)) == {"options": {"debug": True}}


# W6, W7, D9


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("OpenAI", "openai"),
        ("openai-compatible", "openai-compat"),
        ("openai_compat", "openai-compat"),
        ("gemini", "google"),
        ("claude", "anthropic"),
        ("lm-studio", "lmstudio"),
        ("llama.cpp", "llamacpp"),
        ("vllm", "openai-compat"),
        ("deepseek", "openai-compat"),
        ("@ai-sdk/openai-compatible", "openai-compat"),
    ],
)
def test_a_type_by_another_name(doctored: Machine, written: str, meant: str) -> None:
    (finding,) = about(doctored, "W6", config(type=written))
    assert finding.cure == f"write `{meant}`"
    assert finding.fix
    assert finding.fix.automatic
    assert fixed(doctored, finding)["providers"]["a"]["type"] == meant


def test_a_type_that_means_nothing_is_asked_about(doctored: Machine) -> None:
    (finding,) = about(doctored, "W6", config(type="quux"))
    assert finding.fix
    assert not finding.fix.automatic


def test_googles_endpoint_for_clients_of_openai(doctored: Machine) -> None:
    url = "https://generativelanguage.googleapis.com/v1beta/openai"
    (finding,) = about(doctored, "W6", config(type="gemini", base_url=url))
    assert finding.cure == "write `openai-compat`"


def test_a_type_for_a_built_in_provider(doctored: Machine) -> None:
    entry = {"type": "gemini", "api_key": "$A_KEY"}
    chosen = {"large": {"provider": "g", "model": "gemini-3-flash-preview"}}
    (finding,) = about(doctored, "W6", {"models": chosen, "providers": {"g": entry}})
    assert "rename the provider to `gemini`" in finding.cure
    assert fixed(doctored, finding) == {
        "models": {"large": {"provider": "gemini", "model": "gemini-3-flash-preview"}},
        "providers": {"gemini": {"api_key": "$A_KEY"}},
    }


def test_other_files_that_name_a_renamed_provider_are_told(doctored: Machine) -> None:
    chosen = {"large": {"provider": "g", "model": "gemini-3-flash-preview"}}
    doctored.write("project", {"models": chosen, "providers": {"g": {"name": "G"}}})
    doctored.write("user", {"models": chosen, "providers": {"g": {"type": "gemini", "api_key": "$A_KEY"}}})
    (finding,) = found(doctored.examine({"A_KEY": "k1"}), "W6")
    assert finding.fix
    other, mine = doctored.path("project"), doctored.path("user")
    assert finding.fix.path in (other, mine)
    assert str(other if finding.fix.path == mine else mine) in finding.fix.description
    assert finding.fix.description.endswith(" also name it")
    assert fixed(doctored, finding)["models"]["large"]["provider"] == "gemini"


def test_a_key_in_the_place_of_a_type_is_not_told(doctored: Machine) -> None:
    doctored.write("user", config(type=CANARY))
    assert CANARY not in repr(diagnose(doctored.examine({"A_KEY": "k1"})))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mcp", {"files": {"type": "stdio", "command": "npx"}}),
        ("options", {"debug": True}),
        ("models", {"large": {"provider": "a", "model": "m1"}}),
        ("permissions", {"allowed_tools": ["view"]}),
    ],
)
def test_a_section_among_the_providers(doctored: Machine, name: str, value: dict[str, Any]) -> None:
    providers = {**config()["providers"], name: value}
    (finding,) = about(doctored, "W7", {"providers": providers})
    assert "belongs beside `providers`" in finding.message
    assert finding.fix
    assert (finding.fix.description, finding.fix.automatic) == (f"move `{name}` out of `providers`", True)
    assert fixed(doctored, finding) == {"providers": config()["providers"], name: value}
    assert codes(diagnose(doctored.examine({"A_KEY": "k1"}))) in ([], ["W19"])


def test_a_section_that_is_there_already_is_not_overruled(doctored: Machine) -> None:
    providers = {**config()["providers"], "options": {"debug": True}}
    (finding,) = about(doctored, "W7", {"providers": providers, "options": {"debug": False}})
    assert finding.fix is None
    assert "beside `providers`" in finding.cure


def test_a_url_by_another_name_is_no_missing_url(doctored: Machine) -> None:
    entry = {"baseURL": URL, "api_key": "$A_KEY", "models": [MODEL]}
    (finding,) = about(doctored, "W7", {"models": SLOTS, "providers": {"a": entry}})
    assert finding.cure == "rename `baseURL` to `base_url`"


@pytest.mark.parametrize(
    ("entry", "severity"),
    [
        ({"type": "openai-compat", "api_key": "$A_KEY"}, "info"),
        ({"type": "openai", "api_key": "$A_KEY", "base_url": "https://api.anthropic.com"}, "info"),
        ({"type": "openai", "api_key": "$A_KEY", "base_url": URL}, "warning"),
    ],
)
def test_a_type_that_is_ignored_matters_elsewhere_only(doctored: Machine, entry: dict[str, Any], severity: str) -> None:
    (finding,) = about(doctored, "D9", {"providers": {"anthropic": entry}})
    assert finding.severity == severity


def test_an_id_that_is_taken_for_a_built_ins(doctored: Machine) -> None:
    entry = {"api_key": "$A_KEY"}
    chosen = {"large": {"provider": "google", "model": "gemini-3-flash-preview"}}
    (finding,) = about(doctored, "D9", {"models": chosen, "providers": {"google": entry}})
    assert finding.cure == "rename it to `gemini`"
    assert fixed(doctored, finding)["models"]["large"]["provider"] == "gemini"


@pytest.mark.parametrize(("given", "better"), [("llama.cpp", "llama-cpp"), ("My#Box", "my-box"), ("42", "p42")])
def test_an_id_that_makes_trouble(doctored: Machine, given: str, better: str) -> None:
    chosen = {slot: {"provider": given, "model": "m1"} for slot in ("large", "small")}
    (finding,) = about(doctored, "D9", {"models": chosen, "providers": {given: config()["providers"]["a"]}})
    assert finding.cure == f"rename it to `{better}`"
    tree = fixed(doctored, finding)
    assert (list(tree["providers"]), tree["models"]["large"]["provider"]) == ([better], better)
    assert codes(diagnose(doctored.examine({"A_KEY": "k1"}))) == []


# D24


@pytest.mark.parametrize(
    ("fields", "cure", "is_dropped"),
    [
        ({"can_reason": False}, "remove the effort", True),
        ({}, "write `can_reason`: true if it can reason", False),
        ({"can_reason": True}, "list the levels", False),
        ({"can_reason": True, "reasoning_levels": ["low", "max"]}, "write low or max", False),
    ],
)
def test_an_effort_that_is_not_sent(doctored: Machine, fields: dict[str, Any], cure: str, is_dropped: bool) -> None:
    model = {**MODEL, "default_reasoning_effort": "high", **fields}
    (finding,) = about(doctored, "D24", config(models=[model]))
    assert cure in finding.cure
    assert bool(finding.fix) is is_dropped
    if finding.fix:
        assert fixed(doctored, finding)["providers"]["a"]["models"] == [{**MODEL, **fields}]


def test_an_effort_that_a_slot_asks_for(doctored: Machine) -> None:
    slots = {"large": {"provider": "a", "model": "m1", "reasoning_effort": "high"}}
    (finding,) = about(doctored, "D24", {**config(models=[{**MODEL, "can_reason": False}]), "models": slots})
    assert fixed(doctored, finding)["models"]["large"] == {"provider": "a", "model": "m1"}


# W16, W17, W19: only where they are the cause


@pytest.mark.parametrize(
    ("chosen", "automatic"),
    [
        ({"provider": "a", "model": "M1"}, True),
        ({"provider": "a", "model": "a/m1"}, True),
        ({"provider": "A", "model": "m1"}, True),
        ({"provider": "a", "model": "vendor/m1"}, True),
        ({"provider": "b", "model": "m1"}, False),
    ],
)
def test_a_choice_that_names_a_model_in_another_way(doctored: Machine, chosen: dict[str, str], automatic: bool) -> None:
    slots = {"large": chosen, "small": SLOTS["small"]}
    (finding,) = about(doctored, "W16", {**config(), "models": slots})
    assert finding.cure == "choose it: crush-wizard use large a/m1"
    assert finding.fix
    assert finding.fix.automatic is automatic
    assert fixed(doctored, finding)["models"]["large"] == {"provider": "a", "model": "m1"}


def test_a_choice_with_a_slip_is_asked_about(doctored: Machine) -> None:
    model = {**MODEL, "id": "gpt-oss-120b"}
    slots = {slot: {"provider": "a", "model": "gpt-oss-12b"} for slot in ("large", "small")}
    first, second = about(doctored, "W16", {**config(models=[model]), "models": slots})
    assert first.fix
    assert second.fix
    assert not first.fix.automatic


@pytest.mark.parametrize(
    "entry", [{"type": "quux"}, {"models": ["m1"]}, {"base_url": ""}, {"models": [], "discover_models": False}]
)
def test_a_provider_that_does_not_work_is_the_cause(doctored: Machine, entry: dict[str, Any]) -> None:
    doctored.write("user", config(**entry))
    found_here = codes(diagnose(doctored.examine({"A_KEY": "k1"})))
    assert not {"W17", "W19"}.intersection(found_here)


@pytest.mark.parametrize("others", [(), ("m2",)])
def test_a_small_model_is_missed_where_another_one_could_be_chosen(doctored: Machine, others: tuple[str, ...]) -> None:
    models = [MODEL, *({**MODEL, "id": other} for other in others)]
    given = {**config(models=models), "models": {"large": {"provider": "a", "model": "m1"}}}
    cures = [finding.cure for finding in about(doctored, "W19", given)]
    assert cures == [f"choose one: crush-wizard use small a/{other}" for other in others]


def test_a_choice_of_a_provider_that_does_not_work(doctored: Machine) -> None:
    given = config(type="quux")
    given["providers"]["b"] = {"base_url": URL, "api_key": "$A_KEY", "models": [MODEL]}
    findings = about(doctored, "W16", given)
    assert {(finding.cure, finding.fix) for finding in findings} == {("fix a first", None)}


def test_a_choice_of_a_provider_without_its_key(doctored: Machine) -> None:
    """The model is there, and its provider is what has to be fixed."""
    slots = {"large": {"provider": "deepseek", "model": "deepseek-v4-pro"}}
    given = {"providers": {**config()["providers"], "deepseek": {"api_key": "$DEEPSEEK_API_KEY"}}, "models": slots}
    (finding,) = about(doctored, "W16", given)
    assert "does not exist" not in finding.message
    assert finding.message.startswith("Crush can't use the large model deepseek/deepseek-v4-pro")
    assert (finding.cure, finding.fix) == ("fix deepseek first", None)


def test_the_small_model_of_a_wrong_large_one(doctored: Machine) -> None:
    slots = {"large": {"provider": "a", "model": "other"}}
    doctored.write("user", {**config(), "models": slots})
    assert codes(diagnose(doctored.examine({"A_KEY": "k1"}))) == ["W16"]


# C6, D6: servers of one's own


@pytest.mark.parametrize(
    ("type_name", "url", "model"),
    [
        ("ollama", HOME_URL, "gpt-oss:20b"),
        ("openai-compat", HOME_URL, "gpt-oss:20b"),
        ("lmstudio", "http://127.0.0.1:1234/v1", "openai/gpt-oss-120b"),
        ("openai-compat", "http://127.0.0.1:1234/v1", "openai/gpt-oss-120b"),
        ("openai-compat", "http://10.0.0.7:1234/v1", "openai/gpt-oss-120b"),
        ("litellm", "https://llm.corp.example/v1", "claude-3.5-haiku"),
    ],
)
def test_a_server_of_ones_own_names_its_models(doctored: Machine, type_name: str, url: str, model: str) -> None:
    models = [{**MODEL, "id": model}]
    slots = {slot: {"provider": "a", "model": model} for slot in ("large", "small")}
    given = {**config(type=type_name, base_url=url, models=models, api_key="none"), "models": slots}
    doctored.write("user", given)
    assert codes(diagnose(doctored.examine())) == []


@pytest.mark.parametrize(
    ("model", "severity"), [("qwen3:8b", "info"), ("gpt-oss-120b", "warning"), ("gpt-4o", "warning")]
)
def test_the_type_openai_at_a_server_of_ones_own(doctored: Machine, model: str, severity: str) -> None:
    models = [{**MODEL, "id": model}]
    (finding,) = about(doctored, "D6", config(type="openai", base_url=HOME_URL, models=models))
    assert finding.severity == severity
    assert finding.cure == "write openai-compat, or ollama, which also reads the context windows"
    assert fixed(doctored, finding)["providers"]["a"]["type"] == "openai-compat"


# F2


@pytest.mark.parametrize(
    ("text", "whose"),
    [
        ('{"providers": {"a": {"api_key": "{{ (bitwarden "item" "x").password }}"}}}', "chezmoi"),
        ('{"options": {{ .crush.options | toJson }}}', "chezmoi"),
        ('{\n{{- if eq .chezmoi.os "darwin" }}\n"options": {}\n{{- end }}\n}', "chezmoi"),
        ('{"providers": {{{providers}}}}', "mustache"),
        ('{"a": [{% for m in models %}"{{ m }}",{% endfor %}]}', "Jinja"),
        ('{"a": <%= @a.to_json %>}', "ERB"),
        ('{"context_window": ${WINDOW}}', "envsubst"),
    ],
)
def test_a_template_is_called_one(doctored: Machine, text: str, whose: str) -> None:
    (finding,) = about(doctored, "F2", text)
    assert "this is a template" in finding.message
    assert whose in finding.message
    assert "Crush reads the file that is made from it" in finding.cure
    assert finding.fix is None


@pytest.mark.parametrize("ending", ["", ".tmpl"])
@pytest.mark.parametrize("settings", ["", 'sourceDir = "~/dots" # mine\n', '{"sourceDir": "dots"}'])
def test_the_source_of_a_template_is_named(doctored: Machine, settings: str, ending: str) -> None:
    if settings:
        doctored.write(".config/chezmoi/chezmoi." + ("json" if settings.startswith("{") else "toml"), settings)
    folder = "dots" if settings else ".local/share/chezmoi"
    source = doctored.write(f"{folder}/exact_config/private_crush.json{ending}", "{}")
    (finding,) = about(doctored, "F2", '{"options": {{ .crush.options | toJson }}}')
    assert str(source) in finding.cure
    assert f"`chezmoi apply {doctored.path('user')}`" in finding.cure
    assert ("rename that to private_crush.json.tmpl" in finding.cure) is (ending == "")


@pytest.mark.parametrize("text", ['{{"a": 1}}', '{"a": "$NAME",, }', '{"api_key": "${X}" "b": 1}'])
def test_other_texts_are_no_templates(doctored: Machine, text: str) -> None:
    (finding,) = about(doctored, "F2", text)
    assert "template" not in finding.message


# P2


@pytest.mark.parametrize(
    ("name", "place"),
    [
        (".crush/crush.json", "user"),
        (".crush.json", "user"),
        ("crush.json", "user"),
        (".config/crush.json", "user"),
        ("config/crush.jsonc", "user"),
        ("config/config.json", "user"),
        (".crushrc", "crushrc"),
        ("work/project/crush.jsonc", "project"),
    ],
)
def test_a_file_in_a_wrong_place(doctored: Machine, name: str, place: str) -> None:
    text = f"provider add a --base-url {URL}\n" if place == "crushrc" else json.dumps(config())
    path = doctored.write(name, text)
    (finding,) = found(doctored.examine({"A_KEY": "k1"}), "P2")
    assert (finding.path, finding.severity) == (path, "warning")
    assert finding.fix
    assert (finding.fix.move_to, finding.fix.automatic) == (doctored.path(place), False)
    assert "D23" not in codes(diagnose(doctored.examine({"A_KEY": "k1"})))


def test_a_file_in_a_wrong_place_overwrites_none(doctored: Machine) -> None:
    doctored.write("user", config())
    doctored.write(".crush.json", config())
    (finding,) = found(doctored.examine({"A_KEY": "k1"}), "P2")
    assert (finding.severity, finding.fix) == ("info", None)


def test_what_crush_keeps_for_work_at_home_is_no_stray(doctored: Machine) -> None:
    doctored.write(".crush/crush.json", {"recent_models": {}})
    assert found(doctored.examine(), "P2") == []


# D29


@pytest.mark.parametrize(
    ("environ", "read"),
    [
        ({"GOOGLE_CLOUD_PROJECT": "p", "GOOGLE_CLOUD_LOCATION": "l"}, ("VERTEXAI_PROJECT", "VERTEXAI_LOCATION")),
        ({"AZURE_OPENAI_ENDPOINT": "https://r.openai.azure.com"}, ("AZURE_OPENAI_API_ENDPOINT",)),
        ({"OPENAI_BASE_URL": "https://llm.example/v1"}, ("OPENAI_API_ENDPOINT",)),
        ({"ANTHROPIC_BASE_URL": "https://llm.example"}, ("ANTHROPIC_API_ENDPOINT",)),
        ({"GOOGLE_API_KEY": "k"}, ("GEMINI_API_KEY",)),
    ],
)
def test_a_variable_with_nearly_the_name_that_crush_reads(
    doctored: Machine, environ: dict[str, str], read: tuple[str, ...]
) -> None:
    doctored.write("user", config())
    (finding,) = found(doctored.examine({"A_KEY": "k1", **environ}), "D29")
    assert finding.severity == "info"
    assert all(name in finding.message for name in (*environ, *read))
    env = fixed(doctored, finding)["env"]
    assert env == {name: f"${written}" for name, written in zip(read, environ, strict=True)}
    assert found(doctored.examine({"A_KEY": "k1", **environ}), "D29") == []


def test_a_key_that_goes_to_the_vendor_itself(doctored: Machine) -> None:
    environ = {"OPENAI_API_KEY": "k1", "OPENAI_BASE_URL": "https://llm.example/v1"}
    (finding,) = found(doctored.examine(environ), "D29")
    assert finding.severity == "warning"
    environ["OPENAI_BASE_URL"] = "https://api.openai.com/v1"
    assert found(doctored.examine(environ), "D29") == []


def test_the_address_of_a_server_of_ones_own(doctored: Machine) -> None:
    environ = {"A_KEY": "k1", "OLLAMA_HOST": "box:11434"}
    doctored.write("user", config())
    (finding,) = found(doctored.examine(environ), "D29")
    assert finding.cure == 'crush-wizard add-provider ollama --base-url "http://$OLLAMA_HOST/v1"'
    doctored.write("user", config(type="ollama"))
    assert found(doctored.examine(environ), "D29") == []


def test_a_variable_that_a_file_names_is_read(doctored: Machine) -> None:
    doctored.write("user", config(base_url="$OPENAI_BASE_URL"))
    assert found(doctored.examine({"A_KEY": "k1", "OPENAI_BASE_URL": URL}), "D29") == []
