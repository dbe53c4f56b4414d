"""Zed: settings.json. Its keys are in the system's keychain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.network.loopback import is_this_machine
from wizard.provider.base_url import BaseUrl
from wizard.provider.model_facts import ModelFacts
from wizard.transfer.origins.described import (
    LITERAL,
    ChosenModel,
    Described,
    Speller,
    ToolConfig,
    endpoint_id,
    listed,
    mcp_servers,
)
from wizard.transfer.origins.fields import ObjectReader
from wizard.transfer.origins.places import named, native_config, xdg_config
from wizard.transfer.origins.plain_text import json_object
from wizard.transfer.origins.vendors import find_vendor, is_vendors_own

if TYPE_CHECKING:
    from pathlib import Path

    from wizard.files.locations import Surroundings
    from wizard.provider.model import Slot

NAMES = ("settings.json",)
_COMPATIBLE = "openai_compatible"
_TYPES = {"anthropic": "anthropic", "google": "google", "ollama": "ollama", "lmstudio": "lmstudio"}
"""The types of Zed's own providers at other URLs than the vendor's; all others speak like OpenAI."""
_ZEDS = {
    "zed.dev": "the models of zed.dev work in Zed only",
    "copilot_chat": "GitHub Copilot is built into Crush; log in: crush login copilot",
}
_VENDORS = {"open_router": "openrouter", "x_ai": "xai", "google": "gemini", "amazon-bedrock": "bedrock"}
_KNOWN = frozenset("api_url available_models".split())
_KNOWN_OF_MODELS = frozenset(
    (
        "name display_name max_tokens max_output_tokens max_completion_tokens capabilities reasoning_effort "
        "supports_tools supports_images supports_thinking"
    ).split()
)
_SMALL = ("thread_summary_model", "commit_message_model")
"""What Zed does short jobs with."""


def places(around: Surroundings) -> tuple[Path, ...]:
    folder = xdg_config(around) / "zed"
    if around.platform == "win32":
        folder = (named(around, "APPDATA") or native_config(around)) / "Zed"
    return (folder / "settings.json",)


def read(path: Path, _: Surroundings) -> ToolConfig:
    top = json_object(path)
    models = top.fields("language_models")
    speller = Speller(LITERAL)
    compatible = [_provider(name, entry, speller, own=False) for name, entry in models.members(_COMPATIBLE)]
    others = [name for name in models.tree if name != _COMPATIBLE]
    own = [provider for name in others if (provider := _provider(name, models.fields(name), speller, own=True))]
    providers = tuple(provider for provider in (*compatible, *own) if provider)
    selected, left = _selected(top, models)
    servers = mcp_servers(tuple(top.fields("context_servers").tree))
    return ToolConfig(providers, selected, (*speller.unsupported, *left, *_keys_elsewhere(providers), *servers))


def _keys_elsewhere(providers: tuple[Described, ...]) -> tuple[str, ...]:
    names = [provider.id for provider in providers if provider.api_key is None]
    return (f"Zed's keys are in the system's keychain, which only Zed may read: {listed(names)}",) if names else ()


def _selected(top: ObjectReader, models: ObjectReader) -> tuple[dict[Slot, ChosenModel], tuple[str, ...]]:
    """The models in use, and sentences about those that only Zed has."""
    agent = top.fields("agent") if "agent" in top.tree else top.fields("assistant")
    small = next((agent.fields(name) for name in _SMALL if agent.fields(name).tree), ObjectReader(top.path, {}))
    slots: tuple[tuple[Slot, ObjectReader], ...] = (("large", agent.fields("default_model")), ("small", small))
    chosen: dict[Slot, ChosenModel] = {}
    left: dict[str, None] = {}
    for slot, said in slots:
        provider, model = said.text("provider"), said.text("model")
        if provider in _ZEDS:
            left[_ZEDS[provider]] = None
        elif provider and model:
            chosen[slot] = ChosenModel(_id(provider, models.fields(provider).text("api_url")), model)
    return chosen, tuple(left)


def _id(name: str, url: str) -> str:
    return endpoint_id(_VENDORS.get(name, name), url)


def _provider(name: str, entry: ObjectReader, speller: Speller, *, own: bool) -> Described | None:
    """`own`: one that Zed knows itself; it counts where something is said about it."""
    if not entry.tree or (own and name in _ZEDS):
        return None
    known = _VENDORS.get(name, name)
    called = f"provider {known}"
    speller.without_equal(called, entry.others(_KNOWN))
    models = tuple(_model(model, called, speller) for model in entry.each("available_models"))
    url = _url(name, entry.text("api_url")) if own else entry.text("api_url")
    is_vendor = (own or find_vendor(known) is not None) and is_vendors_own(known, url)
    if own and not url and not models:
        return None
    return Described(
        id=_id(name, url),
        name="" if own else name,
        vendor=known if is_vendor else "",
        type="" if is_vendor else _TYPES.get(name if own else "", "openai-compat"),
        base_url=speller.value(url, f"{called}, its URL"),
        api_key="" if _is_keyless(known, url) else None,
        models=models,
    )


def _is_keyless(name: str, url: str) -> bool:
    vendor = find_vendor(name)
    return is_this_machine(BaseUrl(url).host) or (vendor is not None and vendor.local)


def _url(name: str, url: str) -> str:
    """Where Crush finds what Zed finds through another API of the same server."""
    if name == "ollama" and url:
        return f"{url.rstrip('/').removesuffix('/v1')}/v1"
    if name == "lmstudio" and url:
        return url.rstrip("/").removesuffix("/api/v0").removesuffix("/v1") + "/v1"
    return url


def _model(model: ObjectReader, called: str, speller: Speller) -> ModelFacts:
    speller.without_equal(f"{called}, model {model.text('name')}", model.others(_KNOWN_OF_MODELS))
    abilities = model.fields("capabilities")
    images = abilities.flag("images")
    return ModelFacts(
        id=model.text("name"),
        name=model.text("display_name") or None,
        context_window=model.whole("max_tokens"),
        max_output_tokens=model.whole("max_output_tokens", "max_completion_tokens"),
        can_reason=model.flag("supports_thinking"),
        supports_attachments=images if images is not None else model.flag("supports_images"),
        tools=abilities.flag("tools"),
    )
