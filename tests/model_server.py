"""A model server for tests: real HTTP on loopback, OpenAI's format, with a key, models and oddities of one's choice."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response
from werkzeug.test import EnvironBuilder

from tests.crush.real.internet import Sent

KEY = "sk-model-server-0123456789"
MODELS: tuple[dict[str, Any], ...] = (
    {"id": "m-large", "context_length": 64_000, "supported_parameters": ["tools", "reasoning"]},
    {"id": "m-small", "context_length": 32_000, "supported_parameters": ["tools"]},
    {"id": "text-embedding-m"},
)


@dataclass
class ModelServer:
    """Change its fields while it runs. `key` None: it asks for none. `refusals`: what a path answers instead.

    `seen` are the requests so far: method and path. `gate`: chats wait until it is set.
    """

    http: HTTPServer
    key: str | None = KEY
    models: tuple[dict[str, Any], ...] = MODELS
    refusals: dict[str, Response] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    gate: threading.Event | None = None
    _headers: list[str] = field(default_factory=list)

    @property
    def root(self) -> str:
        return self.http.url_for("").rstrip("/")

    @property
    def url(self) -> str:
        """The base URL, with /v1."""
        return f"{self.root}/v1"

    def got(self, secret: str) -> bool:
        """Whether this came in the headers of any request."""
        return any(secret in headers for headers in self._headers)

    def answer(self, request: Request) -> Response:
        self.seen.append(f"{request.method} {request.path}")
        self._headers.append(str(request.headers))
        if self.key is not None and request.headers.get("Authorization") != f"Bearer {self.key}":
            return _json(401, {"error": {"message": "Incorrect API key provided"}})
        if request.path in self.refusals:
            return self.refusals[request.path]
        if (request.method, request.path) == ("GET", "/v1/models"):
            return _json(200, {"object": "list", "data": list(self.models)})
        if (request.method, request.path) == ("POST", "/v1/chat/completions"):
            if self.gate is not None:
                self.gate.wait(30)
            return _chat(json.loads(request.get_data()), {model["id"] for model in self.models})
        return _json(404, {"error": {"message": "no such path"}})

    def answer_sent(self, sent: Sent) -> tuple[int, str, bytes]:
        """The same to what came through the stand-in of the internet, whichever host was asked."""
        path, body = sent.url.split("/", 3)[-1], None if sent.body is None else json.dumps(sent.body)
        asked = EnvironBuilder(f"/{path}", method=sent.method, headers=[*sent.headers.items()], data=body)
        said = self.answer(Request(asked.get_environ()))
        return said.status_code, said.content_type or "", said.get_data()


@contextmanager
def serving() -> Iterator[ModelServer]:
    with HTTPServer(host="127.0.0.1", port=0, threaded=True) as http:
        server = ModelServer(http)
        http.expect_request(re.compile("")).respond_with_handler(server.answer)
        yield server


def _json(status: int, document: Any) -> Response:
    return Response(json.dumps(document), status, content_type="application/json")


def _chat(asked: dict[str, Any], known: set[str]) -> Response:
    if asked.get("model") not in known:
        return _json(404, {"error": {"message": f"The model `{asked.get('model')}` does not exist"}})
    said: dict[str, Any] = {"role": "assistant", "content": "ok"}
    if asked.get("tools"):
        call = {"name": asked["tools"][0]["function"]["name"], "arguments": "{}"}
        said = {"role": "assistant", "tool_calls": [{"index": 0, "id": "c1", "type": "function", "function": call}]}
    if not asked.get("stream"):
        return _json(200, {"choices": [{"index": 0, "message": said, "finish_reason": "stop"}]})
    events = [
        {"choices": [{"index": 0, "delta": said, "finish_reason": None}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    ]
    lines = [f"data: {json.dumps(event)}\n\n" for event in events]
    return Response("".join((*lines, "data: [DONE]\n\n")), 200, content_type="text/event-stream")
