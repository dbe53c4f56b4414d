"""Whose word counts about a model."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from wizard.flow.knowledge import CatalogMatch, Knowledge, known_about
from wizard.flow.preset import Preset
from wizard.provider.model_facts import ModelFacts

SHIPPED = Preset("acme", "Acme", "A made-up provider", "openai-compat", "https://api.acme.example/v1", models=("m",))
OWN = replace(SHIPPED, facts={"m": ModelFacts("m", context_window=1_000, cost_per_1m_in=0, cost_per_1m_out=0)})
ENDPOINT = ModelFacts("m", context_window=2_000, cost_per_1m_out=2)
CATALOGUE = ModelFacts("m", "Em", 3, 3, 3, 3, 3_000, can_reason=True, tools=True)


def known(
    preset: Preset = SHIPPED,
    endpoint: ModelFacts | None = None,
    said: Any = "exact",
    model_id: str = "m",
    **more: Any,
) -> Knowledge:
    def look_up(provider: str, base_url: str, model_id: str) -> CatalogMatch | None:
        return CatalogMatch(CATALOGUE, said, "a catalogue") if said and model_id == "m" else None

    at = {"provider": "acme", "base_url": "https://api.acme.example/v1", "look_up": look_up, **more}
    return known_about(model_id, preset=preset, endpoint=endpoint, **at)


@pytest.mark.parametrize(
    ("preset", "endpoint", "window"), [(OWN, ENDPOINT, 1_000), (SHIPPED, ENDPOINT, 2_000), (SHIPPED, None, 3_000)]
)
def test_ones_own_preset_then_the_endpoint_then_the_catalogue(
    preset: Preset, endpoint: ModelFacts | None, window: int
) -> None:
    found = known(preset, endpoint)
    assert found.facts.context_window == window
    assert (found.facts.name, found.facts.can_reason) == ("Em", True)


def test_one_source_tells_all_prices() -> None:
    facts = known(endpoint=ENDPOINT).facts
    assert (facts.cost_per_1m_in, facts.cost_per_1m_out, facts.cost_per_1m_out_cached) == (None, 2, None)


@pytest.mark.parametrize(("preset", "price"), [(SHIPPED, 3), (OWN, 0)])
def test_a_price_of_nothing_counts_only_in_ones_own_preset(preset: Preset, price: int) -> None:
    assert known(preset, ModelFacts("m", cost_per_1m_in=0)).facts.cost_per_1m_in == price


def test_where_nobody_has_a_price_it_is_nothing() -> None:
    assert known(endpoint=ModelFacts("m", cost_per_1m_in=0), said=None).facts.cost_per_1m_in == 0


def test_what_a_provider_can_not_do_its_models_can_not() -> None:
    assert known(replace(SHIPPED, cannot=("tools",)), ModelFacts("m", tools=True)).facts.tools is False


def test_a_presets_models_are_its_providers_wherever_it_is_reached() -> None:
    def look_up(provider: str, base_url: str, model_id: str) -> CatalogMatch | None:
        return CatalogMatch(CATALOGUE, "exact" if not base_url else "likely", provider)

    at: dict[str, Any] = {"base_url": "https://proxy.example/v1", "look_up": look_up}
    assert known(**at).facts.cost_per_1m_in == 3
    assert known(replace(SHIPPED, catalog="acme-ai"), **at).words[0].source == "acme-ai"
    assert known(replace(SHIPPED, models=()), **at).guess is not None


def test_a_deployment_is_the_model_that_it_is_said_to_be() -> None:
    found = known(model_id="team", named="m")
    assert (found.facts.id, found.facts.context_window) == ("team", 3_000)


def test_what_is_not_certain_is_a_guess_beside_the_facts() -> None:
    found = known(endpoint=ENDPOINT, said="same model")
    assert (found.facts.can_reason, found.guess) == (None, CatalogMatch(CATALOGUE, "same model", "a catalogue"))
    assert known(OWN, said="same model").guess is None


def test_what_weaker_words_say_otherwise_is_named() -> None:
    assert known(endpoint=ENDPOINT).contradictions == ("context_window", "cost_per_1m_out")
    assert known().contradictions == ()
