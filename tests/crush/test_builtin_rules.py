"""When a built-in is active, and what an entry changes of it (crush-behaviour 3.1 and 3.2)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from wizard.crush.builtin_rules import Activity, active, broken_header, flag, merged_builtin
from wizard.expansion.environment import prefixed
from wizard.provider.builtins import BUILTINS
from wizard.provider.template import lookup

HOME = Path("/home/u")
SWITCH = "CRUSH_DISABLE_DEFAULT_PROVIDERS"


def look(
    provider_id: str,
    entry: dict[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    *files: str,
    secrets: dict[str, str] | None = None,
) -> Activity:
    there = {HOME / file for file in files}
    secret = None if secrets is None else secrets.get
    return active(BUILTINS[provider_id], entry, environ or {}, there.__contains__, HOME, secret)


# The default rule: a key that is not empty


def test_a_variable_activates_a_built_in() -> None:
    found = look("groq", None, {"GROQ_API_KEY": "sk-1"})
    assert (found.active, found.code, found.reason) == (True, "", "its key comes from GROQ_API_KEY")
    assert found.key.text == "sk-1"
    assert found.endpoint.text == "https://api.groq.com/openai/v1"


def test_without_a_key_it_is_inactive_and_its_entry_is_dropped() -> None:
    found = look("groq", {"base_url": "https://groq.corp"})
    assert (found.active, found.code) == (False, "W1")
    assert found.reason == "no key ($GROQ_API_KEY is not set)"
    assert found.endpoint.text == "https://groq.corp"


def test_nothing_is_dropped_where_there_is_no_entry() -> None:
    assert (look("groq").active, look("groq").code) == (False, "")


def test_the_entry_s_key_replaces_the_usual_one() -> None:
    assert look("groq", {"api_key": "$MINE"}, {"MINE": "x"}).active is True
    assert look("groq", {"api_key": "$MINE"}, {"GROQ_API_KEY": "x"}).active is False
    assert look("groq", {"API_KEY": "sk-literal"}).reason == "its key comes from its definition"
    assert look("groq", {"api_key": ""}, {"GROQ_API_KEY": "x"}).active is True


def test_a_key_that_fails() -> None:
    found = look("groq", {"api_key": "${MINE:?}"})
    assert (found.active, found.code) == (False, "W1")
    assert found.reason.startswith("its key can't be expanded: MINE is unset")


def test_a_command_can_not_be_told() -> None:
    found = look("groq", {"api_key": "$(pass show groq)"})
    assert (found.active, found.code) == (None, "W1")
    assert found.reason == "its key can't be known without running its command"
    assert look("groq", {"api_key": "${GROQ_API_KEY:-$(pass show groq)}"}, {"GROQ_API_KEY": "x"}).active is None
    assert look("groq", {"api_key": "${A@Q}"}, {"A": "x"}).active is None


def test_our_store_is_asked() -> None:
    entry = {"api_key": lookup("GROQ_API_KEY")}
    found = look("groq", entry, secrets={"GROQ_API_KEY": "sk-1"})
    assert (found.active, found.reason) == (True, "its key comes from GROQ_API_KEY or the secret store")
    assert look("groq", entry, secrets={}).active is False


def test_the_prefix_activates_and_gives_no_key_later() -> None:
    """Crush-behaviour 4.4."""
    environ = {"CRUSH_OPENAI_API_KEY": "x"}
    assert look("openai", None, prefixed(environ)).active is True
    assert look("openai", None, environ).key.text == ""


def test_one_variable_may_activate_two() -> None:
    for first, second, variable in (
        ("minimax", "minimax-china", "MINIMAX_API_KEY"),
        ("opencode-go", "opencode-zen", "OPENCODE_API_KEY"),
        ("zhipu", "zhipu-coding", "ZHIPU_API_KEY"),
    ):
        assert look(first, None, {variable: "x"}).active
        assert look(second, None, {variable: "x"}).active


def test_a_missing_url_is_not_looked_at() -> None:
    assert look("openai", None, {"OPENAI_API_KEY": "x"}).active is True


# Those with rules of their own


@pytest.mark.parametrize(
    ("entry", "environ", "is_active"),
    [
        (None, {"AZURE_OPENAI_API_ENDPOINT": "https://r.openai.azure.com"}, True),
        ({"base_url": "https://r.openai.azure.com"}, {}, True),
        ({"api_key": "x"}, {}, False),
        ({"base_url": "$(echo x)"}, {}, None),
    ],
)
def test_azure_needs_an_endpoint_and_no_key(
    entry: dict[str, Any] | None, environ: dict[str, str], is_active: bool | None
) -> None:
    found = look("azure", entry, environ)
    assert found.active is is_active
    assert found.code == ("" if is_active else "W2")


@pytest.mark.parametrize("provider_id", ["bedrock", "bedrock-europe"])
@pytest.mark.parametrize(
    "environ",
    [
        {"AWS_BEARER_TOKEN_BEDROCK": "x"},
        {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"},
        {"AWS_PROFILE": "x"},
        {"AWS_DEFAULT_PROFILE": "x"},
        {"AWS_REGION": "x"},
        {"AWS_DEFAULT_REGION": "x"},
        {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "x"},
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "x"},
    ],
)
def test_bedrock_by_a_variable(provider_id: str, environ: dict[str, str]) -> None:
    found = look(provider_id, None, environ)
    assert found.active is True
    assert all(name in found.reason for name in environ)


@pytest.mark.parametrize("file", [".aws/credentials", ".aws/login"])
def test_bedrock_by_a_file(file: str) -> None:
    found = look("bedrock", None, None, file)
    assert (found.active, found.reason) == (True, f"there is a file ~/{file}")


def test_bedrock_by_its_entry_s_key_even_one_that_is_empty_in_the_end() -> None:
    assert look("bedrock", {"api_key": "$UNSET"}).active is True


def test_bedrock_without_credentials() -> None:
    found = look("bedrock", {"api_key": ""}, {"AWS_ACCESS_KEY_ID": "alone", "AWS_REGION": ""})
    assert (found.active, found.code) == (False, "W3")


def test_vertex_needs_both_variables() -> None:
    assert look("vertexai", None, {"VERTEXAI_PROJECT": "p", "VERTEXAI_LOCATION": "l"}).active is True
    found = look("vertexai", {}, {"VERTEXAI_PROJECT": "p"})
    assert (found.active, found.code, found.reason) == (False, "W4", "VERTEXAI_LOCATION is not set")


def test_hyper_takes_its_variable_before_its_entry_s_key() -> None:
    assert look("hyper", {"api_key": "mine"}, {"HYPER_API_KEY": "x"}).key.text == "x"
    assert look("hyper", {"api_key": "mine"}).active is True
    assert (look("hyper", {}).active, look("hyper", {}).code) == (False, "W5")


def test_copilot_needs_the_key_that_its_login_writes() -> None:
    assert look("copilot").active is False
    assert look("copilot", {"api_key": "tid=1"}).active is True


def test_a_login_for_anthropic_takes_the_entry_away() -> None:
    found = look("anthropic", {"api_key": "x", "oauth": {"access_token": "x"}})
    assert (found.active, found.code) == (False, "W1")


# Headers come first


def test_a_header_that_fails_keeps_crush_from_starting_even_without_a_key() -> None:
    found = look("groq", {"extra_headers": {"X-Fine": "$UNSET", "X-Team": "${TEAM:?}"}})
    assert (found.active, found.code) == (False, "F7")
    assert found.reason.startswith("the header X-Team can't be expanded")


@pytest.mark.parametrize("entry", [{}, {"extra_headers": {"X": "$UNSET", "Y": 1}}, {"extra_headers": "x"}])
def test_headers_that_do_no_harm(entry: dict[str, Any]) -> None:
    assert broken_header(entry, {}) == ""


# Switches


@pytest.mark.parametrize("value", ["1", "t", "T", "TRUE", "true", "True"])
def test_a_set_variable_switches_on(value: str) -> None:
    assert flag({SWITCH: value}, SWITCH, False) is True


@pytest.mark.parametrize("value", ["0", "f", "FALSE", "", "yes", "tRUE", " 1"])
def test_anything_else_in_it_switches_off_whatever_the_option_says(value: str) -> None:
    assert flag({SWITCH: value}, SWITCH, True) is False


def test_without_the_variable_the_option_counts() -> None:
    assert flag({}, SWITCH, True) is True
    assert flag({}, SWITCH) is False


# What an entry changes (the table of 3.1)


CATALOGUE: list[dict[str, Any]] = [
    {"id": "a", "name": "A", "context_window": 1000},
    {"id": "b", "name": "B"},
    {"id": "a", "name": "again"},
]


def test_without_an_entry_all_is_as_crush_brings_it() -> None:
    assert merged_builtin(BUILTINS["groq"], None, CATALOGUE) == {
        "name": "Groq",
        "type": "openai-compat",
        "base_url": "https://api.groq.com/openai/v1",
        "api_key": "$GROQ_API_KEY",
        "models": CATALOGUE[:2],
    }


def test_the_user_s_models_come_first_and_replace_whole_entries() -> None:
    entry = {"models": [{"id": "new"}, {"id": "a", "name": "Mine"}, {"id": "new", "name": "second"}]}
    assert merged_builtin(BUILTINS["groq"], entry, CATALOGUE)["models"] == [
        {"id": "new", "name": "new"},
        {"id": "a", "name": "Mine"},
        {"id": "b", "name": "B"},
    ]


def test_url_and_key_are_the_entry_s_where_it_has_any() -> None:
    merged = merged_builtin(BUILTINS["groq"], {"base_url": "https://x", "api_key": ""}, ())
    assert (merged["base_url"], merged["api_key"]) == ("https://x", "$GROQ_API_KEY")
    assert "api_key" not in merged_builtin(BUILTINS["bedrock"], {}, ())


def test_name_type_and_discovery_are_not_the_entry_s_to_say() -> None:
    entry = {"name": "Mine", "type": "openai", "id": "x", "discover_models": True, "unknown": 1}
    merged = merged_builtin(BUILTINS["groq"], entry, ())
    assert merged == merged_builtin(BUILTINS["groq"], None, ())


def test_the_other_fields_stay() -> None:
    kept = {
        "extra_headers": {"X": "y"},
        "extra_body": {"a": 1},
        "provider_options": {"b": 2},
        "system_prompt_prefix": "p",
        "flat_rate": True,
        "aws_auth_refresh": "aws sso login",
        "disable": True,
        "oauth": {},
    }
    assert merged_builtin(BUILTINS["groq"], kept, ()).items() >= kept.items()
