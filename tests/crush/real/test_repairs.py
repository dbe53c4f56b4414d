"""What `doctor --fix` writes, in the hands of a real Crush: it starts, and does what was meant."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests import program

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.crush.real.internet import Internet
    from tests.crush.real.program import RealCrush

URL = "https://llm.example/v1"
KEY = "k-of-mine-1"
MODEL = {"id": "m", "name": "M", "context_window": 64_000, "default_max_tokens": 777}
PROVIDER = {"type": "openai-compat", "base_url": URL, "api_key": "$A_KEY", "models": [MODEL]}
SLOTS = {slot: {"provider": "a", "model": "m"} for slot in ("large", "small")}
BARE = {name: value for name, value in MODEL.items() if name != "default_max_tokens"}


def entry(without: str = "", **fields: Any) -> dict[str, Any]:
    kept = {name: value for name, value in PROVIDER.items() if name != without}
    return {"models": SLOTS, "providers": {"a": {**kept, **fields}}}


BROKEN: dict[str, Any] = {
    "a comma": json.dumps(entry())[:-1] + ",}",
    "names of a provider's fields": {
        "models": SLOTS,
        "providers": {"a": {"type": "openai-compat", "baseURL": URL, "apiKey": "$A_KEY", "models": [MODEL]}},
    },
    "names of a model's fields": entry(models=[{"id": "m", "name": "M", "context": 64_000, "maxOutputTokens": 777}]),
    "what another program puts together": {
        "models": SLOTS,
        "providers": {
            "a": {
                "type": "openai-compat",
                "options": {"baseURL": URL, "apiKey": "$A_KEY"},
                "models": {"m": {"name": "M", "limit": {"context": 64_000, "output": 777}}},
            }
        },
    },
    "numbers in quotes": entry(models=[{**MODEL, "context_window": "64,000", "default_max_tokens": "777"}]),
    "truth in quotes": entry(models=[{**MODEL, "can_reason": "false"}]),
    "a model by its id": entry(models={"m": {"name": "M", "default_max_tokens": 777}}),
    "a model alone": entry(models=MODEL),
    "providers in a list": {"models": SLOTS, "providers": [{"id": "a", **PROVIDER}]},
    "a type of another program": entry(type="openai-compatible"),
    "a type in capitals": entry(type="OpenAI-Compat"),
    "the path of the endpoint": entry(base_url=f"{URL}/chat/completions"),
    "the provider in front of the model": {**entry(), "models": {"large": {"model": "a/m"}, "small": SLOTS["small"]}},
    "a choice in capitals": {**entry(), "models": {"large": {"provider": "A", "model": "M"}, "small": SLOTS["small"]}},
    "a section among the providers": {"providers": {"a": PROVIDER, "models": SLOTS}},
    "a provider beside the others": {"models": SLOTS, "a": PROVIDER},
    "all at once": (
        '{"providers": {"a": {"type": "OpenAI_Compatible", "baseURL": "https://llm.example/v1/chat/completions",'
        '"apiKey": "$A_KEY", "models": {"m": {"maxTokens": "777"}},}}, "model": {"large": {"model": "A/M"}},}'
    ),
}


def write(crush: RealCrush, given: Any) -> None:
    crush.config_file.parent.mkdir(parents=True, exist_ok=True)
    crush.config_file.write_text(given if isinstance(given, str) else json.dumps(given), encoding="utf-8")


def doctor(crush: RealCrush, *arguments: str) -> program.Finished:
    return program.run(
        ["doctor", "--json", "--offline", *arguments], "", crush.home, {**crush.environ, **program.LOCALE}
    )


def sent(crush: RealCrush, internet: Internet, model: str = "") -> list[tuple[str, Any, Any]]:
    """Where its chats went, with which key, and with what limit."""
    assert crush.ask(model=model) == ""
    chats = [one for one in internet.seen if one.is_chat and not one.is_title]
    return [(one.url, one.headers.get("authorization"), one.body.get("max_tokens")) for one in chats]


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_repaired_without_asking_is_what_was_meant(name: str, crush: RealCrush, internet: Internet) -> None:
    user = replace(crush, env={"A_KEY": KEY})
    write(user, BROKEN[name])
    assert doctor(user).code == 1
    done = doctor(user, "--fix", "--yes")
    assert [one for one in done.json["data"]["findings"] if one["severity"] != "info"] == []
    assert sent(user, internet) == [(f"{URL}/chat/completions", f"Bearer {KEY}", 777)]


def test_a_setting_at_the_top_counts_where_it_is_moved(crush: RealCrush) -> None:
    user = replace(crush, env={"A_KEY": KEY})
    write(user, {"disable_default_providers": True, **entry()})
    assert len(user.models().models) > 1
    doctor(user, "--fix", "--yes")
    assert user.models().models == ("a/m",)


NAMES: Mapping[str, tuple[dict[str, str], dict[str, str], str, str]] = {
    "azure": (
        {"AZURE_OPENAI_ENDPOINT": "https://r.openai.azure.com", "AZURE_API_KEY": KEY},
        {"AZURE_OPENAI_API_ENDPOINT": "$AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY": "$AZURE_API_KEY"},
        "azure/gpt-5",
        "r.openai.azure.com",
    ),
    "openai": (
        {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "https://llm.example/v1"},
        {"OPENAI_API_ENDPOINT": "$OPENAI_BASE_URL"},
        "openai/gpt-4o",
        "llm.example",
    ),
    "anthropic": (
        {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": "https://llm.example"},
        {"ANTHROPIC_API_ENDPOINT": "$ANTHROPIC_BASE_URL"},
        "anthropic/claude-haiku-4-5-20251001",
        "llm.example",
    ),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_variable_under_the_name_that_crush_reads(name: str, crush: RealCrush, internet: Internet) -> None:
    environ, env, model, host = NAMES[name]
    user = replace(crush, env=environ)
    write(user, "{}")
    assert "D29" in [one["code"] for one in doctor(user).json["data"]["findings"]]
    write(user, {"env": env})
    assert "D29" not in [one["code"] for one in doctor(user).json["data"]["findings"]]
    user.ask(model=model, seconds=15)
    assert {one.url.split("/")[2] for one in internet.seen if one.is_chat} == {host}
