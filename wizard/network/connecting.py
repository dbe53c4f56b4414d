"""The way to a server, layer by layer: name, connection, TLS. What httpcore builds its HTTP on.

Names are looked up in threads of their own, so that a slow DNS server holds up only those who wait for it, and
never the end of the program. Of several addresses the first that answers wins.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from contextlib import suppress
from contextvars import ContextVar
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from wizard.network.certificate import issuer_of
from wizard.network.unreachable import (
    Layer,
    Unreachable,
    closed_early,
    not_connected,
    not_found,
    not_http,
    not_secured,
    proxy_failed,
    timed_out,
    too_slow,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from httpcore import AsyncNetworkStream

    from wizard.network.proxies import Proxy

HEAD_START = 0.25
"""Seconds that an address has for itself before the next one is tried beside it (RFC 8305)."""


class Timings(Struct, frozen=True):
    """Seconds of each layer; None where it did not happen: a connection used again, a name that a proxy looks up."""

    resolve: float | None = None
    connect: float | None = None
    tls: float | None = None


class Journey(Struct):
    """How far one request got. `secure`: its URL is https. A connection used again starts at the layer http."""

    host: str
    port: int
    secure: bool
    proxy: Proxy | None = None
    layer: Layer = "http"
    answered: bool = False
    received: bytes = b""
    """The first bytes of the answer."""
    spent: dict[str, float] = field(default_factory=dict)

    @property
    def where(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def reached(self) -> tuple[Layer, ...]:
        """The layers that worked, on this connection. A name that a proxy looks up is not counted."""
        layers: list[Layer] = ["connect"] if self.proxy else ["resolve", "connect"]
        if self.secure:
            layers.append("tls")
        return tuple(layers[: layers.index(self.layer)] if self.layer in layers else layers)

    @property
    def tunnelled(self) -> bool:
        """The proxy passes bytes on, and does not read the request."""
        return self.proxy is not None and (self.secure or self.proxy.scheme.startswith("socks"))

    @property
    def babbled(self) -> bool:
        """Whether something answered that is not HTTP."""
        return bool(self.received) and not self.received.startswith(b"HTTP/"[: len(self.received)])

    @property
    def reused(self) -> bool:
        return not self.spent

    def timings(self) -> Timings:
        if self.proxy:
            return Timings(tls=self.spent.get("tls"))
        return Timings(self.spent.get("resolve"), self.spent.get("connect"), self.spent.get("tls"))


under_way: ContextVar[Journey] = ContextVar("under_way")
"""The request that a connection is made for; httpcore makes it in the same task."""


class IssuerSeen(Exception):
    """The end of a journey that only looked at the certificate."""

    def __init__(self, issuer: str | None) -> None:
        super().__init__(issuer)
        self.issuer = issuer


class Backend:
    """httpcore's network. `only_look`: end with IssuerSeen right after the TLS handshake, before a byte is sent."""

    def __init__(self, *, only_look: bool = False) -> None:
        self._only_look = only_look

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> Connection:
        journey = under_way.get()
        journey.layer = "resolve"
        started = time.monotonic()
        addresses = await _found(host, port, journey)
        resolved = time.monotonic()
        journey.layer = "connect"
        stream = await _connected(addresses, host, port, journey)
        journey.spent = {"resolve": resolved - started, "connect": time.monotonic() - resolved}
        if not journey.tunnelled:
            journey.layer = "tls" if journey.secure else "http"
        to_proxy = journey.proxy is not None and journey.proxy.scheme == "https"
        return Connection(stream, only_look=self._only_look, to_proxy=to_proxy)

    async def connect_unix_socket(self, *_: Any, **__: Any) -> Connection:
        raise NotImplementedError

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Connection:
    """httpcore's stream, that says in which layer it failed. `to_proxy`: the next handshake is an https proxy's."""

    def __init__(self, stream: AsyncNetworkStream, *, only_look: bool = False, to_proxy: bool = False) -> None:
        self._stream = stream
        self._only_look = only_look
        self._to_proxy = to_proxy

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        journey = under_way.get(None)
        try:
            data = await self._stream.read(max_bytes)
        except ssl.SSLError as error:  # TLS 1.3 refuses a client only now, for want of its certificate
            raise _refused_late(error, journey) from error
        if journey is not None and not journey.received:
            journey.received = data[:8]
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> Connection:
        journey = under_way.get()
        if self._to_proxy:
            return await self._secure_way_to_proxy(ssl_context, server_hostname, journey)
        journey.layer = "tls"
        started = time.monotonic()
        try:
            stream = await self._stream.start_tls(ssl_context, server_hostname)
        except Exception as error:
            raise not_secured(error.__cause__, journey.host) from error
        journey.spent["tls"] = time.monotonic() - started
        journey.layer = "http"
        if self._only_look:
            raise await _look(stream)
        return Connection(stream)

    async def _secure_way_to_proxy(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None, journey: Journey
    ) -> Connection:
        try:
            stream = await self._stream.start_tls(ssl_context, server_hostname)
        except Exception as error:
            refused = not_secured(error.__cause__, server_hostname or "")
            raise proxy_failed(_proxy_name(journey), f"can't be trusted: {refused.message}") from error
        return Connection(stream, only_look=self._only_look)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


async def look_up(host: str, port: int) -> list[str]:
    """The addresses of a name, those of both families by turns. Raises OSError."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[list[str]] = loop.create_future()

    def settle(addresses: list[str], error: OSError | UnicodeError | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(addresses)
        else:
            future.set_exception(error)

    def work() -> None:
        addresses, failed = [], None
        try:
            addresses = _by_turns(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            failed = error
        with suppress(RuntimeError):  # the loop may have ended meanwhile
            loop.call_soon_threadsafe(settle, addresses, failed)

    threading.Thread(target=work, daemon=True, name=f"look up {host}").start()
    return await future


def _by_turns(found: Sequence[tuple[Any, ...]]) -> list[str]:
    """Addresses of both families by turns, in the order that the system prefers."""
    families: dict[Any, list[str]] = {}
    for family, _, _, _, address in found:
        families.setdefault(family, []).append(str(address[0]))
    turns = chain.from_iterable(zip_longest(*families.values()))
    return list(dict.fromkeys(address for address in turns if address is not None))


async def _found(host: str, port: int, journey: Journey) -> list[str]:
    try:
        return await look_up(host, port)
    except (OSError, UnicodeError) as error:
        if journey.proxy:
            raise proxy_failed(journey.proxy.where, "has an unknown name") from error
        raise not_found(host) from error


async def _connected(addresses: Sequence[str], host: str, port: int, journey: Journey) -> AsyncNetworkStream:
    try:
        return await first_to_connect(addresses, port)
    except OSError as error:
        if journey.proxy:
            raise proxy_failed(journey.proxy.where, "can't be reached") from error
        raise not_connected(error, host, port) from error


async def first_to_connect(addresses: Sequence[str], port: int) -> AsyncNetworkStream:
    """Try the addresses, each with a head start over the next. Raises the OSError of the first one."""
    waiting = list(addresses)
    started: list[asyncio.Task[AsyncNetworkStream]] = []
    running: set[asyncio.Task[AsyncNetworkStream]] = set()
    try:
        while waiting or running:
            if waiting:
                started.append(asyncio.create_task(_connect(waiting.pop(0), port)))
                running.add(started[-1])
            ended, running = await asyncio.wait(
                running, timeout=HEAD_START if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            for task in ended:
                if task.exception() is None:
                    return task.result()
    finally:
        winner = next((task for task in started if _has_connected(task)), None)
        await _let_go([task for task in started if task is not winner])
    raise _first_error(started)


async def _connect(address: str, port: int) -> AsyncNetworkStream:
    from httpcore import AnyIOBackend, ConnectError

    try:
        return await AnyIOBackend().connect_tcp(address, port)
    except ConnectError as error:
        raise _cause(error) from error


def _cause(error: BaseException) -> OSError:
    """The system's error, which stands at the start of the chain."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error if isinstance(error, OSError) else OSError(str(error))


def _has_connected(task: asyncio.Task[AsyncNetworkStream]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None


async def _let_go(tasks: Sequence[asyncio.Task[AsyncNetworkStream]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for task in tasks:
        if _has_connected(task):
            await task.result().aclose()


def _first_error(tasks: Sequence[asyncio.Task[AsyncNetworkStream]]) -> OSError:
    errors = [task.exception() for task in tasks if not task.cancelled()]
    return next((error for error in errors if isinstance(error, OSError)), OSError("no address"))


def _refused_late(error: ssl.SSLError, journey: Journey | None) -> Unreachable:
    if journey is None:
        return closed_early()
    journey.layer = "tls"
    return not_secured(error, journey.host)


def _proxy_name(journey: Journey) -> str:
    return journey.proxy.where if journey.proxy else ""


async def _look(stream: AsyncNetworkStream) -> IssuerSeen:
    certificate = stream.get_extra_info("ssl_object").getpeercert(binary_form=True)
    await stream.aclose()
    return IssuerSeen(issuer_of(certificate) if certificate else None)


def out_of_time(journey: Journey) -> Unreachable:
    """What a deadline means at this point of the journey."""
    if journey.proxy and journey.layer in ("resolve", "connect"):
        return proxy_failed(journey.proxy.where, "did not let the connection through in time")
    if journey.babbled:
        return not_http()
    return too_slow(journey.where) if journey.answered else timed_out(journey.layer, journey.where)
