"""The live test of providers, against real servers that behave in every way that endpoints do."""

from __future__ import annotations

import json
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from msgspec.structs import replace
from pytest_httpserver import HTTPServer
from werkzeug import Response

from tests.canary import CANARY
from wizard.endpoints.probe import STEPS, ProbeResult, Step, run_probes
from wizard.endpoints.wire import Live

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from werkzeug import Request

LAYERS = ("resolve", "connect", "tls")

CHUNKS = [
    {"choices": [{"delta": {"content": "OK"}}]},
    {"choices": [{"delta": {}, "finish_reason": "stop"}]},
]
TOOL_CHUNKS = [{"choices": [{"delta": {"tool_calls": [{"index": 0}]}, "finish_reason": "tool_calls"}]}]


class Endpoint:
    """An OpenAI-compatible server whose parts a test can replace; it knows every request that it got."""

    def __init__(self, server: HTTPServer) -> None:
        self.server = server
        self.asked: list[tuple[str, Any]] = []
        self.open_list = False
        self.chat: Callable[[Any], Response] = self.answer
        self.listing: Callable[[], Response] = lambda: _json({"data": [{"id": "big"}, {"id": "little"}]})
        server.expect_request(re.compile(".*")).respond_with_handler(self._respond)

    @property
    def live(self) -> Live:
        return Live("mine", "openai-compat", self.server.url_for("/v1"), CANARY, models=("big", "little"))

    def answer(self, body: Any) -> Response:
        if body.get("stream"):
            return _events(TOOL_CHUNKS if "tools" in body else CHUNKS)
        return _json({"choices": [{"message": {"content": "OK"}, "finish_reason": "stop"}]})

    def _respond(self, request: Request) -> Response:
        body = request.get_json() if request.method == "POST" else None
        self.asked.append((request.path, body))
        if request.path == "/v1/models":
            return self.listing() if self.open_list or self._knows(request) else _refusal(401, "wrong key")
        if request.path == "/v1/chat/completions":
            return self.chat(body) if self._knows(request) else _refusal(401, f"Incorrect API key: {CANARY[:12]}***")
        return Response("404 page not found", status=404)

    @staticmethod
    def _knows(request: Request) -> bool:
        return request.headers.get("Authorization") == f"Bearer {CANARY}"


def _json(document: Any, status: int = 200) -> Response:
    return Response(json.dumps(document), status=status, content_type="application/json")


def _refusal(status: int, message: str, **fields: str) -> Response:
    return _json({"error": {"message": message, **fields}}, status)


def _events(chunks: list[Any], end: str = "data: [DONE]\n\n") -> Response:
    text = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks)
    return Response(text + end, content_type="text/event-stream; charset=utf-8")


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with HTTPServer(threaded=True) as server:
        yield Endpoint(server)


def _probe(*lives: Live, quick: bool = False, seconds: float = 10) -> tuple[ProbeResult, ...]:
    return run_probes(lives, {}, quick=quick, seconds=seconds, on_step=lambda *_: None)


def _steps(live: Live, *, quick: bool = False, seconds: float = 10) -> dict[str, Step]:
    (result,) = _probe(live, quick=quick, seconds=seconds)
    assert tuple(step.name for step in result.steps) == STEPS
    assert CANARY not in repr(result)
    return {step.name: step for step in result.steps}


def _states(steps: dict[str, Step]) -> dict[str, str]:
    """What became of each step above the connection."""
    return {name: step.code or step.status for name, step in steps.items() if name not in LAYERS}


# all is well


def test_all_steps_in_order_and_as_they_happen(endpoint: Endpoint) -> None:
    seen: list[tuple[str, str]] = []
    (result,) = run_probes(
        [endpoint.live], {}, quick=False, seconds=10, on_step=lambda provider, step: seen.append((provider, step.name))
    )
    assert seen == [("mine", name) for name in STEPS]
    assert result.ok
    assert {step.name: step.status for step in result.steps} == {**dict.fromkeys(STEPS, "ok"), "tls": "skipped"}
    assert [body.get("stream", False) for path, body in endpoint.asked if body and "stream" in body] == [True, True]


def test_the_report_is_what_json_shows(endpoint: Endpoint) -> None:
    (result,) = _probe(endpoint.live)
    report = json.loads(json.dumps(result.report()))
    assert (report["provider"], report["ok"]) == ("mine", True)
    assert {"name", "status", "ms", "code", "detail"} <= set(report["steps"][0])


def test_both_slots_are_asked(endpoint: Endpoint) -> None:
    endpoint.chat = lambda body: (
        _refusal(404, "The model `litle` does not exist") if body["model"] == "litle" else endpoint.answer(body)
    )
    chat = _steps(replace(endpoint.live, large="big", small="litle"))["chat"]
    assert (chat.status, chat.code) == ("failed", "model-not-found")
    assert chat.detail.startswith("big answers, but litle does not")
    assert "little" in chat.hint


# the key


def test_a_wrong_key_is_found_though_the_list_is_open(endpoint: Endpoint) -> None:
    endpoint.open_list = True
    steps = _steps(replace(endpoint.live, api_key="sk-wrong-0123456789", variable="MINE_API_KEY"))
    assert _states(steps) == {
        "models": "ok",
        "key": "key-refused",
        **dict.fromkeys(("chat", "stream", "tools"), "key-refused"),
    }
    assert steps["key"].status == "failed"
    assert "MINE_API_KEY" in steps["key"].hint


@pytest.mark.parametrize(
    ("open_list", "key", "state"),
    [
        (True, CANARY, "not-proven"),
        (True, "sk-wrong", "not-proven"),
        (False, CANARY, "ok"),
        (False, "sk-wrong", "key-refused"),
    ],
)
def test_quick_believes_a_list_only_if_a_wrong_key_does_not_get_it(
    endpoint: Endpoint, open_list: bool, key: str, state: str
) -> None:
    endpoint.open_list = open_list
    steps = _steps(replace(endpoint.live, api_key=key), quick=True)
    assert _states(steps)["key"] == state
    assert not [body for path, body in endpoint.asked if "chat" in path and body != {}]
    assert [steps[name].code for name in ("chat", "stream", "tools")] == ["quick"] * 3


def test_a_missing_key_is_not_a_wrong_one(endpoint: Endpoint) -> None:
    assert _states(_steps(replace(endpoint.live, api_key="")))["key"] == "key-missing"


# models


def test_chat_goes_on_without_a_list(endpoint: Endpoint) -> None:
    endpoint.listing = lambda: Response("404 page not found", status=404)
    steps = _steps(endpoint.live)
    assert (steps["models"].status, steps["models"].code) == ("skipped", "not-found")
    assert steps["tools"].status == "ok"


def test_a_provider_that_discovers_its_models_needs_the_list(endpoint: Endpoint) -> None:
    endpoint.listing = lambda: _json({"data": []})
    steps = _steps(replace(endpoint.live, models=()))
    assert (steps["models"].status, steps["chat"].code) == ("failed", "no-model")


def test_the_first_listed_model_is_asked_if_none_is_configured(endpoint: Endpoint) -> None:
    assert "big" in _steps(replace(endpoint.live, models=()))["chat"].detail


def test_a_model_that_can_not_chat_is_not_asked(endpoint: Endpoint) -> None:
    endpoint.listing = lambda: _json({"data": [{"id": "text-embedding-3-small"}, {"id": "big"}]})
    assert _steps(replace(endpoint.live, models=()))["chat"].detail == 'big answered: "OK"'


def test_models_that_are_not_listed_are_named(endpoint: Endpoint) -> None:
    assert "not among them: tiny" in _steps(replace(endpoint.live, models=("big", "tiny")))["models"].detail


# the right address and type


@pytest.mark.parametrize("path", ["", "/v1/chat", "/v1/v1"])
def test_the_path_that_works_is_tried_and_named(endpoint: Endpoint, path: str) -> None:
    live = replace(endpoint.live, base_url=endpoint.server.url_for(path).rstrip("/"))
    chat = _steps(live)["chat"]
    assert (chat.status, chat.code) == ("failed", "not-found")
    assert chat.hint == f"set base_url to {endpoint.server.url_for('/v1')}: tried, it works"


def test_a_missing_responses_api_means_another_type(endpoint: Endpoint) -> None:
    chat = _steps(replace(endpoint.live, type="openai", models=("gpt-5",)))["chat"]
    assert (chat.status, chat.code) == ("failed", "wrong-type")
    assert chat.hint == "use type openai-compat: tried, it works"


# streams and tools


def test_an_endpoint_that_only_streams_is_fine(endpoint: Endpoint) -> None:
    endpoint.chat = lambda body: (
        endpoint.answer(body) if body.get("stream") else _refusal(400, "This model only supports stream mode")
    )
    steps = _steps(endpoint.live)
    assert _states(steps) == {"models": "ok", "key": "ok", "chat": "stream-only", "stream": "ok", "tools": "ok"}


@pytest.mark.parametrize(
    ("streamed", "code"),
    [
        (_json({"choices": [{"message": {"content": "OK"}}]}), "not-streamed"),
        (_events(CHUNKS[:1], end=""), "stream-cut"),
        (_events([]), "empty-stream"),
        (_events([{"error": {"message": "overloaded"}}]), "error-in-answer"),
        (_events([{"error": {"message": "slow down", "code": 429}}]), "rate-limited"),
        (_refusal(400, "stream_options is not supported"), "parameter-refused"),
        (Response("<html>", content_type="text/html"), "web-page"),
    ],
)
def test_a_stream_that_fails_is_said(endpoint: Endpoint, streamed: Response, code: str) -> None:
    body, status, kind = streamed.get_data(), streamed.status_code, streamed.content_type
    endpoint.chat = lambda asked: (
        Response(body, status=status, content_type=kind) if asked.get("stream") else endpoint.answer(asked)
    )
    steps = _steps(endpoint.live)
    assert (steps["chat"].status, steps["stream"].status, steps["stream"].code) == ("ok", "failed", code)
    assert steps["tools"].code == "stream-failed"


def test_refused_tools_are_a_failure(endpoint: Endpoint) -> None:
    endpoint.chat = lambda body: (
        _refusal(400, "registry/big does not support tools") if "tools" in body else endpoint.answer(body)
    )
    tools = _steps(endpoint.live)["tools"]
    assert (tools.status, tools.code) == ("failed", "tools-refused")


def test_a_tool_that_is_not_called_is_said_and_no_failure(endpoint: Endpoint) -> None:
    endpoint.chat = lambda body: _events(CHUNKS) if "tools" in body else endpoint.answer(body)
    tools = _steps(endpoint.live)["tools"]
    assert (tools.status, tools.code) == ("ok", "no-tool-call")


# what Crush does not send


def test_a_limit_that_crush_does_not_send_is_no_failure(endpoint: Endpoint) -> None:
    def answer(body: Any) -> Response:
        refused = _refusal(400, "Unsupported parameter: 'max_tokens' is not supported", param="max_tokens")
        return refused if "max_tokens" in body else endpoint.answer(body)

    endpoint.chat = answer
    (limited,) = _probe(endpoint.live)
    assert limited.failure is not None
    assert limited.failure.code == "parameter-refused"
    (result,) = _probe(replace(endpoint.live, unlimited=frozenset({"big"})))
    assert result.verdict == "works"
    assert result.notes == ("mine refuses max_tokens: Crush sends it for titles only, which may fail",)


def test_chats_have_the_longest_answer_that_crush_sends(endpoint: Endpoint) -> None:
    chats: list[Any] = []

    def answer(body: Any) -> Response:
        chats.append(body)
        return endpoint.answer(body)

    endpoint.chat = answer
    (result,) = _probe(replace(endpoint.live, unlimited=frozenset({"big"})))
    assert (result.verdict, result.notes) == ("works", ())
    assert [(body.get("stream", False), "tools" in body, "max_tokens" in body) for body in chats] == [
        (False, False, False),
        (False, False, True),
        (True, False, False),
        (True, True, False),
    ]


# a proxy on the way


@pytest.mark.parametrize("quick", [False, True])
def test_a_proxy_that_answers_itself_is_named(httpserver: HTTPServer, quick: bool) -> None:
    """Of an http URL a proxy gets the whole request: what comes may be its own page."""
    httpserver.expect_request(re.compile("")).respond_with_data("<html>No route</html>", 503, content_type="text/html")
    proxy = httpserver.url_for("").rstrip("/").replace("localhost", "127.0.0.1")
    live = Live("mine", "ollama", "http://ollama.lan:11434/v1", models=("m",))
    (result,) = run_probes([live], {"HTTP_PROXY": proxy}, quick=quick, seconds=5, on_step=lambda *_: None)
    assert result.failure is not None
    assert f"went through {proxy}" in result.failure.detail
    assert "NO_PROXY=ollama.lan" in result.failure.hint


def test_a_refused_key_came_from_the_endpoint_itself(httpserver: HTTPServer) -> None:
    httpserver.expect_request(re.compile("")).respond_with_json({"error": {"message": "Invalid API key"}}, 401)
    proxy = httpserver.url_for("").rstrip("/")
    live = Live("mine", "openai-compat", "http://gateway.lan/v1", CANARY, models=("m",))
    (result,) = run_probes([live], {"HTTP_PROXY": proxy}, quick=False, seconds=5, on_step=lambda *_: None)
    assert result.failure is not None
    assert "went through" not in result.failure.detail


# nobody there


def test_nobody_listens(endpoint: Endpoint) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        live = Live("mine", "ollama", f"http://127.0.0.1:{unused.getsockname()[1]}/v1", CANARY, models=("m",))
        steps = _steps(live)
    assert (steps["connect"].status, steps["connect"].code) == ("failed", "refused")
    assert "ollama serve" in steps["connect"].hint
    assert set(_states(steps).values()) == {"not-reached"}


def test_a_name_that_does_not_exist(endpoint: Endpoint) -> None:
    steps = _steps(replace(endpoint.live, base_url="https://nobody.invalid/v1"))
    assert (steps["resolve"].status, steps["resolve"].code) == ("failed", "name-not-found")
    assert (steps["connect"].code, steps["tls"].code) == ("not-reached", "not-reached")


def test_a_plain_port_does_not_speak_tls(endpoint: Endpoint) -> None:
    steps = _steps(replace(endpoint.live, base_url=endpoint.live.base_url.replace("http:", "https:")))
    assert [steps[name].status for name in LAYERS] == ["ok", "ok", "failed"]
    assert steps["tls"].code == "not-tls"


def test_an_authority_that_nobody_trusts_is_named() -> None:
    authority = trustme.CA(organization_name="Example Interception")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with HTTPServer(ssl_context=context) as server:
        steps = _steps(Live("mine", "openai-compat", server.url_for("/v1"), CANARY, models=("m",)))
    assert [steps[name].status for name in LAYERS] == ["ok", "ok", "failed"]
    assert steps["tls"].code == "tls-unknown-authority"
    assert "Example Interception" in steps["tls"].detail + steps["tls"].hint
    assert steps["tls"].hint


def test_what_can_not_be_asked_over_http_is_skipped_with_the_reason() -> None:
    (result,) = _probe(Live("bedrock", "bedrock", "", models=("m",)))
    assert result.ok
    assert {(step.status, step.code) for step in result.steps} == {("skipped", "untestable")}


# hostile answers


def test_a_redirect_to_another_host_gets_no_key(endpoint: Endpoint) -> None:
    elsewhere = endpoint.server.url_for("/v1/chat/completions").replace("localhost", "127.0.0.1")
    endpoint.chat = lambda _: Response(status=302, headers={"Location": elsewhere})
    steps = _steps(endpoint.live)
    assert (steps["chat"].status, steps["chat"].code) == ("failed", "redirected")
    assert len([path for path, _ in endpoint.asked if "chat" in path]) == 1


def test_what_an_endpoint_says_does_not_act_on_the_screen_or_show_the_key(endpoint: Endpoint) -> None:
    endpoint.chat = lambda _: _refusal(400, f"\x1b[2J no\r\n\u202e key {CANARY} and {CANARY[4:14]}")
    chat = _steps(endpoint.live)["chat"]
    assert chat.detail.isprintable()
    assert CANARY[4:14] not in chat.detail
    assert "<redacted>" in chat.detail


# many at once


def test_providers_do_not_wait_for_each_other() -> None:
    """All chats are held back until every provider has asked: one after the other, they would never be answered."""
    count = 20
    everybody = threading.Barrier(count)

    def together(body: Any) -> Response:
        if not body.get("stream"):
            everybody.wait(timeout=20)
        return endpoints[0].answer(body)

    with ExitStack() as servers:
        endpoints = [Endpoint(servers.enter_context(HTTPServer(threaded=True))) for _ in range(count)]
        for endpoint in endpoints:
            endpoint.chat = together
        lives = [replace(endpoint.live, id=f"p{number}") for number, endpoint in enumerate(endpoints)]
        results = _probe(*lives, seconds=30)
    assert [result.provider for result in results] == [live.id for live in lives]
    assert all(result.ok for result in results)


def test_a_server_of_ones_own_gets_a_chat_at_a_time(endpoint: Endpoint) -> None:
    """As llama-cpp-python: whoever asks meanwhile cuts the answer that is being given."""
    answering = threading.Semaphore(1)

    def alone(body: Any) -> Response:
        if not answering.acquire(blocking=False):
            return _refusal(500, "interrupted")
        time.sleep(0.02)
        answering.release()
        return endpoint.answer(body)

    endpoint.chat = alone
    results = _probe(*(replace(endpoint.live, id=f"p{number}") for number in range(5)))
    assert all(result.ok for result in results)


def test_one_that_hangs_does_not_hold_up_the_others(endpoint: Endpoint) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hangs = Live("hangs", "openai-compat", f"http://127.0.0.1:{silent.getsockname()[1]}/v1", CANARY, models=("m",))
        results = _probe(hangs, endpoint.live, seconds=3)
    assert [result.ok for result in results] == [False, True]
    assert {step.name: step.code for step in results[0].steps}["chat"] == "timed-out"


STOPPING = """
import os, signal, sys
from wizard.endpoints.probe import run_probes
from wizard.endpoints.wire import Live
lives = [Live(id, "openai-compat", url + "/v1", "k", models=("m",)) for id, url in zip("ab", sys.argv[1:])]
def stop(provider, step):
    if (provider, step.name) == ("a", "tools"):
        signal.raise_signal(signal.SIGINT)
for result in run_probes(lives, {}, quick=False, seconds=60, on_step=stop):
    print(result.provider, result.stopped, result.steps[-1].status, result.steps[-1].code)
"""


def test_ctrl_c_keeps_what_is_known(endpoint: Endpoint) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        urls = [endpoint.server.url_for("").rstrip("/"), f"http://127.0.0.1:{silent.getsockname()[1]}"]
        endpoint._knows = lambda _: True  # type: ignore[method-assign, assignment]
        command = [sys.executable, "-c", STOPPING, *urls]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["a False ok ", "b True skipped stopped"]
