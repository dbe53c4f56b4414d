"""Codex: config.toml and auth.json in its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from wizard.provider.model_facts import ModelFacts
from wizard.provider.template import placeholder
from wizard.transfer.origins.described import (
    LITERAL,
    ChosenModel,
    Described,
    Speller,
    ToolConfig,
    not_providers,
    responses_only,
)
from wizard.transfer.origins.fields import ObjectReader, top_of
from wizard.transfer.origins.places import named
from wizard.transfer.origins.plain_text import json_tree, text_of, toml_tree

if TYPE_CHECKING:
    from pathlib import Path

    from wizard.files.locations import Surroundings

_OWN_KEY = "OPENAI_API_KEY"
_TYPES = {"chat": "openai-compat", "responses": "openai", "": "openai"}
_KNOWN = frozenset(
    (
        "name base_url env_key env_key_instructions wire_api http_headers env_http_headers "
        "experimental_bearer_token requires_openai_auth auth"
    ).split()
)
_READ = frozenset(
    (
        "model model_provider model_providers model_context_window model_max_output_tokens model_reasoning_effort "
        "openai_base_url"
    ).split()
)


def places(around: Surroundings) -> tuple[Path, ...]:
    return ((named(around, "CODEX_HOME") or around.home / ".codex") / "config.toml",)


def read(path: Path, _: Surroundings) -> ToolConfig:
    top = ObjectReader(path, toml_tree(text_of(path) or "", path))
    auth, signed_in = _auth(path.with_name("auth.json"))
    config = configuration(top)
    return replace(config, unsupported=(*config.unsupported, *signed_in), held=auth)


def configuration(top: ObjectReader) -> ToolConfig:
    """What a config.toml says, apart from the keys that Codex keeps elsewhere."""
    speller = Speller(LITERAL)
    providers = [_provider(name, entry, speller) for name, entry in top.members("model_providers")]
    if url := top.text("openai_base_url"):
        providers.append(
            Described("openai", vendor="openai", type="openai", base_url=speller.value(url, "openai, its URL"))
        )
    chosen = _chosen(top)
    if chosen:
        providers = [_with_model(provider, chosen, top) for provider in providers]
    return ToolConfig(
        tuple(providers),
        {"large": chosen} if chosen else {},
        (*speller.unsupported, *not_providers(top.others(_READ))),
    )


def _chosen(top: ObjectReader) -> ChosenModel | None:
    provider = top.text("model_provider") or "openai"
    model = top.text("model")
    effort = top.text("model_reasoning_effort")
    return ChosenModel("ollama" if provider == "oss" else provider, model, effort) if model else None


def _provider(name: str, entry: ObjectReader, speller: Speller) -> Described:
    called = f"provider {name}"
    speller.without_equal(called, entry.others(_KNOWN))
    wire = entry.text("wire_api")
    if wire == "responses":
        speller.unsupported.append(responses_only(called))
    headers = speller.headers(entry.pairs("http_headers"), called)
    for header, variable in entry.pairs("env_http_headers").items():
        headers[header] = speller.variable(variable, f"{called}, header {header}")
    return Described(
        id=name,
        name=entry.text("name"),
        type=_TYPES.get(wire, "openai"),
        base_url=speller.value(entry.text("base_url"), f"{called}, its URL"),
        api_key=_key(entry, speller, called),
        headers={header: value for header, value in headers.items() if value},
    )


def _key(entry: ObjectReader, speller: Speller, called: str) -> str | None:
    """Codex sends no key where it is told of none."""
    if variable := entry.text("env_key"):
        return speller.variable(variable, f"{called}, its key") or None
    if "auth" in entry.tree:
        speller.unsupported.append(f"{called}, its key: it comes from a command, which is not run")
        return None
    if entry.flag("requires_openai_auth"):
        return placeholder(_OWN_KEY)
    return speller.key(entry.text("experimental_bearer_token"), f"{called}, its key")


def _with_model(provider: Described, chosen: ChosenModel, top: ObjectReader) -> Described:
    """The provider, with the model that is in use and what Codex is told about it."""
    if provider.id != chosen.provider:
        return provider
    facts = ModelFacts(
        chosen.model,
        context_window=top.whole("model_context_window"),
        max_output_tokens=top.whole("model_max_output_tokens"),
    )
    return replace(provider, models=(facts,))


def _auth(path: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    """The key that Codex keeps, and a sentence where it is signed in without one."""
    text = text_of(path)
    if not text:
        return {}, ()
    top = top_of(json_tree(text, path), path)
    if key := top.text(_OWN_KEY):
        return {_OWN_KEY: key}, ()
    return {}, ("the ChatGPT login works for Codex only: Crush needs an OpenAI API key",)
