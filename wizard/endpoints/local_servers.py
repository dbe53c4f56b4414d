"""Model servers on this machine, recognised by what they answer and not by their port.

A machine on which nothing listens pays for a few refused connections: HTTP is loaded only once somebody answers.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from wizard.endpoints.list_candidates import base_for
from wizard.endpoints.model_lists import read_page
from wizard.network.address import parse_address
from wizard.network.client import NotJson, Request, Response, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wizard.endpoints.model_lists import Page
    from wizard.network.client import Client

Kind = Literal["ollama", "lmstudio", "llamacpp", "litellm", "vllm", "openai-compatible"]
"""The id of the preset for it."""

SECONDS = 0.3
"""For connecting, and for answering."""

_TYPES: Mapping[Kind, str] = {
    "ollama": "ollama",
    "lmstudio": "lmstudio",
    "llamacpp": "llamacpp",
    "litellm": "litellm",
    "vllm": "openai-compat",
    "openai-compatible": "openai-compat",
}
_LOOPBACK = ("127.0.0.1", "::1")
_LIST, _OLLAMA, _LMSTUDIO = "/v1/models", "/api/version", "/api/v1/models"
_LLAMACPP, _LITELLM, _VLLM = "/props", "/health/liveliness", "/version"
_PATHS = (_LIST, _OLLAMA, _LMSTUDIO, _LLAMACPP, _LITELLM, _VLLM)


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


KNOWN = tuple(server_address(f"localhost:{port}") for port in (11434, 1234, 8080, 4000, 8000))
"""Ollama, LM Studio, llama.cpp, LiteLLM, vLLM, as they come."""


async def find_local_servers(
    client: Client, addresses: Iterable[ServerAddress] = KNOWN, *, seconds: float = SECONDS
) -> tuple[LocalServer, ...]:
    """Everyone who answers on loopback, all asked at once; in the order of `addresses`."""
    found = await asyncio.gather(*(_found(client, address, seconds) for address in addresses))
    return tuple(server for server in found if server is not None)


async def look_at(client: Client, address: ServerAddress, *, seconds: float = SECONDS) -> LocalServer | None:
    """What answers at an address; None if it is no model server. Raises Unreachable if nobody answers."""
    answers = await asyncio.gather(*(_answer(client, address.root + path, seconds) for path in _PATHS))
    given = dict(zip(_PATHS, answers, strict=True))
    if not any(isinstance(answer, Response) for answer in answers):
        raise next(answer for answer in answers if isinstance(answer, Unreachable))
    answer = given[_LIST]
    page = read_page(answer) if isinstance(answer, Response) else None
    kind = _kind(page, {path: _document(answer) for path, answer in given.items()})
    if kind is None:
        return None
    models = None if page is None else tuple(model.id for model in page.models if model.chats is not False)
    return LocalServer(kind, base_for(_TYPES[kind], address.root), address, models)


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


def _kind(page: Page | None, documents: Mapping[str, Any]) -> Kind | None:
    """By the owner that the models name, else by what only one kind of server answers."""
    if page is not None and page.server is not None:
        return page.server
    if "default_generation_settings" in _keys(documents[_LLAMACPP]):
        return "llamacpp"
    if _is_list_of_lmstudio(documents[_LMSTUDIO]):
        return "lmstudio"
    if documents[_LITELLM] == "I'm alive!":
        return "litellm"
    if _keys(documents[_OLLAMA]) == {"version"}:
        return "ollama"
    if page is not None:
        return "vllm" if _keys(documents[_VLLM]) == {"version"} else "openai-compatible"
    return None


def _is_list_of_lmstudio(document: Any) -> bool:
    models = document.get("models") if isinstance(document, dict) else None
    return isinstance(models, list) and all("key" in _keys(model) for model in models)


def _keys(document: Any) -> set[str]:
    return set(document) if isinstance(document, dict) else set()
