"""Gemini CLI: settings.json, and the `.env` beside it, which has its keys."""

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
    host_id,
    mcp_servers,
)
from wizard.transfer.origins.places import named
from wizard.transfer.origins.plain_text import dotenv_of, json_object

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wizard.files.locations import Surroundings
    from wizard.transfer.origins.fields import ObjectReader

_SETTINGS, _DOTENV = "settings.json", ".env"
NAMES = (_SETTINGS, _DOTENV)
_KEY = "GEMINI_API_KEY"
_URL = "GOOGLE_GEMINI_BASE_URL"
_BY_KEY = ("gemini-api-key", "api-key", "gateway")
_LOGINS = ("oauth-personal", "cloud-shell", "compute-default-credentials")
_LOGIN = "Gemini CLI's login works for Gemini CLI only: Crush needs a key (https://aistudio.google.com/apikey)"
_VERTEX = "Gemini CLI uses Vertex AI, which is built into Crush; to add it: crush-wizard add-provider vertexai"
_ALIASES = ("auto", "pro", "flash", "flash-lite")
"""Gemini CLI's own names for what changes with each of its versions."""


def places(around: Surroundings) -> tuple[Path, ...]:
    folder = (named(around, "GEMINI_CLI_HOME") or around.home) / ".gemini"
    return tuple(folder / name for name in NAMES)


def read(path: Path, _: Surroundings) -> ToolConfig:
    settings = path.with_name(_SETTINGS) if path.name == _DOTENV else path
    top = json_object(settings)
    config = configuration(top, dotenv_of(path.with_name(_DOTENV)))
    servers = mcp_servers(tuple(top.fields("mcpServers").tree))
    return replace(config, unsupported=(*config.unsupported, *servers))


def configuration(top: ObjectReader, env: Mapping[str, str], name: str = "") -> ToolConfig:
    """What settings and variables say. `name` is what the provider is called there, if it has a name."""
    auth = auth_type(top)
    if auth == "vertex-ai" or env.get("GOOGLE_GENAI_USE_VERTEXAI", "").lower() == "true":
        return ToolConfig(unsupported=(_VERTEX,))
    if not env.get(_KEY) and auth not in _BY_KEY:
        return ToolConfig(unsupported=(_LOGIN,) if auth in _LOGINS else ())
    speller = Speller(LITERAL)
    provider = _provider(env, name, speller)
    model = _model(top, env)
    if model in _ALIASES or model.startswith("auto-"):
        speller.unsupported.append(f"the model {model}: it is Gemini CLI's name for what it chooses itself")
        model = ""
    selected = ChosenModel(provider.id, model) if model else None
    return ToolConfig((provider,), {"large": selected} if selected else {}, tuple(speller.unsupported), env)


def auth_type(top: ObjectReader) -> str:
    """How one signs in, in the words of Gemini CLI and of what was made of it; older settings have it at the top."""
    return top.fields("security").fields("auth").text("selectedType") or top.text("selectedAuthType")


def _provider(env: Mapping[str, str], name: str, speller: Speller) -> Described:
    base_url = env.get(_URL, "")
    called = name or host_id(base_url) or "gemini"
    return Described(
        id=called,
        name=name,
        vendor="" if base_url else "gemini",
        type="google" if base_url else "",
        base_url=speller.value(base_url, f"provider {called}, its URL"),
        api_key=placeholder(_KEY) if not base_url else escape_literal(env.get(_KEY, "")) or None,
        models=(ModelFacts(env["GEMINI_MODEL"]),) if base_url and env.get("GEMINI_MODEL") else (),
    )


def _model(top: ObjectReader, env: Mapping[str, str]) -> str:
    """The model in use; older settings have its name itself."""
    said = top.fields("model").text("name") if isinstance(top.tree.get("model"), dict) else top.text("model")
    return env.get("GEMINI_MODEL", "") or said
