"""Shipped presets against Charm's catalogue: where a provider is, and which of its models are recommended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.facts import catalogue
from wizard.flow.preset_library import SHIPPED, load_shipped

if TYPE_CHECKING:
    from wizard.flow.preset import Preset

REPLACED = {
    "accounts/fireworks/models/deepseek-v4-pro-0813": "retired by its host in September 2026",
    "accounts/fireworks/models/deepseek-v4-flash-0731": "retired by its host in September 2026",
    "zai-org/GLM-5.2:fireworks-ai": "retired by its host in September 2026",
    "google/gemma-4-31B-it:cerebras": "no source tells what a single host has and costs",
    "deepseek-ai/DeepSeek-V4-Pro": "retired by Baseten in October 2026",
    "anthropic/claude-sonnet-4": "retired by Anthropic in October 2026",
    "gemma-4-31b": "no longer listed by Cerebras",
    "minimax-m2.7": "no longer a part of OpenCode Go",
    "qwen3.6-flash": "no source tells what it costs",
    "qwen3.6-35b-a3b": "no source tells what it costs under this id",
    "gemma-4-26b-a4b-it": "no source tells what it costs under this id",
    "syn:large:text": "what is behind this name changes",
    "syn:small:text": "what is behind this name changes",
    "claude-fable-5": "no source tells what it costs at Venice",
    "stealth-ox-alpha": "a trial under a name that hides the model",
    "deepseek-v4-flash-free": "a trial whose price no source tells",
    "gpt-5": "no longer listed by AIHubMix",
    "gpt-5-nano": "no longer listed by AIHubMix",
    "moonshotai/Kimi-K2.5": "no source tells what it costs at io.net",
    "zai-org/GLM-4.7-Flash": "no source tells what it costs at io.net",
}
"""What the catalogue of August 2026 recommends, and we do not."""

PRESETS = [preset for preset in map(load_shipped, SHIPPED) if (preset.catalog or preset.id) in catalogue.names()]
every_preset = pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.id)


def _catalogue(preset: Preset) -> dict[str, Any]:
    return catalogue.provider(preset.catalog or preset.id)


@every_preset
def test_the_recommended_models_are_the_catalogues_with_few_exceptions(preset: Preset) -> None:
    known = _catalogue(preset)
    for slot, ours in (("large", preset.large), ("small", preset.small)):
        theirs = known[f"default_{slot}_model_id"]
        assert ours == theirs or theirs in REPLACED


@every_preset
def test_the_endpoint_and_key_are_the_catalogues(preset: Preset) -> None:
    known = _catalogue(preset)
    assert known["type"] == preset.type
    assert known["api_key"] == f"${preset.key.env}"
    assert known["api_endpoint"].startswith("$") or known["api_endpoint"] == preset.base_url
