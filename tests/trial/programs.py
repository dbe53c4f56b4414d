"""Model servers for tests that answer as the real programs and vendors do: good ones and broken ones."""

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

KEY = "sk-good-0123456789abcdef"
WRONG = "sk-bad-fedcba9876543210"

Said = tuple[int, Any]
"""Status and body; a text that begins with `<` is a page."""


def error(message: str, code: Any = None, type_: str = "invalid_request_error") -> dict[str, Any]:
    """An error as OpenAI spells it."""
    return {"error": {"message": message, "type": type_, "param": None, "code": code}}


NOT_FOUND: Said = (404, "404 page not found")
PAGE: Said = (200, "<!doctype html><html><title>Welcome</title></html>")
REFUSED: Said = (401, error("Incorrect API key provided", "invalid_api_key"))
UNKNOWN: Said = (404, error("The model `{model}` does not exist", "model_not_found"))
CALL = {"index": 0, "id": "c1", "type": "function", "function": {"name": "ping", "arguments": "{}"}}


def chunk(delta: dict[str, Any], ends: str | None = None) -> dict[str, Any]:
    """An event of a streamed answer."""
    choice = {"index": 0, "delta": delta, "finish_reason": ends}
    return {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}


CHUNKS = [chunk({"role": "assistant", "content": "OK"}), chunk({}, "stop")]
CALLS = [chunk({"role": "assistant", "tool_calls": [CALL]}), chunk({}, "tool_calls")]


@dataclass(frozen=True)
class Program:
    """How a kind of server answers. `base`: where its API is. `key` None: it asks for none, "open" list or not.

    `chat`, `listing`, `streamed`, `tools`, `limit`: said instead of a good answer. `elsewhere`: at every other path.
    `any_name`: every model is answered. `forbidden`: models that the key may not use. `speaks`: the chat's dialect.
    """

    base: str = "/v1"
    key: str | None = KEY
    models: tuple[str, ...] = ("m-big", "m-small")
    entry: dict[str, Any] = field(default_factory=dict)
    open_list: bool = False
    any_name: bool = False
    listing: Said | None = None
    chat: Said | None = None
    streamed: Said | None = None
    tools: Said | None = None
    limit: Said | None = None
    elsewhere: Said = NOT_FOUND
    refused: Said = REFUSED
    unknown: Said = UNKNOWN
    forbidden: dict[str, Said] = field(default_factory=dict)
    speaks: str = "completions"
    header: str = "Authorization"
    empty_request: Said = (400, error("you must provide a model parameter"))
    silent: bool = False
    raw_list: Any = None

    @property
    def chat_path(self) -> str:
        return self.base + {"anthropic": "/v1/messages", "responses": "/responses"}.get(
            self.speaks, "/chat/completions"
        )

    @property
    def list_path(self) -> str:
        return self.base + ("/v1/models" if self.speaks == "anthropic" else "/models")

    def knows(self, request: Request) -> bool:
        given = request.headers.get(self.header, "").removeprefix("Bearer ")
        return self.key is None or given == self.key

    def answer(self, request: Request) -> Response:
        if (request.method, request.path) == ("GET", self.list_path):
            return self._list(request)
        if (request.method, request.path) == ("POST", self.chat_path):
            return self._chat(request)
        return said(self.elsewhere)

    def _list(self, request: Request) -> Response:
        if self.listing is not None:
            return said(self.listing)
        if not (self.open_list or self.knows(request)):
            return said(self.refused)
        return said(
            (200, self.raw_list or {"object": "list", "data": [{"id": id_, **self.entry} for id_ in self.models]})
        )

    def _chat(self, request: Request) -> Response:
        if not self.knows(request):
            return said(self.refused)
        if self.chat is not None:
            return said(self.chat)
        asked = json.loads(request.get_data() or b"{}")
        if "model" not in asked:
            return said(self.empty_request)
        return self._answer(asked)

    def _answer(self, asked: dict[str, Any]) -> Response:
        model = asked["model"]
        if model in self.forbidden:
            return said(self.forbidden[model])
        if not self.any_name and model not in self.models:
            return said(self.unknown, model)
        if "max_tokens" in asked and self.limit is not None:
            return said(self.limit)
        if asked.get("tools") and self.tools is not None:
            return said(self.tools)
        if asked.get("stream") and self.streamed is not None:
            return said(self.streamed)
        return _good(self.speaks, stream=bool(asked.get("stream")), tool=bool(asked.get("tools")))


def said(what: Said, model: str = "") -> Response:
    status, body = what
    if isinstance(body, str):
        kind = "text/html" if body.startswith("<") else "text/plain"
        return Response(body.replace("{model}", model), status, content_type=kind)
    return Response(
        json.dumps(body, ensure_ascii=False).replace("{model}", model), status, content_type="application/json"
    )


def _good(speaks: str, *, stream: bool, tool: bool) -> Response:
    if speaks == "anthropic":
        return _anthropic(stream=stream, tool=tool)
    if speaks == "responses":
        return _responses(stream=stream, tool=tool)
    if not stream:
        return said((200, {"choices": [{"message": {"content": "OK"}, "finish_reason": "stop"}]}))
    return events([*(CALLS if tool else CHUNKS)])


def _anthropic(*, stream: bool, tool: bool) -> Response:
    block = {"type": "tool_use", "name": "ping", "input": {}} if tool else {"type": "text", "text": "OK"}
    if not stream:
        return said((200, {"type": "message", "content": [block]}))
    return events([{"type": "content_block_start", "content_block": block}, {"type": "message_stop"}])


def _responses(*, stream: bool, tool: bool) -> Response:
    item = {"type": "function_call", "name": "ping"} if tool else {"content": [{"text": "OK"}]}
    if not stream:
        return said((200, {"output": [item]}))
    return events([{"type": "response.output_item.added", "item": item}, {"type": "response.completed"}])


def events(chunks: list[Any]) -> Response:
    text = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks)
    return Response(text + "data: [DONE]\n\n", content_type="text/event-stream")


@contextmanager
def running(program: Program) -> Iterator[str]:
    """The program on a port of this machine; its root, without a path."""
    until = threading.Event()

    def respond(request: Request) -> Response:
        if program.silent:
            until.wait(30)
        return program.answer(request)

    with HTTPServer(host="127.0.0.1", port=0, threaded=True) as http:
        http.expect_request(re.compile("")).respond_with_handler(respond)
        yield http.url_for("").rstrip("/")
        until.set()
