"""OpenCode: opencode.json or opencode.jsonc, of version 1 (`provider`) and 2 (`providers`), and auth.json."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from wizard.private import Private
from wizard.provider.model_facts import ModelFacts
from wizard.provider.template import escape_literal, placeholder
from wizard.provider.variable import is_variable_name
from wizard.regexp import regexp
from wizard.transfer.origins.described import (
    ChosenModel,
    Described,
    Speller,
    Spelling,
    ToolConfig,
    listed,
    mcp_servers,
    not_providers,
)
from wizard.transfer.origins.fields import ObjectReader, top_of
from wizard.transfer.origins.places import is_there, named, xdg_config, xdg_data
from wizard.transfer.origins.plain_text import json_object, json_tree, text_of
from wizard.transfer.origins.vendors import find_vendor, how_to_sign_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wizard.files.locations import Surroundings
    from wizard.provider.model import Slot

SPELLING = Spelling(regexp(r"\{env:(?P<name>[^}]*)\}"), regexp(r"\{(?!env:)\w+:[^}]*\}"), "its value comes from a file")
_TYPES = {"openai-compatible": "openai-compat", "openai": "openai", "anthropic": "anthropic", "google": "google"}
"""The type by the last part of the package that speaks to the provider."""
_KNOWN_OPTIONS = ("baseURL", "apiKey", "headers")
_KNOWN_OF_PROVIDERS = frozenset(
    "name npm package api env options settings headers body models blacklist whitelist id".split()
)
_KNOWN_OF_MODELS = frozenset(
    (
        "id name limit cost modalities reasoning attachment tool_call options variants release_date last_updated "
        "temperature status family knowledge open_weights"
    ).split()
)
_READ = frozenset("$schema provider providers model small_model disabled_providers enabled_providers mcp".split())
AUTH = "auth.json"
NAMES = ("config.json", "opencode.json", "opencode.jsonc", AUTH)
"""The later ones are over the earlier ones."""


CONTENT = "OPENCODE_CONFIG_CONTENT"


def places(around: Surroundings) -> tuple[Path, ...]:
    own = named(around, "OPENCODE_CONFIG")
    found = (*_of_folder(xdg_config(around) / "opencode"), *_of_folder(_managed(around)), _auth_file(around))
    return (own, *found) if own else found


def _of_folder(folder: Path) -> tuple[Path, ...]:
    return tuple(folder / name for name in NAMES[:-1])


def _managed(around: Surroundings) -> Path:
    """What whoever looks after the machine says, over what the user does."""
    if around.platform == "win32":
        return (named(around, "ProgramData") or Path("C:/ProgramData")) / "opencode"
    return Path("/Library/Application Support/opencode" if around.platform == "darwin" else "/etc/opencode")


def read(path: Path, around: Surroundings) -> ToolConfig:
    """All files that OpenCode merges with this one, with the keys that it keeps; or such an auth.json alone."""
    own = path in places(around)
    beside = path.with_name(AUTH)
    keys = _keys(_auth_file(around) if own or not is_there(beside) else beside)
    if path.name == AUTH and not own:
        return _with_keys_alone(ToolConfig(), keys)
    config = _configuration(top_of(_merged(path, around), path), keys.values)
    return _with_keys_alone(config, keys) if own or is_there(beside) else config


def _merged(path: Path, around: Surroundings) -> dict[str, Any]:
    """The weakest first. Of a project's folder only what it has itself."""
    is_own = path in places(around)
    files = _own_files(around) if is_own else _of_folder(path.parent) if path.name in NAMES else (path,)
    trees = [json_object(file).tree for file in files]
    if is_own and (content := around.environ.get(CONTENT)):
        trees.append(top_of(json_tree(content, Path(CONTENT)), Path(CONTENT)).tree)
    return functools.reduce(_over, trees, {})


def _own_files(around: Surroundings) -> tuple[Path, ...]:
    own = named(around, "OPENCODE_CONFIG")
    mine, managed = _of_folder(xdg_config(around) / "opencode"), _of_folder(_managed(around))
    return (*mine, *((own,) if own else ()), *managed)


def _over(weaker: Any, stronger: Any) -> Any:
    """Objects are merged to the ground; of all else the stronger one stays."""
    if not (isinstance(weaker, dict) and isinstance(stronger, dict)):
        return stronger
    both = {name: _over(weaker[name], stronger[name]) for name in weaker.keys() & stronger.keys()}
    return {**weaker, **stronger, **both}


def _auth_file(around: Surroundings) -> Path:
    return xdg_data(around) / "opencode" / AUTH


def _configuration(top: ObjectReader, keys: Mapping[str, str]) -> ToolConfig:
    speller = Speller(SPELLING)
    off = set(top.texts("disabled_providers"))
    on = set(top.texts("enabled_providers"))
    entries = [*top.members("provider"), *top.members("providers")]
    left = [name for name, _ in entries if name in off or (on and name not in on)]
    providers = [provider(name, entry, keys.get(name, ""), speller) for name, entry in entries if name not in left]
    switched_off = [f"switched off in OpenCode, and left out: {listed(left)}"] if left else []
    servers = mcp_servers(tuple(top.fields("mcp").tree))
    unsupported = (*speller.unsupported, *switched_off, *servers, *not_providers(top.others(_READ)))
    return ToolConfig(tuple(providers), _selected(top, dict(entries)), unsupported)


def _selected(top: ObjectReader, entries: Mapping[str, ObjectReader]) -> dict[Slot, ChosenModel]:
    """The models in use, by the ids that their providers know; a model's key is only OpenCode's name for it."""
    found: dict[Slot, ChosenModel] = {}
    slots: tuple[tuple[Slot, str], ...] = (("large", "model"), ("small", "small_model"))
    for slot, key in slots:
        provider, _, model = top.text(key).partition("/")
        if provider and model:
            entry = entries.get(provider, ObjectReader(top.path, {})).fields("models").fields(model)
            found[slot] = ChosenModel(provider, entry.text("id") or model)
    return found


def provider(name: str, entry: ObjectReader, kept_key: str, speller: Speller) -> Described:
    """What an entry says. `kept_key` is the key that OpenCode keeps for it elsewhere, or nothing."""
    options = entry.fields("options") if "options" in entry.tree else entry.fields("settings")
    speller.without_equal(f"provider {name}", options.others(_KNOWN_OPTIONS), "options")
    speller.without_equal(f"provider {name}", entry.others(_KNOWN_OF_PROVIDERS))
    package = entry.text("npm", "package").rpartition("/")[2]
    headers = {**options.pairs("headers"), **entry.pairs("headers")}
    return Described(
        id=name,
        name=entry.text("name"),
        vendor=_vendor(name, package),
        type="" if _is_local(name) else _TYPES.get(package, ""),
        base_url=speller.value(options.text("baseURL") or entry.text("api"), f"provider {name}, its URL"),
        api_key=speller.key(options.text("apiKey"), f"provider {name}, its key")
        if options.text("apiKey")
        else escape_literal(kept_key) or _first_variable(entry),
        headers=speller.headers(headers, f"provider {name}"),
        body=entry.fields("body").tree,
        models=tuple(_model(model, fields) for model, fields in _models(entry, name, speller)),
    )


def _vendor(name: str, package: str) -> str:
    """The provider's own name where it is a vendor's, else that of the package."""
    if package in _TYPES and not _is_local(name):
        vendor = find_vendor(name)
        return name if vendor and vendor.type == _TYPES[package] else ""
    return name if find_vendor(name) else package or name


def _is_local(name: str) -> bool:
    """Whether it is a kind of local server: Crush has types of its own for them, which know more than OpenAI's."""
    vendor = find_vendor(name)
    return vendor is not None and vendor.local


def _first_variable(entry: ObjectReader) -> str:
    return next((placeholder(name) for name in entry.texts("env") if is_variable_name(name)), "")


def _models(entry: ObjectReader, provider: str, speller: Speller) -> Iterator[tuple[str, ObjectReader]]:
    """Those that are not hidden."""
    hidden, shown = set(entry.texts("blacklist")), set(entry.texts("whitelist"))
    for name, fields in entry.members("models"):
        if name in hidden or (shown and name not in shown):
            continue
        if fields.fields("options").tree or fields.fields("variants").tree:
            speller.unsupported.append(f"provider {provider}, model {name}: its own options")
        speller.without_equal(f"provider {provider}, model {name}", fields.others(_KNOWN_OF_MODELS))
        yield name, fields


def _model(name: str, fields: ObjectReader) -> ModelFacts:
    limit, cost = fields.fields("limit"), fields.fields("cost")
    reads = fields.fields("modalities").texts("input")
    hit = cost.number("cache_read")
    return ModelFacts(
        id=fields.text("id") or name,
        name=fields.text("name") or name,
        cost_per_1m_in=cost.number("input"),
        cost_per_1m_out=cost.number("output"),
        cost_per_1m_in_cached=hit if (write := cost.number("cache_write")) is None else write,
        cost_per_1m_out_cached=hit,
        context_window=limit.whole("context"),
        max_output_tokens=limit.whole("output"),
        can_reason=fields.flag("reasoning"),
        supports_attachments="image" in reads if reads else fields.flag("attachment"),
        tools=fields.flag("tool_call"),
    )


class _Keys(Private, Struct, frozen=True):
    """What OpenCode asked for itself: keys by the provider, and the providers that it signed in to otherwise."""

    values: Mapping[str, str]
    signed_in: tuple[str, ...]


def _keys(path: Path) -> _Keys:
    text = text_of(path)
    entries = dict(ObjectReader(path, {"": json_tree(text, path) if text else None}).members(""))
    values = {name: entry.text("key") for name, entry in entries.items() if entry.text("type") == "api"}
    return _Keys(values, tuple(name for name in entries if name not in values))


def _with_keys_alone(config: ToolConfig, keys: _Keys) -> ToolConfig:
    """With the providers of which OpenCode knows nothing but a key."""
    known = {provider.id for provider in config.providers}
    more = [Described(name, vendor=name, api_key=escape_literal(key)) for name, key in keys.values.items()]
    others = [
        f"provider {name}: OpenCode's login works for OpenCode only. {how_to_sign_in(name)}" for name in keys.signed_in
    ]
    providers = (*config.providers, *(provider for provider in more if provider.id not in known))
    return replace(config, providers=providers, unsupported=(*config.unsupported, *others))
