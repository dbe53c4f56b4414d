"""A real forward proxy on loopback, a server behind it, and a private authority."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from wizard.network.client import Client, Request, Response, Unreachable

if TYPE_CHECKING:
    from tests.network.conftest import Authority, ForwardProxy, Saying, Serve

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
HOST = "llm.corp.example"


def ask(
    serve: Serve,
    proxy: ForwardProxy,
    handler: Any,
    authority: Authority,
    *,
    user: str = "",
    trusted: bool = True,
    host: str = HOST,
    **environ: str,
) -> Response:
    """Ask an https server behind the proxy; its name is known to nobody but the proxy."""

    async def asking() -> Response:
        async with serve(proxy) as proxy_port, serve(handler, authority.server(host)) as port:
            variables = {"HTTPS_PROXY": f"http://{user}127.0.0.1:{proxy_port}", **environ}
            if trusted:
                variables["SSL_CERT_FILE"] = str(authority.file)
            async with Client(variables, seconds=20, platform="linux") as client:
                return await client.send(Request("GET", f"https://{host}:{port}/v1/models"))

    return asyncio.run(asking())


def test_https_goes_through_the_proxy(
    serve: Serve, saying: Saying, authority: Authority, forward_proxy: type[ForwardProxy]
) -> None:
    proxy = forward_proxy()
    answer = ask(serve, proxy, saying(OK), authority)
    assert answer.body == b"ok"
    assert proxy.asked[0].startswith(f"CONNECT {HOST}:")
    assert (answer.timings.resolve, answer.timings.connect) == (None, None)


def test_a_proxy_with_a_password(
    serve: Serve, saying: Saying, authority: Authority, forward_proxy: type[ForwardProxy]
) -> None:
    proxy = forward_proxy(credentials="Basic dGVhbTpwQHNz")  # team:p@ss
    assert ask(serve, proxy, saying(OK), authority, user="team:p%40ss@").status == 200


def test_a_proxy_that_wants_a_password(
    serve: Serve, saying: Saying, authority: Authority, forward_proxy: type[ForwardProxy]
) -> None:
    with pytest.raises(Unreachable) as failed:
        ask(serve, forward_proxy(credentials="Basic dGVhbTpwQHNz"), saying(OK), authority, user="team:hunter2@")
    assert (failed.value.layer, failed.value.code) == ("connect", "proxy-auth")
    assert "hunter2" not in failed.value.message + failed.value.hint
    assert "refuses the user name or password" in failed.value.message
    with pytest.raises(Unreachable) as unnamed:
        ask(serve, forward_proxy(credentials="Basic dGVhbTpwQHNz"), saying(OK), authority)
    assert (unnamed.value.layer, unnamed.value.code) == ("connect", "proxy-auth")
    assert "needs a user name and a password" in unnamed.value.message


@pytest.mark.parametrize(("status", "code"), [(403, "proxy-refused"), (502, "proxy-failed")])
def test_a_proxy_that_says_no(
    serve: Serve, saying: Saying, authority: Authority, forward_proxy: type[ForwardProxy], status: int, code: str
) -> None:
    with pytest.raises(Unreachable) as failed:
        ask(serve, forward_proxy(status=status), saying(OK), authority)
    assert (failed.value.layer, failed.value.code, failed.value.reached) == ("connect", code, ())
    assert HOST in failed.value.message


def test_an_authority_that_is_not_trusted_behind_a_proxy(
    serve: Serve, saying: Saying, authority: Authority, forward_proxy: type[ForwardProxy]
) -> None:
    """What a company's TLS inspection looks like before its authority is trusted."""
    with pytest.raises(Unreachable) as failed:
        ask(serve, forward_proxy(), saying(OK), authority, trusted=False)
    assert failed.value.code == "tls-unknown-authority"
    assert "Example Corp" in failed.value.message
    assert failed.value.reached == ("connect",)


def test_loopback_never_goes_through_a_proxy(
    serve: Serve, saying: Saying, authority: Authority, forward_proxy: type[ForwardProxy]
) -> None:
    proxy = forward_proxy()
    assert ask(serve, proxy, saying(OK), authority, host="localhost").body == b"ok"
    assert proxy.asked == []


def plain(serve: Serve, proxy: Any, **environ: str) -> Response:
    async def asking() -> Response:
        async with serve(proxy) as port, Client({"http_proxy": f"127.0.0.1:{port}", **environ}, seconds=20) as client:
            return await client.send(Request("GET", f"http://{HOST}/v1/models"))

    return asyncio.run(asking())


def test_plain_http_is_handed_to_the_proxy(serve: Serve, forward_proxy: type[ForwardProxy]) -> None:
    proxy = forward_proxy()
    assert plain(serve, proxy).body == b"the proxy"
    assert proxy.asked == [f"GET http://{HOST}/v1/models HTTP/1.1"]


def test_plain_http_and_a_proxy_that_wants_a_password(serve: Serve, forward_proxy: type[ForwardProxy]) -> None:
    with pytest.raises(Unreachable) as failed:
        plain(serve, forward_proxy(credentials="Basic x"))
    assert failed.value.code == "proxy-auth"


def test_no_proxy_is_heeded(serve: Serve, forward_proxy: type[ForwardProxy]) -> None:
    proxy = forward_proxy()
    with pytest.raises(Unreachable) as failed:
        plain(serve, proxy, NO_PROXY="corp.example")
    assert failed.value.code == "name-not-found"
    assert proxy.asked == []


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "http://no-such-proxy.invalid:3128"])
def test_a_proxy_that_is_not_there(address: str) -> None:
    async def asking() -> None:
        async with Client({"HTTPS_PROXY": address}) as client:
            await client.send(Request("GET", f"https://{HOST}/v1/models"))

    with pytest.raises(Unreachable) as failed:
        asyncio.run(asking())
    assert (failed.value.layer, failed.value.code) == ("connect", "proxy-failed")


def test_a_socks_proxy(serve: Serve, saying: Saying, authority: Authority) -> None:
    """SOCKS5 without a password (RFC 1928): the name goes to the proxy."""
    names: list[bytes] = []

    async def socks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, methods = await reader.readexactly(2)
        await reader.readexactly(methods)
        writer.write(b"\x05\x00")
        *_, length = await reader.readexactly(5)
        names.append(await reader.readexactly(length))
        port = int.from_bytes(await reader.readexactly(2), "big")
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")

        async def pour(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            while chunk := await source.read(65536):
                target.write(chunk)
            target.close()

        await asyncio.gather(pour(reader, there_writer), pour(there_reader, writer))

    async def asking() -> Response:
        async with serve(socks) as proxy_port, serve(saying(OK), authority.server(HOST)) as port:
            environ = {"https_proxy": f"socks5://127.0.0.1:{proxy_port}", "SSL_CERT_FILE": str(authority.file)}
            async with Client(environ, seconds=20, platform="linux") as client:
                return await client.send(Request("GET", f"https://{HOST}:{port}/"))

    assert asyncio.run(asking()).body == b"ok"
    assert names == [HOST.encode()]


@pytest.mark.parametrize("said", [b"", b"\x05", b"\x05\xff", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_socks_proxy_that_is_none(serve: Serve, said: bytes) -> None:
    async def babbling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(3)
        writer.write(said)

    async def asking() -> None:
        async with serve(babbling) as port, Client({"HTTPS_PROXY": f"socks5://127.0.0.1:{port}"}) as client:
            await client.send(Request("GET", f"https://{HOST}/v1/models"))

    with pytest.raises(Unreachable) as failed:
        asyncio.run(asking())
    assert failed.value.code in ("proxy-failed", "proxy-auth")


def test_a_proxy_that_is_spoken_to_in_tls(
    serve: Serve, saying: Saying, authority: Authority, forward_proxy: type[ForwardProxy]
) -> None:
    proxy = forward_proxy()

    async def asking(trusted: dict[str, str]) -> Response:
        async with (
            serve(proxy, authority.server("127.0.0.1")) as proxy_port,
            serve(saying(OK), authority.server(HOST)) as port,
            Client(
                {"HTTPS_PROXY": f"https://127.0.0.1:{proxy_port}", **trusted}, seconds=20, platform="linux"
            ) as client,
        ):
            return await client.send(Request("GET", f"https://{HOST}:{port}/"))

    assert asyncio.run(asking({"SSL_CERT_FILE": str(authority.file)})).body == b"ok"
    assert proxy.asked[0].startswith(f"CONNECT {HOST}:")
    with pytest.raises(Unreachable) as failed:
        asyncio.run(asking({}))
    assert failed.value.code == "proxy-failed"
