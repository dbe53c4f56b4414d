"""The Secret Service asked directly over D-Bus: a fifth of the time that a keyring library takes.

Only reading, and nothing here makes the desktop ask for a password. The session is `plain`: the value crosses
the user's own bus, which only the user's processes can read, as the answer to any of them would.
Light on purpose: `secret get` waits for these imports.

Each connection begins with a Ping, then asks for the path of the default collection and uses that, not its alias.
GNOME Keyring (42.1) sometimes serves the first request before it has noted who is new on the bus: a property then
makes it abort, with all that it had unlocked, and a method finds nothing: that there is no default collection is only
believed when it says so again a moment later. An alias, too, it now and then mistakes.
About once in 20,000 connections on a busy machine, once in 300 with 20 at a time: tests/keyring/test_many_clients.py.
"""

from __future__ import annotations

import os
import struct
import sys
import time
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from wizard.errors import SecretNotFound, StoreLocked, StoreUnavailable

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable, Mapping
    from types import TracebackType

    from jeepney import Message, Parser  # type: ignore[import-untyped]

SERVICE = "crush-wizard"
"""A secret's entry in any keyring: service `crush-wizard:NAME`, user `NAME`."""

BUS_ADDRESS = "DBUS_SESSION_BUS_ADDRESS"
BUS_NAME = "org.freedesktop.secrets"
INTERFACE = "org.freedesktop.Secret"
ROOT = "/org/freedesktop/secrets"
PEER, PING = "org.freedesktop.DBus.Peer", "Ping"
NO_COLLECTION = "/"
"""The path of an alias that stands for nothing: no default collection was ever made."""
MOMENT = 0.1
"""Seconds after which a service that knew of no default collection is asked once more."""

IS_LOCKED = f"{INTERFACE}.Error.IsLocked"


def absent(name: str) -> SecretNotFound:
    return SecretNotFound(f"{name} is not in the keyring", hint=f"store it: crush-wizard secret set {name}")


UNLOCK = (
    "unlock it: log in to the desktop, use its password manager (Seahorse, KWalletManager), "
    "or gnome-keyring-daemon --unlock"
)


def locked() -> StoreLocked:
    return StoreLocked(
        "the keyring is locked and was not unlocked",
        hint=f"{UNLOCK}, then run this again",
    )


VARIABLE_INSTEAD = "export the variable yourself"
ELSEWHERE = f"keep secrets in an encrypted file (crush-wizard secret set NAME --store file), or {VARIABLE_INSTEAD}"
"""For whatever command needs a store: it may have no flag for that itself."""
OTHER_KEYRING = ("WIZARD_KEYRING_BACKEND", "PYTHON_KEYRING_BACKEND", "KEYRING_PROPERTY_PREFERRED_COLLECTION")


def is_usual(environ: Mapping[str, str]) -> bool:
    """Whether the Secret Service is what a keyring library would choose: by its settings, and as this is no KDE."""
    desktop = environ.get("XDG_CURRENT_DESKTOP", "").split(":")
    has_bus = sys.platform == "linux" and bool(environ.get(BUS_ADDRESS))
    return has_bus and "KDE" not in desktop and not _names_another(environ)


def no_session_bus(environ: Mapping[str, str]) -> StoreUnavailable | None:
    """Why there can be no keyring: all that Linux has are reached over a session bus."""
    if sys.platform != "linux" or environ.get(BUS_ADDRESS) or _names_another(environ):
        return None
    return StoreUnavailable(
        f"there is no D-Bus session here: {BUS_ADDRESS} is not set",
        hint=f"log in to a desktop session, or {ELSEWHERE}",
    )


def _names_another(environ: Mapping[str, str]) -> bool:
    """Whether the settings of the keyring library choose for themselves."""
    config = environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111 - pathlib is slow
    settings = f"{config}/python_keyring/keyringrc.cfg"
    return any(environ.get(name) for name in OTHER_KEYRING) or os.path.exists(settings)  # noqa: PTH110


class SecretService:
    """A connection to the service on the bus at `address`. Without `seconds`, a bound of each answer, the caller
    has to see to it that a silent service ends.

    Raises StoreUnavailable when the bus or the service is not there, ends the talk, or talks nonsense.
    """

    def __init__(self, address: str, seconds: float | None = None) -> None:
        self._bus = _Bus(address, seconds)
        self._session: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bus.close()

    def is_open(self) -> bool:
        """Whether the default collection is there and not locked."""
        return self._collection != NO_COLLECTION and not self._is_locked()

    def get(self, name: str) -> str:
        """The value. Raises SecretNotFound, or StoreLocked, also where a locked keyring hides what it holds."""
        items = self._items(name)
        if items:
            return self._value(items[0])
        if self._is_locked():
            raise locked()
        raise absent(name)

    def get_many(self, names: Iterable[str]) -> dict[str, str]:
        """The values of those that are there. Raises StoreLocked."""
        found = {name: items for name in names if (items := self._items(name))}
        return {name: self._value(items[0]) for name, items in found.items()}

    def present(self, names: Iterable[str]) -> list[str]:
        """Those of the names that are there, which a locked keyring tells as well."""
        return [name for name in names if self._items(name)]

    @cached_property
    def _collection(self) -> str:
        """The path of the collection where keyring libraries store: the default one."""
        with suppress(_Refused):
            self._bus.call(BUS_NAME, ROOT, PEER, PING)
        if (path := self._default_path()) == NO_COLLECTION:
            time.sleep(MOMENT)
            path = self._default_path()
        return path

    def _default_path(self) -> str:
        (path,) = self._call(ROOT, f"{INTERFACE}.Service", "ReadAlias", "s", "default")
        return str(path)

    def _items(self, name: str) -> list[str]:
        """Object paths."""
        if self._collection == NO_COLLECTION:
            return []
        attributes = {"service": f"{SERVICE}:{name}", "username": name}
        (items,) = self._call(self._collection, f"{INTERFACE}.Collection", "SearchItems", "a{ss}", attributes)
        return list(items)

    def _value(self, item: str) -> str:
        if self._session is None:
            _, self._session = self._call(ROOT, f"{INTERFACE}.Service", "OpenSession", "sv", "plain", ("s", ""))
        ((_, _, value, _),) = self._call(item, f"{INTERFACE}.Item", "GetSecret", "o", self._session)
        return bytes(value).decode("utf-8")

    def _is_locked(self) -> bool:
        if self._collection == NO_COLLECTION:
            return False
        asked = (f"{INTERFACE}.Collection", "Locked")
        ((_, value),) = self._call(self._collection, "org.freedesktop.DBus.Properties", "Get", "ss", *asked)
        return bool(value)

    def _call(self, path: str, interface: str, method: str, signature: str, *body: Any) -> tuple[Any, ...]:
        """The answer's body. Raises StoreLocked, StoreUnavailable."""
        try:
            return self._bus.call(BUS_NAME, path, interface, method, signature, body)
        except _Refused as refusal:
            raise (locked() if refusal.name == IS_LOCKED else refusal.as_unavailable()) from refusal


class _Refused(Exception):
    """A D-Bus error in answer to a call. `name` is its D-Bus name."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(name)
        self.name = name
        self.text = text

    def as_unavailable(self) -> StoreUnavailable:
        if self.name.endswith((".ServiceUnknown", ".NameHasNoOwner")) or ".Spawn." in self.name:
            return StoreUnavailable(
                "no Secret Service is running in this D-Bus session",
                hint="check it: crush-wizard secret status",
            )
        return _failed(f"{self.name}: {self.text}")


class _Bus:
    """A D-Bus connection that makes one call after the other."""

    def __init__(self, address: str, seconds: float | None) -> None:
        from jeepney import Parser

        try:
            self._socket = _connected(address, seconds)
        except (OSError, ValueError, RuntimeError) as error:
            raise StoreUnavailable(
                f"nothing answers at the D-Bus session address {address}: {error}",
                hint="check it: crush-wizard secret status",
            ) from error
        self._parser: Parser = Parser()
        self._serial = 0
        self.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello")

    def call(
        self, name: str, path: str, interface: str, method: str, signature: str = "", body: tuple[Any, ...] = ()
    ) -> tuple[Any, ...]:
        """The answer's body. Raises _Refused for an error, StoreUnavailable when the talk ends."""
        from jeepney import DBusAddress, HeaderFields, MessageType, new_method_call

        message = new_method_call(DBusAddress(path, name, interface), method, signature or None, body)
        self._serial += 1
        try:
            self._socket.sendall(message.serialise(serial=self._serial))
            answer = self._answer()
        except (OSError, ValueError, LookupError, struct.error) as error:
            raise _failed(str(error) or type(error).__name__) from error
        if answer.header.message_type == MessageType.error:
            text = answer.body[0] if answer.body else ""
            raise _Refused(answer.header.fields[HeaderFields.error_name], str(text))
        body_of_answer: tuple[Any, ...] = answer.body
        return body_of_answer

    def close(self) -> None:
        self._socket.close()

    def _answer(self) -> Message:
        from jeepney import HeaderFields

        while True:
            while (message := self._parser.get_next_message()) is None:
                self._parser.add_data(_received(self._socket))
            if message.header.fields.get(HeaderFields.reply_serial) == self._serial:
                return message


def _connected(address: str, seconds: float | None) -> socket.socket:
    """A socket past the authentication. Raises OSError, ValueError or RuntimeError."""
    import socket

    from jeepney.auth import BEGIN, Authenticator  # type: ignore[import-untyped]
    from jeepney.bus import get_bus  # type: ignore[import-untyped]

    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(seconds)
    try:
        connection.connect(get_bus(address))
        authenticator = Authenticator()
        for line in authenticator:
            connection.sendall(line)
            authenticator.feed(_received(connection))
        connection.sendall(BEGIN)
    except BaseException:
        connection.close()
        raise
    return connection


def _received(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionError("the connection was closed")
    return data


def _failed(reason: str) -> StoreUnavailable:
    return StoreUnavailable(f"the keyring failed: {reason}", hint="check it: crush-wizard secret status")
