"""Crush's rules, applied to what tools say."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wizard.credential import is_dummy
from wizard.provider.model_facts import ModelFacts
from wizard.provider.pasted_key import InvalidKey, clean_key
from wizard.provider.template import escape_literal
from wizard.provider.variable import variable_for
from wizard.transfer.origins.composing import NO_KEY, compose
from wizard.transfer.origins.described import ChosenModel, Described, NoEqual, Spelling, ToolConfig, grouped
from wizard.transfer.origins.vendors import find_vendor

URL = "https://llm.example.com/v1"
KEYS = st.text("abcdefghijklmnopqrstuvwxyz0123456789$`\\{}()-_", min_size=12, max_size=40)


def entry_of(described: Described) -> dict[str, Any]:
    (provider,) = compose(ToolConfig((described,))).profile.providers
    return dict(provider.entry)


@given(KEYS.filter(lambda key: not is_dummy(key.strip("`"))))
@example("openai-compa")  # what stands in every entry
@example("`0a00000000`")
def test_a_literal_key_is_never_in_the_entry(key: str) -> None:
    composed = compose(ToolConfig((Described("shop", base_url=URL, api_key=escape_literal(key)),)))
    (provider,) = composed.profile.providers
    assert provider.entry["api_key"] == "$SHOP_API_KEY"
    assert dict(provider.entry) == entry_of(Described("shop", base_url=URL, api_key="made-up-0123456789"))
    assert set(composed.values.values()) <= {as_pasted(key)}


def as_pasted(key: str) -> str:
    """Without the quotes around it, as everywhere; the same if it can't be a key."""
    try:
        return clean_key(key)
    except InvalidKey:
        return key


@pytest.mark.parametrize("key", ["none", "ollama", "not-needed"])
def test_no_key_leaves_no_room_for_another_vendors(key: str) -> None:
    assert entry_of(Described("shop", base_url=URL, api_key=key))["api_key"] == NO_KEY


@pytest.mark.parametrize(("url", "key"), [(URL, "$SHOP_API_KEY"), ("http://10.0.0.4:8000/v1", NO_KEY)])
def test_who_is_on_the_internet_wants_a_key_that_the_file_does_not_have(url: str, key: str) -> None:
    assert entry_of(Described("shop", base_url=url))["api_key"] == key


@pytest.mark.parametrize(
    ("url", "provider_id", "type_", "kept"),
    [
        ("https://openrouter.ai/api/v1/", "openrouter", "openrouter", "https://openrouter.ai/api/v1"),
        ("https://api.openai.com", "openai", "openai", "https://api.openai.com/v1"),
        ("https://api.deepseek.com", "deepseek", "openai-compat", "https://api.deepseek.com"),
        ("https://api.anthropic.com/v1", "anthropic", "anthropic", "https://api.anthropic.com"),
        (
            "https://generativelanguage.googleapis.com/v1beta/openai/",
            "gemini",
            "google",
            "https://generativelanguage.googleapis.com",
        ),
        ("https://api.z.ai/api/paas/v4", "shop", "openai-compat", "https://api.z.ai/api/paas/v4"),
        ("https://api.deepseek.com/anthropic", "shop", "openai-compat", "https://api.deepseek.com/anthropic"),
    ],
)
def test_a_built_in_is_known_by_its_address(url: str, provider_id: str, type_: str, kept: str) -> None:
    described = Described("shop", type="openai-compat", base_url=url)
    (provider,) = compose(ToolConfig((described,))).profile.providers
    assert (provider.id, provider.entry["type"], provider.entry["base_url"]) == (provider_id, type_, kept)


def test_a_second_key_of_a_built_in_keeps_its_own_name() -> None:
    url = "https://openrouter.ai/api/v1"
    one = Described("private", base_url=url, api_key="made-up-first-key")
    other = Described("work", base_url=url, api_key="made-up-other-key")
    composed = compose(ToolConfig((one, other)))
    assert [provider.id for provider in composed.profile.providers] == ["openrouter", "work"]
    assert dict(composed.values) == {"OPENROUTER_API_KEY": "made-up-first-key", "WORK_API_KEY": "made-up-other-key"}


def test_a_url_that_is_changed_is_said() -> None:
    composed = compose(ToolConfig((Described("x", type="ollama", base_url="http://localhost:11434"),)))
    assert composed.unsupported == ("provider x, its URL: added /v1, where OpenAI-style servers answer",)


def test_a_login_is_said_with_the_way_in() -> None:
    composed = compose(ToolConfig(selected={"large": ChosenModel("github-copilot", "gpt-5")}))
    assert composed.unsupported == (
        "the large model gpt-5: GitHub Copilot is built into Crush; log in: crush login copilot",
    )


def test_a_header_that_signs_in_needs_no_key() -> None:
    described = Described("shop", base_url=URL, headers={"Authorization": "Bearer made-up-0123456789"})
    composed = compose(ToolConfig((described,)))
    assert dict(composed.profile.providers[0].entry)["extra_headers"] == {"Authorization": "Bearer $SHOP_API_KEY"}
    assert "api_key" not in composed.profile.providers[0].entry
    assert dict(composed.values) == {"SHOP_API_KEY": "made-up-0123456789"}


def test_two_keys_of_one_vendor_have_two_names() -> None:
    one = Described("openai", vendor="openai", api_key="made-up-first-key")
    other = Described("work", vendor="openai", api_key="made-up-other-key")
    composed = compose(ToolConfig((one, other)))
    assert [provider.id for provider in composed.profile.providers] == ["openai", "work"]
    assert dict(composed.values) == {"OPENAI_API_KEY": "made-up-first-key", "WORK_API_KEY": "made-up-other-key"}


def test_a_key_never_goes_to_one_who_takes_another_from_the_environment() -> None:
    one = Described("openai", vendor="openai", api_key="made-up-first-key")
    other = Described("work", base_url=URL, api_key="$OPENAI_API_KEY")
    composed = compose(ToolConfig((one, other)))
    assert [provider.entry["api_key"] for provider in composed.profile.providers] == [
        "$OPENAI_API_KEY_2",
        "$OPENAI_API_KEY",
    ]
    assert dict(composed.values) == {"OPENAI_API_KEY_2": "made-up-first-key"}


def test_a_key_beside_a_variable_is_left_out() -> None:
    described = Described("x", base_url=URL, headers={"X-Both": "sk-madeup0123456789abcdef:${ID}", "X-One": "id ${ID}"})
    composed = compose(ToolConfig((described,)))
    assert dict(composed.profile.providers[0].entry)["extra_headers"] == {"X-One": "id ${ID}"}
    assert composed.unsupported == ("provider x, header X-Both: a key next to a variable",)


def test_providers_are_bounded() -> None:
    composed = compose(ToolConfig(tuple(Described("x", base_url=URL) for _ in range(300))))
    assert len(composed.profile.providers) == 200
    assert composed.unsupported == ("only the first 200 of 300 providers are imported",)


def test_the_same_id_twice_is_made_unique() -> None:
    twice = (Described("a b", base_url=URL), Described("A-B", base_url="https://other.example/v1"))
    assert [provider.id for provider in compose(ToolConfig(twice)).profile.providers] == ["a-b", "a-b-2"]


@pytest.mark.parametrize(
    ("described", "provider_id", "type_"),
    [
        (Described("deepseek", type="anthropic", base_url="https://x.example"), "deepseek-custom", "anthropic"),
        (Described("openrouter", vendor="openrouter", base_url=URL), "openrouter-custom", "openai-compat"),
        (Described("azure", vendor="azure", base_url="https://eu.openai.azure.com"), "azure-openai", "openai"),
        (Described("anthropic", vendor="anthropic", base_url=URL), "anthropic", "anthropic"),
        (Described("1+1", base_url=URL), "example", "openai-compat"),
    ],
)
def test_a_built_in_id_is_taken_only_where_its_type_is_right(
    described: Described, provider_id: str, type_: str
) -> None:
    (provider,) = compose(ToolConfig((described,))).profile.providers
    assert (provider.id, provider.entry["type"]) == (provider_id, type_)


@pytest.mark.parametrize(
    ("base_url", "type_", "url"),
    [
        ("http://localhost:11434", "ollama", "http://localhost:11434/v1"),
        ("http://localhost:11434/api", "ollama", "http://localhost:11434/v1"),
        ("https://x.example/v1/messages", "anthropic", "https://x.example"),
        ("https://g.example/v1beta", "google", "https://g.example"),
        ("https://x.example", "openai-compat", "https://x.example"),
        ("https://api.perplexity.ai", "openai-compat", "https://api.perplexity.ai"),
        ("$LLM_URL", "openai-compat", "$LLM_URL"),
    ],
)
def test_base_urls_follow_the_type(base_url: str, type_: str, url: str) -> None:
    assert entry_of(Described("x", type=type_, base_url=base_url))["base_url"] == url


@pytest.mark.parametrize(
    "url", ["https://user:secret@x.example/v1", "ftp://x.example", "https://x.example/v1?k=secret"]
)
def test_a_url_that_can_not_be_used_leaves_the_provider_out(url: str) -> None:
    composed = compose(ToolConfig((Described("x", base_url=url),)))
    assert composed.profile.providers == ()
    assert composed.unsupported[0].startswith("provider x is left out: ")
    assert "secret" not in composed.unsupported[0]


def test_fields_of_the_request_go_only_where_crush_sends_them() -> None:
    body = {"top_k": 20}
    assert entry_of(Described("x", base_url=URL, body=body))["extra_body"] == body
    composed = compose(ToolConfig((Described("x", type="anthropic", base_url=URL, body=body),)))
    assert "extra_body" not in composed.profile.providers[0].entry
    assert composed.unsupported == (
        "provider x, fields of the request (`top_k`): Crush does not send them for this type",
    )


def test_a_key_in_the_request_is_left_out() -> None:
    composed = compose(ToolConfig((Described("x", base_url=URL, body={"api_key": "made-up-0123456789"}),)))
    assert "extra_body" not in composed.profile.providers[0].entry
    assert "made-up" not in composed.unsupported[0]


def test_a_chosen_model_of_ones_own_provider_is_listed() -> None:
    told = ToolConfig((Described("x", base_url=URL),), {"large": ChosenModel("x", "m"), "small": ChosenModel("y", "n")})
    composed = compose(told)
    assert dict(composed.profile.providers[0].entry)["models"] == [{"id": "m", "name": "m"}]
    assert composed.profile.selected == {"large": {"provider": "x", "model": "m"}}
    assert composed.unsupported == ("the small model n: its provider is not imported",)


def test_a_chosen_vendor_comes_along() -> None:
    composed = compose(ToolConfig(selected={"large": ChosenModel("anthropic", "claude-sonnet-4-5")}))
    assert [provider.id for provider in composed.profile.providers] == ["anthropic"]
    assert "models" not in composed.profile.providers[0].entry


def test_models_of_one_endpoint_come_together() -> None:
    one = Described("x", base_url=URL, models=(ModelFacts("a"),))
    other = Described("y", base_url=URL, models=(ModelFacts("b"),))
    (group,) = grouped((one, other))
    assert (group.id, [facts.id for facts in group.models]) == ("x", ["a", "b"])


SPELLING = Spelling(re.compile(r"\{env:(?P<name>[^}]*)\}"), re.compile(r"\{file:"), "its value comes from a file")


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("{env:KEY}", "$KEY"),
        ("Bearer {env:KEY}x", "Bearer ${KEY}x"),
        ("$HOME `id`", r"\$HOME \`id\`"),
    ],
)
def test_references_are_spelled_for_crush(text: str, spelled: str) -> None:
    assert SPELLING.spell(text) == spelled


@pytest.mark.parametrize("text", ["{file:~/.key}", "{env:PATH}", "{env:A B}", "{env:}"])
def test_references_without_an_equal(text: str) -> None:
    with pytest.raises(NoEqual):
        SPELLING.spell(text)


@pytest.mark.parametrize(
    ("name", "vendor_id", "variable"),
    [
        ("Google", "gemini", "GEMINI_API_KEY"),
        ("x-ai", "xai", "XAI_API_KEY"),
        ("together_ai", "together", "TOGETHER_API_KEY"),
        ("ollama_chat", "ollama", ""),
        ("venice", "venice", "VENICE_API_KEY"),
        ("azure", "azure-openai", "AZURE_OPENAI_API_KEY"),
    ],
)
def test_vendors_by_any_name(name: str, vendor_id: str, variable: str) -> None:
    vendor = find_vendor(name)
    assert vendor
    assert (vendor.id, vendor.variable) == (vendor_id, variable)


@pytest.mark.parametrize("name", ["", "openai-compatible", "hyper", "bedrock", "nobody"])
def test_who_is_no_vendor(name: str) -> None:
    assert find_vendor(name) is None


@pytest.mark.parametrize(
    ("key", "written"),
    [
        ("{env:WORK_KEY}", "$WORK_KEY"),
        ("env:WORK_KEY", "$WORK_KEY"),
        ("os.environ/WORK_KEY", "$WORK_KEY"),
        ("WORK_API_KEY", "$WORK_API_KEY"),
        ("op://Private/Work/key", "$SHOP_API_KEY"),
        ("<YOUR_API_KEY>", "$SHOP_API_KEY"),
        ("-", NO_KEY),
        ("sk-litellm", NO_KEY),
        ("abc", NO_KEY),
    ],
)
def test_what_is_no_key_is_not_kept_as_one(key: str, written: str) -> None:
    for headers in ({}, {"X-Api-Key": key} if written != NO_KEY else {}):
        composed = compose(ToolConfig((Described("shop", base_url=URL, api_key=key, headers=headers),)))
        assert composed.profile.providers[0].entry["api_key"] == written
        assert not composed.values
        if written == "$SHOP_API_KEY":
            assert any("it is not a key but" in text for text in composed.unsupported)


@pytest.mark.parametrize("url", ["http://localhost:9/v1", "http://127.0.0.1/v1"])
def test_the_key_for_a_server_on_this_machine_is_not_kept_and_that_is_said(url: str) -> None:
    composed = compose(ToolConfig((Described("shop", base_url=url, api_key="made-up-0123456789"),)))
    assert composed.profile.providers[0].entry["api_key"] == NO_KEY
    assert not composed.values
    assert "the server is on this machine" in composed.unsupported[0]
    assert "made-up" not in repr(composed.unsupported)


def test_one_key_at_two_servers_has_two_names() -> None:
    one = Described("deepseek", vendor="deepseek", api_key="made-up-0123456789")
    two = Described("mine", vendor="deepseek", base_url=URL, api_key="made-up-0123456789")
    composed = compose(ToolConfig((one, two)))
    assert [provider.entry["api_key"] for provider in composed.profile.providers] == [
        "$DEEPSEEK_API_KEY",
        "$MINE_API_KEY",
    ]


@pytest.mark.parametrize("key", ["your_api_key", "xxx", "dummy-key", "sk-xxxx", "<key>"])
def test_a_vendors_key_that_is_none_is_its_variable(key: str) -> None:
    composed = compose(ToolConfig((Described("deepseek", vendor="deepseek", api_key=key),)))
    assert composed.profile.providers[0].entry["api_key"] == "$DEEPSEEK_API_KEY"
    assert not composed.values


@pytest.mark.parametrize("name", ["openai_api", "OPENAI_API_KEY", "openai-key", "openai"])
def test_a_variable_is_named_well(name: str) -> None:
    assert variable_for(name) == "OPENAI_API_KEY"
