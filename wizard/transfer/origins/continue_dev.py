"""Continue: config.yaml or the older config.json, and the `.env` beside it that holds its secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wizard.endpoints.model_entries import looks_chatless
from wizard.provider.model_facts import ModelFacts
from wizard.regexp import regexp
from wizard.transfer.origins.described import (
    Described,
    Speller,
    Spelling,
    ToolConfig,
    grouped,
    host_id,
    mcp_servers,
    not_providers,
)
from wizard.transfer.origins.fields import ObjectReader
from wizard.transfer.origins.places import named
from wizard.transfer.origins.plain_text import dotenv_of, json_object
from wizard.transfer.origins.vendors import is_vendors_own
from wizard.transfer.origins.yaml_text import yaml_object

if TYPE_CHECKING:
    from pathlib import Path

    from wizard.files.locations import Surroundings

SPELLING = Spelling(
    regexp(r"\$\{\{\s*(?:secrets|env)\.(?P<name>[^\s}]*)\s*\}\}"),
    regexp(r"\$\{\{(?!\s*(?:secrets|env)\.)"),
    "Continue's hub fills it in",
)
NAMES = ("config.yaml", "config.json")
_JSON_NAMES = ("title", "completionOptions", "capabilities")
_JSON_ABILITIES = {"image_input": "uploadImage", "tool_use": "tools"}
_JSON_ROLES = {"tabAutocompleteModel": "autocomplete", "embeddingsProvider": "embed", "reranker": "rerank"}
"""What config.json names apart from the models of the chat."""
_KNOWN_OPTIONS = ("contextLength", "maxTokens")
_CHATTING = frozenset(("chat", "edit", "apply", "summarize"))
_KNOWN = frozenset(
    (
        "name provider model apiBase apiKey roles capabilities defaultCompletionOptions requestOptions uses with "
        "override contextLength"
    ).split()
)
_KNOWN_REQUEST = ("headers", "extraBodyProperties")
_READ = frozenset("name version schema models env mcpServers".split())
_TYPES = {"openai": "openai-compat", "anthropic": "anthropic", "gemini": "google", "ollama": "ollama"}
"""The type by Continue's provider, where the endpoint is not the vendor's own."""


def places(around: Surroundings) -> tuple[Path, ...]:
    folder = named(around, "CONTINUE_GLOBAL_DIR") or around.home / ".continue"
    return tuple(folder / name for name in NAMES)


def read(path: Path, _: Surroundings) -> ToolConfig:
    top = _of_json(path) if path.suffix == ".json" else yaml_object(path)
    speller = Speller(SPELLING)
    models = [described for model in top.each("models") if (described := _provider(model, speller))]
    return ToolConfig(
        grouped(models),
        unsupported=(*speller.unsupported, *mcp_servers(_servers(top)), *not_providers(top.others(_READ))),
        held=dotenv_of(path.with_name(".env")),
    )


def _servers(top: ObjectReader) -> tuple[str, ...]:
    servers = top.tree.get("mcpServers")
    return tuple(server.text("name") for server in top.each("mcpServers")) if isinstance(servers, list) else ()


def _of_json(path: Path) -> ObjectReader:
    """The older config.json in the words of config.yaml."""
    top = json_object(path)
    models = [_renamed(model) for model in top.each("models")]
    others = {name: value for name, value in top.tree.items() if name not in ("models", *_JSON_ROLES)}
    for name, role in _JSON_ROLES.items():
        value = top.tree.get(name)
        entries = top.each(name) if isinstance(value, list) else [top.fields(name)]
        models += [{**_renamed(model), "roles": [role]} for model in entries if model.text("provider")]
    return ObjectReader(path, {**others, "models": models})


def _renamed(model: ObjectReader) -> dict[str, Any]:
    options, abilities = model.fields("completionOptions"), model.fields("capabilities")
    said = (name for name, ability in _JSON_ABILITIES.items() if abilities.flag(ability))
    renamed = {
        "name": model.tree.get("title") or model.tree.get("model"),
        "defaultCompletionOptions": {**options.tree},
        "capabilities": list(said),
    }
    same = {name: value for name, value in model.tree.items() if name not in _JSON_NAMES}
    return {name: value for name, value in {**same, **renamed}.items() if value}


def _provider(model: ObjectReader, speller: Speller) -> Described | None:
    """The endpoint of one model; Continue names no others."""
    if block := model.text("uses"):
        speller.unsupported.append(f"`{block}`: a block of Continue's hub, which only Continue can fetch")
        return None
    provider = model.text("provider")
    called = f"model {model.text('name')}"
    options = model.fields("requestOptions")
    completion = model.fields("defaultCompletionOptions").others(_KNOWN_OPTIONS)
    speller.without_equal(called, (*model.others(_KNOWN), *options.others(_KNOWN_REQUEST), *completion))
    base_url = speller.value(model.text("apiBase"), f"{called}, its URL")
    return Described(
        id=_id(provider, base_url),
        vendor=provider if is_vendors_own(provider, base_url) else "",
        type=_TYPES.get(provider, "") if not is_vendors_own(provider, base_url) else "",
        base_url=base_url,
        api_key=speller.key(model.text("apiKey"), f"{called}, its key"),
        headers=speller.headers(options.pairs("headers"), called),
        body=options.fields("extraBodyProperties").tree,
        models=_facts(model),
    )


def _id(provider: str, base_url: str) -> str:
    """The provider's name, else that of the host, since every endpoint of OpenAI's kind is `openai` there."""
    return provider if is_vendors_own(provider, base_url) else host_id(base_url) or provider


def _facts(model: ObjectReader) -> tuple[ModelFacts, ...]:
    """What it says about the model; nothing where the server is to be asked for its models."""
    if (name := model.text("model")) == "AUTODETECT":
        return ()
    options = model.fields("defaultCompletionOptions")
    abilities = model.texts("capabilities")
    roles = model.texts("roles")
    facts = ModelFacts(
        id=name,
        name=model.text("name") or name,
        context_window=options.whole("contextLength") or model.whole("contextLength"),
        max_output_tokens=options.whole("maxTokens"),
        supports_attachments=True if "image_input" in abilities else None,
        tools="tool_use" in abilities if abilities else None,
        chats=bool(_CHATTING & set(roles)) if roles else not looks_chatless(name),
    )
    return (facts,)
