"""models.dev's format, in the words that Crush has for providers and models."""

from __future__ import annotations

from typing import Any

import pytest

from wizard.catalog.compact import CompactListing
from wizard.catalog.models_dev import compact, provider_id, providers_of
from wizard.provider.builtins import BUILTINS

MODEL: dict[str, Any] = {
    "id": "m-1",
    "name": "M 1",
    "attachment": True,
    "reasoning": True,
    "tool_call": True,
    "cost": {"input": 3, "output": 15, "cache_read": 0.3, "cache_write": 3.75},
    "limit": {"context": 200000, "output": 64000},
    "modalities": {"input": ["text", "image"], "output": ["text"]},
}


def _said(**fields: Any) -> Any:
    document = {"groq": {"api": "https://api.groq.com/openai/v1", "models": {"m-1": MODEL | fields}}}
    said = CompactListing(compact(document, "2026-11-20"), "models.dev").model("groq", "m-1")
    assert said is not None
    return said


def test_all_facts_of_a_model_are_kept() -> None:
    facts = _said().facts
    assert (facts.name, facts.context_window, facts.max_output_tokens) == ("M 1", 200000, 64000)
    assert (facts.cost_per_1m_in, facts.cost_per_1m_out) == (3, 15)
    assert (facts.cost_per_1m_in_cached, facts.cost_per_1m_out_cached) == (3.75, 0.3)
    assert (facts.can_reason, facts.supports_attachments, facts.tools, facts.chats) == (True, True, True, True)
    assert facts.default_max_tokens is None


def test_its_date_is_the_day_of_the_refresh() -> None:
    assert _said().prices_from.date == "2026-11-20"


def test_without_a_price_for_writes_the_one_of_a_hit_stands_for_both() -> None:
    facts = _said(cost={"input": 1, "output": 2, "cache_read": 0.1}).facts
    assert (facts.cost_per_1m_in_cached, facts.cost_per_1m_out_cached) == (0.1, 0.1)


def test_an_attachment_that_is_no_image_is_none_for_crush() -> None:
    facts = _said(modalities={"input": ["text", "pdf"], "output": ["text"]}).facts
    assert facts.supports_attachments is False


@pytest.mark.parametrize(
    "fields", [{"modalities": {"input": ["text"], "output": ["image"]}}, {"family": "text-embedding"}]
)
def test_what_does_not_answer_in_text_does_not_chat(fields: dict[str, Any]) -> None:
    assert _said(**fields).facts.chats is False


@pytest.mark.parametrize(
    ("theirs", "model_id", "ours"),
    [
        ("google", "gemini-3.7-flash", "gemini"),
        ("moonshotai", "kimi-k3", "moonshot"),
        ("zai-coding-plan", "glm-5.2", "zai"),
        ("zai", "glm-5.2", "zai-api"),
        ("amazon-bedrock", "us.anthropic.claude-opus-5", "bedrock"),
        ("amazon-bedrock", "eu.anthropic.claude-opus-5", "bedrock-europe"),
        ("groq", "openai/gpt-oss-120b", "groq"),
    ],
)
def test_providers_go_by_crushs_names(theirs: str, model_id: str, ours: str) -> None:
    assert provider_id(theirs, model_id) == ours


def test_the_names_are_crushs_own() -> None:
    ours = {"alibaba-china", "moonshot-china", "together", "zai-api"}
    mapped = {provider_id(theirs, "m") for theirs in ("google", "opencode", "io-net", "fireworks-ai", "zhipuai")}
    assert mapped <= set(BUILTINS) | ours


@pytest.mark.parametrize(
    "document", [None, [], {}, {"groq": {}}, {"groq": {"models": []}}, {"\x1b[31m": {"models": {"m": MODEL}}}]
)
def test_a_document_without_models_is_refused(document: Any) -> None:
    with pytest.raises(ValueError, match="no models"):
        providers_of(document)
