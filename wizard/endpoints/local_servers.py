"""Model servers on this machine, recognised by what they answer and not by their port.

A machine on which nothing listens pays for a few refused connections: HTTP is loaded only once somebody answers.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from wizard.endpoints.model_lists import Server, read_page
from wizard.network.address import parse_address
from wizard.network.client import NotJson, Request, Response, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wizard.endpoints.model_lists import Page
    from wizard.network.client import Client

Kind = Server | Literal["localai", "jan", "open-webui", "openai-compatible"]
"""The id of the preset for it."""

SECONDS = 0.3
"""For connecting, and for answering."""

_BASES: Mapping[Kind, str] = {
    "llamacpp": "",
    "docker-model-runner": "/engines/v1",
    "lemonade": "/api/v1",
    "open-webui": "/api",
}
"""Where their OpenAI-style API is, if that is not /v1 (of llama.cpp: what Crush wants, which adds it)."""
_LOOPBACK = ("127.0.0.1", "::1")
_LIST, _API_LIST, _DOCKER_LIST = "/v1/models", "/api/v1/models", "/engines/v1/models"
_LISTS = (_DOCKER_LIST, _LIST, _API_LIST)
_OLLAMA, _LLAMACPP, _LITELLM, _VERSION = "/api/version", "/props", "/health/liveliness", "/version"
_OPEN_WEBUI, _LOCALAI, _OMLX, _LEMONADE, _JAN = "/api/config", "/system", "/health", "/api/v1/health", "/openapi.json"
_SIGNS = (_OLLAMA, _LLAMACPP, _LITELLM, _VERSION, _OPEN_WEBUI, _LOCALAI, _OMLX, _LEMONADE, _JAN)


class ServerAddress(Struct, frozen=True):
    """Where a server may be. `root` has no path."""

    host: str
    port: int
    root: str


class LocalServer(Struct, frozen=True):
    """A server that answered. `base_url` is right for the preset `kind`.

    `models`: ids of the chat models, without details; None: it does not list them without a key.
    """

    kind: Kind
    base_url: str
    address: ServerAddress
    models: tuple[str, ...] | None


def server_address(typed: str) -> ServerAddress:
    """From `host:port`, or from a URL. Raises Unreachable (bad-url)."""
    address = parse_address(typed if "://" in typed else f"http://{typed}")
    return ServerAddress(address.host, address.port, f"{address.scheme}://{address.authority}")


KNOWN = tuple(
    server_address(f"localhost:{port}") for port in (11434, 1234, 8080, 4000, 8000, 30000, 1337, 12434, 13305, 3000)
)
"""Ollama; LM Studio; llama.cpp, LocalAI and Open WebUI; LiteLLM; vLLM, oMLX and older Lemonades; SGLang; Jan; Docker
Model Runner; Lemonade; Open WebUI in a container: as they come.
"""


async def find_local_servers(
    client: Client, addresses: Iterable[ServerAddress] = KNOWN, *, seconds: float = SECONDS
) -> tuple[LocalServer, ...]:
    """Everyone who answers on loopback, all asked at once; in the order of `addresses`."""
    found = await asyncio.gather(*(_found(client, address, seconds) for address in addresses))
    return tuple(server for server in found if server is not None)


async def look_at(client: Client, address: ServerAddress, *, seconds: float = SECONDS) -> LocalServer | None:
    """What answers at an address; None if it is no model server. Raises Unreachable if nobody answers.

    Lists of models come first: most servers write their name into them. The rest is asked of those that do not.
    """
    lists = await _answers(client, address, _LISTS, seconds)
    if not any(isinstance(answer, Response) for answer in lists.values()):
        raise next(answer for answer in lists.values() if isinstance(answer, Unreachable))
    pages = {path: read_page(answer) if isinstance(answer, Response) else None for path, answer in lists.items()}
    kind = _named(pages)
    if kind is None:
        signs = lists | await _answers(client, address, _SIGNS, seconds)
        kind = _told(pages[_LIST], {path: _document(answer) for path, answer in signs.items()})
    if kind is None:
        return None
    base = _BASES.get(kind, "/v1")
    page = pages.get(f"{base or '/v1'}/models")
    models = None if page is None else tuple(model.id for model in page.models if model.chats is not False)
    return LocalServer(kind, address.root + base, address, models)


async def _answers(
    client: Client, address: ServerAddress, paths: tuple[str, ...], seconds: float
) -> dict[str, Response | Unreachable]:
    answers = await asyncio.gather(*(_answer(client, address.root + path, seconds) for path in paths))
    return dict(zip(paths, answers, strict=True))


async def _found(client: Client, address: ServerAddress, seconds: float) -> LocalServer | None:
    if not await _listens(address, seconds):
        return None
    with suppress(Unreachable):
        return await look_at(client, address, seconds=seconds)
    return None


async def _listens(address: ServerAddress, seconds: float) -> bool:
    """Whether somebody takes connections there; localhost means both families."""
    hosts = _LOOPBACK if address.host == "localhost" else (address.host,)
    return any(await asyncio.gather(*(_takes_connections(host, address.port, seconds) for host in hosts)))


async def _takes_connections(host: str, port: int, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            _, writer = await asyncio.open_connection(host, port)
    except OSError:  # TimeoutError is one
        return False
    writer.close()
    return True


async def _answer(client: Client, url: str, seconds: float) -> Response | Unreachable:
    try:
        return await client.send(Request("GET", url), seconds=seconds)
    except Unreachable as error:
        return error


def _document(answer: Response | Unreachable) -> Any:
    """The JSON of an answer; None if it is none."""
    if isinstance(answer, Unreachable) or answer.status != 200:
        return None
    try:
        return answer.json()
    except NotJson:
        return None


def _named(pages: Mapping[str, Page | None]) -> Kind | None:
    """By the owner that all models of a list name; Docker alone has engines, even where it has no models."""
    engines = pages[_DOCKER_LIST]
    if engines is not None and not engines.models:
        return "docker-model-runner"
    return next((page.server for page in pages.values() if page is not None and page.server is not None), None)


def _told(page: Page | None, documents: Mapping[str, Any]) -> Kind | None:
    """By what only one kind of server answers. Those that speak as Ollama or vLLM do, too, come before these."""
    if _is_open_webui(documents[_OPEN_WEBUI]):
        return "open-webui"
    if {"backends", "loaded_models"} <= _keys(documents[_LOCALAI]):
        return "localai"
    if _is_jan(documents[_JAN]):
        return "jan"
    if {"engine_pool", "default_model"} <= _keys(documents[_OMLX]):
        return "omlx"
    if {"status", "model_loaded"} <= _keys(documents[_LEMONADE]):
        return "lemonade"
    if "default_generation_settings" in _keys(documents[_LLAMACPP]):
        return "llamacpp"
    if documents[_LITELLM] == "I'm alive!":
        return "litellm"
    if page is None:
        return None
    if documents[_API_LIST] == {"models": []}:
        return "lmstudio"
    if _keys(documents[_OLLAMA]) == {"version"}:
        return "ollama"
    return "vllm" if _keys(documents[_VERSION]) == {"version"} else "openai-compatible"


def _is_open_webui(document: Any) -> bool:
    """Its name can be changed, and still ends with this."""
    return {"status", "version", "features"} <= _keys(document) and "Open WebUI" in str(document.get("name"))


def _is_jan(document: Any) -> bool:
    """What it writes about its own API is to be had without the key that the rest may want."""
    info = document.get("info") if isinstance(document, dict) else None
    return isinstance(info, dict) and str(info.get("title")).startswith("Jan API")


def _keys(document: Any) -> set[str]:
    return set(document) if isinstance(document, dict) else set()
