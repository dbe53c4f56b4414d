"""Codex: config.toml and auth.json in its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from wizard.provider.model_facts import ModelFacts
from wizard.provider.template import escape_literal, placeholder
from wizard.transfer.origins.described import (
    LITERAL,
    ChosenModel,
    Described,
    Speller,
    ToolConfig,
    listed,
    mcp_servers,
    not_providers,
    responses_only,
)
from wizard.transfer.origins.fields import ObjectReader, top_of
from wizard.transfer.origins.places import named
from wizard.transfer.origins.plain_text import json_tree, text_of, toml_tree
from wizard.transfer.origins.vendors import find_vendor, how_to_sign_in, vendor_at

if TYPE_CHECKING:
    from collections.abc import Sequence
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
        "openai_base_url profile profiles oss_provider mcp_servers"
    ).split()
)


_READ_OF_PROFILES = frozenset("model model_provider model_reasoning_effort oss_provider".split())


def places(around: Surroundings) -> tuple[Path, ...]:
    return ((named(around, "CODEX_HOME") or around.home / ".codex") / "config.toml",)


def read(path: Path, _: Surroundings) -> ToolConfig:
    top = ObjectReader(path, toml_tree(text_of(path) or "", path))
    auth, signed_in = _auth(path.with_name("auth.json"))
    config = configuration(top, auth.get(_OWN_KEY, ""))
    return replace(config, unsupported=(*config.unsupported, *signed_in), held=auth)


def configuration(top: ObjectReader, own_key: str = "") -> ToolConfig:
    """What a config.toml says. `own_key` is the one that Codex keeps elsewhere, or nothing."""
    speller = Speller(LITERAL)
    providers = [_provider(name, entry, own_key, speller) for name, entry in top.members("model_providers")]
    if url := top.text("openai_base_url"):
        providers.append(
            Described("openai", vendor="openai", type="openai", base_url=speller.value(url, "openai, its URL"))
        )
    uses = _uses(top)
    providers += [Described(name, vendor=name) for name in _others(uses, providers)]
    chosen = uses[0]
    return ToolConfig(
        tuple(_with_models(provider, uses, top) for provider in providers),
        {"large": chosen} if chosen.model else {},
        (
            *speller.unsupported,
            *_left_of_profiles(top),
            *mcp_servers(tuple(top.fields("mcp_servers").tree)),
            *not_providers(top.others(_READ)),
        ),
    )


def _uses(top: ObjectReader) -> list[ChosenModel]:
    """The models of the file and of its profiles, the one in use first."""
    profiles = dict(top.members("profiles"))
    current = profiles.pop(top.text("profile"), ObjectReader(top.path, {}))
    return [_use(current, top), *([_use(top, top)] if current.tree else []), *(_use(p, top) for p in profiles.values())]


def _use(said: ObjectReader, top: ObjectReader) -> ChosenModel:
    """What a profile says, and where it says nothing the top of the file."""
    provider = said.text("model_provider") or top.text("model_provider") or "openai"
    if provider == "oss":
        provider = said.text("oss_provider") or top.text("oss_provider") or "ollama"
    effort = said.text("model_reasoning_effort") or top.text("model_reasoning_effort")
    return ChosenModel(provider, said.text("model") or top.text("model"), effort)


def _others(uses: Sequence[ChosenModel], providers: Sequence[Described]) -> tuple[str, ...]:
    """The vendors that only profiles name; the one in use comes along by itself."""
    known = {*(provider.id for provider in providers), uses[0].provider if uses[0].model else ""}
    named = (use.provider for use in uses if use.model and use.provider not in known and find_vendor(use.provider))
    return tuple(dict.fromkeys(named))


def _left_of_profiles(top: ObjectReader) -> tuple[str, ...]:
    left = {name: profile.others(_READ_OF_PROFILES) for name, profile in top.members("profiles")}
    return tuple(
        f"profile {name}, settings that Crush does not have: {listed(others)}"
        for name, others in left.items()
        if others
    )


def _provider(name: str, entry: ObjectReader, own_key: str, speller: Speller) -> Described:
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
        api_key=_key(entry, own_key, speller, called),
        headers={header: value for header, value in headers.items() if value},
    )


def _key(entry: ObjectReader, own_key: str, speller: Speller, called: str) -> str | None:
    """Codex sends its own key where an entry wants OpenAI's, be that a proxy, whose key is then not OpenAI's."""
    if variable := entry.text("env_key"):
        return speller.variable(variable, f"{called}, its key") or None
    if "auth" in entry.tree:
        speller.unsupported.append(f"{called}, its key: it comes from a command, which is not run")
        return None
    if entry.flag("requires_openai_auth"):
        own = vendor_at(entry.text("base_url"))
        return placeholder(_OWN_KEY) if own and own.id == "openai" else escape_literal(own_key) or None
    return speller.key(entry.text("experimental_bearer_token"), f"{called}, its key")


def _with_models(provider: Described, uses: Sequence[ChosenModel], top: ObjectReader) -> Described:
    """The provider with its models of the file and of the profiles; the first is what Codex is told something about."""
    models = [ModelFacts(use.model) for use in uses if use.model and use.provider == provider.id]
    if models and uses[0].provider == provider.id:
        models[0] = ModelFacts(
            models[0].id,
            context_window=top.whole("model_context_window"),
            max_output_tokens=top.whole("model_max_output_tokens"),
        )
    return replace(provider, models=tuple({facts.id: facts for facts in reversed(models)}.values())[::-1])


def _auth(path: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    """The key that Codex keeps, and a sentence where it is signed in without one."""
    text = text_of(path)
    if not text:
        return {}, ()
    top = top_of(json_tree(text, path), path)
    if key := top.text(_OWN_KEY):
        return {_OWN_KEY: key}, ()
    return {}, (f"the ChatGPT login works for Codex only. {how_to_sign_in('openai')}",)
