"""Asking one provider's models over the network, and what came of it: a reply, or what is wrong instead."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from wizard.endpoints.aws_frames import CONTENT_TYPE as FRAMED
from wizard.endpoints.aws_frames import BrokenFrame, FrameReader
from wizard.endpoints.chat import Reply, StreamReader, read_reply
from wizard.endpoints.diagnosis import Diagnosis, RequestContext, diagnose, unreachable
from wizard.endpoints.wire import chat_request, dialect
from wizard.network.client import NotJson, Response, Timings, Unreachable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from wizard.network.client import Client, Request, Stream

NOT_STREAMED = Diagnosis(
    "not-streamed",
    "the endpoint answers in one piece instead of streaming, and Crush always streams",
    "switch streaming on in the server or gateway, or put a proxy such as LiteLLM in front",
)
EMPTY_STREAM = Diagnosis("empty-stream", "the stream contains nothing that Crush understands", "check the type")
CUT_STREAM = Diagnosis(
    "stream-cut",
    "the stream ends in the middle of the answer",
    "a gateway in between may delay or cut streams: check its time-outs and buffering",
)


class Exchange(Struct, frozen=True):
    """What came of a request: an answer, or the reason for none. `ms`: milliseconds."""

    ms: int
    result: Response | Unreachable


class ChatOutcome(Struct, frozen=True):
    """`reply` or `finding`, never both. `first_ms`: milliseconds until a stream began to speak."""

    ms: int
    reply: Reply | None = None
    finding: Diagnosis | None = None
    first_ms: int | None = None


async def send(client: Client, request: Request, seconds: float) -> Exchange:
    started = time.monotonic()
    try:
        answer = await client.send(request, seconds=seconds)
    except Unreachable as error:
        return Exchange(_ms(started), error)
    return Exchange(_ms(started), answer)


def finding_for(outcome: Exchange, asked: RequestContext) -> Diagnosis:
    """What is wrong with an outcome that is not what was asked for."""
    if isinstance(outcome.result, Unreachable):
        return unreachable(outcome.result, asked)
    return diagnose(outcome.result, asked)


async def ask(client: Client, asked: RequestContext, seconds: float) -> ChatOutcome:
    """A chat in one piece."""
    request = chat_request(asked.live, asked.model, stream=False, tool=False)
    return chat_outcome(await send(client, request, seconds), asked)


async def ask_streaming(client: Client, asked: RequestContext, seconds: float, *, tool: bool) -> ChatOutcome:
    """A streamed chat, as Crush always asks; with `tool` one tool is offered and asked for."""
    request = chat_request(asked.live, asked.model, stream=True, tool=tool)
    started = time.monotonic()
    try:
        async with client.stream(request, seconds=seconds) as stream:
            if not _is_events(stream):
                answer = Response(stream.status, stream.headers, await stream.read(), stream.url, 0.0, Timings())
                return _unstreamed(Exchange(_ms(started), answer), asked)
            return await _read_events(stream, asked, started)
    except Unreachable as error:
        return chat_outcome(Exchange(_ms(started), error), asked)


def _is_events(stream: Stream) -> bool:
    return 200 <= stream.status < 300 and any(kind in _type(stream) for kind in ("text/event-stream", FRAMED))


def _type(stream: Stream) -> str:
    return stream.headers.get("content-type", "")


async def _read_events(stream: Stream, asked: RequestContext, started: float) -> ChatOutcome:
    reader = StreamReader(dialect(asked.live, asked.model))
    first_ms: int | None = None
    async for _ in _fed(reader, stream):
        if first_ms is None and reader.events:
            first_ms = _ms(started)
    reader.close()
    return replace(_judged(reader, _ms(started), stream, asked), first_ms=first_ms)


async def _fed(reader: StreamReader, stream: Stream) -> AsyncIterator[None]:
    """The reader gets what comes, piece by piece. Frames that are broken end it."""
    if FRAMED not in _type(stream):
        async for line in stream.lines():
            reader.feed(line)
            yield
        return
    frames = FrameReader()
    with suppress(BrokenFrame):
        async for chunk in stream.chunks():
            for event in frames.feed(chunk):
                reader.event(event)
                yield


def _judged(reader: StreamReader, ms: int, stream: Stream, asked: RequestContext) -> ChatOutcome:
    if reader.error is not None:
        body = json.dumps({"error": reader.error}).encode()
        return ChatOutcome(ms, finding=diagnose(Response(stream.status, {}, body, stream.url, 0.0, Timings()), asked))
    if not reader.events:
        return ChatOutcome(ms, finding=EMPTY_STREAM)
    if not reader.finished:
        return ChatOutcome(ms, finding=CUT_STREAM)
    return ChatOutcome(ms, Reply(calls_tool=reader.calls_tool, finished=True))


def _unstreamed(outcome: Exchange, asked: RequestContext) -> ChatOutcome:
    chat = chat_outcome(outcome, asked)
    return chat if chat.finding else ChatOutcome(chat.ms, finding=NOT_STREAMED)


def chat_outcome(outcome: Exchange, asked: RequestContext) -> ChatOutcome:
    """What an answer in one piece is worth."""
    reply = read_reply(dialect(asked.live, asked.model), document_of(outcome))
    if reply is None or reply.error is not None:
        return ChatOutcome(outcome.ms, finding=finding_for(outcome, asked))
    return ChatOutcome(outcome.ms, reply)


def document_of(outcome: Exchange) -> Any:
    """The JSON document of a good answer; None if there is none."""
    if isinstance(outcome.result, Unreachable) or not 200 <= outcome.result.status < 300:
        return None
    try:
        return outcome.result.json()
    except NotJson:
        return None


def _ms(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
