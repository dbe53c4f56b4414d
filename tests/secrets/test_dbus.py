"""What goes over the bus, compared with what a library of its own makes of it."""

from __future__ import annotations

import socket
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.secrets.dbus import BROKEN, Bus, MessageReader, MethodCall, message, place_of, put, types

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
PATHS = st.from_regex(r"(/[A-Za-z0-9_]{1,5}){1,4}", fullmatch=True)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "y": st.integers(0, 2**8 - 1),
    "b": st.booleans(),
    "n": st.integers(-(2**15), 2**15 - 1),
    "q": st.integers(0, 2**16 - 1),
    "i": st.integers(-(2**31), 2**31 - 1),
    "u": st.integers(0, 2**32 - 1),
    "x": st.integers(-(2**63), 2**63 - 1),
    "t": st.integers(0, 2**64 - 1),
    "d": st.floats(allow_nan=False),
    "s": TEXT,
    "o": PATHS,
    "g": st.sampled_from(["", "s", "a{sv}", "(oayays)"]),
    "ay": st.binary(max_size=20),
    "as": st.lists(TEXT, max_size=4).map(list),
    "a{ss}": st.dictionaries(TEXT, TEXT, max_size=4),
    "(oayays)": st.tuples(PATHS, st.binary(max_size=9), st.binary(max_size=9), TEXT),
    "a(yt)": st.lists(st.tuples(st.integers(0, 255), st.integers(0, 2**64 - 1)), max_size=3),
}
BODIES = st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=5).flatmap(
    lambda kinds: st.tuples(st.just(kinds), st.tuples(*(VALUES[kind] for kind in kinds)))
)
"""Signatures, in parts, with values that fit."""


@given(BODIES, st.integers(1, 2**32 - 1))
def test_a_library_reads_what_is_written(body: tuple[list[str], tuple[Any, ...]], serial: int) -> None:
    jeepney = pytest.importorskip("jeepney")
    kinds, values = body
    read = jeepney.Parser().feed(message(MethodCall("a.b", "/c", "d.e", "F", "".join(kinds), *values), serial))
    (got,) = read
    assert got.body == values
    assert got.header.serial == serial
    assert got.header.message_type == jeepney.MessageType.method_call
    fields = {field.name: value for field, value in got.header.fields.items()}
    assert fields == {
        "path": "/c",
        "interface": "d.e",
        "member": "F",
        "destination": "a.b",
        "signature": "".join(kinds),
    }


@given(BODIES)
def test_what_a_library_writes_is_read(body: tuple[list[str], tuple[Any, ...]]) -> None:
    jeepney = pytest.importorskip("jeepney")
    kinds, values = body
    call = jeepney.new_method_call(jeepney.DBusAddress("/c", "a.b", "d.e"), "F", "".join(kinds), values)
    reader = MessageReader(call.serialise(serial=1))
    reader.skip(12)
    reader.take("a(yv)")
    reader.align(8)
    assert reader.body("".join(kinds)) == values


@pytest.mark.parametrize(
    ("type_", "value", "read"),
    [("v", ("s", "text"), "text"), ("a{sv}", {"key": ("ai", [1, 2])}, {"key": [1, 2]}), ("a{o(oayays)}", {}, {})],
)
def test_a_variant_is_written_with_its_type_and_read_without(type_: str, value: object, read: object) -> None:
    data = bytearray()
    put(data, type_, value)
    assert MessageReader(bytes(data)).take(type_) == read


def test_a_message_of_the_other_byte_order() -> None:
    assert MessageReader(b"B\0\0\0\0\0\0\x07").body("yu") == (0x42, 7)


def test_types() -> None:
    assert list(types("sa{ss}aao(oayays)v")) == ["s", "a{ss}", "aao", "(oayays)", "v"]


@pytest.mark.parametrize("nonsense", ["(", "a", "(s", "a{s", "?"])
def test_nonsense_is_no_type(nonsense: str) -> None:
    with pytest.raises(BROKEN):
        MessageReader(bytes(64)).body(nonsense)


@pytest.mark.parametrize("empty", ["()", "a()"])
def test_a_struct_of_nothing_is_nonsense(empty: str) -> None:
    with pytest.raises(BROKEN):
        MessageReader(b"\x08\0\0\0" + bytes(60)).body(empty)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("unix:path=/run/user/1000/bus", "/run/user/1000/bus"),
        ("unix:path=/run/bus,guid=0a1b", "/run/bus"),
        ("unix:abstract=/tmp/dbus-x%2cy,guid=1", "\0/tmp/dbus-x,y"),
        ("tcp:host=localhost,port=1;unix:path=/a%20b", "/a b"),
    ],
)
def test_where_a_bus_is(address: str, place: str) -> None:
    assert place_of(address) == place


@pytest.mark.parametrize("address", ["", "tcp:host=localhost,port=1", "autolaunch:", "unix:tmpdir=/tmp", "nonsense"])
def test_an_address_that_names_no_socket(address: str) -> None:
    with pytest.raises(ValueError, match="a Unix socket"):
        place_of(address)


# The talk


@contextmanager
def _bus_that(talk: Callable[[socket.socket], None], folder: Path) -> Iterator[str]:
    """The address of a socket where somebody talks once."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "bus"))
        listening.listen()

        def serve() -> None:
            with closing(listening.accept()[0]) as client:
                talk(client)

        server = threading.Thread(target=serve)
        server.start()
        yield f"unix:path={folder / 'bus'}"
        server.join()


def _let_in_and_say(data: bytes) -> Callable[[socket.socket], None]:
    def talk(client: socket.socket) -> None:
        client.recv(1000)
        client.sendall(b"OK 0123\r\n")
        client.recv(1000)
        client.sendall(data)

    return talk


NONSENSE = {
    "no more": b"",
    "half a message": b"l\2\0\1\xff\0\0\0",
    "no message": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "a message without end": b"l\2\0\1" + b"\xff" * 12,
    "a header that is longer than the message": b"l\2\0\1\0\0\0\0\1\0\0\0\x08\0\0\0\5\1u\0\0\0\0\0",
    "an answer to nothing": b"l\2\0\1\0\0\0\0\1\0\0\0\0\0\0\0",
    "variants in variants": b"l\2\0\1\0\0\0\0\1\0\0\0\x88\x13\0\0" + b"\x05" + b"\1v\0" * 1666 + b"\0",
}


@pytest.mark.parametrize("nonsense", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_ends_the_talk(tmp_path: Path, nonsense: bytes) -> None:
    with _bus_that(_let_in_and_say(nonsense), tmp_path) as address, pytest.raises(BROKEN):
        Bus(address, 5)


@pytest.mark.parametrize("answer", [b"REJECTED EXTERNAL\r\n", b"", b"x" * 10_000, b"OK 0123"])
def test_a_bus_that_does_not_let_us_in(tmp_path: Path, answer: bytes) -> None:
    def talk(client: socket.socket) -> None:
        client.recv(1000)
        client.sendall(answer)

    with _bus_that(talk, tmp_path) as address, pytest.raises(BROKEN):
        Bus(address, 5)
