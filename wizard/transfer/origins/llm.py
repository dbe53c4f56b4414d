"""llm: extra-openai-models.yaml, keys.json and default_model.txt in its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
from wizard.transfer.origins.fields import ObjectReader, top_of
from wizard.transfer.origins.places import named, native_config
from wizard.transfer.origins.plain_text import json_tree, text_of
from wizard.transfer.origins.vendors import find_vendor
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
    unknown = [name for name in keys if name not in used and find_vendor(name) is None]
    if unknown:
        speller.unsupported.append(f"keys of unknown providers: {listed(unknown)}")
    there = {*used, *(provider.id for provider in described)}
    vendors = [Described(name, vendor=name) for name in keys if name not in there and find_vendor(name)]
    selected, missing = _selected(path.with_name("default_model.txt"), models)
    held = {_variable(name, used): key for name, key in keys.items() if name not in unknown}
    return ToolConfig(
        (*grouped(described), *vendors),
        {"large": selected} if selected else {},
        (*speller.unsupported, *missing),
        held,
    )


def _keys(path: Path) -> dict[str, str]:
    """The keys by name; a name that begins with slashes is a note to the reader."""
    text = text_of(path)
    pairs = ObjectReader(path, {"": top_of(json_tree(text, path), path).tree if text else {}}).pairs("")
    return {name: key for name, key in pairs.items() if key and not name.startswith("//")}


def _variable(name: str, used: set[str]) -> str:
    vendor = find_vendor(name)
    return vendor.variable if vendor and vendor.variable and name not in used else variable_for(name)


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
        chats=not model.flag("completion"),
    )
    return Described(
        id=_id(model, base_url),
        vendor="" if base_url else "openai",
        base_url=base_url,
        api_key=placeholder(variable_for(key_name)) if key_name else "",
        headers=speller.headers(model.pairs("headers"), called),
        models=(facts,),
    )


def _id(model: ObjectReader, base_url: str) -> str:
    """llm names models only: a provider goes by its key's name, else by its host."""
    return model.text("api_key_name") or (host_id(base_url) if base_url else "openai") or model.text("model_id")


def _selected(path: Path, models: list[ObjectReader]) -> tuple[ChosenModel | None, tuple[str, ...]]:
    """The model that llm takes when none is named, if the user's own list has it."""
    text = ObjectReader(path, {"model": text_of(path)}).text("model")
    named = (model for model in models if text and text in (model.text("model_id"), *model.texts("aliases")))
    model = next(named, None)
    if model is None:
        return None, (f"the default model {text}: only llm or its plugins know its provider",) if text else ()
    provider = _id(model, model.text("api_base"))
    return ChosenModel(provider, model.text("model_name") or model.text("model_id")), ()
