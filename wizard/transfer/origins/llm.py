"""llm: extra-openai-models.yaml, keys.json and default_model.txt in its folder."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wizard.endpoints.model_entries import looks_chatless
from wizard.provider.model_facts import ModelFacts
from wizard.provider.template import placeholder
from wizard.provider.variable import variable_for
from wizard.transfer.origins.described import (
    LITERAL,
    ChosenModel,
    Described,
    Speller,
    ToolConfig,
    grouped,
    host_id,
    listed,
)
from wizard.transfer.origins.fields import ObjectReader
from wizard.transfer.origins.places import named, native_config
from wizard.transfer.origins.plain_text import json_object, text_of
from wizard.transfer.origins.vendors import find_vendor, vendor_at
from wizard.transfer.origins.yaml_text import yaml_tree

if TYPE_CHECKING:
    from pathlib import Path

    from wizard.files.locations import Surroundings

KEYS = "keys.json"
NAMES = ("extra-openai-models.yaml", KEYS)
_KNOWN = frozenset(
    (
        "model_id model_name aliases api_base api_key_name headers reasoning vision supports_tools can_stream "
        "supports_schema completion audio"
    ).split()
)


def places(around: Surroundings) -> tuple[Path, ...]:
    folder = named(around, "LLM_USER_PATH") or native_config(around) / "io.datasette.llm"
    return tuple(folder / name for name in NAMES)


def read(path: Path, _: Surroundings) -> ToolConfig:
    """The models that the user added, and the vendors that llm has a key for."""
    listing = None if path.name == KEYS else yaml_tree(text_of(path) or "", path)
    models = list(ObjectReader(path, {"models": listing}).each("models"))
    keys = _keys(path.with_name(KEYS))
    speller = Speller(LITERAL)
    described = [_provider(model, speller) for model in models]
    used = {model.text("api_key_name") for model in models}
    unknown = [name for name in keys if name not in used and find_vendor(_bare(name)) is None]
    if unknown:
        speller.unsupported.append(f"keys of unknown providers: {listed(unknown)}")
    there = {*used, *(provider.id for provider in described)}
    vendors = [
        Described(_bare(name), vendor=_bare(name))
        for name in keys
        if name not in there and _bare(name) not in there and find_vendor(_bare(name))
    ]
    selected, missing = _selected(path.with_name("default_model.txt"), models)
    held = {_variable(name): key for name, key in keys.items() if name not in unknown and name not in used}
    held |= {_key_variable(model): key for model in models if (key := keys.get(model.text("api_key_name")))}
    return ToolConfig(
        (*grouped(described), *vendors),
        {"large": selected} if selected else {},
        (*speller.unsupported, *missing),
        held,
    )


def _keys(path: Path) -> dict[str, str]:
    """The keys by name; a name that begins with slashes is a note to the reader."""
    pairs = ObjectReader(path, {"": json_object(path).tree}).pairs("")
    return {name: key for name, key in pairs.items() if key and not name.startswith("//")}


def _variable(name: str) -> str:
    vendor = find_vendor(_bare(name))
    return vendor.variable if vendor and vendor.variable else variable_for(name)


def _bare(name: str) -> str:
    """A key's name without the words that say what it is."""
    return re.sub(r"[-_](?:api[-_]?)?(?:key|token)$", "", name, flags=re.IGNORECASE)


def _key_variable(model: ObjectReader) -> str:
    """A vendor's own variable is for the vendor: at another URL its name only tells whose models these are like."""
    vendor = find_vendor(_bare(model.text("api_key_name")))
    base_url = model.text("api_base")
    is_vendors = vendor is not None and (not base_url or vendor_at(base_url) == vendor)
    return _variable(model.text("api_key_name")) if is_vendors else variable_for(_id(model, base_url))


def _provider(model: ObjectReader, speller: Speller) -> Described:
    """The endpoint of one model."""
    called = f"model {model.text('model_id')}"
    speller.without_equal(called, model.others(_KNOWN))
    base_url = speller.value(model.text("api_base"), f"{called}, its URL")
    key_name = model.text("api_key_name")
    facts = ModelFacts(
        id=model.text("model_name") or model.text("model_id"),
        name=model.text("model_id"),
        can_reason=model.flag("reasoning"),
        supports_attachments=model.flag("vision"),
        tools=model.flag("supports_tools"),
        chats=not model.flag("completion") and not looks_chatless(model.text("model_name") or model.text("model_id")),
    )
    return Described(
        id=_id(model, base_url),
        vendor="" if base_url else "openai",
        base_url=base_url,
        api_key=placeholder(_key_variable(model)) if key_name else "",
        headers=speller.headers(model.pairs("headers"), called),
        models=(facts,),
    )


def _id(model: ObjectReader, base_url: str) -> str:
    """llm names models only: a provider goes by its key's name, else by its host."""
    name = _bare(model.text("api_key_name"))
    vendor = find_vendor(name) if name else None
    if name and (vendor is None or not base_url or vendor_at(base_url) == vendor):
        return name
    return (host_id(base_url) if base_url else "openai") or name or model.text("model_id")


def _selected(path: Path, models: list[ObjectReader]) -> tuple[ChosenModel | None, tuple[str, ...]]:
    """The model that llm takes when none is named, if the user's own list has it."""
    text = ObjectReader(path, {"model": text_of(path)}).text("model")
    named = (model for model in models if text and text in (model.text("model_id"), *model.texts("aliases")))
    model = next(named, None)
    if model is None:
        return None, (f"the default model {text}: only llm or its plugins know its provider",) if text else ()
    provider = _id(model, model.text("api_base"))
    return ChosenModel(provider, model.text("model_name") or model.text("model_id")), ()
