"""Events as AWS frames them."""

from __future__ import annotations

import base64
import json
import struct
import zlib

import pytest

from wizard.endpoints.aws_frames import BrokenFrame, FrameReader


def framed(headers: dict[str, str], content: object) -> bytes:
    named = b"".join(
        bytes((len(name),)) + name.encode() + struct.pack(">BH", 7, len(value)) + value.encode()
        for name, value in headers.items()
    )
    raw = json.dumps(content).encode()
    prelude = struct.pack(">II", 16 + len(named) + len(raw), len(named))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + named + raw
    return message + struct.pack(">I", zlib.crc32(message))


def chunk(event: object) -> bytes:
    inner = base64.b64encode(json.dumps(event).encode()).decode()
    return framed({":message-type": "event", ":event-type": "chunk"}, {"bytes": inner})


def read(*pieces: bytes) -> list[object]:
    reader = FrameReader()
    return [json.loads(event) for piece in pieces for event in reader.feed(piece)]


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_events_come_in_any_pieces(size: int) -> None:
    stream = chunk({"type": "message_start"}) + chunk({"type": "message_stop"})
    pieces = [stream[start : start + size] for start in range(0, len(stream), size)]
    assert read(*pieces) == [{"type": "message_start"}, {"type": "message_stop"}]


def test_an_exception_is_an_error() -> None:
    headers = {":message-type": "exception", ":exception-type": "modelTimeoutException"}
    assert read(framed(headers, {"message": "too slow"})) == [
        {"error": {"type": "modelTimeoutException", "message": "too slow"}}
    ]


@pytest.mark.parametrize(
    "stream",
    [
        b"HTTP/1.1 200 OK\r\n",
        struct.pack(">III", 16, 9, 0) + b"\0" * 4,
        struct.pack(">III", 2**31, 0, 0),
        chunk({})[:-1] + b"?",
        framed({}, {"bytes": "not base64"}),
    ],
)
def test_what_is_no_frame_ends_it(stream: bytes) -> None:
    with pytest.raises(BrokenFrame):
        read(stream)
