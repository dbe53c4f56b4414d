"""What a server says about its models beside the list: Ollama, llama.cpp and LiteLLM (crush-behaviour 6).

Better than Crush itself in two places: Ollama's num_ctx and the context of a loaded model, and llama.cpp's context
of one chat, are what the server really uses; Crush takes what the model was trained for.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from msgspec.structs import asdict, replace

from wizard.catalog.values import flag
from wizard.endpoints.model_entries import context_setting, ollama_model, tokens
from wizard.endpoints.model_lists import parse_page

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wizard.endpoints.list_search import Search
    from wizard.provider.model_facts import ModelFacts

AT_ONCE = 8
MOST_SHOWN = 200
"""Models of one Ollama that are asked for their details."""

OLLAMA_CONTEXT = (
    "the context sizes are what the models were trained for; Ollama uses less unless OLLAMA_CONTEXT_LENGTH is set"
)


async def ollama_details(
    search: Search, root: str, models: tuple[ModelFacts, ...], seconds: float
) -> tuple[tuple[ModelFacts, ...], tuple[str, ...]]:
    """The models with context and abilities, and notes. Who does not answer in time stays without."""
    loaded = loaded_windows(await search.details(f"{root}/api/ps"))
    shown: dict[str, dict[str, Any]] = {}
    gate = asyncio.Semaphore(AT_ONCE)

    async def show(model_id: str) -> None:
        async with gate:
            answer = await search.details(f"{root}/api/show", {"model": model_id})
        if isinstance(answer, dict):
            shown[model_id] = answer

    with suppress(TimeoutError):
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
            for model in models[:MOST_SHOWN]:
                group.create_task(show(model.id))
    detailed = tuple(_with(model, shown.get(model.id), loaded.get(model.id)) for model in models)
    return detailed, _ollama_notes(models, shown, loaded)


def _with(model: ModelFacts, shown: dict[str, Any] | None, in_use: int | None) -> ModelFacts:
    if shown is None and in_use is None:
        return model
    return ollama_model({"model": model.id}, shown or {}, in_use) or model


def loaded_windows(running: Any) -> dict[str, int]:
    """The context of the models that are loaded now, from `/api/ps`."""
    entries = running.get("models") if isinstance(running, dict) else None
    found = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    sizes = {str(entry.get("model") or entry.get("name")): tokens(entry.get("context_length")) for entry in found}
    return {name: size for name, size in sizes.items() if size is not None}


def _ollama_notes(
    models: tuple[ModelFacts, ...], shown: dict[str, dict[str, Any]], loaded: dict[str, int]
) -> tuple[str, ...]:
    guessed = any(name not in loaded and context_setting(details) is None for name, details in shown.items())
    notes = (OLLAMA_CONTEXT,) if guessed else ()
    silent = len(models) - len(shown)
    return (*notes, f"Ollama says nothing about {silent} of its models") if silent else notes


async def llamacpp_details(search: Search, root: str, models: tuple[ModelFacts, ...]) -> tuple[ModelFacts, ...]:
    """The context of one chat and the ability to see, which llama.cpp tells for its only model."""
    if len(models) != 1:
        return models
    props = await search.details(f"{root}/props")
    if not isinstance(props, dict):
        return models
    settings, modalities = props.get("default_generation_settings"), props.get("modalities")
    context = tokens(settings.get("n_ctx")) if isinstance(settings, dict) else None
    vision = flag(modalities.get("vision")) if isinstance(modalities, dict) else None
    (model,) = models
    return (replace(model, context_window=context or model.context_window, supports_attachments=vision),)


async def litellm_details(
    search: Search, roots: Iterable[str], models: tuple[ModelFacts, ...]
) -> tuple[ModelFacts, ...]:
    """Limits, prices and abilities, where the key may see them."""
    for root in roots:
        page = parse_page(await search.details(f"{root}/model/info"))
        if page is not None and page.models:
            known = {model.id: model for model in reversed(page.models)}
            return tuple(_filled(model, known.get(model.id)) for model in models)
    return models


def _filled(model: ModelFacts, other: ModelFacts | None) -> ModelFacts:
    """The model with `other`'s word where it says something."""
    if other is None:
        return model
    known = {name: value for name, value in asdict(other).items() if value is not None}
    return replace(model, **known)
