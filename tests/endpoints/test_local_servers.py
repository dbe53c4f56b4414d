"""Servers on loopback that answer as the real ones do."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from wizard.endpoints.local_servers import KNOWN, LocalServer, find_local_servers, look_at, server_address
from wizard.flow.preset_library import load_shipped
from wizard.network.client import Client, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_httpserver import HTTPServer

SECONDS = 10
"""A machine that runs many tests at once is slower than a user's."""

META = {"n_ctx_train": 4096}
SERVERS: dict[str, dict[str, Any]] = {
    "ollama": {
        "/api/version": {"version": "0.13.0"},
        "/v1/models": {"object": "list", "data": [{"id": "qwen3:8b", "object": "model", "owned_by": "library"}]},
    },
    "lmstudio": {
        "/api/v1/models": {"models": [{"type": "llm", "key": "m", "loaded_instances": []}]},
        "/v1/models": {"data": [{"id": "m", "owned_by": "organization_owner"}, {"id": "text-embedding-nomic"}]},
    },
    "llamacpp": {
        "/props": {"default_generation_settings": {"n_ctx": 4096}},
        "/v1/models": {"data": [{"id": "m", "owned_by": "llamacpp", "meta": META}]},
    },
    "litellm": {"/health/liveliness": "I'm alive!", "/v1/models": {"data": [{"id": "m", "owned_by": "openai"}]}},
    "vllm": {"/version": {"version": "0.11.0"}, "/v1/models": {"data": [{"id": "m", "owned_by": "me"}]}},
    "openai-compatible": {"/v1/models": {"data": [{"id": "m"}]}},
    "sglang": {"/v1/models": {"data": [{"id": "m", "owned_by": "sglang", "max_model_len": 4096}]}},
    "omlx": {
        "/health": {"status": "healthy", "default_model": "m", "engine_pool": {}, "mcp": None},
        "/v1/models": {"data": [{"id": "m", "owned_by": "omlx"}]},
    },
    "localai": {
        "/version": {"version": "v3.7.0 (abc)"},
        "/api/version": {"version": "0.9.0"},
        "/system": {"backends": ["llama-cpp"], "loaded_models": []},
        "/v1/models": {"data": [{"id": "m", "object": "model"}]},
    },
    "jan": {
        "/openapi.json": {"openapi": "3.0.0", "info": {"title": "Jan API Server Endpoints", "version": "1.0"}},
        "/v1/models": {"data": [{"id": "m", "owned_by": "user"}]},
    },
    "docker-model-runner": {
        "/api/version": {"version": "0.1.0"},
        "/v1/models": {"data": [{"id": "ai/m", "owned_by": "docker"}]},
        "/engines/v1/models": {"data": [{"id": "ai/m", "owned_by": "docker"}]},
    },
    "lemonade": {
        "/api/v1/health": {"status": "ok", "model_loaded": None, "version": "10.3.0"},
        "/v1/models": {"data": [{"id": "m", "owned_by": "lemonade", "recipe": "llamacpp"}]},
        "/api/v1/models": {"data": [{"id": "m", "owned_by": "lemonade", "recipe": "llamacpp"}]},
    },
    "open-webui": {
        "/api/config": {"status": True, "name": "Team (Open WebUI)", "version": "0.6.40", "features": {"auth": True}},
        "/api/version": {"version": "0.6.40"},
    },
}
"""As their sources have it: SGLang's protocol.py, oMLX's server.py, LocalAI's routes, Jan's proxy.rs, Docker's models,
Lemonade's server_spec.md, Open WebUI's main.py.
"""
PATHS = {"llamacpp": "", "docker-model-runner": "/engines/v1", "lemonade": "/api/v1", "open-webui": "/api"}
"""What follows the root in the base URL, where it is not /v1."""


@pytest.fixture
def another_server() -> Iterator[Callable[[], HTTPServer]]:
    """Starts HTTP servers that tests need beside each other."""
    from pytest_httpserver import HTTPServer

    started: list[HTTPServer] = []

    def start() -> HTTPServer:
        server = HTTPServer("127.0.0.1", 0)
        server.start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


def answer_as(server: HTTPServer, kind: str) -> HTTPServer:
    for path, document in SERVERS[kind].items():
        server.expect_request(path).respond_with_json(document)
    return server


def find(*typed: str) -> tuple[LocalServer, ...]:
    async def finding() -> tuple[LocalServer, ...]:
        async with Client({}) as client:
            return await find_local_servers(client, [server_address(one) for one in typed], seconds=SECONDS)

    return asyncio.run(finding())


def look(typed: str) -> LocalServer | None:
    async def looking() -> LocalServer | None:
        async with Client({}) as client:
            return await look_at(client, server_address(typed), seconds=SECONDS)

    return asyncio.run(looking())


@pytest.mark.parametrize("kind", [kind for kind in SERVERS if kind != "open-webui"])
def test_each_is_known_by_what_it_answers(another_server: Callable[[], HTTPServer], kind: str) -> None:
    port = answer_as(another_server(), kind).port
    (server,) = find(f"localhost:{port}")
    assert server.kind == kind
    assert server.base_url == f"http://localhost:{port}{PATHS.get(kind, '/v1')}"
    assert server.models is not None
    assert len(server.models) == 1, "an embedding model is left out"


def test_each_has_a_preset_with_the_same_path() -> None:
    for kind in SERVERS.keys() - {"openai-compatible"}:
        preset = load_shipped(kind)
        assert (preset.base_url or "").removeprefix(preset.server or "") == PATHS.get(kind, "/v1")


@pytest.mark.parametrize(
    "kind", ["ollama", "lmstudio", "llamacpp", "omlx", "localai", "jan", "docker-model-runner", "lemonade"]
)
def test_without_models_too(another_server: Callable[[], HTTPServer], kind: str) -> None:
    server = another_server()
    answers = SERVERS[kind] | {"/v1/models": {"object": "list", "data": None}}
    answers["/api/v1/models"] = {"models": []} if kind == "lmstudio" else {"object": "list", "data": []}
    answers["/engines/v1/models"] = {"object": "list", "data": []}
    for path in SERVERS[kind]:
        server.expect_request(path).respond_with_json(answers[path])
    (found,) = find(f"localhost:{server.port}")
    assert (found.kind, found.models) == (kind, ())


@pytest.mark.parametrize("kind", ["litellm", "llamacpp", "omlx", "jan", "lemonade", "open-webui"])
def test_one_that_wants_a_key(another_server: Callable[[], HTTPServer], kind: str) -> None:
    server = another_server()
    for path in ("/v1/models", "/api/v1/models"):
        server.expect_request(path).respond_with_json({"error": "no key"}, status=401)
    answer_as(server, kind)
    (found,) = find(f"localhost:{server.port}")
    assert (found.kind, found.models) == (kind, None)


def test_all_at_once_in_order(another_server: Callable[[], HTTPServer]) -> None:
    ports = {kind: answer_as(another_server(), kind).port for kind in SERVERS}
    found = find(*(f"localhost:{port}" for port in ports.values()))
    assert [server.kind for server in found] == list(SERVERS)


def test_another_web_server_is_left_out(another_server: Callable[[], HTTPServer]) -> None:
    server = another_server()
    server.expect_request("/").respond_with_data("<html>Jupyter</html>")
    for path in ("/version", "/api/version"):
        server.expect_request(path).respond_with_json({"version": "7"})
    server.expect_request("/api/config").respond_with_json({"status": True, "name": "Shop", "version": "7"})
    server.expect_request("/health").respond_with_json({"status": "healthy"})
    server.expect_request("/openapi.json").respond_with_json({"info": {"title": "Shop"}})
    server.expect_request("/api/v1/models").respond_with_json({"models": []})
    assert find(f"localhost:{server.port}") == ()


def test_what_is_no_web_server_is_left_out() -> None:
    async def finding() -> tuple[LocalServer, ...]:
        async def babbling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"220 mail.example ESMTP\r\n")
            writer.close()

        server = await asyncio.start_server(babbling, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, Client({}) as client:
            return await find_local_servers(client, [server_address(f"localhost:{port}")], seconds=SECONDS)

    assert asyncio.run(finding()) == ()


def test_one_that_never_answers_is_left_out() -> None:
    async def finding() -> tuple[LocalServer, ...]:
        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while await reader.read(100):
                pass  # until the other side has had enough
            writer.close()

        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, Client({}) as client:
            return await find_local_servers(client, [server_address(f"localhost:{port}")], seconds=0.3)

    assert asyncio.run(finding()) == ()


def test_a_redirect_to_another_host_is_not_followed(another_server: Callable[[], HTTPServer]) -> None:
    from werkzeug import Response

    far = answer_as(another_server(), "ollama")
    near = another_server()
    for path in SERVERS["ollama"]:
        target = Response(status=302, headers={"Location": far.url_for(path)})
        near.expect_request(path).respond_with_response(target)
    assert find(f"localhost:{near.port}") == ()
    assert far.log == []


def test_an_address_can_be_typed(another_server: Callable[[], HTTPServer]) -> None:
    port = answer_as(another_server(), "vllm").port
    for typed in (f"127.0.0.1:{port}", f"http://127.0.0.1:{port}/v1"):
        server = look(typed)
        assert server is not None
        assert (server.kind, server.base_url) == ("vllm", f"http://127.0.0.1:{port}/v1")


def test_nobody_at_a_typed_address() -> None:
    with pytest.raises(Unreachable) as failed:
        look("127.0.0.1:1")
    assert failed.value.code == "refused"


@pytest.mark.parametrize("typed", ["", "a b", "host:99999", "ftp://host"])
def test_what_is_no_address(typed: str) -> None:
    with pytest.raises(Unreachable) as failed:
        server_address(typed)
    assert failed.value.code == "bad-url"


def test_known_places_are_on_loopback() -> None:
    assert {address.host for address in KNOWN} == {"localhost"}
    assert [address.port for address in KNOWN] == [11434, 1234, 8080, 4000, 8000, 30000, 1337, 12434, 13305, 3000]


QUIET = """
import asyncio, sys
from wizard.endpoints.local_servers import find_local_servers, server_address
from wizard.network.client import Client

async def main():
    async with Client({}) as client:
        assert await find_local_servers(client, [server_address("localhost:1")]) == ()

asyncio.run(main())
sys.exit("httpcore" in sys.modules or "truststore" in sys.modules)
"""


def test_where_nobody_listens_http_is_not_loaded() -> None:
    assert subprocess.run([sys.executable, "-c", QUIET], timeout=60, check=False).returncode == 0
