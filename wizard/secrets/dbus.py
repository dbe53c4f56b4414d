"""As much of D-Bus as it takes to read secrets: calls on a session bus, sent together, and what they answer.

Written out because every start of Crush waits for it: a library takes longer to import than all that is asked takes.
No file descriptors, and nothing is listened to. The rules are those of the D-Bus Specification, "Message Protocol".
"""

from __future__ import annotations

import _socket  # without the underscore it makes enums of all its constants, which takes 2 ms
import os
import re
import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BUS = "org.freedesktop.DBus"
AT_ONCE = 64
"""Calls that wait for an answer together; a bus lets a connection have 128 of them."""
LONGEST = 1 << 27
"""Bytes of a message."""
LONGEST_LINE = 8192
"""Bytes of a line while we are let in."""
CALL, RETURN, ERROR = 1, 2, 3
PATH, INTERFACE, MEMBER, ERROR_NAME, REPLY_SERIAL, DESTINATION, SIGNATURE = 1, 2, 3, 4, 5, 6, 8

BROKEN = (OSError, ValueError, LookupError, struct.error, RecursionError)
"""What is raised when the other side ends the talk, is silent for too long, or talks nonsense."""


class DBusError(Exception):
    """An error in answer to a call. `name` is its D-Bus name."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(name)
        self.name = name
        self.text = text


class MethodCall:
    """A method call. `to` is the name on the bus of who is called."""

    def __init__(self, to: str, path: str, interface: str, member: str, signature: str = "", *body: Any) -> None:
        self.fields = (
            (PATH, ("o", path)),
            (INTERFACE, ("s", interface)),
            (MEMBER, ("s", member)),
            (DESTINATION, ("s", to)),
            (SIGNATURE, ("g", signature)),
        )
        self.signature = signature
        self.body = body


class Bus:
    """A connection to the bus at `address`; `seconds` bound each wait for it. Whatever is asked may raise BROKEN."""

    def __init__(self, address: str, seconds: float | None) -> None:
        self._socket = _socket.socket(_socket.AF_UNIX)
        self._received = bytearray()
        self._serial = 0
        self._answers: dict[int, tuple[Any, ...] | DBusError] = {}
        try:
            self._socket.settimeout(seconds)
            self._socket.connect(place_of(address))
            self._log_in()
            self.call(MethodCall(BUS, "/org/freedesktop/DBus", BUS, "Hello"))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._socket.close()

    def call(self, *calls: MethodCall) -> list[tuple[Any, ...]]:
        """The bodies of the answers, in the order of the calls. Raises DBusError if one is an error."""
        answers = []
        for start in range(0, len(calls), AT_ONCE):
            serials = self._send(calls[start : start + AT_ONCE])
            answers += [self._answer(serial) for serial in serials]
        return answers

    def _log_in(self) -> None:
        self._socket.sendall(b"\0AUTH EXTERNAL %b\r\n" % str(os.geteuid()).encode().hex().encode())
        while not self._received.endswith(b"\r\n"):
            if len(self._received) > LONGEST_LINE:
                raise ValueError("the bus says too much")
            self._receive()
        if not self._received.startswith(b"OK "):
            raise PermissionError("the bus does not let us in")
        self._received.clear()
        self._socket.sendall(b"BEGIN\r\n")

    def _send(self, calls: tuple[MethodCall, ...]) -> range:
        """Their serial numbers."""
        first = self._serial + 1
        self._serial += len(calls)
        serials = range(first, self._serial + 1)
        self._socket.sendall(b"".join(map(message, calls, serials)))
        return serials

    def _answer(self, serial: int) -> tuple[Any, ...]:
        while serial not in self._answers:
            self._take(self._message())
        answer = self._answers.pop(serial)
        if isinstance(answer, DBusError):
            raise answer
        return answer

    def _take(self, data: bytes) -> None:
        """Signals, which everybody gets, are passed over."""
        reader = MessageReader(data)
        kind, fields = data[1], _header(reader)
        if kind not in (RETURN, ERROR):
            return
        body = reader.body(fields.get(SIGNATURE, ""))
        text = str(body[0]) if body else ""
        self._answers[fields[REPLY_SERIAL]] = DBusError(fields[ERROR_NAME], text) if kind == ERROR else body

    def _message(self) -> bytes:
        self._receive_up_to(16)
        size = _size(MessageReader(bytes(self._received[:16])))
        self._receive_up_to(size)
        data = bytes(self._received[:size])
        del self._received[:size]
        return data

    def _receive_up_to(self, size: int) -> None:
        while len(self._received) < size:
            self._receive()

    def _receive(self) -> None:
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionError("the connection was closed")
        self._received += data


def place_of(address: str) -> str:
    """Where the socket is, of the first place in a bus's address that is one. Raises ValueError."""
    for place in address.split(";"):
        transport, _, settings = place.partition(":")
        named = dict(_setting(setting) for setting in settings.split(",") if setting)
        if transport == "unix" and "abstract" in named:
            return f"\0{named['abstract']}"
        if transport == "unix" and "path" in named:
            return named["path"]
    raise ValueError("it does not name a Unix socket")


def _setting(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, re.sub("%([0-9A-Fa-f]{2})", lambda escaped: chr(int(escaped[1], 16)), value)


# Types

NUMBERS = {"y": "B", "b": "I", "n": "h", "q": "H", "i": "i", "u": "I", "x": "q", "t": "Q", "d": "d"}
"""How a type is packed, by its letter."""
SIZES = {letter: struct.calcsize(f"<{packed}") for letter, packed in NUMBERS.items()}
ALIGNED = {**SIZES, "s": 4, "o": 4, "a": 4, "g": 1, "v": 1, "(": 8, "{": 8}
"""A value begins at a multiple of so many bytes."""


def types(signature: str) -> Iterator[str]:
    """The complete types that it lists: "sa{ss}" are "s" and "a{ss}". Raises ValueError."""
    while signature:
        length = _length(signature)
        yield signature[:length]
        signature = signature[length:]


def _length(signature: str) -> int:
    """Of the first complete type."""
    arrays = len(signature) - len(signature.lstrip("a"))
    opened = 0
    for index, letter in enumerate(signature[arrays:], arrays + 1):
        opened += (letter in "({") - (letter in ")}")
        if opened == 0:
            return index
    raise ValueError(f"no signature: {signature}")


# Writing


def message(call: MethodCall, serial: int) -> bytes:
    """A call as it goes over the wire."""
    body = bytearray()
    for type_, value in zip(types(call.signature), call.body, strict=True):
        put(body, type_, value)
    data = bytearray(b"l%c\0\1" % CALL)
    put(data, "u", len(body))
    put(data, "u", serial)
    put(data, "a(yv)", call.fields)
    _align(data, 8)
    return bytes(data + body)


def put(data: bytearray, type_: str, value: Any) -> None:
    """Write a value behind what is there already. A struct is a tuple, a variant a pair of its type and value."""
    kind = type_[0]
    _align(data, ALIGNED[kind])
    if kind in NUMBERS:
        data += struct.pack(f"<{NUMBERS[kind]}", value)
    elif kind in "so":
        encoded = value.encode()
        data += struct.pack("<I", len(encoded)) + encoded + b"\0"
    elif kind == "g":
        data += bytes([len(value)]) + value.encode() + b"\0"
    elif kind == "v":
        put(data, "g", value[0])
        put(data, *value)
    elif kind == "a":
        _put_array(data, type_[1:], value)
    else:
        for part, of_part in zip(types(type_[1:-1]), value, strict=True):
            put(data, part, of_part)


def _put_array(data: bytearray, type_: str, values: Any) -> None:
    at = len(data)
    data += bytes(4)
    _align(data, ALIGNED[type_[0]])
    start = len(data)
    for value in values.items() if type_[0] == "{" else values:
        put(data, type_, value)
    struct.pack_into("<I", data, at, len(data) - start)


def _align(data: bytearray, size: int) -> None:
    data += bytes(-len(data) % size)


# Reading


class MessageReader:
    """Takes the values of a message one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._order = ">" if data[:1] == b"B" else "<"
        self._at = 0

    def body(self, signature: str) -> tuple[Any, ...]:
        return tuple(map(self.take, types(signature)))

    def skip(self, size: int) -> None:
        self._at += size

    def align(self, size: int) -> None:
        self._at += -self._at % size

    def take(self, type_: str) -> Any:
        """The next value: bytes for an array of them, a tuple for a struct, the value alone for a variant."""
        kind = type_[0]
        self.align(ALIGNED[kind])
        if kind in NUMBERS:
            (number,) = struct.unpack(f"{self._order}{NUMBERS[kind]}", self._bytes(SIZES[kind]))
            return bool(number) if kind == "b" else number
        if kind in "sog":
            text = self._bytes(self.take("y" if kind == "g" else "u")).decode()
            self.skip(1)
            return text
        if kind == "v":
            (held,) = self.body(self.take("g"))
            return held
        return self._array(type_[1:]) if kind == "a" else self._struct(type_[1:-1])

    def _array(self, type_: str) -> Any:
        size = self.take("u")
        self.align(ALIGNED[type_[0]])
        if type_ == "y":
            return self._bytes(size)
        end, made = self._at + size, _MADE.get(type_[0], list)
        return made(self._until(end, type_))

    def _until(self, end: int, type_: str) -> Iterator[Any]:
        while self._at < end:
            yield self.take(type_)

    def _struct(self, signature: str) -> tuple[Any, ...]:
        if not signature:  # nor would an array of them ever end
            raise ValueError("a struct of nothing")
        return self.body(signature)

    def _bytes(self, size: int) -> bytes:
        taken = self._data[self._at : self._at + size]
        if len(taken) < size:
            raise ValueError("a message ends too early")
        self._at += size
        return taken


_MADE: dict[str, Callable[[Iterator[Any]], Any]] = {"{": dict}


def _size(start: MessageReader) -> int:
    """How long a message is, told by its first 16 bytes. Raises ValueError for one that is too long."""
    start.skip(4)
    body, _, fields = start.body("uuu")
    size = int(16 + fields + -fields % 8 + body)
    if size > LONGEST:
        raise ValueError("a message is too long")
    return size


def _header(reader: MessageReader) -> dict[int, Any]:
    """Its fields; the body comes next."""
    reader.skip(12)
    fields = dict(reader.take("a(yv)"))
    reader.align(8)
    return fields
