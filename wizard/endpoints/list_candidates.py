"""Where a list of models may be, for a base URL that is right or nearly right. All on the same origin."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct

from wizard.provider.types import TYPES
from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wizard.flow.preset import Listing as Kind

_VERSION = regexp(r"/v\d+(?:beta|alpha)?$")
_TWICE = regexp(r"(/v\d+)(?:/v\d+)+$")
_USUAL_PREFIXES = ("/api/v1", "/openai/v1")
"""Where services keep an OpenAI-style API that is not at /v1."""
MOST_CUTS = 3


class ListAddress(Struct, frozen=True):
    """`url` may list the models; if it does, `base_url` is the right one for the provider's type."""

    url: str
    base_url: str


def candidates(base_url: str, type_name: str, kind: Kind) -> tuple[ListAddress, ...]:
    """What to ask, the likeliest first. `base_url` has no trailing slash and no endpoint's path."""
    root = _VERSION.sub("", base_url)
    own = tuple(ListAddress(root + path, base_for(type_name, root)) for path in _OWN_PATHS.get(kind, ()))
    if TYPES[type_name].root:
        own += tuple(ListAddress(root + path, root) for path in _ROOT_PATHS.get(type_name, ()))
        return _once(own)
    return _once((*own, *(ListAddress(f"{base}/models", base) for base in _openai_bases(base_url))))


_OWN_PATHS: dict[Kind, tuple[str, ...]] = {
    "ollama": ("/api/tags",),
    "lmstudio": ("/api/v1/models", "/api/v0/models"),
    "llamacpp": ("/v1/models",),
    "anthropic": ("/v1/models?limit=1000",),
    "google": ("/v1beta/models?pageSize=1000",),
}
_ROOT_PATHS = {
    "anthropic": ("/v1/models", "/models"),
    "google": ("/v1beta/models", "/v1/models"),
    "llamacpp": ("/v1/models", "/models"),
}


def base_for(type_name: str, root: str) -> str:
    """The base URL of a server that has its OpenAI-style API at /v1 below `root` (crush-behaviour 2.4, 6)."""
    return root if TYPES[type_name].root else f"{root}/v1"


def _openai_bases(base: str) -> Iterable[str]:
    """Versioned paths are only freed of a doubled version: what is above them may be another API."""
    yield base
    if _VERSION.search(base):
        yield _TWICE.sub(r"\1", base)
        return
    yield f"{base}/v1"
    origin, parents = _parents(base)
    yield from (parent if _VERSION.search(parent) else f"{parent}/v1" for parent in parents)
    if base == origin:
        yield from (origin + prefix for prefix in _USUAL_PREFIXES)


def _parents(base: str) -> tuple[str, list[str]]:
    """(origin, the URLs above `base` down to the origin itself)."""
    parts = urlsplit(base)
    origin = f"{parts.scheme}://{parts.netloc}"
    names = [name for name in parts.path.split("/") if name]
    return origin, ["/".join((origin, *names[:length])) for length in range(len(names) - 1, -1, -1)][:MOST_CUTS]


def _once(found: Iterable[ListAddress]) -> tuple[ListAddress, ...]:
    known: dict[str, ListAddress] = {}
    for candidate in found:
        known.setdefault(candidate.url, candidate)
    return tuple(known.values())
