"""The format of models.dev's api.json, and its providers by the names that Crush and our presets have for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from wizard.catalog.compact import FORMAT, row
from wizard.catalog.values import cached_prices, flag, mapping, price, text, tokens
from wizard.provider.model_facts import ModelFacts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NAME = "models.dev"

PROVIDER_IDS = {
    "alibaba": "alibaba-singapore",
    "alibaba-cn": "alibaba-china",
    "amazon-bedrock": "bedrock",
    "fireworks-ai": "fireworks",
    "github-copilot": "copilot",
    "google": "gemini",
    "google-vertex": "vertexai",
    "google-vertex-anthropic": "vertexai",
    "io-net": "ionet",
    "kimi-for-coding": "kimi-coding",
    "minimax-cn": "minimax-china",
    "moonshotai": "moonshot",
    "moonshotai-cn": "moonshot-china",
    "opencode": "opencode-zen",
    "qiniu-ai": "qiniucloud",
    "togetherai": "together",
    "zai": "zai-api",
    "zai-coding-plan": "zai",
    "zhipuai": "zhipu",
    "zhipuai-coding-plan": "zhipu-coding",
}
"""Where Crush (crush-behaviour 3.4) or a preset names a provider differently. Crush's `zai` is the coding plan's."""
EUROPEAN = "eu."
"""How the ids of Bedrock's European models begin; Crush has a provider of its own for them."""


class ListedProvider(Struct):
    """One provider's URLs and models while a listing is made."""

    urls: list[str] = field(default_factory=list)
    models: dict[str, ModelFacts] = field(default_factory=dict)


def provider_id(source_id: str, model_id: str) -> str:
    """Whose model it is, in Crush's words."""
    if source_id == "amazon-bedrock" and model_id.startswith(EUROPEAN):
        return "bedrock-europe"
    return PROVIDER_IDS.get(source_id, source_id)


def providers_of(document: Any) -> dict[str, ListedProvider]:
    """The providers and models of an api.json; what makes no sense is left out.

    Raises ValueError where no model is left.
    """
    found: dict[str, ListedProvider] = {}
    for key, provider in mapping(document).items():
        source_id, url = text(key), text(mapping(provider).get("api"))
        for facts in _models(mapping(mapping(provider).get("models"))) if source_id else ():
            listed = found.setdefault(provider_id(source_id, facts.id), ListedProvider())
            listed.models.setdefault(facts.id, facts)
            if url and url not in listed.urls:
                listed.urls.append(url)
    if not found:
        raise ValueError("it has no models")
    return found


def compact(document: Any, date: str) -> dict[str, Any]:
    """The same as a document of our own format, all of it from models.dev as of `date`. Raises ValueError."""
    providers = {
        name: {"urls": listed.urls, "models": {model.id: row(model, 0, 0) for model in listed.models.values()}}
        for name, listed in providers_of(document).items()
    }
    return {"format": FORMAT, "date": date, "sources": [[NAME, "", date]], "providers": providers}


def _models(models: Mapping[str, Any]) -> Iterator[ModelFacts]:
    for key, item in models.items():
        model_id = text(mapping(item).get("id")) or text(key)
        if model_id:
            yield _facts(model_id, mapping(item))


def _facts(model_id: str, item: Mapping[str, Any]) -> ModelFacts:
    cost, limit = mapping(item.get("cost")), mapping(item.get("limit"))
    in_cached, out_cached = cached_prices(price(cost.get("cache_write")), price(cost.get("cache_read")))
    return ModelFacts(
        id=model_id,
        name=text(item.get("name")) or None,
        cost_per_1m_in=price(cost.get("input")),
        cost_per_1m_out=price(cost.get("output")),
        cost_per_1m_in_cached=in_cached,
        cost_per_1m_out_cached=out_cached,
        context_window=tokens(limit.get("context")),
        max_output_tokens=tokens(limit.get("output")),
        can_reason=flag(item.get("reasoning")),
        supports_attachments=_reads_images(item),
        tools=flag(item.get("tool_call")),
        chats=_chats(item),
    )


def _reads_images(item: Mapping[str, Any]) -> bool | None:
    """`attachment` is true for files of any kind; Crush's field is about images."""
    kinds = mapping(item.get("modalities")).get("input")
    return "image" in kinds if isinstance(kinds, list) else flag(item.get("attachment"))


def _chats(item: Mapping[str, Any]) -> bool | None:
    kinds = mapping(item.get("modalities")).get("output")
    if not isinstance(kinds, list):
        return None
    return "text" in kinds and "embed" not in text(item.get("family")).lower()
