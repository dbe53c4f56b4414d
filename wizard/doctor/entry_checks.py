"""What can be wrong with the entry of a provider (crush-behaviour 10.3)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from wizard.doctor.check import Check, Code
from wizard.doctor.examined import host_of, is_nearby, is_own_server
from wizard.doctor.finding import Fix, Seen, drop, put
from wizard.doctor.renaming import renamed
from wizard.doctor.unknown_keys import mistaken_id
from wizard.documents.crushrc.commands import Computed
from wizard.provider.base_url import BaseUrl, InvalidBaseUrl, normalize_base_url, wants_v1
from wizard.provider.builtins import BUILTINS
from wizard.provider.types import DEFAULT_BASES, TYPES, asks_responses
from wizard.regexp import regexp
from wizard.shown import command_line
from wizard.words import joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wizard.crush.effective import EffectiveProvider
    from wizard.crush.problem import Severity
    from wizard.doctor.examined import Examined
    from wizard.provider.builtins import Builtin

# D5: URLs

_OWN_URLS = frozenset(("azure", "openrouter", "vercel", "bedrock", "google-vertex", "hyper"))
"""Types whose URL Crush makes into another one, or ignores: azure takes nearly anything."""
_SERVERS = ("ollama", "lmstudio", "litellm", "omlx")
_FULL_ADDRESS = regexp(r"(?:/chat/completions|/v1/messages)$", re.IGNORECASE)
_PERHAPS_REAL = regexp(r"/(?:completions|responses|messages|models)$", re.IGNORECASE)
"""Ends of endpoints, with which the base of an API may end as well."""


def _urls(examined: Examined) -> Iterator[Seen]:
    for provider, entry in examined.with_entry:
        url = entry.get("base_url")
        if isinstance(url, str) and url and not isinstance(url, Computed) and provider.type not in _OWN_URLS:
            yield from _about_url(provider, url, bool(examined.owners(provider)))


def _about_url(provider: EffectiveProvider, url: str, is_known: bool) -> Iterator[Seen]:
    """`is_known`: a catalogue has a provider at this host, so what the path looks like is its business."""
    source = provider.value_source("base_url")
    if provider.base_url.kind == "error" or provider.base_url.text == "":
        return  # W7
    try:
        found = normalize_base_url(url, provider.type)
        if found.notes and provider.type in TYPES and _is_served_below_v1(provider):
            found = normalize_base_url(url, provider.type, add_v1=True)
    except InvalidBaseUrl as error:
        yield Seen(f"its `base_url` will not work: {error}", provider.id, source, severity="error")
        return
    if found.url != url and found.notes:
        yield _corrected(provider, url, found)
    elif url != url.strip() or url[:1] + url[-1:] in ('""', "''"):
        fix = put(source, found.url, f"remove white space and quotes around the URL of {provider.id}", automatic=True)
        message = "its `base_url` has white space or quotes around it"
        yield Seen(message, provider.id, source, "remove them", fix, "error")
    elif provider.type in TYPES and wants_v1(found.url, provider.type):
        yield from _without_version(provider, found.url, is_known)
    for warning in found.warnings if not is_nearby(found.host) else ():
        yield Seen(f"its `base_url` is not encrypted: {warning}", provider.id, source, "use https")


def _corrected(provider: EffectiveProvider, url: str, found: BaseUrl) -> Seen:
    """Only what no API has in the place of its base is cut without asking."""
    source = provider.value_source("base_url")
    bare = url.strip().strip("\"'").rstrip("/")
    sure = _FULL_ADDRESS.sub("", bare).rstrip("/") == found.url
    may_be_right = not sure and (_PERHAPS_REAL.search(bare) or found.host.endswith(".azure.com"))
    cure = "; ".join(found.cures)
    fix = put(source, found.url, cure, automatic=sure)
    wrong = "may not work" if may_be_right else "will not work"
    return Seen(f"its `base_url` {wrong}", provider.id, source, cure, fix, "warning" if may_be_right else "error")


def _is_served_below_v1(provider: EffectiveProvider) -> bool:
    """Whether its OpenAI-style API is surely below /v1, if there is nothing else in the path."""
    return provider.type in _SERVERS or is_nearby(host_of(provider))


def _without_version(provider: EffectiveProvider, url: str, is_known: bool) -> Iterator[Seen]:
    source = provider.value_source("base_url")
    sure = _is_served_below_v1(provider)
    if sure or not is_known:
        fix = put(source, f"{url}/v1", f"add /v1 to the URL of {provider.id}")
        message = f"its `base_url` has no path: servers of type {provider.type} usually answer at /v1"
        yield Seen(message, provider.id, source, "add /v1", fix, "warning" if sure else "info")


# D6, C7: openai or openai-compat

_OPENAI_HOSTS = ("openai.com", "openai.azure.com", "cognitiveservices.azure.com", "services.ai.azure.com")


def _responses(examined: Examined) -> Iterator[Seen]:
    for provider in _openai_elsewhere(examined):
        models = [model_id for model_id in provider.model_ids if asks_responses("openai", model_id)]
        if _vendor_of(examined, provider):
            continue  # C7
        if is_own_server(provider):
            yield _openai_at_home(provider, models)
        elif models:
            cure = f"try it with `{command_line('test', provider.id)}`; if it fails, write openai-compat"
            yield Seen(
                _asked(provider, models), provider.id, provider.value_source("type"), cure, _compatible(provider)
            )


def _asked(provider: EffectiveProvider, models: Sequence[str]) -> str:
    host = host_of(provider) or "its host"
    return f"its type is openai, so Crush asks {host} for `/responses` with {models[0]}, which many servers do not have"


_OWN_TYPES = {"11434": "ollama", "1234": "lmstudio", "4000": "litellm"}
"""The types of servers by their usual ports."""


def _openai_at_home(provider: EffectiveProvider, models: Sequence[str]) -> Seen:
    server = BaseUrl(provider.base_url.text or "").server
    own = _OWN_TYPES.get(server.rpartition(":")[2], "")
    message = "its type is openai, which is for OpenAI itself: Crush asks for some models at `/responses`"
    cure = "write openai-compat" + (f", or {own}, which also reads the context windows" if own else "")
    severity: Severity = "warning" if models else "info"
    shown = _asked(provider, models) if models else message
    return Seen(shown, provider.id, provider.value_source("type"), cure, _compatible(provider), severity)


def _wrong_dialect(examined: Examined) -> Iterator[Seen]:
    for provider in _openai_elsewhere(examined):
        if vendor := _vendor_of(examined, provider):
            message = f"its type is openai, but {host_of(provider)} is {vendor}, which needs openai-compat"
            source = provider.value_source("type")
            yield Seen(message, provider.id, source, "write openai-compat", _compatible(provider))


def _openai_elsewhere(examined: Examined) -> Iterator[EffectiveProvider]:
    for provider in examined.custom:
        host = host_of(provider)
        if provider.type == "openai" and host and not host.endswith(_OPENAI_HOSTS):
            yield provider


def _vendor_of(examined: Examined, provider: EffectiveProvider) -> str:
    """The vendor of a host that speaks the compatible dialect only."""
    owners = [BUILTINS[owner] for owner in examined.owners(provider) if owner in BUILTINS]
    return owners[0].name if owners and all(owner.type == "openai-compat" for owner in owners) else ""


def _compatible(provider: EffectiveProvider) -> Fix | None:
    return put(provider.value_source("type"), "openai-compat", f"set the type of {provider.id} to openai-compat")


# D7, D8: types


def _odd_types(examined: Examined) -> Iterator[Seen]:
    for provider in examined.custom:
        source = provider.value_source("type")
        if provider.type == "google-vertex":
            message = (
                "Crush crashes when it uses this provider: only the built-in `vertexai` has a project and a location"
            )
            yield Seen(message, provider.id, source, "use the built-in id vertexai", severity="error")
        elif provider.type in ("bedrock", "openrouter", "vercel"):
            message = f"Crush ignores its `base_url`: a provider of type {provider.type} has a fixed URL"
            yield Seen(message, provider.id, provider.value_source("base_url") or source)


def _unsent_body(examined: Examined) -> Iterator[Seen]:
    for provider, entry in examined.with_entry:
        if entry.get("extra_body") and provider.type in TYPES and not TYPES[provider.type].sends_body:
            message = f"Crush does not send `extra_body` to a provider of type {provider.type}"
            yield Seen(message, provider.id, provider.value_source("extra_body"))


# D9: ids

_UNWRITABLE = regexp(r"[.*?|#@]")
_FIXED = ("name", "type", "discover_models")


def _ids(examined: Examined) -> Iterator[Seen]:
    for provider, entry in examined.with_entry:
        if provider.builtin:
            yield from _overridden(provider, entry, examined)
        elif close := mistaken_id(provider, examined):
            message = f"`{provider.id}` is not built into Crush; `{close}` is"
            fix = renamed(provider, close, examined)
            yield Seen(message, provider.id, provider.source, f"rename it to `{close}`", fix, "error")
        yield from _awkward(provider, examined)


def _overridden(provider: EffectiveProvider, entry: dict[str, Any] | Any, examined: Examined) -> Iterator[Seen]:
    own = examined.builtins[provider.id]
    counts = {"name": own.name, "type": own.type}
    ignored = [name for name in _FIXED if name in entry and entry[name] != counts.get(name)]
    if not set(ignored) - {"name"}:  # a name costs nobody anything
        return
    fields = joined(f"`{field}`" for field in ignored)
    source = provider.value_source(ignored[0])
    is_elsewhere = "type" in ignored and host_of(provider) not in ("", *_own_hosts(own))
    message = f"`{provider.id}` is built into Crush, which ignores {fields} here"
    if is_elsewhere:
        cure = "if it is another provider, give it another id"
        yield Seen(message, provider.id, source, cure)
    else:
        fix = drop(provider.value_source(ignored[-1]), f"remove `{ignored[-1]}`, which has no effect")
        yield Seen(message, provider.id, source, "remove it", fix, "info")


def _own_hosts(builtin: Builtin) -> tuple[str, ...]:
    """Where a built-in provider is by itself."""
    return BaseUrl(builtin.endpoint).host, BaseUrl(DEFAULT_BASES.get(builtin.type, "")).host


def _renamed_well(message: str, provider: EffectiveProvider, new_id: str, examined: Examined) -> Seen:
    """With an id that makes no trouble, where one can be made of it."""
    if not new_id or provider.builtin:
        return Seen(message, provider.id, provider.source)
    return Seen(message, provider.id, provider.source, f"rename it to `{new_id}`", renamed(provider, new_id, examined))


def _awkward(provider: EffectiveProvider, examined: Examined) -> Iterator[Seen]:
    if found := _UNWRITABLE.search(provider.id):
        message = f"Crush can't save anything for an id with `{found[0]}`, such as a key or a renewed login"
        yield _renamed_well(message, provider, re.sub(r"[^a-z0-9_-]+", "-", provider.id.lower()).strip("-"), examined)
    elif provider.id.isdigit():
        message = "with an id of only digits, Crush writes a list into its own file, and then does not start"
        yield _renamed_well(message, provider, f"p{provider.id}", examined)
    elif re.search(r"[\s/]", provider.id) or not provider.id:
        message = "an id that is empty, or has a space or a slash, does not work in PROVIDER/MODEL"
        yield Seen(message, provider.id, provider.source, severity="info")


CHECKS = (
    Check(
        Code(
            "D5",
            "warning",
            "A URL that will not work",
            "Crush adds the rest of the path itself: /chat/completions for OpenAI-like types, /v1/messages for "
            "anthropic (so no /v1 there), /v1beta/... for google. A query (?...) is lost. A URL without http:// or "
            "https:// does not work.",
            "write the URL of the API, without what Crush adds to it",
        ),
        _urls,
    ),
    Check(
        Code(
            "D6",
            "info",
            "The type openai for a server that is not OpenAI",
            "With the type openai Crush uses the newer `/responses` for models called gpt-4 or gpt-5, and for some "
            "others. Gateways and model servers that only have `/chat/completions` answer 404. The type openai-compat "
            "always uses the latter; ollama, lmstudio, llamacpp and litellm also read the context windows of the "
            "models.",
            "use the type openai-compat, or that of the server, unless the server has /responses",
        ),
        _responses,
    ),
    Check(
        Code(
            "C7",
            "warning",
            "The type openai for another vendor",
            "The host belongs to a vendor that uses OpenAI's format with other models. The type for that is "
            "openai-compat; with openai, some requests have a form that only OpenAI understands.",
            "set the type to openai-compat",
        ),
        _wrong_dialect,
    ),
    Check(
        Code(
            "D7",
            "warning",
            "A type that does not work for a custom provider",
            "google-vertex works with the built-in id `vertexai` only: any other id makes Crush crash at its "
            "first use. bedrock, openrouter and vercel always use their own URL, whatever `base_url` says.",
            "use the built-in provider of that type, or openai-compat for a proxy",
        ),
        _odd_types,
    ),
    Check(
        Code(
            "D8",
            "warning",
            "An extra_body that is not sent",
            "Only openai-compat, hyper, litellm, llamacpp, lmstudio, ollama and omlx send `extra_body`.",
            "remove it, or use provider_options if the type has them",
        ),
        _unsent_body,
    ),
    Check(
        Code(
            "D9",
            "warning",
            "An id that causes trouble",
            "An entry with a built-in id changes that provider: Crush keeps its own name, type and models for it. "
            "With an id that is only similar, it is a new provider, without a URL. Ids with . * ? | # @, or of only "
            "digits, damage what Crush writes into its own file.",
            "use lower-case letters, digits, - and _, beginning with a letter",
        ),
        _ids,
    ),
)
