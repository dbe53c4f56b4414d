"""cc-switch: the providers in its database, each in the words of the tool that it switches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from wizard.errors import InvalidConfig
from wizard.private import Private
from wizard.provider.template import escape_literal, standing_for
from wizard.transfer.origins import claude_code, codex, gemini_cli, opencode, pi
from wizard.transfer.origins.described import (
    DOLLARS,
    Described,
    Speller,
    ToolConfig,
    grouped,
    listed,
    mcp_servers,
)
from wizard.transfer.origins.fields import ObjectReader, top_of
from wizard.transfer.origins.plain_text import json_object, json_tree, toml_tree
from wizard.transfer.origins.sqlite_file import rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from wizard.files.locations import Surroundings
    from wizard.provider.model import Slot
    from wizard.transfer.origins.described import ChosenModel

NAMES = ("cc-switch.db",)
_COLUMNS = ("id", "app_type", "name", "settings_config", "is_current", "meta")
_CONVERTED = {"openai_chat": "openai-compat", "openai_responses": "openai"}
"""The format of an endpoint that cc-switch translates Claude Code's requests to."""


def places(around: Surroundings) -> tuple[Path, ...]:
    return (around.home / ".cc-switch" / "cc-switch.db",)


def read(path: Path, _: Surroundings) -> ToolConfig:
    current = _current(path)
    said = [_Row.of(row, current, path) for row in rows(path, "providers", _COLUMNS)]
    known = [row for row in said if row.app in _READERS]
    configs = [_named(row, _config(row), known) for row in known]
    left = [row.name for row in said if row.app not in _READERS]
    others = (f"cc-switch has these for tools that are not read here: {listed(left)}",) if left else ()
    servers = mcp_servers([str(row["name"]) for row in rows(path, "mcp_servers", ("name",))])
    return ToolConfig(
        grouped(provider for config in configs for provider in config.providers),
        _selected(list(zip(known, configs, strict=True))),
        (*(sentence for config in configs for sentence in config.unsupported), *others, *servers),
    )


class _Row(Private, Struct, frozen=True):
    """A provider of a tool; `settings` are the tool's own."""

    app: str
    name: str
    settings: ObjectReader
    meta: ObjectReader
    is_current: bool

    @classmethod
    def of(cls, row: Mapping[str, Any], current: ObjectReader, path: Path) -> _Row:
        fields = ObjectReader(path, row)
        app, name = fields.text("app_type"), fields.text("name") or fields.text("id")
        here = current.text(f"currentProvider{app.capitalize()}")
        is_current = fields.text("id") == here if here else bool(fields.number("is_current"))
        return cls(app, name, _tree(row, "settings_config", path), _tree(row, "meta", path), is_current)


def _current(path: Path) -> ObjectReader:
    """The settings of this machine, which say what is current here where the database goes to several."""
    settings = path.with_name("settings.json")
    try:
        return json_object(settings)
    except InvalidConfig:
        return ObjectReader(settings, {})


def _tree(row: Mapping[str, Any], column: str, path: Path) -> ObjectReader:
    text = row[column]
    return top_of(json_tree(text, path) if isinstance(text, str) and text else None, path)


# Each tool's own words


def _config(row: _Row) -> ToolConfig:
    config = _READERS[row.app](row)
    return replace(
        config, providers=tuple(_with_value(provider, config.held) for provider in config.providers), held={}
    )


def _with_value(provider: Described, held: Mapping[str, str]) -> Described:
    """With the key itself: several rows have different keys under one variable."""
    value = held.get(standing_for(provider.api_key or "") or "")
    return replace(provider, api_key=escape_literal(value)) if value else provider


def _claude(row: _Row) -> ToolConfig:
    config = claude_code.configuration(row.settings, row.name)
    type_ = _CONVERTED.get(row.meta.text("apiFormat"))
    if type_ is None:
        return config
    providers = (replace(provider, type=type_, bearer=False) for provider in config.providers)
    return replace(config, providers=tuple(providers))


def _codex(row: _Row) -> ToolConfig:
    path = row.settings.path
    text = row.settings.tree.get("config")
    auth = row.settings.fields("auth")
    top = ObjectReader(path, toml_tree(text if isinstance(text, str) else "", path))
    config = codex.configuration(top, auth.text("OPENAI_API_KEY"))
    return replace(config, held={name: auth.text(name) for name in auth.tree if isinstance(auth.tree[name], str)})


def _gemini(row: _Row) -> ToolConfig:
    env = row.settings.fields("env")
    variables = {name: env.text(name) for name in env.tree if isinstance(env.tree[name], str)}
    return gemini_cli.configuration(row.settings.fields("config"), variables)


def _opencode(row: _Row) -> ToolConfig:
    speller = Speller(opencode.SPELLING)
    return ToolConfig((opencode.provider(row.name, row.settings, "", speller),), unsupported=tuple(speller.unsupported))


def _pi(row: _Row) -> ToolConfig:
    speller = Speller(DOLLARS)
    return ToolConfig(tuple(pi.provider(row.name, row.settings, speller)), unsupported=tuple(speller.unsupported))


_READERS: Mapping[str, Callable[[_Row], ToolConfig]] = {
    "claude": _claude,
    "claude-desktop": _claude,
    "codex": _codex,
    "gemini": _gemini,
    "opencode": _opencode,
    "pi": _pi,
}


# All of them together


def _named(row: _Row, config: ToolConfig, rows_: Sequence[_Row]) -> ToolConfig:
    """With the name that the user gave it; it says the tool, too, where another tool has one of that name."""
    twice = any(other.name == row.name and other.app.partition("-")[0] != row.app.partition("-")[0] for other in rows_)
    name = f"{row.name} {row.app}" if twice else row.name
    chosen = config.selected.get("large")
    main = chosen.provider if chosen else next((provider.id for provider in config.providers), "")
    providers = tuple(_renamed(provider, main, name, row.name) for provider in config.providers)
    selected = {
        slot: replace(model, provider=name) if model.provider == main else model
        for slot, model in config.selected.items()
    }
    unsupported = tuple(f"{row.name}, for {row.app}: {sentence}" for sentence in config.unsupported)
    return ToolConfig(providers, selected, unsupported)


def _renamed(provider: Described, main: str, name: str, title: str) -> Described:
    return replace(provider, id=name, name=title) if provider.id == main and provider.base_url else provider


def _selected(configs: Sequence[tuple[_Row, ToolConfig]]) -> dict[Slot, ChosenModel]:
    """What the current provider uses, of the first tool that has one; all others are there to choose."""
    order = list(_READERS)
    current = sorted((pair for pair in configs if pair[0].is_current), key=lambda pair: order.index(pair[0].app))
    return next((dict(config.selected) for _, config in current if config.selected), {})
