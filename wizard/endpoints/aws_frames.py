"""AWS's event stream (`application/vnd.amazon.eventstream`): events in frames of lengths, headers and content, each
with a checksum (smithy.io/2.0/aws/amazon-eventstream.html). In it Bedrock sends the events of a model's own API.
"""

from __future__ import annotations

import binascii
import json
import struct
import zlib
from base64 import b64decode
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTENT_TYPE = "application/vnd.amazon.eventstream"
_PRELUDE, _CHECKSUM = 12, 4
_LARGEST = 16 * 1024 * 1024
_TEXT = 7
"""The type of a header whose value is text: two bytes of length, then the value."""


class BrokenFrame(Exception):
    """What comes is no such frame."""


class _Frame(Struct, frozen=True):
    headers: dict[str, str]
    content: bytes


class FrameReader:
    """Takes the stream in pieces, as they come."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> Iterator[str]:
        """The events that are complete now, as JSON texts. Raises BrokenFrame."""
        self._rest += chunk
        while len(self._rest) >= _PRELUDE:
            length, headers = struct.unpack_from(">II", self._rest)
            if not _PRELUDE + headers + _CHECKSUM <= length <= _LARGEST:
                raise BrokenFrame
            if len(self._rest) < length:
                return
            framed, self._rest = self._rest[:length], self._rest[length:]
            yield _event(_frame(framed, headers))


def _frame(framed: bytes, headers: int) -> _Frame:
    (checksum,) = struct.unpack(">I", framed[-_CHECKSUM:])
    if zlib.crc32(framed[:-_CHECKSUM]) != checksum:
        raise BrokenFrame
    end = _PRELUDE + headers
    return _Frame(_headers(framed[_PRELUDE:end]), framed[end:-_CHECKSUM])


def _headers(raw: bytes) -> dict[str, str]:
    """Up to the first that holds something else than text: AWS sends no others here."""
    found: dict[str, str] = {}
    while raw:
        name, raw = raw[1 : 1 + raw[0]], raw[1 + raw[0] :]
        if raw[:1] != bytes((_TEXT,)) or len(raw) < 3:
            break
        (length,) = struct.unpack_from(">H", raw, 1)
        found[name.decode("utf-8", "replace")] = raw[3 : 3 + length].decode("utf-8", "replace")
        raw = raw[3 + length :]
    return found


def _event(frame: _Frame) -> str:
    """What the model's own API would have sent; of an exception an object with the error in it."""
    if frame.headers.get(":message-type", "event") != "event":
        kind = frame.headers.get(":exception-type") or frame.headers.get(":error-code", "")
        said = _object(frame.content).get("message") or frame.headers.get(":error-message", "")
        return json.dumps({"error": {"type": kind, "message": str(said)}})
    try:
        return b64decode(str(_object(frame.content).get("bytes", ""))).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        raise BrokenFrame from None


def _object(content: bytes) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
