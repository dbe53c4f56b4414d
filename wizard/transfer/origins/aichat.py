"""aichat: config.yaml, and the `.env` beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.network.loopback import is_this_machine
from wizard.provider.base_url import BaseUrl
from wizard.provider.model_facts import ModelFacts
from wizard.provider.template import placeholder
from wizard.provider.variable import is_variable_name
from wizard.transfer.origins.described import LITERAL, ChosenModel, Described, Speller, ToolConfig, not_providers
from wizard.transfer.origins.places import named, native_config
from wizard.transfer.origins.plain_text import dotenv_of
from wizard.transfer.origins.vendors import find_vendor
from wizard.transfer.origins.yaml_text import yaml_object

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from wizard.files.locations import Surroundings
    from wizard.transfer.origins.fields import ObjectReader

_COMPATIBLE = "openai-compatible"
_TYPES = {_COMPATIBLE: "openai-compat", "azure-openai": "openai"}
"""The types that are no vendor's name."""
_VENDOR_TYPES = ("openai", "claude", "gemini", "azure-openai", "bedrock", "vertexai", "vertexai-claude", "ollama")
THINKING = ":thinking"
"""How aichat calls the twin of a model that it asks to think."""
_READ = frozenset("model clients".split())
_KNOWN_OF_MODELS = frozenset(
    (
        "name real_name type input_price output_price max_input_tokens max_output_tokens supports_vision "
        "supports_reasoning supports_function_calling require_max_tokens"
    ).split()
)
_KNOWN = frozenset("type name api_base api_key models".split())


def places(around: Surroundings) -> tuple[Path, ...]:
    folder = named(around, "AICHAT_CONFIG_DIR") or native_config(around) / "aichat"
    return (named(around, "AICHAT_CONFIG_FILE") or folder / "config.yaml",)


def read(path: Path, _: Surroundings) -> ToolConfig:
    top = yaml_object(path)
    speller = Speller(LITERAL)
    providers = [_client(client, speller) for client in top.each("clients")]
    known = [provider for provider in providers if provider is not None]
    held = dotenv_of(path.with_name(".env"))
    selected = _selected(top.text("model"), known, list(top.each("clients")))
    unsupported = (*speller.unsupported, *not_providers(top.others(_READ)))
    return ToolConfig(tuple(known), {"large": selected} if selected else {}, unsupported, held)


def _selected(text: str, known: Sequence[Described], clients: Sequence[ObjectReader]) -> ChosenModel | None:
    """The model by the id that its provider knows; of a client alone its first one that chats."""
    client, _, name = text.partition(":")
    entries = [model for entry in clients if _name(entry) == client for model in entry.each("models")]
    if client and name:
        entry = next((model for model in entries if model.text("name") == name), None)
        return ChosenModel(client, _id(entry) if entry else name.removesuffix(THINKING))
    models = (facts for provider in known if provider.id == client for facts in provider.models)
    first = next((facts.id for facts in models if facts.chats is not False), "")
    return ChosenModel(client, first) if first else None


def _name(client: ObjectReader) -> str:
    return client.text("name") or client.text("type")


def _id(model: ObjectReader) -> str:
    """The id that goes over the wire; a twin that thinks is the same model."""
    return model.text("real_name") or model.text("name").removesuffix(THINKING)


def _client(client: ObjectReader, speller: Speller) -> Described | None:
    type_ = client.text("type")
    name = _name(client)
    called = f"provider {name}"
    models = [_model(model, called, speller) for model in client.each("models")]
    speller.without_equal(called, client.others(_KNOWN))
    if type_ not in (_COMPATIBLE, *_VENDOR_TYPES) and find_vendor(type_) is None:
        speller.unsupported.append(f"{called} is left out: Crush does not support aichat's type {type_ or '(none)'}")
        return None
    base_url = speller.value(client.text("api_base"), f"{called}, its URL")
    vendor = name if type_ == _COMPATIBLE and find_vendor(name) else type_ if type_ != _COMPATIBLE else ""
    known = find_vendor(vendor) if vendor else None
    key = client.text("api_key")
    return Described(
        id=name,
        vendor=vendor,
        type="" if known and known.local else _TYPES.get(type_, ""),
        base_url=base_url,
        api_key=speller.key(key, f"{called}, its key") or _variable(name, type_, base_url),
        models=tuple(sorted(models, key=lambda facts: (facts.name or "").endswith(THINKING))),
    )


def _variable(name: str, type_: str, base_url: str) -> str:
    """The variable in which aichat looks for a key that the file does not name; none for a server nearby."""
    variable = f"{name.upper().replace('-', '_')}_API_KEY"
    if type_ == "ollama" or is_this_machine(BaseUrl(base_url).host):
        return ""
    return placeholder(variable) if is_variable_name(variable) else ""


def _model(model: ObjectReader, called: str, speller: Speller) -> ModelFacts:
    """Prices are in USD per million tokens there, too."""
    speller.without_equal(f"{called}, model {model.text('name')}", model.others(_KNOWN_OF_MODELS))
    return ModelFacts(
        id=_id(model),
        name=model.text("name"),
        cost_per_1m_in=model.number("input_price"),
        cost_per_1m_out=model.number("output_price"),
        context_window=model.whole("max_input_tokens"),
        max_output_tokens=model.whole("max_output_tokens"),
        supports_attachments=model.flag("supports_vision"),
        can_reason=model.flag("supports_reasoning"),
        tools=model.flag("supports_function_calling"),
        chats=model.text("type") in ("", "chat"),
    )
