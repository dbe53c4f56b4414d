"""Qwen Code: settings.json, and the `.env` beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wizard.credential import is_dummy
from wizard.provider.model_facts import ModelFacts
from wizard.provider.template import escape_literal, placeholder
from wizard.transfer.origins.described import (
    DOLLARS,
    ChosenModel,
    Described,
    Speller,
    ToolConfig,
    grouped,
    host_id,
    mcp_servers,
)
from wizard.transfer.origins.fields import ObjectReader
from wizard.transfer.origins.gemini_cli import auth_type
from wizard.transfer.origins.plain_text import dotenv_of, json_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from wizard.files.locations import Surroundings
    from wizard.provider.model import Slot

NAMES = ("settings.json",)
_TYPES = {"openai": "openai-compat", "anthropic": "anthropic", "gemini": "google"}
_VARIABLES = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY", "gemini": "GEMINI_API_KEY"}
_LOGIN = "Qwen Code's login works for Qwen Code only: Crush needs a key"
_KNOWN = frozenset("id name description envKey baseUrl generationConfig".split())
_KNOWN_OF_GENERATION = frozenset("contextWindowSize samplingParams modalities".split())


def places(around: Surroundings) -> tuple[Path, ...]:
    return (around.home / ".qwen" / "settings.json",)


def read(path: Path, _: Surroundings) -> ToolConfig:
    top = json_object(path)
    speller = Speller(DOLLARS)
    env = {name: top.fields("env").text(name) for name in top.fields("env").tree}
    held = {**dotenv_of(path.with_name(".env")), **env}
    described = [*_providers(top, held, speller), *_one_endpoint(top, held, speller)]
    providers = grouped(described)
    logins = (_LOGIN,) if auth_type(top) == "qwen-oauth" else ()
    servers = mcp_servers(tuple(top.fields("mcpServers").tree))
    return ToolConfig(providers, _selected(top, described, held), (*speller.unsupported, *logins, *servers), held)


# Providers


def _providers(top: ObjectReader, held: Mapping[str, str], speller: Speller) -> Iterator[Described]:
    protocols = top.fields("providerProtocol")
    for name in top.fields("modelProviders").tree:
        protocol = protocols.text(name) or name
        entries = tuple(_entries(top.fields("modelProviders"), name))
        if protocol not in _TYPES:
            what = f"Crush does not support Qwen Code's protocol {protocol}"
            speller.unsupported.append(f"provider {name} is left out: {what}")
            continue
        yield from (_provider(name, protocol, entry, held, speller) for entry in entries)


def _entries(providers: ObjectReader, name: str) -> Iterator[ObjectReader]:
    """The models of a provider: a list, in some versions inside an object."""
    value: Any = providers.tree[name]
    yield from providers.fields(name).each("models") if isinstance(value, dict) else providers.each(name)


def _provider(name: str, protocol: str, entry: ObjectReader, held: Mapping[str, str], speller: Speller) -> Described:
    """The endpoint of one model."""
    base_url = entry.text("baseUrl")
    called = f"model {entry.text('id')}"
    generation = entry.fields("generationConfig")
    speller.without_equal(called, (*entry.others(_KNOWN), *generation.others(_KNOWN_OF_GENERATION)))
    own = name if protocol != name else ""
    variable = entry.text("envKey") or _VARIABLES[protocol]
    return Described(
        id=own or host_id(base_url) or protocol,
        vendor="" if base_url else protocol,
        type=_TYPES[protocol] if base_url else "",
        base_url=speller.value(base_url, f"{called}, its URL"),
        api_key=_key(variable, held, f"{called}, its key", speller),
        models=(_facts(entry, generation, called, speller),),
    )


def _key(variable: str, held: Mapping[str, str], called: str, speller: Speller) -> str | None:
    """The variable; what only fills the place of a key is taken as it is."""
    value = held.get(variable, "")
    return escape_literal(value) if value and is_dummy(value) else speller.variable(variable, called) or None


def _facts(entry: ObjectReader, generation: ObjectReader, called: str, speller: Speller) -> ModelFacts:
    sampling = generation.fields("samplingParams")
    speller.without_equal(f"{called}, samplingParams", sampling.others(("max_tokens",)))
    return ModelFacts(
        entry.text("id"),
        name=entry.text("name") or None,
        context_window=generation.whole("contextWindowSize"),
        default_max_tokens=sampling.whole("max_tokens"),
        supports_attachments=generation.fields("modalities").flag("image"),
    )


def _one_endpoint(top: ObjectReader, held: Mapping[str, str], speller: Speller) -> Iterator[Described]:
    """The endpoint of OpenAI's kind that stands apart from the list: in `security.auth`, or in variables."""
    auth = top.fields("security").fields("auth")
    base_url = auth.text("baseUrl") or held.get("OPENAI_BASE_URL", "")
    key = auth.text("apiKey")
    if not base_url and not key:
        return
    model = top.fields("model").text("name") or held.get("OPENAI_MODEL", "")
    name = host_id(base_url) or "openai"
    yield Described(
        id=name,
        vendor="" if base_url else "openai",
        type="openai-compat" if base_url else "",
        base_url=speller.value(base_url, f"provider {name}, its URL"),
        api_key=speller.key(key, f"provider {name}, its key") if key else _own_key(base_url, held),
        models=(ModelFacts(model),) if model else (),
    )


def _own_key(base_url: str, held: Mapping[str, str]) -> str | None:
    """What Qwen Code keeps as OpenAI's key is that of the endpoint, wherever that is."""
    return escape_literal(held.get("OPENAI_API_KEY", "")) or None if base_url else placeholder("OPENAI_API_KEY")


# Models in use


def _selected(top: ObjectReader, providers: list[Described], held: Mapping[str, str]) -> dict[Slot, ChosenModel]:
    model = top.fields("model") if isinstance(top.tree.get("model"), dict) else ObjectReader(top.path, {})
    large = model.text("name") or held.get("OPENAI_MODEL", "")
    slots: tuple[tuple[Slot, str], ...] = (("large", large), ("small", top.text("fastModel")))
    found = {slot: (_with_model(providers, name, top), name) for slot, name in slots if name}
    return {slot: ChosenModel(provider, name) for slot, (provider, name) in found.items() if provider}


def _with_model(providers: list[Described], model: str, top: ObjectReader) -> str:
    """The provider that lists the model: one of the protocol in use before others; empty where none does."""
    listing = [provider for provider in providers if any(facts.id == model for facts in provider.models)]
    wanted = _TYPES.get(auth_type(top), "")
    return next((found.id for found in [*(entry for entry in listing if entry.type == wanted), *listing]), "")
