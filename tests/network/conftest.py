"""Servers that speak, or misspeak, on loopback: for HTTP, for TLS with a private authority, as a proxy."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trustme

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Serve = Callable[..., AbstractAsyncContextManager[int]]
Saying = Callable[[bytes], Handler]


@pytest.fixture
def serve() -> Serve:
    """`async with serve(handler) as port`: a server on 127.0.0.1; `tls` makes it one of TLS."""

    @asynccontextmanager
    async def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
        async def polite(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await handler(reader, writer)
            writer.close()

        server = await asyncio.start_server(polite, "127.0.0.1", 0, ssl=tls)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()

    return serving


@pytest.fixture
def saying() -> Saying:
    """A handler that reads one request, says these bytes, and closes."""

    def handler_for(answer: bytes) -> Handler:
        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()

        return handler

    return handler_for


@dataclass
class Authority:
    """A private authority. `file` holds its certificate, for SSL_CERT_FILE."""

    file: Path
    _ca: trustme.CA = field(repr=False)

    def server(self, *names: str) -> ssl.SSLContext:
        """The TLS of a server with a certificate for these names."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert(*names).configure_cert(context)
        return context

    def expired_server(self, *names: str) -> ssl.SSLContext:
        from datetime import UTC, datetime

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert(*names, not_after=datetime(2020, 1, 1, tzinfo=UTC)).configure_cert(context)
        return context


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    ca = trustme.CA(organization_name="Example Corp", organization_unit_name="Private authority")
    file = tmp_path_factory.mktemp("authority") / "ca.pem"
    ca.cert_pem.write_to_path(str(file))
    return Authority(file, ca)


@dataclass
class ForwardProxy:
    """A forward proxy: CONNECT, and plain requests with absolute URLs. `credentials` as `Basic ...`, "" for none."""

    credentials: str = ""
    status: int = 200
    """What it says to CONNECT."""
    asked: list[str] = field(default_factory=list)
    """The first line of each request."""

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line = head.partition("\r\n")[0]
        self.asked.append(line)
        if self.credentials and f"proxy-authorization: {self.credentials}".lower() not in head.lower():
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        elif self.status != 200:
            writer.write(f"HTTP/1.1 {self.status} No\r\nContent-Length: 0\r\n\r\n".encode())
        elif line.startswith("CONNECT "):
            await self._tunnel(reader, writer, line.split(" ")[1])
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nthe proxy")

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: str) -> None:
        """The name is not looked up: every target is on loopback."""
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", int(target.rpartition(":")[2]))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(_pour(reader, there_writer), _pour(there_reader, writer))


async def _pour(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await source.read(65536):
            target.write(chunk)
            await target.drain()
    target.close()


@pytest.fixture
def forward_proxy() -> type[ForwardProxy]:
    return ForwardProxy
