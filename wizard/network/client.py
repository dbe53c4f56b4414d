"""HTTP as Crush would speak it, within limits: one deadline for a whole answer, a largest size, no cookies, and no
redirect that leaves the origin, so that a key reaches the host that it is for and no other.

Network                  what it settles
  address, proxies         where a request goes
  trust, certificate       whom a TLS connection trusts, and who signed what it does not trust
  connecting               names, connections, TLS
  aws_signature            how AWS has requests signed
  body, json_answer        what comes back
  unreachable              what went wrong, and the cure
"""

from __future__ import annotations

import asyncio
import codecs
import io
import json
import os
import sys
import time
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Self

from msgspec import Struct, field

from wizard import __version__
from wizard.network.address import Address, parse_address, redirected
from wizard.network.body import LARGEST_ANSWER, PACKINGS, unpacked
from wizard.network.connecting import Backend, IssuerSeen, Journey, Timings, out_of_time, under_way
from wizard.network.json_answer import NotJson, parse_json
from wizard.network.proxies import Proxy, proxy_for
from wizard.network.unreachable import (
    Layer,
    Unreachable,
    bad_header,
    closed_early,
    not_http,
    proxy_failed,
    proxy_refused,
    proxy_wants_password,
    redirect_loop,
)
from wizard.private import Private
from wizard.regexp import regexp

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable, Hashable, Mapping

    import httpcore

__all__ = ["LARGEST_ANSWER", "SECONDS", "Client", "Layer", "NotJson", "Request", "Response", "Stream", "Timings"]
__all__ += ["Unreachable", "encoded"]

SECONDS = 10.0
"""For a whole answer, from looking the name up to the last byte."""
MOST_REDIRECTS = 5
MOST_CONNECTIONS = 200
LOOKING_SECONDS = 2.0
"""For the second look at a certificate that is not trusted."""
USER_AGENT = f"crush-wizard/{__version__}"
_REDIRECTS = {301, 302, 303, 307, 308}
_UNSENDABLE = regexp(r"[\x00-\x08\x0a-\x1f\x7f]")
_OURS = {"host", "content-length", "transfer-encoding", "connection", "accept-encoding"}
"""Headers that belong to the connection, not to the caller."""


class Request(Private, Struct, frozen=True):
    """`body` is sent as JSON, or as a form. `headers` beat our own ones, but for those that the connection needs."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    is_form: bool = False


class Response(Private, Struct, frozen=True):
    """`headers` by name in lower case; `url` is what answered, after redirects; `seconds` of the whole exchange."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    seconds: float
    timings: Timings

    def json(self) -> Any:
        """Raises NotJson."""
        return parse_json(self.body)


class Stream:
    """An answer whose body is still to come. Reading raises Unreachable."""

    def __init__(self, response: httpcore.Response, url: str, journey: Journey) -> None:
        self.status: int = response.status
        self.headers: Mapping[str, str] = _by_name(response.headers)
        self.url = url
        self.timings = journey.timings()
        self._response = response

    async def read(self) -> bytes:
        return b"".join([chunk async for chunk in self.chunks()])

    async def lines(self) -> AsyncIterator[str]:
        """Decoded text without line ends; what is not UTF-8 becomes U+FFFD."""
        decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")("replace"), translate=True)
        begun: list[str] = []
        async for chunk in self.chunks():
            first, *more = decoder.decode(chunk).split("\n")
            begun.append(first)
            for line in more:
                yield "".join(begun)
                begun = [line]
        if last := "".join(begun) + decoder.decode(b"", final=True):
            yield last

    async def chunks(self) -> AsyncIterator[bytes]:
        packing = self.headers.get("content-encoding", "").strip().lower()
        async for chunk in unpacked(self._raw(), packing):
            yield chunk

    async def _raw(self) -> AsyncIterator[bytes]:
        from httpcore import ReadError, RemoteProtocolError

        try:
            async for chunk in self._response.aiter_stream():
                yield chunk
        except (ReadError, RemoteProtocolError) as error:
            raise closed_early() from error


class Client:
    """For many requests side by side; an async context manager that closes its connections at the end."""

    def __init__(
        self, environ: Mapping[str, str] = os.environ, *, seconds: float = SECONDS, platform: str = sys.platform
    ) -> None:
        self._environ = environ
        self._seconds = seconds
        self._platform = platform
        # One for each origin: looking for a connection takes a pool as long as it has connections.
        self._pools: dict[Hashable, httpcore.AsyncConnectionPool] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for pool in self._pools.values():
            await pool.aclose()

    async def send(self, request: Request, *, seconds: float | None = None) -> Response:
        """The whole answer. Raises Unreachable."""
        started = time.monotonic()
        async with self.stream(request, seconds=seconds) as stream:
            body = await stream.read()
        return Response(stream.status, stream.headers, body, stream.url, time.monotonic() - started, stream.timings)

    @asynccontextmanager
    async def stream(self, request: Request, *, seconds: float | None = None) -> AsyncIterator[Stream]:
        """The answer as it comes; the deadline holds for the body of the `async with` too. Raises Unreachable."""
        address = parse_address(request.url)
        trip = _Trip(request, address, self._journey(address))
        limit = seconds if seconds is not None else self._seconds
        self._pool(trip.journey)  # libraries are loaded before the clock runs
        try:
            async with asyncio.timeout(limit) as deadline:
                response = await self._answered(trip)
                try:
                    yield Stream(response, trip.address.url, trip.journey)
                finally:
                    await response.aclose()
        except TimeoutError:
            if not deadline.expired():
                raise
            raise trip.ended(out_of_time(trip.journey)) from None
        except Unreachable as error:
            raise trip.ended(await self._explained(error, trip)) from error.__cause__

    async def _answered(self, trip: _Trip) -> httpcore.Response:
        """The first answer that is no redirect within the origin."""
        for _ in range(MOST_REDIRECTS + 1):
            response = await self._asked(trip)
            target = trip.target(response)
            if target is None:
                return response
            await response.aclose()
            trip.address = target
        raise redirect_loop(MOST_REDIRECTS)

    async def _asked(self, trip: _Trip) -> httpcore.Response:
        """One exchange. One more if the server closed a connection that had been idle, as servers may.

        Any request may come twice then: what is posted here asks a model for some tokens, or for what it is.
        llama-server closes a connection a moment after it has streamed an answer, without having said so.
        """
        try:
            return await self._exchanged(trip)
        except Unreachable as error:
            if not (error.code == "closed-early" and trip.journey.reused):
                raise
        return await self._exchanged(trip)

    async def _exchanged(self, trip: _Trip) -> httpcore.Response:
        trip.journey = journey = self._journey(trip.address)
        response = await _exchange(self._pool(journey), trip.wire_request(), journey)
        if response.status == 407 and journey.proxy:
            await response.aclose()
            raise proxy_wants_password(journey.proxy.where, given=bool(journey.proxy.user))
        journey.answered = True
        return response

    def proxy(self, url: str) -> Proxy | None:
        """The proxy that a request to this http or https URL goes through."""
        return proxy_for(url, self._environ)

    def _journey(self, address: Address) -> Journey:
        proxy = proxy_for(address.url, self._environ)
        return Journey(address.host, address.port, address.scheme == "https", proxy)

    def _pool(self, journey: Journey) -> httpcore.AsyncConnectionPool:
        origin = (journey.proxy, journey.secure, journey.host, journey.port)
        if origin not in self._pools:
            self._pools[origin] = _new_pool(Backend(), journey.proxy, self._context(journey), self._trusting)
        return self._pools[origin]

    def _context(self, journey: Journey) -> ssl.SSLContext | None:
        """None for what is not encrypted: to read whom the system trusts takes longer than a local server's answer."""
        return self._trusting() if journey.secure else None

    def _trusting(self) -> ssl.SSLContext:
        from wizard.network.trust import trusting_context

        return trusting_context(self._environ, self._platform)

    async def _explained(self, error: Unreachable, trip: _Trip) -> Unreachable:
        """The same, with the name of the authority where a certificate is not trusted."""
        if error.code != "tls-unknown-authority":
            return error
        from wizard.network.trust import how_to_trust

        return how_to_trust(error, await self._issuer(trip), self._environ, self._platform)

    async def _issuer(self, trip: _Trip) -> str | None:
        """Who signed the certificate: a handshake that trusts anybody, ended before anything is sent."""
        from wizard.network.trust import reading_context

        journey = self._journey(trip.address)
        async with _new_pool(Backend(only_look=True), journey.proxy, reading_context(), self._trusting) as pool:
            with suppress(Unreachable, TimeoutError):
                try:
                    async with asyncio.timeout(LOOKING_SECONDS):
                        await _exchange(pool, trip.wire_request(), journey)
                except IssuerSeen as seen:
                    return seen.issuer
        return None


class _Trip:
    """One request on its way, redirects and all."""

    def __init__(self, request: Request, address: Address, journey: Journey) -> None:
        self.address = address
        self.journey = journey
        self._request = request
        self._body = encoded(request)

    def target(self, response: httpcore.Response) -> Address | None:
        """Where the answer sends us, if we go there: with a GET, and within the origin."""
        location = _by_name(response.headers).get("location")
        if not (location and response.status in _REDIRECTS and self._request.method in ("GET", "HEAD")):
            return None
        return redirected(self.address, location)

    def wire_request(self) -> httpcore.Request:
        import httpcore

        address = self.address
        url = httpcore.URL(
            scheme=address.scheme.encode(),
            host=address.host.encode(),
            port=address.unusual_port,
            target=address.target.encode(),
        )
        return httpcore.Request(self._request.method, url, headers=self._headers(), content=self._body)

    def ended(self, error: Unreachable) -> Unreachable:
        error.reached = () if error.code in ("bad-url", "bad-header") else self.journey.reached
        return error

    def _headers(self) -> list[tuple[bytes, bytes]]:
        headers = {"user-agent": USER_AGENT, "accept": "*/*"}
        if self._request.body is not None:
            headers |= {
                "content-type": "application/x-www-form-urlencoded" if self._request.is_form else "application/json"
            }
        headers |= {name.lower(): value for name, value in self._request.headers.items()}
        headers = {name: value for name, value in headers.items() if name not in _OURS}
        headers |= {"host": self.address.authority, "accept-encoding": ", ".join(PACKINGS)}
        if self._body:
            headers["content-length"] = str(len(self._body))
        return [_wire_header(name, value) for name, value in headers.items()]


def _wire_header(name: str, value: str) -> tuple[bytes, bytes]:
    if not name.isascii() or _UNSENDABLE.search(value):
        raise bad_header(ascii(name)[1:-1])
    return name.encode(), value.strip().encode("utf-8", "surrogateescape")


def _by_name(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Names in lower case; of several lines with one name the last counts."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}


def _new_pool(
    backend: Backend, proxy: Proxy | None, context: ssl.SSLContext | None, of_proxy: Callable[[], ssl.SSLContext]
) -> httpcore.AsyncConnectionPool:
    import httpcore

    return httpcore.AsyncConnectionPool(
        ssl_context=context,
        proxy=_wire_proxy(proxy, of_proxy) if proxy else None,
        max_connections=MOST_CONNECTIONS,
        max_keepalive_connections=MOST_CONNECTIONS,
        keepalive_expiry=5.0,
        network_backend=backend,  # type: ignore[arg-type]  # it quacks: the base class would import httpcore early
    )


def _wire_proxy(proxy: Proxy, context: Callable[[], ssl.SSLContext]) -> httpcore.Proxy:
    import httpcore

    return httpcore.Proxy(
        url=httpcore.URL(scheme=proxy.scheme, host=proxy.host, port=proxy.port, target="/"),
        auth=(proxy.user.encode(), proxy.password.encode()) if proxy.user else None,
        ssl_context=context() if proxy.scheme == "https" else None,
    )


async def _exchange(
    pool: httpcore.AsyncConnectionPool, request: httpcore.Request, journey: Journey
) -> httpcore.Response:
    """Send the request and read the answer's head. Raises Unreachable, IssuerSeen."""
    import httpcore
    from socksio import SOCKSError

    token = under_way.set(journey)
    try:
        return await pool.handle_async_request(request)
    except httpcore.ProxyError as error:
        raise _refused_by_proxy(str(error), journey) from error
    except httpcore.LocalProtocolError as error:
        raise bad_header("of this request") from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise _broken_off(error, journey) from error
    except (SOCKSError, AssertionError) as error:  # how httpcore ends with a SOCKS proxy that speaks something else
        raise _broken_off(error, journey) from error
    finally:
        under_way.reset(token)


def _broken_off(error: Exception, journey: Journey) -> Unreachable:
    if journey.proxy and journey.layer == "connect":
        return proxy_failed(journey.proxy.where, "did not let the connection through")
    import httpcore

    disconnected = isinstance(error, httpcore.NetworkError) or "disconnected" in str(error)
    return closed_early() if disconnected and not journey.babbled else not_http()


def _refused_by_proxy(reason: str, journey: Journey) -> Unreachable:
    """From httpcore's words: the status line of the proxy's answer, or what SOCKS said."""
    proxy = journey.proxy.where if journey.proxy else ""
    status = reason.partition(" ")[0]
    if status == "407" or reason.startswith(("Requested", "Invalid username")):
        return proxy_wants_password(proxy, given=bool(journey.proxy and journey.proxy.user))
    if status.startswith("4") or "not allowed" in reason:
        return proxy_refused(proxy, f"does not allow connections to {journey.where}")
    return proxy_failed(proxy, f"could not connect to {journey.where}")


def encoded(request: Request) -> bytes:
    """The body as it is sent."""
    from urllib.parse import urlencode

    if request.body is None:
        return b""
    return (
        urlencode(request.body).encode() if request.is_form else json.dumps(request.body, ensure_ascii=False).encode()
    )
