"""A Secret Service that tells everybody first that there is no default collection, as a busy GNOME Keyring may."""

from __future__ import annotations

import socket
import threading
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

from jeepney import HeaderFields, MessageType, new_method_return  # type: ignore[import-untyped]
from jeepney.bus_messages import message_bus  # type: ignore[import-untyped]
from jeepney.io.blocking import Proxy, open_dbus_connection  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jeepney import Message
    from jeepney.io.blocking import DBusConnection


@contextmanager
def serving(address: str) -> Iterator[None]:
    """On the bus at `address`."""
    with closing(open_dbus_connection(bus=address)) as connection:
        Proxy(message_bus, connection).RequestName("org.freedesktop.secrets")
        service = threading.Thread(target=_serve, args=(connection,), daemon=True)
        service.start()
        yield
        connection.sock.shutdown(socket.SHUT_RDWR)
        service.join()


def _serve(connection: DBusConnection) -> None:
    asked: set[str] = set()
    with suppress(ConnectionError):
        while True:
            request = connection.receive()
            if request.header.message_type is MessageType.method_call:
                connection.send(_answer(request, asked))


def _answer(request: Message, asked: set[str]) -> Message:
    """`asked`: who has asked for the alias before."""
    fields = request.header.fields
    match fields[HeaderFields.member]:
        case "ReadAlias":
            sender = fields[HeaderFields.sender]
            path = "/org/freedesktop/secrets/collection/login" if sender in asked else "/"
            asked.add(sender)
            return new_method_return(request, "o", (path,))
        case "Get":
            value = ("b", False) if request.body[1] == "Locked" else ("s", "Login")
            return new_method_return(request, "v", (value,))
    return new_method_return(request)
