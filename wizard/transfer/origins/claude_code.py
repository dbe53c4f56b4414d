"""Claude Code: the variables that a settings.json sets for it, and the command that prints its key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from wizard.errors import InvalidConfig
from wizard.provider.model_facts import ModelFacts
from wizard.regexp import regexp
from wizard.transfer.origins.described import (
    LITERAL,
    ChosenModel,
    Described,
    Speller,
    ToolConfig,
    host_id,
    listed,
    mcp_servers,
    not_providers,
)
from wizard.transfer.origins.fields import ObjectReader
from wizard.transfer.origins.places import named
from wizard.transfer.origins.plain_text import json_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from wizard.files.locations import Surroundings
    from wizard.provider.model import Slot

SETTINGS = "settings.json"
LOCAL = "settings.local.json"
NAMES = (SETTINGS, LOCAL)
OWN = "anthropic"
_WINDOW = regexp(r"\[1m\]$", re.IGNORECASE)
"""Behind an id it asks Claude Code for a window of a million tokens; no server knows it."""
_MILLION = 1_000_000
_TIERS = {"opus": "OPUS", "sonnet": "SONNET", "haiku": "HAIKU", "opusplan": "OPUS", "default": "SONNET"}
"""Claude Code's names for what the variables ANTHROPIC_DEFAULT_..._MODEL stand for."""
_LISTED = ("SONNET", "OPUS", "HAIKU", "FABLE")
_CLOUDS = {
    "CLAUDE_CODE_USE_BEDROCK": (
        "Claude Code uses Amazon Bedrock, which is built into Crush, in us-east-1 and eu-west-1; to add it, with the "
        "profile that you have there: `crush-wizard add-provider bedrock`",
        ("AWS_REGION", "AWS_PROFILE", "ANTHROPIC_BEDROCK_BASE_URL"),
    ),
    "CLAUDE_CODE_USE_VERTEX": (
        "Claude Code uses Vertex AI, which is built into Crush; to add it, with the project and the location that you "
        "have there: `crush-wizard add-provider vertexai`",
        ("ANTHROPIC_VERTEX_PROJECT_ID", "CLOUD_ML_REGION"),
    ),
}
_FOUNDRY = "CLAUDE_CODE_USE_FOUNDRY"
_OFF = ("", "0", "false", "no", "off")
_READ_ENV = frozenset(
    (
        "CLAUDE_CODE_USE_BEDROCK CLAUDE_CODE_USE_VERTEX AWS_REGION AWS_PROFILE ANTHROPIC_BEDROCK_BASE_URL "
        "ANTHROPIC_VERTEX_PROJECT_ID CLOUD_ML_REGION "
        "ANTHROPIC_BASE_URL ANTHROPIC_AUTH_TOKEN ANTHROPIC_API_KEY ANTHROPIC_CUSTOM_HEADERS ANTHROPIC_MODEL "
        "ANTHROPIC_SMALL_FAST_MODEL ANTHROPIC_FOUNDRY_BASE_URL ANTHROPIC_FOUNDRY_RESOURCE ANTHROPIC_FOUNDRY_API_KEY "
        "CLAUDE_CODE_SUBAGENT_MODEL CLAUDE_CODE_EFFORT_LEVEL CLAUDE_CODE_USE_FOUNDRY"
    ).split()
)
_ABOUT_MODELS = regexp(r"(?:ANTHROPIC|CLAUDE|VERTEX|AWS|MAX_|API_TIMEOUT|DISABLE_PROMPT_CACHING)")
_READ = frozenset("$schema env model effortLevel apiKeyHelper mcpServers".split())


def places(around: Surroundings) -> tuple[Path, ...]:
    return (_folder(around) / SETTINGS,)


def _folder(around: Surroundings) -> Path:
    return named(around, "CLAUDE_CONFIG_DIR") or around.home / ".claude"


def read(path: Path, around: Surroundings) -> ToolConfig:
    """One file; of a project's two the local one is over the other, as for Claude Code."""
    own = path in places(around)
    top = json_object(path)
    if path.name == SETTINGS and not own:
        top = _over(json_object(path.with_name(LOCAL)), top)
    elsewhere = _folder(around).with_name(".claude.json") if own else path.parent.parent / ".mcp.json"
    servers = mcp_servers((*top.fields("mcpServers").tree, *_names_of_servers(elsewhere)))
    config = configuration(top)
    return replace(config, unsupported=(*config.unsupported, *servers))


def _over(stronger: ObjectReader, weaker: ObjectReader) -> ObjectReader:
    env = {**weaker.fields("env").tree, **stronger.fields("env").tree}
    return ObjectReader(weaker.path, {**weaker.tree, **stronger.tree, "env": env})


def _names_of_servers(path: Path) -> tuple[str, ...]:
    """The MCP servers in a file that is about much else; none where it can't be read."""
    try:
        return tuple(json_object(path).fields("mcpServers").tree)
    except InvalidConfig:
        return ()


def configuration(top: ObjectReader, name: str = "") -> ToolConfig:
    """What settings say. `name` is what the provider is called there, if it has a name."""
    env = ObjectReader(top.path, top.fields("env").tree, "env")
    speller = Speller(LITERAL)
    clouds = [f"{what}; {listed(said)}" for what, said in _clouds(env)]
    provider = None if clouds else _provider(env, top.text("apiKeyHelper"), name, speller)
    left = [variable for variable in env.tree if variable not in _READ_ENV and not _is_a_models(variable)]
    speller.without_equal("Claude Code", [variable for variable in left if _ABOUT_MODELS.match(variable)], "variables")
    others = not_providers(top.others(_READ))
    if provider is None:
        return ToolConfig(unsupported=(*clouds, *speller.unsupported, *others))
    selected = {slot: ChosenModel(provider.id, model, effort) for slot, (model, effort) in _selected(env, top).items()}
    return ToolConfig((provider,), selected, (*speller.unsupported, *others))


def _clouds(env: ObjectReader) -> Iterator[tuple[str, list[str]]]:
    for switch, (what, variables) in _CLOUDS.items():
        if _is_on(env, switch):
            yield what, [variable for variable in variables if env.text(variable)] or [switch]


def _is_on(env: ObjectReader, switch: str) -> bool:
    return env.flag(switch) or (env.flag(switch) is None and env.text(switch).lower() not in _OFF)


def _is_a_models(variable: str) -> bool:
    return variable.removesuffix("_NAME") in map(_tier, _LISTED)


def _tier(tier: str) -> str:
    return f"ANTHROPIC_DEFAULT_{tier}_MODEL"


def _provider(env: ObjectReader, helper: str, name: str, speller: Speller) -> Described | None:
    """The endpoint; None where nothing is said of one, and there is only a login."""
    base_url = _base_url(env)
    token, key = env.text("ANTHROPIC_AUTH_TOKEN"), env.text("ANTHROPIC_API_KEY", "ANTHROPIC_FOUNDRY_API_KEY")
    if not base_url and not key and not helper:
        login = "a login of Claude Code works for Claude Code only: Crush needs an Anthropic API key"
        speller.unsupported.append(login)
        return None
    called = name or host_id(base_url) or OWN
    if helper and (token or key):
        speller.unsupported.append(f"provider {called}: apiKeyHelper, beside a key that counts before it")
    spelled = speller.key(token or key, f"provider {called}, its key")
    return Described(
        id=called,
        name=name,
        vendor="" if base_url else OWN,
        type="anthropic",
        base_url=speller.value(base_url, f"provider {called}, its URL"),
        api_key=spelled,
        headers=speller.headers(_headers(env), f"provider {called}"),
        models=_models(env),
        key_command="" if token or key else helper,
        bearer=bool(token),
    )


def _base_url(env: ObjectReader) -> str:
    if not _is_on(env, _FOUNDRY):
        return env.text("ANTHROPIC_BASE_URL")
    resource = env.text("ANTHROPIC_FOUNDRY_RESOURCE")
    return env.text("ANTHROPIC_FOUNDRY_BASE_URL") or (
        f"https://{resource}.services.ai.azure.com/anthropic" if resource else ""
    )


def _headers(env: ObjectReader) -> dict[str, str]:
    pairs = (line.partition(":") for line in env.lines("ANTHROPIC_CUSTOM_HEADERS"))
    return {name.strip(): value.strip() for name, _, value in pairs if value.strip()}


def _models(env: ObjectReader) -> tuple[ModelFacts, ...]:
    variables = ("ANTHROPIC_MODEL", *map(_tier, _LISTED), "ANTHROPIC_SMALL_FAST_MODEL", "CLAUDE_CODE_SUBAGENT_MODEL")
    found: dict[str, ModelFacts] = {}
    for facts in (_model(env.text(variable), env.text(f"{variable}_NAME")) for variable in variables):
        if facts.id and facts.id.lower() not in _TIERS:
            found[facts.id] = found.get(facts.id, facts).over(facts)
    return tuple(found.values())


def _model(text: str, name: str) -> ModelFacts:
    bare = _WINDOW.sub("", text)
    return ModelFacts(bare, name=name or None, context_window=_MILLION if bare != text else None)


def _selected(env: ObjectReader, top: ObjectReader) -> Mapping[Slot, tuple[str, str]]:
    """By slot the id of a model, and the effort."""
    wanted = env.text("ANTHROPIC_MODEL") or top.text("model") or "default"
    large = _resolved(wanted, env) or env.text(_tier("OPUS"))
    small = env.text(_tier("HAIKU"), "ANTHROPIC_SMALL_FAST_MODEL")
    effort = env.text("CLAUDE_CODE_EFFORT_LEVEL") or top.text("effortLevel")
    found: dict[Slot, tuple[str, str]] = {"large": (large, effort), "small": (small, "")}
    bare = {slot: (_WINDOW.sub("", model), effort) for slot, (model, effort) in found.items()}
    return {slot: said for slot, said in bare.items() if said[0] and said[0].lower() not in _TIERS}


def _resolved(model: str, env: ObjectReader) -> str:
    """The id that one of Claude Code's own names stands for, empty where nothing says; another id as it is."""
    tier = _TIERS.get(_WINDOW.sub("", model).lower())
    return env.text(_tier(tier)) if tier else model
