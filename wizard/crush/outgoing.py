"""What a provider's requests take along that may be a key, and who gets it (crush-behaviour 2.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from wizard.documents.crushrc.commands import Computed
from wizard.expansion.expand import expand
from wizard.expansion.plain_secrets import plain_secrets
from wizard.network.loopback import is_this_machine
from wizard.private import Private
from wizard.provider.base_url import BaseUrl
from wizard.provider.template import variables
from wizard.provider.types import TYPES
from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wizard.crush.effective import Effective, EffectiveProvider
    from wizard.crush.sources import Source
    from wizard.expansion.expand import Expanded

Pair = tuple[str, str]
"""What is sent (a variable's name, a key's own text, the name of a login), and the host that gets it."""
FieldPath = tuple[str, ...]
"""A field of an entry: ("api_key",), ("extra_headers", "X-Key")."""

END_OF_AUTHORITY = regexp(r"[/?#\\]")
_COUNT_AS_KEY = {"anthropic": ("authorization", "x-api-key"), "google": ()}
"""By type: the headers in whose presence no key is looked for; `Authorization` for all others (crush-behaviour 2.4)."""


class Outgoing(Private, Struct, frozen=True):
    """`what` is a variable's name, a key's own text, or the name of a login; `field` where the entry says it.

    `field` is empty for what no field says: a client library takes it from the environment.
    """

    kind: Literal["variable", "literal", "login"]
    what: str
    field: FieldPath = ()


def outgoing(provider: EffectiveProvider) -> Iterator[Outgoing]:
    """All that a provider's requests take along, as far as it may be a key."""
    for field, text in expanded_fields(provider.entry):
        named = [name for value in expansions(provider, field) for name in (*value.variables, *value.lookups)]
        yield from (Outgoing("variable", name, field) for name in dict.fromkeys((*variables(text), *named)))
    for field, value in _fields(provider.entry):
        yield from (Outgoing("literal", secret, field) for secret in plain_secrets({field[-1]: value}))
    if provider.entry.get("oauth"):
        yield Outgoing("login", f"login of {provider.id}", ("oauth",))
    if not _is_here(provider):
        yield from (Outgoing("variable", name) for name in _fallbacks(provider))


def behind(
    name: str, effective: Effective, is_theirs: Callable[[Source | None], bool] = lambda _: False
) -> Iterator[tuple[str, bool]]:
    """The variables whose values are in a variable's, which the config's own `env` may set from others.

    The second: a file sets it there that is not one of theirs.
    """
    return _behind(name, effective, is_theirs, ())


def _behind(
    name: str, effective: Effective, is_theirs: Callable[[Source | None], bool], seen: tuple[str, ...]
) -> Iterator[tuple[str, bool]]:
    template = effective.config.get("env", {}).get(name)
    if not isinstance(template, str) or name in seen:
        yield name, False
        return
    if not is_theirs(effective.source("env", name)):
        yield name, True
    value = expand(written(template), effective.env)
    for inner in dict.fromkeys((*variables(template), *value.variables, *value.lookups)):
        yield from _behind(inner, effective, is_theirs, (*seen, name))


def written(template: Any) -> str:
    """What Crush expands; of a script's own word, the same from the same variables."""
    return template.template or "" if isinstance(template, Computed) else str(template)


def expanded_fields(entry: Mapping[str, Any]) -> Iterator[tuple[FieldPath, str]]:
    """The values that Crush expands, each with its place in the entry."""
    for name in ("api_key", "base_url"):
        if isinstance(text := entry.get(name), str):
            yield (name,), text
    headers = entry.get("extra_headers")
    for header, text in headers.items() if isinstance(headers, Mapping) else ():
        if isinstance(text, str):
            yield ("extra_headers", header), text


def destination(url: str) -> str:
    """Who gets what is sent to a URL: host and port, behind the scheme where anybody on the way can read it."""
    scheme, _, rest = url.partition("://")
    host = END_OF_AUTHORITY.split(rest, maxsplit=1)[0].rpartition("@")[2].casefold()
    return host if scheme.casefold() == "https" else f"{scheme}://{host}" if host else ""


def expansions(provider: EffectiveProvider, field: FieldPath) -> tuple[Expanded, ...]:
    """What a field comes to: when Crush starts, and when a request goes out."""
    match field:
        case ("api_key",):
            return provider.api_key, provider.at_request.api_key
        case ("base_url",):
            return provider.base_url, provider.at_request.base_url
    return (provider.headers[field[-1]],) if field[-1] in provider.headers else ()


def _fields(entry: Mapping[str, Any]) -> Iterator[tuple[FieldPath, Any]]:
    """Each field that may hold a key in plain text: a body is sent, too."""
    for name, value in entry.items():
        if name == "oauth":
            continue
        if isinstance(value, Mapping):
            yield from (((name, str(key)), inner) for key, inner in value.items())
        else:
            yield (name,), value


def _fallbacks(provider: EffectiveProvider) -> tuple[str, ...]:
    """What is sent where no key is: what can't be told is none, and a header that expands to nothing is dropped."""
    if provider.api_key.text or provider.type not in TYPES:
        return ()
    given = {name.casefold() for name, value in provider.headers.items() if value.text}
    is_given = not given.isdisjoint(_COUNT_AS_KEY.get(provider.type, ("authorization",)))
    return () if is_given else TYPES[provider.type].sent_without_key


def _is_here(provider: EffectiveProvider) -> bool:
    host = destination(provider.base_url.text or "").rpartition("://")[2]
    return is_this_machine(BaseUrl(f"http://{host}").host)
