"""Aider: .aider.conf.yml, the `.env` and the facts about models beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from wizard.private import Private
from wizard.provider.model_facts import ModelFacts
from wizard.provider.template import escape_literal, placeholder
from wizard.provider.variable import is_variable_name
from wizard.transfer.origins.described import (
    LITERAL,
    ChosenModel,
    Described,
    Speller,
    ToolConfig,
    endpoint_id,
    grouped,
    not_providers,
    per_million,
)
from wizard.transfer.origins.plain_text import dotenv_of, json_object
from wizard.transfer.origins.vendors import find_vendor, is_vendors_own, own_sign_in
from wizard.transfer.origins.yaml_text import yaml_object

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wizard.files.locations import Surroundings
    from wizard.provider.model import Slot
    from wizard.transfer.origins.fields import ObjectReader

CONFIG = ".aider.conf.yml"
NAMES = (CONFIG,)
_METADATA = ".aider.model.metadata.json"
_SLOTS: tuple[tuple[Slot, str], ...] = (("large", "model"), ("small", "weak-model"))
_MODELS = ("model", "weak-model", "editor-model")
_KEYS = {"openai-api-key": "OPENAI_API_KEY", "anthropic-api-key": "ANTHROPIC_API_KEY"}
_BASES = {"openai": "OPENAI_API_BASE", "ollama": "OLLAMA_API_BASE", "lm-studio": "LM_STUDIO_API_BASE"}
"""Where a vendor's models are told to be somewhere else."""
_FAMILIES = {"claude": "anthropic", "gemini": "gemini", "deepseek": "deepseek"}
"""Whose a model is that is named without a vendor; all others are OpenAI's."""
_ALIASES = frozenset(
    "sonnet haiku opus 4 4o 4-turbo 35turbo 35-turbo 3 deepseek flash flash-lite quasar r1 gemini gemini-2.5-pro "
    "gemini-3-pro-preview gemini-exp grok3 optimus mini".split()
)
"""Aider's own names for models, which mean other ones in each of its versions."""
_ABOUT_MODELS = frozenset(
    (
        "model weak-model editor-model openai-api-key anthropic-api-key openai-api-base api-key set-env alias "
        "reasoning-effort"
    ).split()
)
_NO_EQUAL = frozenset(
    (
        "thinking-tokens model-settings-file model-metadata-file env-file verify-ssl timeout openai-api-type "
        "openai-api-version openai-api-deployment-id openai-organization-id max-chat-history-tokens"
    ).split()
)


def places(around: Surroundings) -> tuple[Path, ...]:
    return (around.home / CONFIG,)


def read(path: Path, _: Surroundings) -> ToolConfig:
    top = yaml_object(path)
    speller = Speller(LITERAL)
    said = _Said(top, _variables(top, path))
    speller.without_equal("Aider", [name for name in top.tree if name in _NO_EQUAL])
    models = {name: model for name in _MODELS if (model := _model(name, said, speller))}
    metadata = json_object(path.with_name(_METADATA))
    providers = grouped([_provider(model, said, metadata, speller) for model in dict.fromkeys(models.values())])
    taken = {provider.vendor or provider.id for provider in providers}
    others = [Described(vendor, vendor=vendor) for vendor in said.vendors if vendor not in taken]
    effort = top.text("reasoning-effort")
    efforts = {"large": effort, "small": ""}
    selected = {slot: _chosen(models[name], said, efforts[slot]) for slot, name in _SLOTS if name in models}
    left = not_providers(top.others(_ABOUT_MODELS | _NO_EQUAL))
    return ToolConfig((*providers, *others), selected, (*speller.unsupported, *left), said.variables)


class _Said(Private, Struct, frozen=True):
    """The file, and the variables that Aider has with it."""

    top: ObjectReader
    variables: Mapping[str, str]

    def setting(self, name: str) -> str:
        """From the file, else from the variable that means the same."""
        return self.top.text(name) or self.variables.get(f"AIDER_{name.upper().replace('-', '_')}", "")

    def base(self, vendor: str) -> str:
        own = self.setting("openai-api-base") if vendor == "openai" else ""
        return own or self.variables.get(_BASES.get(_plain(vendor), ""), "")

    @property
    def vendors(self) -> tuple[str, ...]:
        """Those whose key stands in the file itself."""
        named = [pair.partition("=")[0].strip() for pair in _several(self.top, "api-key")]
        direct = [variable.removesuffix("_API_KEY").lower() for name, variable in _KEYS.items() if self.top.text(name)]
        found = (vendor for name in (*direct, *named) if (vendor := find_vendor(name)))
        return tuple(dict.fromkeys(vendor.id for vendor in found if not self.base(vendor.id)))


def _plain(vendor: str) -> str:
    return vendor.replace("_", "-").removesuffix("-chat")


def _variables(top: ObjectReader, path: Path) -> dict[str, str]:
    """What the `.env` beside it sets, and over it what the file sets itself."""
    pairs = [pair.partition("=")[::2] for pair in _several(top, "set-env")]
    given = [pair.partition("=")[::2] for pair in _several(top, "api-key")]
    pairs += [(f"{name.strip().upper().replace('-', '_')}_API_KEY", value) for name, value in given]
    pairs += [(variable, top.text(name)) for name, variable in _KEYS.items()]
    found = {name.strip(): value.strip() for name, value in pairs if value.strip()}
    dotenv = dotenv_of(path.with_name(".env"))
    found = {**dotenv, **found}
    renamed = {variable: found[f"AIDER_{variable}"] for variable in _KEYS.values() if f"AIDER_{variable}" in found}
    return {**renamed, **found}


def _several(top: ObjectReader, name: str) -> tuple[str, ...]:
    """A setting that may be given once or more often."""
    return top.texts(name) if isinstance(top.tree.get(name), list) else (text,) if (text := top.text(name)) else ()


# Models


def _model(name: str, said: _Said, speller: Speller) -> str:
    """The model as LiteLLM calls it; empty and a sentence for what only Aider knows."""
    text = said.setting(name)
    aliases = dict(alias.partition(":")[::2] for alias in _several(said.top, "alias"))
    model = aliases.get(text, text)
    if model in _ALIASES:
        speller.unsupported.append(f"{name} {model}: it is Aider's name for a model, which it changes")
        return ""
    return model


def _split(model: str, said: _Said) -> tuple[str, str]:
    """(vendor, id): what is named without a vendor is of OpenAI's kind where a URL of the user's own is."""
    vendor, _, name = model.partition("/")
    if name and (find_vendor(vendor) or own_sign_in(vendor)):
        return vendor, name
    if name or said.base("openai"):
        return "openai", model
    return next((own for family, own in _FAMILIES.items() if model.startswith(family)), "openai"), model


def _chosen(model: str, said: _Said, effort: str) -> ChosenModel:
    vendor, name = _split(model, said)
    return ChosenModel(_id(vendor, said), name, effort)


def _id(vendor: str, said: _Said) -> str:
    return endpoint_id(vendor, said.base(vendor))


def _provider(model: str, said: _Said, metadata: ObjectReader, speller: Speller) -> Described:
    """The endpoint of one model."""
    vendor, name = _split(model, said)
    base_url = said.base(vendor)
    is_own = is_vendors_own(vendor, base_url)
    known = find_vendor(vendor)
    url = f"{base_url.rstrip('/')}/v1" if known and known.id == "ollama" and base_url else base_url
    return Described(
        id=_id(vendor, said),
        vendor=vendor if is_own else "",
        type="" if is_own else "openai-compat",
        base_url=speller.value(url, f"model {model}, its URL"),
        api_key=_key(vendor) if is_own else escape_literal(said.variables.get("OPENAI_API_KEY", "")) or None,
        models=(_facts(name, metadata.fields(model)),),
    )


def _key(vendor: str) -> str:
    """The variable in which LiteLLM looks for the vendor's key; none where a server nearby wants none."""
    known = find_vendor(vendor)
    if known is None or known.local:
        return ""
    variable = known.variable or f"{vendor.upper()}_API_KEY"
    return placeholder(variable) if is_variable_name(variable) else ""


def _facts(name: str, known: ObjectReader) -> ModelFacts:
    """What the file of facts says, which is in LiteLLM's terms: costs in USD per token."""
    return ModelFacts(
        name,
        cost_per_1m_in=per_million(known.number("input_cost_per_token")),
        cost_per_1m_out=per_million(known.number("output_cost_per_token")),
        context_window=known.whole("max_input_tokens"),
        max_output_tokens=known.whole("max_output_tokens", "max_tokens"),
        supports_attachments=known.flag("supports_vision"),
    )
