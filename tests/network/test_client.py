from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug import Response

from wizard.network import trust
from wizard.network.client import Client, Request, Unreachable
from wizard.network.client import Response as Answer

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer

    from tests.network.conftest import Saying, Serve

NOTHING: dict[str, str] = {}


def send(request: Request, environ: dict[str, str] = NOTHING, seconds: float | None = None) -> Answer:
    async def sending() -> Answer:
        async with Client(environ) as client:
            return await client.send(request, seconds=seconds)

    return asyncio.run(sending())


def get(url: str, **headers: str) -> Answer:
    return send(Request("GET", url, headers))


def failing(url: str, seconds: float | None = None) -> Unreachable:
    with pytest.raises(Unreachable) as failed:
        send(Request("GET", url), seconds=seconds)
    assert failed.value.hint, "every failure names a cure"
    return failed.value


def failing_at(serve: Serve, handler: Any, scheme: str = "http", seconds: float = 5) -> Unreachable:
    """What a client meets at a server with this handler."""

    async def meeting() -> None:
        async with serve(handler) as port, Client(NOTHING) as client:
            await client.send(Request("GET", f"{scheme}://127.0.0.1:{port}/v1/models"), seconds=seconds)

    with pytest.raises(Unreachable) as failed:
        asyncio.run(meeting())
    return failed.value


def test_an_answer(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/v1/models", query_string="limit=2").respond_with_json(
        {"data": []}, headers={"X-A": "b"}
    )
    answer = get(httpserver.url_for("/v1/models?limit=2"))
    assert (answer.status, answer.json(), answer.headers["x-a"]) == (200, {"data": []}, "b")
    assert answer.url == httpserver.url_for("/v1/models?limit=2")
    assert answer.timings.connect is not None
    assert answer.timings.tls is None
    assert answer.seconds > 0


def test_what_is_sent(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("")
    send(Request("POST", httpserver.url_for("/"), {"X-Team": "Größe", "user-agent": "mine", "Host": "evil"}, {"ü": 1}))
    ((request, _),) = httpserver.log
    assert json.loads(request.get_data()) == {"ü": 1}
    assert request.headers["X-Team"].encode("latin-1").decode() == "Größe"
    assert request.headers["User-Agent"] == "mine"
    assert request.headers["Host"] == httpserver.url_for("").removeprefix("http://").rstrip("/")
    assert request.headers["Content-Type"] == "application/json"


def test_who_is_trusted_is_not_read_for_what_is_not_encrypted(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpserver.expect_request("/models").respond_with_data("ok")
    monkeypatch.setattr(trust, "trusting_context", None)
    assert get(httpserver.url_for("/models")).status == 200


def test_the_program_names_itself(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("")
    get(httpserver.url_for("/"))
    assert httpserver.log[0][0].headers["User-Agent"].startswith("crush-wizard/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "llm.example.com",
        "ftp://a/b",
        "http://",
        "http://a b/",
        "http://h:99999/",
        "http://u:hunter2@h/",
        "http://[::1",
    ],
)
def test_a_url_that_can_not_be_asked(url: str) -> None:
    failed = failing(url)
    assert (failed.code, failed.reached) == ("bad-url", ())
    assert "hunter2" not in str(failed) + failed.hint


@pytest.mark.parametrize("value", ["a\r\nX-Evil: b", "a\x00", "\x7f"])
def test_a_header_that_would_be_two(httpserver: HTTPServer, value: str) -> None:
    httpserver.expect_request("/").respond_with_data("")
    with pytest.raises(Unreachable) as failed:
        get(httpserver.url_for("/"), **{"X-Team": value})
    assert failed.value.code == "bad-header"
    assert httpserver.log == []


def test_secrets_stay_out_of_what_is_printed() -> None:
    request = Request("POST", "http://h/", {"Authorization": "Bearer sk-canary"}, {"key": "sk-canary"})
    assert "canary" not in repr(request)


def test_nobody_listens(unused_port: int) -> None:
    failed = failing(f"http://127.0.0.1:{unused_port}/v1")
    assert (failed.layer, failed.code, failed.reached) == ("connect", "refused", ("resolve",))
    assert str(unused_port) in failed.message


@pytest.fixture
def unused_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_name_that_is_not_known() -> None:
    failed = failing("http://no-such-host.invalid/v1")
    assert (failed.layer, failed.code, failed.reached) == ("resolve", "name-not-found", ())


def test_plain_http_behind_an_https_url(httpserver: HTTPServer) -> None:
    failed = failing(httpserver.url_for("/").replace("http://", "https://"))
    assert (failed.layer, failed.code, failed.reached) == ("tls", "not-tls", ("resolve", "connect"))


def test_silence(serve: Serve) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    failed = failing_at(serve, silent, seconds=1.0)
    assert (failed.layer, failed.code, failed.reached) == ("http", "timed-out", ("resolve", "connect"))
    failed = failing_at(serve, silent, scheme="https", seconds=1.0)
    assert (failed.layer, failed.code) == ("tls", "timed-out")


def test_dribbling_does_not_extend_the_deadline(serve: Serve) -> None:
    async def dribbling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    assert failing_at(serve, dribbling, seconds=1.0).code == "too-slow"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"", "closed-early"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "closed-early"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", "closed-early"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "not-http"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd", "not-http"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 4\r\n\r\nabcd", "not-http"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 200_000 + b"\r\n\r\n", "not-http"),
    ],
)
def test_broken_answers(serve: Serve, saying: Saying, said: bytes, code: str) -> None:
    failed = failing_at(serve, saying(said))
    assert (failed.layer, failed.code) == ("http", code)


def test_a_compressed_answer(httpserver: HTTPServer) -> None:
    body = json.dumps({"data": ["x" * 1000]}).encode()
    for packing, packed in (("gzip", gzip.compress(body)), ("deflate", zlib.compress(body))):
        httpserver.expect_request(f"/{packing}").respond_with_data(packed, headers={"Content-Encoding": packing})
        assert get(httpserver.url_for(f"/{packing}")).json() == {"data": ["x" * 1000]}


def test_a_gzip_bomb(httpserver: HTTPServer) -> None:
    bomb = gzip.compress(bytes(200 * 1024 * 1024), compresslevel=1)
    httpserver.expect_request("/").respond_with_data(bomb, headers={"Content-Encoding": "gzip"})
    assert failing(httpserver.url_for("/")).code == "too-large"


def test_an_endless_answer(serve: Serve) -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(bytes(1024 * 1024))
            await writer.drain()

    assert failing_at(serve, endless, seconds=60).code == "too-large"


def test_a_redirect_within_the_origin_is_followed(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/models").respond_with_response(Response(status=307, headers={"Location": "/v1/models"}))
    httpserver.expect_request("/v1/models", headers={"Authorization": "Bearer sk"}).respond_with_json([1])
    answer = get(httpserver.url_for("/models"), Authorization="Bearer sk")
    assert (answer.json(), answer.url) == ([1], httpserver.url_for("/v1/models"))


def test_a_redirect_to_another_origin_is_not(serve: Serve, httpserver: HTTPServer) -> None:
    arrived: list[bytes] = []

    async def thief(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.append(await reader.read(65536))

    async def asking() -> Answer:
        async with serve(thief) as port, Client(NOTHING) as client:
            elsewhere = f"http://127.0.0.1:{port}/"
            httpserver.expect_request("/").respond_with_response(Response(status=302, headers={"Location": elsewhere}))
            return await client.send(Request("GET", httpserver.url_for("/"), {"X-Api-Key": "sk-canary"}))

    assert asyncio.run(asking()).status == 302
    assert arrived == []


def test_a_redirect_of_a_post_is_not_followed(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/chat").respond_with_response(Response(status=308, headers={"Location": "/v1/chat"}))
    assert send(Request("POST", httpserver.url_for("/chat"), body={})).status == 308
    assert len(httpserver.log) == 1


def test_redirects_in_a_circle(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_response(Response(status=302, headers={"Location": "/"}))
    assert failing(httpserver.url_for("/")).code == "redirect-loop"
    assert len(httpserver.log) == 6


def test_cookies_are_not_kept(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("", headers={"Set-Cookie": "id=1"})

    async def twice() -> None:
        async with Client(NOTHING) as client:
            await client.send(Request("GET", httpserver.url_for("/")))
            await client.send(Request("GET", httpserver.url_for("/")))

    asyncio.run(twice())
    assert all("Cookie" not in request.headers for request, _ in httpserver.log)


async def _keeping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(asyncio.IncompleteReadError):
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


def test_a_connection_is_used_again(serve: Serve) -> None:
    async def twice() -> tuple[Answer, Answer]:
        async with serve(_keeping) as port, Client(NOTHING) as client:
            request = Request("GET", f"http://127.0.0.1:{port}/")
            return await client.send(request), await client.send(request)

    first, second = asyncio.run(twice())
    assert first.timings.connect is not None
    assert second.timings.connect is None


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_idle_connection_that_the_server_closed(serve: Serve, method: str) -> None:
    """The server answers the first request on each connection, and hangs up on the second one."""

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await reader.readuntil(b"\r\n\r\n")

    async def twice() -> int:
        async with serve(once) as port, Client(NOTHING) as client:
            request = Request(method, f"http://127.0.0.1:{port}/")
            await client.send(request)
            return (await client.send(request)).status

    assert asyncio.run(twice()) == 200


def test_fifty_side_by_side(serve: Serve) -> None:
    """Nobody is answered before all are connected: a smaller pool would wait for ever."""
    everybody = asyncio.Barrier(50)

    async def patient(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await everybody.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    async def all_at_once() -> list[Answer]:
        async with serve(patient) as port, Client(NOTHING) as client:
            request = Request("GET", f"http://localhost:{port}/")
            return await asyncio.gather(*(client.send(request, seconds=30) for _ in range(50)))

    assert {answer.status for answer in asyncio.run(all_at_once())} == {200}


def test_lines_come_as_they_are_sent(serve: Serve) -> None:
    """The second line is sent only after the first one was read."""
    read = asyncio.Event()

    async def telling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: \xc3")
        await writer.drain()
        writer.write(b"\xbc\r\n")
        await writer.drain()
        await read.wait()
        writer.write(b"\ndata: \xff\r\rlast")

    async def listening() -> tuple[int, list[str]]:
        lines = []
        async with serve(telling) as port, Client(NOTHING) as client:
            async with client.stream(Request("GET", f"http://127.0.0.1:{port}/"), seconds=30) as stream:
                async for line in stream.lines():
                    lines.append(line)
                    read.set()
            return stream.status, lines

    assert asyncio.run(listening()) == (200, ["data: ü", "", "data: \ufffd", "", "last"])


async def _all_lines(client: Client, port: int) -> list[str]:
    async with client.stream(Request("GET", f"http://127.0.0.1:{port}/"), seconds=1.0) as stream:
        return [line async for line in stream.lines()]


def test_the_deadline_of_a_stream_holds_for_its_reader(serve: Serve) -> None:
    async def stopping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\ndata: 1\n")
        await reader.read()

    async def listening() -> None:
        async with serve(stopping) as port, Client(NOTHING) as client:
            await _all_lines(client, port)

    with pytest.raises(Unreachable) as failed:
        asyncio.run(listening())
    assert failed.value.code == "too-slow"


def test_what_the_reader_raises_is_its_own(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("a\n")

    async def listening() -> None:
        async with Client(NOTHING) as client, client.stream(Request("GET", httpserver.url_for("/"))):
            raise TimeoutError("mine")

    with pytest.raises(TimeoutError, match="mine"):
        asyncio.run(listening())


def test_a_name_that_is_slow_to_find_holds_nobody_up(monkeypatch: pytest.MonkeyPatch, httpserver: HTTPServer) -> None:
    """The resolver is the system's, so this is the one part that is played."""
    import socket
    import threading

    real, released = socket.getaddrinfo, threading.Event()

    def slow(host: str, *arguments: Any, **options: Any) -> Any:
        if host.startswith("slow"):
            released.wait(30)
        return real("localhost" if host.startswith("slow") else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    httpserver.expect_request("/").respond_with_data("ok")

    async def all_at_once() -> int:
        async with Client(NOTHING) as client:
            waiting = [
                asyncio.create_task(client.send(Request("GET", f"http://slow{index}.example/"), seconds=60))
                for index in range(60)
            ]
            await asyncio.sleep(0)
            answer = await client.send(Request("GET", httpserver.url_for("/")), seconds=20)
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            return answer.status

    assert asyncio.run(all_at_once()) == 200
    released.set()
