"""Curated facts against Charm's catalogue, from which they were taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.facts import catalogue
from wizard.flow.preset_library import SHIPPED, load_shipped

if TYPE_CHECKING:
    from wizard.flow.preset import Preset
    from wizard.provider.model import Model

FILES = {"alibaba": ("alibaba-singapore", "alibaba-united-states"), "azure": ("openai",)}

OTHER_PRICES = {("zai", "glm-5.2"), ("minimax", "MiniMax-M3")}
"""GLM-5.2 has the price of the coding plan there, 0; MiniMax-M3 the cache prices of another model."""

RETIRED = {
    "accounts/fireworks/models/deepseek-v4-pro-0813",
    "accounts/fireworks/models/deepseek-v4-flash-0731",
    "zai-org/GLM-5.2:fireworks-ai",
}
"""Recommended by the catalogue of August 2026, and shut down by their hosts in September."""


FROM_CATALOGUE = [
    preset for preset in map(load_shipped, SHIPPED) if preset.facts_from and "catalogue" in preset.facts_from
]
MODELS = [(preset, curated.model) for preset in FROM_CATALOGUE for curated in preset.models]
PRICED = [(preset, model) for preset, model in MODELS if (preset.id, model.id) not in OTHER_PRICES]
# Azure's file describes another type, and a resource has the user's own deployments.
SAME_PROVIDER = [preset for preset in FROM_CATALOGUE if preset.id != "azure"]


def _catalogue(preset: Preset) -> dict[str, Any]:
    return _catalogues(preset)[0]


def _catalogues(preset: Preset) -> list[dict[str, Any]]:
    """The catalogue's provider; several where a preset has regions that are providers of their own."""
    names = FILES.get(preset.id, (preset.id,))
    return [catalogue.provider(name) for name in names]


def _entry(preset: Preset, model: Model) -> dict[str, Any]:
    """The catalogue's facts about a model."""
    known: dict[str, dict[str, Any]] = {
        entry["id"]: entry for provider in reversed(_catalogues(preset)) for entry in provider["models"]
    }
    return known[model.id]


def _names(items: list[tuple[Preset, Model]]) -> list[str]:
    return [f"{preset.id}/{model.id}" for preset, model in items]


@pytest.mark.parametrize(("preset", "model"), MODELS, ids=_names(MODELS))
def test_facts_are_those_of_the_catalogue(preset: Preset, model: Model) -> None:
    facts = {
        "context_window": model.context_window,
        "default_max_tokens": model.default_max_tokens,
        "can_reason": model.can_reason,
        "reasoning_levels": list(model.reasoning_levels),
        "default_reasoning_effort": model.default_reasoning_effort,
        "supports_attachments": model.supports_attachments,
    }
    entry = _entry(preset, model)
    assert facts == {name: entry[name] for name in facts}


@pytest.mark.parametrize(("preset", "model"), PRICED, ids=_names(PRICED))
def test_costs_follow_crush_behaviour_14(preset: Preset, model: Model) -> None:
    """A hit is the cheapest price that the catalogue has for cached tokens, a write the dearest but the output's."""
    entry = _entry(preset, model)
    cached = [entry.get("cost_per_1m_in_cached", 0), entry.get("cost_per_1m_out_cached", 0)]
    prices = [price for price in cached if 0 < price != entry["cost_per_1m_out"]] or [0]
    hit_first = preset.type == "openrouter"  # Google's storage of a cache costs less than a hit there
    hit, write = (prices[-1], prices[0]) if hit_first else (min(prices), max(prices))
    ours = (model.cost_per_1m_in, model.cost_per_1m_out, model.cost_per_1m_out_cached, model.cost_per_1m_in_cached)
    assert ours == pytest.approx((entry["cost_per_1m_in"], entry["cost_per_1m_out"], hit, write))


@pytest.mark.parametrize("model", [curated.model for curated in load_shipped("anthropic").models])
def test_anthropic_charges_a_quarter_more_for_a_cache_write_and_a_tenth_for_a_hit(model: Model) -> None:
    assert model.cost_per_1m_in_cached == pytest.approx(1.25 * model.cost_per_1m_in)
    assert model.cost_per_1m_out_cached == pytest.approx(0.1 * model.cost_per_1m_in)


@pytest.mark.parametrize("preset", SAME_PROVIDER, ids=lambda preset: preset.id)
def test_the_recommended_models_are_the_catalogues_unless_retired(preset: Preset) -> None:
    known = _catalogue(preset)
    for slot, ours in (("large", preset.large), ("small", preset.small)):
        theirs = known[f"default_{slot}_model_id"]
        assert ours == theirs or theirs in RETIRED


@pytest.mark.parametrize("preset", SAME_PROVIDER, ids=lambda preset: preset.id)
def test_the_endpoint_and_key_are_the_catalogues(preset: Preset) -> None:
    known = _catalogue(preset)
    assert known["type"] == preset.type
    assert known["api_key"] == f"${preset.key.env}"
    assert known["api_endpoint"].startswith("$") or known["api_endpoint"] == preset.base_url
