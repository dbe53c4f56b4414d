"""pi: models.json, with the settings.json and the auth.json beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from wizard.network.loopback import is_this_machine
from wizard.provider.base_url import BaseUrl
from wizard.provider.model_facts import ModelFacts
from wizard.regexp import regexp
from wizard.transfer.origins.described import (
    DOLLARS,
    ChosenModel,
    Described,
    Speller,
    ToolConfig,
    grouped,
    listed,
    not_providers,
    responses_only,
)
from wizard.transfer.origins.fields import ObjectReader
from wizard.transfer.origins.places import named
from wizard.transfer.origins.plain_text import json_object
from wizard.transfer.origins.vendors import find_vendor, is_vendors_own

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from wizard.files.locations import Surroundings
    from wizard.provider.model import Slot

MODELS = "models.json"
_SETTINGS, _AUTH = "settings.json", "auth.json"
NAMES = (MODELS, _SETTINGS, _AUTH)
_NAME_ALONE = regexp(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
"""A variable, where pi takes a value for the name of one."""
_TYPES = {
    "openai-completions": "openai-compat",
    "openai-responses": "openai",
    "anthropic-messages": "anthropic",
    "google-generative-ai": "google",
    "": "",
}
_LEVELS = ("minimal", "low", "medium", "high", "xhigh", "max")
_KNOWN = frozenset("name baseUrl api apiKey authHeader headers models".split())
_KNOWN_OF_MODELS = frozenset(
    "id name api baseUrl headers reasoning thinkingLevelMap input contextWindow maxTokens cost".split()
)
_READ = frozenset("$schema providers".split())


def places(around: Surroundings) -> tuple[Path, ...]:
    folder = named(around, "PI_CODING_AGENT_DIR") or around.home / ".pi" / "agent"
    return tuple(folder / name for name in NAMES)


def read(path: Path, _: Surroundings) -> ToolConfig:
    top = json_object(path.with_name(MODELS) if path.name in NAMES else path)
    settings, keys = json_object(path.with_name(_SETTINGS)), json_object(path.with_name(_AUTH))
    speller = Speller(DOLLARS)
    providers = [found for name, entry in top.members("providers") for found in provider(name, entry, speller)]
    providers = [_with_key(found, keys, speller) for found in providers]
    known = {found.id for found in providers}
    more = [_with_key(Described(name, vendor=name), keys, speller) for name in keys.tree if name not in known]
    return ToolConfig(
        (*providers, *(found for found in more if found.api_key or found.key_command)),
        _selected(settings),
        (*speller.unsupported, *not_providers(top.others(_READ))),
    )


def _selected(settings: ObjectReader) -> dict[Slot, ChosenModel]:
    provider, model = settings.text("defaultProvider"), settings.text("defaultModel")
    effort = settings.text("defaultThinkingLevel")
    return {"large": ChosenModel(provider, model, effort)} if provider and model else {}


# Providers


def provider(name: str, entry: ObjectReader, speller: Speller) -> Iterator[Described]:
    """What an entry comes to: one endpoint, or several where its models say so."""
    called = f"provider {name}"
    speller.without_equal(called, entry.others(_KNOWN))
    if "models" not in entry.tree and not entry.text("baseUrl") and not entry.text("apiKey"):
        return  # what is said of a provider that pi knows itself
    models = tuple(entry.each("models"))
    odd = [field for model in models for field in model.others(_KNOWN_OF_MODELS)]
    speller.without_equal(f"{called}, its models", tuple(dict.fromkeys(odd)))
    endpoints = [_endpoint(name, entry, model, speller) for model in models or (ObjectReader(entry.path, {}),)]
    yield from grouped(endpoint for endpoint in endpoints if endpoint)


def _endpoint(name: str, entry: ObjectReader, model: ObjectReader, speller: Speller) -> Described | None:
    """The endpoint of a model; what a model says itself is over what its provider says."""
    called = f"provider {name}"
    api = model.text("api") or entry.text("api")
    if api not in _TYPES:
        what = f"model {model.text('id')} of {called}" if model.text("api") else called
        speller.unsupported.append(f"{what} is left out: Crush does not support pi's API {api}")
        return None
    base_url = speller.value(model.text("baseUrl") or entry.text("baseUrl"), f"{called}, its URL")
    type_ = _type(_TYPES[api], name)
    if type_ == "openai":
        speller.unsupported.append(responses_only(called))
    vendor = _vendor(name, base_url, type_)
    described = Described(
        id=name,
        name=entry.text("name"),
        vendor=vendor,
        type="" if vendor else type_,
        base_url=base_url,
        headers=_headers({**entry.pairs("headers"), **model.pairs("headers")}, called, speller),
        models=(_facts(model),) if model.text("id") else (),
        bearer=bool(entry.flag("authHeader")) and type_ == "anthropic",
    )
    return _with_value(described, entry.text("apiKey"), speller)


def _type(said: str, name: str) -> str:
    """As said, else that of a provider that pi knows itself; a kind of local server has a type of its own."""
    vendor = find_vendor(name)
    if vendor and vendor.local and said in ("", "openai-compat"):
        return vendor.type
    return said or (vendor.type if vendor and vendor.type in _TYPES.values() else "")


def _vendor(name: str, base_url: str, type_: str) -> str:
    vendor = find_vendor(name)
    is_own = vendor is not None and is_vendors_own(name, base_url)
    return name if is_own and vendor and (vendor.type == type_ or vendor.itself or vendor.local) else ""


def _headers(pairs: Mapping[str, str], called: str, speller: Speller) -> dict[str, str]:
    commands = [header for header, text in pairs.items() if text.startswith("!")]
    if commands:
        speller.unsupported.append(f"{called}, headers that come from a command: {listed(commands)}")
    rest = {header: _named(text) for header, text in pairs.items() if header not in commands}
    return speller.headers(rest, called)


def _facts(model: ObjectReader) -> ModelFacts:
    """Costs are in USD per million tokens there, too."""
    cost, reads = _cost(model.fields("cost")), model.texts("input")
    hit, written = cost.number("cacheRead"), cost.number("cacheWrite")
    return ModelFacts(
        id=model.text("id"),
        name=model.text("name") or None,
        cost_per_1m_in=cost.number("input"),
        cost_per_1m_out=cost.number("output"),
        cost_per_1m_in_cached=hit if written is None else written,
        cost_per_1m_out_cached=hit,
        context_window=model.whole("contextWindow"),
        max_output_tokens=model.whole("maxTokens"),
        can_reason=model.flag("reasoning"),
        reasoning_levels=_levels(model),
        supports_attachments="image" in reads if reads else None,
    )


def _cost(said: ObjectReader) -> ObjectReader:
    """Nothing where all of it is 0, which pi wants written down of every model whose price nobody looked up."""
    return said if any(said.number(name) for name in said.tree) else ObjectReader(said.path, {})


def _levels(model: ObjectReader) -> tuple[str, ...] | None:
    """The efforts that pi's own levels stand for at this model, as they are sent."""
    sent = model.fields("thinkingLevelMap")
    said = {sent.text(level) for level in _LEVELS} if model.flag("reasoning") else set()
    return tuple(level for level in _LEVELS if level in said) or None


# Keys


def _with_key(found: Described, keys: ObjectReader, speller: Speller) -> Described:
    """The provider with the key that pi keeps for it, which counts before the one of its entry."""
    kept = keys.fields(found.id)
    if kept.text("type") == "oauth":
        speller.unsupported.append(f"provider {found.id}: pi's login works for pi only")
    if kept.text("type") != "api_key":
        return found
    return _with_value(found, kept.text("key"), speller)


def _with_value(found: Described, text: str, speller: Speller) -> Described:
    if text.startswith("!"):
        return replace(found, api_key="", key_command=text[1:].strip())
    spelled = speller.key(_named(text), f"provider {found.id}, its key")
    is_elsewhere = not text and found.base_url and not is_this_machine(BaseUrl(found.base_url).host)
    return replace(found, api_key=None if is_elsewhere else spelled, key_command="")


def _named(text: str) -> str:
    """A value with `$NAME` for the bare name of a variable."""
    return f"${text}" if _NAME_ALONE.fullmatch(text) else text
