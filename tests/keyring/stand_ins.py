"""Stand-ins for a Secret Service, which answer as some do now and then; a real one can't be made to."""

from __future__ import annotations

import socket
import threading
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

from jeepney import (  # type: ignore[import-untyped]
    HeaderFields,
    MessageType,
    new_error,
    new_method_return,
)
from jeepney.bus_messages import message_bus  # type: ignore[import-untyped]
from jeepney.io.blocking import Proxy, open_dbus_connection  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jeepney import Message
    from jeepney.io.blocking import DBusConnection

ROOT = "/org/freedesktop/secrets"
COLLECTION = f"{ROOT}/collection/login"


@contextmanager
def serving(address: str, answer: Callable[[Message], Message]) -> Iterator[None]:
    """On the bus at `address`."""
    with closing(open_dbus_connection(bus=address)) as connection:
        Proxy(message_bus, connection).RequestName("org.freedesktop.secrets")
        service = threading.Thread(target=_serve, args=(connection, answer), daemon=True)
        service.start()
        yield
        connection.sock.shutdown(socket.SHUT_RDWR)
        service.join()


def _serve(connection: DBusConnection, answer: Callable[[Message], Message]) -> None:
    with suppress(ConnectionError):
        while True:
            request = connection.receive()
            if request.header.message_type is MessageType.method_call:
                connection.send(answer(request))


class Forgetful:
    """Tells everybody first that there is no default collection, as a busy GNOME Keyring may."""

    def __init__(self) -> None:
        self._asked: set[str] = set()

    def __call__(self, request: Message) -> Message:
        fields = request.header.fields
        if fields[HeaderFields.member] != "ReadAlias":
            return _answer(request)
        sender = fields[HeaderFields.sender]
        path = COLLECTION if sender in self._asked else "/"
        self._asked.add(sender)
        return new_method_return(request, "o", (path,))


def one_by_one(request: Message) -> Message:
    """Hands out no secrets together."""
    if request.header.fields[HeaderFields.member] == "GetSecrets":
        return new_error(request, "org.freedesktop.DBus.Error.UnknownMethod", "s", ("no such method",))
    return _answer(request)


def _answer(request: Message) -> Message:
    """Of an open keyring in which each item is named like the secret that it holds."""
    fields = request.header.fields
    match fields[HeaderFields.member]:
        case "ReadAlias":
            return new_method_return(request, "o", (COLLECTION,))
        case "SearchItems":
            return new_method_return(request, "ao", ([f"{COLLECTION}/{request.body[0]['username']}"],))
        case "OpenSession":
            return new_method_return(request, "vo", (("s", ""), f"{ROOT}/session/1"))
        case "GetSecret":
            name = fields[HeaderFields.path].rpartition("/")[2]
            return new_method_return(request, "(oayays)", ((request.body[0], b"", name.encode(), "text/plain"),))
        case "Get":
            value = ("b", False) if request.body[1] == "Locked" else ("s", "Login")
            return new_method_return(request, "v", (value,))
    return new_method_return(request)
