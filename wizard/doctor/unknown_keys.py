"""Keys that Crush does not know at their place: what is meant, and where it belongs (crush-behaviour 1.5, 10.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from wizard.crush.strictness import CONFIG, MODEL, PROVIDER, SELECTED, Fields, decode, dotted, homes, shape_at
from wizard.doctor.check import Check, Code
from wizard.doctor.conversions import converted
from wizard.doctor.finding import Fix, Seen, drop
from wizard.documents.document import DropValue, PutValue
from wizard.near import nearest
from wizard.provider.builtins import near_miss
from wizard.words import joined

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wizard.crush.effective import EffectiveProvider
    from wizard.crush.sources import Source
    from wizard.doctor.examined import Examined
    from wizard.documents.json.draft import KeyPath

_PROVIDER_NAMES = {
    "key": "api_key",
    "token": "api_key",
    "apitoken": "api_key",
    "authtoken": "api_key",
    "url": "base_url",
    "uri": "base_url",
    "baseuri": "base_url",
    "endpoint": "base_url",
    "apibase": "base_url",
    "apiurl": "base_url",
    "apiendpoint": "base_url",
    "apibaseurl": "base_url",
    "headers": "extra_headers",
    "customheaders": "extra_headers",
    "defaultheaders": "extra_headers",
    "requestheaders": "extra_headers",
    "body": "extra_body",
    "autodiscovery": "discover_models",
    "autodiscover": "discover_models",
    "discovery": "discover_models",
    "disabled": "disable",
    "displayname": "name",
    "label": "name",
    "systemprompt": "system_prompt_prefix",
    "kind": "type",
    "apitype": "type",
    "providertype": "type",
}
_MODEL_NAMES = {
    "model": "id",
    "modelid": "id",
    "displayname": "name",
    "label": "name",
    "supportsimages": "supports_attachments",
    "attachment": "supports_attachments",
    "attachments": "supports_attachments",
    "maxtokens": "default_max_tokens",
    "maxoutput": "default_max_tokens",
    "maxoutputtokens": "default_max_tokens",
    "outputtokens": "default_max_tokens",
    "outputlimit": "default_max_tokens",
    "maxcompletiontokens": "default_max_tokens",
    "context": "context_window",
    "contextlength": "context_window",
    "contextsize": "context_window",
    "contextlimit": "context_window",
    "contexttokens": "context_window",
    "contextwindowsize": "context_window",
    "maxcontext": "context_window",
    "maxcontextlength": "context_window",
    "maxcontexttokens": "context_window",
    "maxinputtokens": "context_window",
    "maxmodellen": "context_window",
    "numctx": "context_window",
    "nctx": "context_window",
    "reasoning": "can_reason",
    "reason": "can_reason",
    "think": "can_reason",
    "thinking": "can_reason",
    "canthink": "can_reason",
    "supportsreasoning": "can_reason",
    "supportsthinking": "can_reason",
    "hasreasoningeffort": "can_reason",
    "reasoningeffort": "default_reasoning_effort",
    "defaultreasoninglevel": "default_reasoning_effort",
    "reasoningefforts": "reasoning_levels",
    "costper1minput": "cost_per_1m_in",
    "costper1moutput": "cost_per_1m_out",
}
_SELECTED_NAMES = {
    "id": "model",
    "modelid": "model",
    "providerid": "provider",
    "effort": "reasoning_effort",
    "thinking": "think",
    "maxoutputtokens": "max_tokens",
    "defaultmaxtokens": "max_tokens",
}
_CONFIG_NAMES = {"provider": "providers", "model": "models", "mcpservers": "mcp", "environment": "env"}
_OTHER_NAMES = (
    (CONFIG, _CONFIG_NAMES),
    (PROVIDER, _PROVIDER_NAMES),
    (MODEL, _MODEL_NAMES),
    (SELECTED, _SELECTED_NAMES),
)
"""What people write, in lower case and without signs between the words, and what Crush calls it there."""
_PARTS = {
    "limit": {"context": "context_window", "output": "default_max_tokens"},
    "cost": {
        "input": "cost_per_1m_in",
        "output": "cost_per_1m_out",
        "cacheread": "cost_per_1m_out_cached",
        "cachewrite": "cost_per_1m_in_cached",
    },
}
"""Objects in a model's entry as models.dev and OpenCode have them, and what Crush calls their parts."""
_IGNORED = {
    "supports_vision": "`supports_attachments` is the field for images",
    "supports_function_calling": "Crush always sends its tools",
    "supports_tools": "Crush always sends its tools",
    "default_provider": "choose a model: crush-wizard use large PROVIDER/MODEL",
    "default_model": "choose a model: crush-wizard use large PROVIDER/MODEL",
}
"""Keys without any counterpart, and what there is instead."""
_OTHERS = frozenset(("mcp", "lsp", "hooks", "env", "recent_models"))
"""Sections that are no business of ours."""
_SECTIONS = frozenset(CONFIG.fields) - {"$schema", "recent_models"}


class Meant(Struct, frozen=True):
    """Where a key belongs. `sure`: hardly anything else can be meant."""

    target: KeyPath
    sure: bool


class Claimed(Struct, frozen=True):
    """The places that a fix puts something at already: a second one for the same place waits for the next look."""

    places: set[tuple[Path, KeyPath]]

    def claim(self, path: Path, target: KeyPath) -> bool:
        """Whether the place was free until now."""
        is_free = (path, target) not in self.places
        self.places.add((path, target))
        return is_free


def _unknown_keys(examined: Examined) -> Iterator[Seen]:
    claimed = Claimed(set())
    nested = {found.key_path for provider in examined.custom if (found := nested_section(provider, examined))}
    for source in examined.effective.unknown_keys():
        above, key = source.key_path[:-1], str(source.key_path[-1])
        shape = _shape_of_ours(above)
        if shape is None or key.startswith(("$", "//", "_comment")) or above in nested:
            continue
        yield _about(source, key, shape, examined, claimed)


def _shape_of_ours(above: KeyPath) -> Fields | None:
    """The fields that Crush knows at a place; None where this is no business of ours."""
    shape = shape_at(above)
    is_other = bool(above) and (str(above[0]).casefold() in _OTHERS or str(above[-1]).casefold() == "oauth")
    return shape if isinstance(shape, Fields) and not is_other else None


def _about(source: Source, key: str, shape: Fields, examined: Examined, claimed: Claimed) -> Seen:
    provider = _provider(source.key_path)
    value = examined.value_at(source, source.key_path) if source.format == "json" else None
    meant = _meant(source.key_path, value, shape)
    if meant is None and (parts := _parts(key, value, source.key_path[:-1], shape)):
        message = f"Crush ignores `{key}` here: what is in it belongs beside it"
        return Seen(message, provider, source, fix=_unpacked(source, parts, examined, claimed))
    if meant is None:
        cure = _IGNORED.get(key.casefold(), "remove it: Crush has nothing of this name")
        return Seen(f"Crush does not know `{key}`, and ignores it", provider, source, cure, severity="info")
    is_here = meant.target[:-1] == source.key_path[:-1]
    where = f"is called `{meant.target[-1]}`" if is_here else f"belongs under `{dotted(meant.target[:-1])}`"
    message = f"Crush ignores `{key}` here: it {where}"
    return _with_cure(Seen(message, provider, source), source, meant, examined, claimed)


def _provider(key_path: KeyPath) -> str:
    return str(key_path[1]) if len(key_path) > 2 and str(key_path[0]).casefold() == "providers" else ""


def _meant(key_path: KeyPath, value: Any, shape: Fields) -> Meant | None:
    above, key = key_path[:-1], str(key_path[-1])
    if name := _other_name(key, shape):
        return Meant((*above, name), sure=True)
    if key.casefold() in _IGNORED:
        return None
    elsewhere = [path for path in _elsewhere(key, above, shape, value) if _as_taken(value, path) is not None]
    if len(elsewhere) == 1:
        return Meant(elsewhere[0], sure=True)
    close = nearest(key.casefold().replace("-", "_"), shape.fields)
    return Meant((*above, close), sure=False) if close else None


def _parts(key: str, value: Any, above: KeyPath, shape: Fields) -> dict[KeyPath, Any]:
    """What an object holds, by the places that its parts belong to; nothing unless all of it is known."""
    if not isinstance(value, Mapping) or shape not in (PROVIDER, MODEL):
        return {}
    names = _PARTS.get(key.casefold(), {}) if shape is MODEL else {}
    called = {inner: names.get(_squeezed(inner)) or _other_name(inner, shape) for inner in value}
    taken = {(*above, name): _as_taken(value[inner], (*above, name)) for inner, name in called.items() if name}
    is_known = len(taken) == len(value) and all(part is not None for part in taken.values())
    return taken if is_known else {}


def _unpacked(source: Source, parts: Mapping[KeyPath, Any], examined: Examined, claimed: Claimed) -> Fix | None:
    """Its parts beside it, where none of them is there already."""
    tree = examined.value_at(source, ())
    if not all(room_at(tree, place) == "free" and claimed.claim(source.path, place) for place in parts):
        return None
    puts = [PutValue(place, part) for place, part in parts.items()]
    names = joined(f"`{place[-1]}`" for place in parts)
    return Fix(
        f"write what is in `{source.key_path[-1]}` as {names}", True, source.path, (*puts, DropValue(source.key_path))
    )


def _other_name(key: str, shape: Fields) -> str:
    """What Crush calls at this place what the key names; empty if nothing."""
    squeezed = _squeezed(key)
    own = next((name for name in shape.fields if _squeezed(name) == squeezed), "")
    return own or next((names.get(squeezed, "") for known, names in _OTHER_NAMES if known is shape), "")


def _squeezed(name: str) -> str:
    return name.casefold().replace("-", "").replace("_", "").replace(" ", "")


def _elsewhere(key: str, above: KeyPath, shape: Fields, value: Any) -> Iterator[KeyPath]:
    """Where Crush knows a field of this name: further down, or anywhere in the settings that are no provider's."""
    names = [name for name in _every_name(shape) | _every_name(CONFIG) if _squeezed(name) == _squeezed(key)]
    for name in names:
        yield from ((*above, *path) for path in homes(name, shape))
        if above and str(above[0]).casefold() not in ("providers", "models"):
            yield from homes(name)
    if not above and isinstance(value, Mapping):
        yield from ((section, key) for section in ("providers", "models") if _is_one_of(section, value))


def _is_one_of(section: str, value: Mapping[str, Any]) -> bool:
    """Whether it is an entry of `providers` or `models`, with something in it that no other section has."""
    fields = {str(name).casefold() for name in value}
    telling = ("base_url", "api_key") if section == "providers" else ("provider", "model")
    return bool(fields.intersection(telling)) and is_section(section, {"it": value})


def is_section(name: str, value: Any) -> bool:
    """Whether Crush knows all of it as the section of this name."""
    read = decode({name: value})
    return not (read.faults or read.unknown)


def _every_name(shape: Fields) -> frozenset[str]:
    below = (_every_name(inner) for inner in shape.fields.values() if isinstance(inner, Fields))
    return frozenset(shape.fields).union(*below)


def _as_taken(value: Any, target: KeyPath) -> Any:
    """The value as Crush takes it there, if need be converted; None where it would not start with it."""
    if target == ("mcp",):
        value = with_typed_servers(value)
    if value is None or _fits(value, target):
        return value
    other = converted(value, shape_at(target))
    return other if other is not None and _fits(other, target) else None


def with_typed_servers(value: Any) -> Any:
    """The section `mcp`, each server with the type that Crush wants; other programs tell it from what it has."""
    return {name: _as_typed(server) for name, server in value.items()} if isinstance(value, Mapping) else value


def _as_typed(server: Any) -> Any:
    """Without a type Crush has no transport for a server, be it a program or a URL."""
    if not isinstance(server, Mapping) or _field(server, "type"):
        return server
    rest = {key: value for key, value in server.items() if key.casefold() != "type"}
    if _field(server, "command"):
        return {"type": "stdio", **rest}
    url = str(_field(server, "url") or "")
    is_stream = url.partition("?")[0].rstrip("/").endswith("/sse")  # as servers of the older transport call it
    return {"type": "sse" if is_stream else "http", **rest} if url else server


def _fits(value: Any, target: KeyPath) -> bool:
    """Whether Crush would start with the value there (crush-behaviour 10.1 F5)."""
    tree = value
    for key in reversed(target):
        tree = [tree] if isinstance(key, int) else {key: tree}
    return not decode(tree).faults


def _with_cure(seen: Seen, source: Source, meant: Meant, examined: Examined, claimed: Claimed) -> Seen:
    key, name = source.key_path[-1], dotted(meant.target)
    if source.format != "json":
        return replace(seen, cure=f"write `{name}`")
    value = examined.value_at(source, source.key_path)
    taken = _as_taken(value, meant.target)
    if taken is None and value is not None:
        return replace(seen, cure=f"write `{meant.target[-1]}` by hand: it needs another kind of value")
    room = room_at(examined.value_at(source, ()), meant.target)
    if room == "taken":
        message = f"{seen.message}, which is also there"
        return replace(seen, message=message, cure="remove it", fix=drop(source, f"remove `{key}`"))
    if taken is None or room == "blocked" or not claimed.claim(source.path, meant.target):
        return replace(seen, cure=f"keep one value, as `{name}`")
    return replace(seen, fix=_moved(source, meant, taken))


def _moved(source: Source, meant: Meant, value: Any) -> Fix:
    key, name = source.key_path[-1], meant.target[-1]
    is_here = meant.target[:-1] == source.key_path[:-1]
    description = f"rename `{key}` to `{name}`" if is_here else f"move `{key}` to `{dotted(meant.target[:-1])}`"
    return Fix(description, meant.sure, source.path, (PutValue(meant.target, value), DropValue(source.key_path)))


def room_at(tree: Any, target: KeyPath) -> Literal["free", "taken", "blocked"]:
    """Whether a value may be put at a place; blocked: something on the way there is no object."""
    for key in target:
        if tree is None:
            return "free"
        if isinstance(tree, list) and isinstance(key, int):
            tree = tree[key]
        elif isinstance(tree, Mapping) and isinstance(key, str):
            tree = _field(tree, key)
        else:
            return "blocked"
    return "free" if tree is None else "taken"


def _field(tree: Mapping[str, Any], name: str) -> Any:
    """The value of a name, in whatever letter case."""
    return next((value for key, value in tree.items() if key.casefold() == name.casefold()), None)


def misspelled(provider_id: str, name: str, examined: Examined) -> str:
    """The key of a provider's entry that means a field, and is not called so; empty if there is none."""
    for source in examined.effective.unknown_keys():
        is_own = len(source.key_path) == 3 and source.key_path[1] == provider_id
        if is_own and _other_name(str(source.key_path[2]), PROVIDER) == name:
            return str(source.key_path[2])
    return ""


def mistaken_id(provider: EffectiveProvider, examined: Examined) -> str:
    """The built-in id that an entry without a URL means; empty for one that is, or may be, a provider of its own."""
    entry = examined.entries.get(provider.id, {})
    if entry.get("base_url") or misspelled(provider.id, "base_url", examined) or provider.builtin:
        return ""
    return near_miss(provider.id) or ""


def nested_section(provider: EffectiveProvider, examined: Examined) -> Source | None:
    """Where an entry of `providers` stands that is a whole section of the configuration; None for a provider."""
    source = provider.source
    if source is None or source.format != "json" or provider.id not in _SECTIONS:
        return None
    value = examined.value_at(source, source.key_path)
    return source if value and is_section(provider.id, value) else None


CHECKS = (
    Check(
        Code(
            "D4",
            "warning",
            "A field that Crush does not know",
            "Crush ignores what it does not know, at any level, without a message: apiKey, baseURL, headers, and "
            "what is at the top but belongs under `options` or `permissions`. Letter case does not matter, "
            "underscores do. Some fields that are documented elsewhere (supports_vision, supports_function_calling) "
            "are among "
            "them; those do no harm.",
            "rename it, or move it to where Crush looks for it: crush-wizard doctor --fix",
        ),
        _unknown_keys,
    ),
)
