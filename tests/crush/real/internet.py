"""The internet as a real Crush meets it in a test: every request is recorded and answered by one server on loopback.

It is an HTTP proxy. Where it is asked for a tunnel to an https address it is the far end itself, with a certificate
of an authority that Crush is told to trust. So whatever URL a configuration names, nothing leaves the machine, and
the request is seen as it would have gone out.
"""

from __future__ import annotations

import base64
import json
import ssl
import struct
import threading
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme

TITLE = "Generate a concise title"
"""How the request begins that names a session: Crush sends it to the small model, beside the first one."""
TITLE_SECONDS = 10.0


@dataclass(frozen=True)
class Sent:
    """A request. `url` is absolute, names of `headers` are in lower case, `body` is what JSON came with it, in the
    bytes `raw`.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: Any = None
    raw: bytes = b""

    @property
    def is_chat(self) -> bool:
        return (
            self.method == "POST"
            and isinstance(self.body, dict)
            and bool({"messages", "input", "contents"} & self.body.keys())
        )

    @property
    def is_title(self) -> bool:
        return self.is_chat and TITLE in json.dumps(self.body)


@dataclass
class Internet:
    """`lists`: the models that a host lists at .../models; no other one lists any. `answers`: what a host says to all
    that is asked of it, or at the end of a path with a slash in front: status and JSON. `seen` are the requests so far.

    `authority` is a file with the certificate of the authority that the far ends have theirs from.
    """

    proxy: str
    authority: Path
    lists: dict[str, Sequence[str]] = field(default_factory=dict)
    answers: dict[str, tuple[int, object]] = field(default_factory=dict)
    seen: list[Sent] = field(default_factory=list)
    titled: threading.Event = field(default_factory=threading.Event)

    @property
    def environ(self) -> dict[str, str]:
        """What a program needs that shall meet this internet."""
        names = ("HTTP_PROXY", "HTTPS_PROXY")
        return {**dict.fromkeys(names, self.proxy), "SSL_CERT_FILE": str(self.authority)}

    def forget(self) -> None:
        self.seen.clear()
        self.titled.clear()

    def chats(self) -> list[Sent]:
        """The requests for answers, without those for titles."""
        return [sent for sent in self.seen if sent.is_chat and not sent.is_title]

    def titles(self) -> list[Sent]:
        return [sent for sent in self.seen if sent.is_title]

    def answer(self, sent: Sent) -> tuple[int, str, bytes]:
        """Status, type and content. A chat is answered when the title has been asked for: else Crush may end first."""
        self.seen.append(sent)
        if sent.is_title:
            self.titled.set()
        elif sent.is_chat:
            self.titled.wait(TITLE_SECONDS)
        path = sent.url.partition("?")[0]
        host = path.partition("://")[2].partition("/")[0]
        if known := self.answers.get(host) or self.answers.get(path[path.rindex("/") :]):
            status, said = known
            return status, "application/json", json.dumps(said).encode()
        if sent.is_chat and path.endswith("/invoke-with-response-stream"):
            return 200, "application/vnd.amazon.eventstream", b"".join(map(_aws_event, _MESSAGES))
        if sent.is_chat and path.endswith((":generateContent", "/invoke")):
            return 200, "application/json", json.dumps(_WHOLE).encode()
        if sent.is_chat:
            return 200, "text/event-stream", _chat(path)
        if sent.method == "GET" and path.endswith("/models") and host in self.lists:
            listed = [{"id": model, "object": "model"} for model in self.lists[host]]
            return 200, "application/json", json.dumps({"object": "list", "data": listed}).encode()
        if path.endswith("/v2/providers"):
            return 304, "application/json", b""
        return 404, "application/json", b'{"error": {"message": "nothing is here"}}'


@contextmanager
def stand_in(folder: Path) -> Iterator[Internet]:
    """An internet of its own; `folder` takes the certificate."""
    authority = folder / "authority.pem"
    _authority().cert_pem.write_to_path(str(authority))
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads = True
        internet = server.internet = Internet(f"http://127.0.0.1:{server.server_port}", authority)  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield internet
        server.shutdown()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    origin = ""
    """Scheme and host at the far end of the tunnel, once there is one."""

    def do_CONNECT(self) -> None:
        host, _, port = self.path.rpartition(":")
        self.send_response(200)
        self.end_headers()
        self.connection = _context(host).wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        self.origin = f"https://{host}" + (f":{port}" if port != "443" else "")
        self.close_connection = False

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        raw = self._content()
        headers = {name.lower(): _as_sent(value) for name, value in self.headers.items()}
        origin = self.origin or ("" if "://" in self.path else f"http://{self.headers['Host']}")
        sent = Sent(self.command, origin + self.path, headers, _json(raw), raw)
        status, kind, content = self.server.internet.answer(sent)  # type: ignore[attr-defined]
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _content(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return b"".join(self._chunks())
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _chunks(self) -> Iterator[bytes]:
        while length := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(length)
            self.rfile.readline()
        self.rfile.readline()

    def handle(self) -> None:
        try:
            super().handle()
        except (OSError, ValueError):  # a Crush that has ended takes its connections with it; no host has such a name
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


@cache
def _authority() -> trustme.CA:
    return trustme.CA()


@cache
def _context(host: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _authority().issue_cert(host).configure_cert(context)
    return context


def _as_sent(value: str) -> str:
    """http.server takes every byte for a character."""
    return value.encode("latin-1").decode("utf-8", "replace")


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None


def _chat(path: str) -> bytes:
    """A one-word answer in the format that goes with the address."""
    if path.endswith("/responses"):
        return _events(*_RESPONSES)
    if path.endswith(("/messages", ":streamRawPredict")):
        return _events(*_MESSAGES)
    if "generateContent" in path or "GenerateContent" in path:
        return _events({"candidates": [_CANDIDATE]})
    delta, end = {"role": "assistant", "content": "ok"}, {"index": 0, "delta": {}, "finish_reason": "stop"}
    head = {"id": "c", "object": "chat.completion.chunk", "model": "m"}
    first = {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    return _events(first, {**head, "choices": [end]}) + b"data: [DONE]\n\n"


def _events(*events: Mapping[str, Any]) -> bytes:
    lines = (f"event: {event['type']}\n" if "type" in event else "" for event in events)
    return "".join(f"{line}data: {json.dumps(event)}\n\n" for line, event in zip(lines, events, strict=True)).encode()


def _aws_event(event: Mapping[str, Any]) -> bytes:
    """An event as AWS frames it: lengths, headers, content, each part with its checksum."""
    inner = base64.b64encode(json.dumps(event).encode()).decode()
    content = json.dumps({"bytes": inner}).encode()
    named = {":event-type": "chunk", ":content-type": "application/json", ":message-type": "event"}
    headers = b"".join(
        struct.pack(f">B{len(name)}sBH", len(name), name.encode(), 7, len(value)) + value.encode()
        for name, value in named.items()
    )
    prelude = struct.pack(">II", 16 + len(headers) + len(content), len(headers))
    framed = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + content
    return framed + struct.pack(">I", zlib.crc32(framed))


_CANDIDATE = {"content": {"role": "model", "parts": [{"text": "ok"}]}, "finishReason": "STOP"}
_WHOLE = {"candidates": [_CANDIDATE], "type": "message", "content": [{"type": "text", "text": "ok"}]}
"""An answer in one piece, for Google's format and for Anthropic's."""
_USAGE = {"input_tokens": 1, "output_tokens": 1}
_PART = {"type": "output_text", "text": "ok", "annotations": []}
_ITEM = {"id": "m", "type": "message", "role": "assistant", "status": "completed", "content": [_PART]}
_RESPONSES: tuple[dict[str, Any], ...] = (
    {"type": "response.created", "sequence_number": 0, "response": {"id": "r", "object": "response", "output": []}},
    {"type": "response.output_item.added", "sequence_number": 1, "output_index": 0, "item": {**_ITEM, "content": []}},
    {
        "type": "response.output_text.delta",
        "sequence_number": 2,
        "item_id": "m",
        "output_index": 0,
        "content_index": 0,
        "delta": "ok",
    },
    {"type": "response.output_item.done", "sequence_number": 3, "output_index": 0, "item": _ITEM},
    {
        "type": "response.completed",
        "sequence_number": 4,
        "response": {"id": "r", "object": "response", "status": "completed", "output": [_ITEM], "usage": _USAGE},
    },
)
_MESSAGES: tuple[dict[str, Any], ...] = (
    {
        "type": "message_start",
        "message": {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": _USAGE},
    },
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "ok"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": _USAGE},
    {"type": "message_stop"},
)
