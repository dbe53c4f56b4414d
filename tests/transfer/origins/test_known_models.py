"""What is known about the models that a tool names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from wizard.catalog.catalog import open_catalog
from wizard.catalog.matching import known_model
from wizard.flow.knowledge import CatalogMatch
from wizard.transfer.origins.known_models import Completed, completed
from wizard.transfer.profile import Profile, ProfileProvider

CATALOG = open_catalog(None, Path("nowhere"))
IN_CRUSH = [
    {"id": "gpt-5.5", "context_window": 400000, "default_max_tokens": 128000, "cost_per_1m_in": 1, "can_reason": True}
]
CUSTOM = {"type": "openai-compat", "base_url": "https://llm.example.com/v1"}


def look_up(provider: str, base_url: str, model: str) -> CatalogMatch | None:
    return known_model(CATALOG, provider, base_url, model)


def complete(provider: str, *models: dict[str, Any], chosen: str = "", effort: str = "", **entry: Any) -> Completed:
    entry = {"type": "openai", "base_url": "https://api.openai.com/v1", **entry}
    entry = {**entry, "models": list(models)} if models else entry
    choice = {"provider": provider, "model": chosen, **({"reasoning_effort": effort} if effort else {})}
    selected: Any = {"large": choice} if chosen else {}
    profile = Profile((ProfileProvider(provider, entry),), selected, ())
    return completed(profile, look_up, lambda builtin: IN_CRUSH if builtin == "openai" else None)


def models(found: Completed) -> list[dict[str, Any]]:
    return list(found.profile.providers[0].entry.get("models", ()))


@pytest.mark.parametrize(
    "said",
    [{}, {"name": "My GPT"}, {"context_window": 400000}, {"context_window": 399000, "can_reason": True}],
)
def test_a_model_of_crushs_own_catalogue_is_not_listed(said: dict[str, Any]) -> None:
    assert models(complete("openai", {"id": "gpt-5.5", "name": "gpt-5.5", **said}, chosen="gpt-5.5")) == []


def test_what_the_tool_says_otherwise_stands_over_the_rest() -> None:
    (model,) = models(complete("openai", {"id": "gpt-5.5", "name": "gpt-5.5", "context_window": 100000}))
    assert model["context_window"] == 100000
    assert model["can_reason"] is True
    assert model["cost_per_1m_in"] > 0
    assert 0 < model["default_max_tokens"] <= 25000


def test_a_model_that_crush_lacks_has_its_facts_and_a_chosen_one_is_listed() -> None:
    (model,) = models(complete("openai", chosen="gpt-4.1"))
    assert model["id"] == "gpt-4.1"
    assert model["context_window"] > 1_000_000
    assert model["cost_per_1m_in"] == 2


def test_a_model_known_from_elsewhere_has_no_price_and_that_is_said() -> None:
    found = complete("shop", {"id": "gpt-4o", "name": "gpt-4o"}, **CUSTOM)
    (model,) = models(found)
    assert model["context_window"] == 128000
    assert "cost_per_1m_in" not in model
    assert found.notes == ("not certain, but used: what is known of models of these names elsewhere: `gpt-4o`",)


def test_a_window_that_nobody_knows_is_assumed_and_that_is_said() -> None:
    found = complete("shop", {"id": "odd-1", "name": "Odd"}, {"id": "odd-2", "name": "odd-2"}, **CUSTOM)
    assert models(found) == [
        {"id": "odd-1", "name": "Odd", "context_window": 128000, "default_max_tokens": 8192},
        {"id": "odd-2", "name": "odd-2", "context_window": 128000, "default_max_tokens": 8192},
    ]
    assert found.notes == (
        "no facts about `odd-1`, `odd-2`: a context window of 128000 tokens is assumed; "
        "to change it: crush-wizard edit-provider shop --set MODEL.context_window=N",
    )


def test_a_server_that_crush_asks_is_asked_for_what_is_not_known() -> None:
    url = "http://localhost:11434/v1"
    found = complete("ollama", {"id": "odd", "name": "odd"}, type="ollama", base_url=url)
    entry = found.profile.providers[0].entry
    assert (entry["discover_models"], entry["models"]) == (True, [{"id": "odd", "name": "odd"}])
    assert found.notes == ()


def test_a_vendor_that_crush_lacks_has_the_presets_models() -> None:
    url = "https://api.mistral.ai/v1"
    found = models(complete("mistral", type="openai-compat", base_url=url))
    assert found
    assert all(model["context_window"] > 0 for model in found)
    assert models(complete("mistral", type="openai-compat", base_url="https://proxy.example/v1")) == []


@pytest.mark.parametrize(("effort", "kept"), [("xhigh", True), ("high", True), ("ultra", False)])
def test_an_effort_stays_where_the_model_has_it(effort: str, kept: bool) -> None:
    found = complete("openai", chosen="gpt-5.5", effort=effort)
    assert ("reasoning_effort" in found.profile.selected["large"]) is kept
    assert bool(found.notes) is not kept


def test_twice_is_the_same_as_once() -> None:
    once = complete("shop", {"id": "gpt-4o", "name": "gpt-4o"}, {"id": "odd", "name": "odd"}, **CUSTOM)
    assert completed(once.profile, look_up, lambda _: None).profile == once.profile
