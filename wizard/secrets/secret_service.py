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
import sys
import time
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from wizard.errors import UNLOCK_KEYRING, SecretNotFound, StoreLocked, StoreUnavailable
from wizard.secrets.dbus import BROKEN, Bus, DBusError, MethodCall

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from types import TracebackType

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


def locked() -> StoreLocked:
    return StoreLocked(
        "the keyring is locked and was not unlocked",
        hint=f"{UNLOCK_KEYRING}, then run this again",
    )


VARIABLE_INSTEAD = "export the variable yourself"
FILE_STORE = "crush-wizard secret set NAME --store file"
ELSEWHERE = f"keep secrets in an encrypted file ({FILE_STORE}), or {VARIABLE_INSTEAD}"
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


def no_keyring(environ: Mapping[str, str]) -> StoreUnavailable | None:
    """Why there is none, where that needs no look: without a session bus only another package could bring one."""
    problem = no_session_bus(environ)
    return None if problem is None or _others_are_installed() else problem


def _others_are_installed() -> bool:
    """Whether packages beside `keyring` bring back ends."""
    from importlib.metadata import entry_points

    return any(not entry.value.startswith("keyring.") for entry in entry_points(group="keyring.backends"))


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
        try:
            self._bus = Bus(address, seconds)
        except (*BROKEN, DBusError) as error:
            raise StoreUnavailable(
                f"nothing answers at the D-Bus session address {address}: {error}",
                hint="check it: crush-wizard secret status",
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bus.close()

    def is_open(self) -> bool:
        """Whether the default collection is there and not locked."""
        return self._collection != NO_COLLECTION and not self._is_locked()

    def get(self, name: str) -> str:
        """The value. Raises SecretNotFound, or StoreLocked, also where a locked keyring hides what it holds."""
        items = self._items((name,))
        if items:
            return self._value(items[name])
        if self._is_locked():
            raise locked()
        raise absent(name)

    def get_many(self, names: Iterable[str]) -> dict[str, str]:
        """The values of those that are there. Raises StoreLocked."""
        items = self._items(tuple(names))
        values = self._values(list(items.values())) if items else {}
        return {name: values[item] if item in values else self._value(item) for name, item in items.items()}

    def present(self, names: Iterable[str]) -> list[str]:
        """Those of the names that are there, which a locked keyring tells as well."""
        return list(self._items(tuple(names)))

    @cached_property
    def _collection(self) -> str:
        """The path of the collection where keyring libraries store: the default one."""
        with suppress(DBusError):
            self._send(_call(ROOT, PEER, PING))
        if (path := self._default_path()) == NO_COLLECTION:
            time.sleep(MOMENT)
            path = self._default_path()
        return path

    def _default_path(self) -> str:
        (path,) = self._ask(ROOT, f"{INTERFACE}.Service", "ReadAlias", "s", "default")
        return str(path)

    @cached_property
    def _session(self) -> str:
        _, path = self._ask(ROOT, f"{INTERFACE}.Service", "OpenSession", "sv", "plain", ("s", ""))
        return str(path)

    def _items(self, names: Sequence[str]) -> dict[str, str]:
        """The object path of each that is there."""
        if self._collection == NO_COLLECTION:
            return {}
        answers = self._ask_all(_search(self._collection, name) for name in names)
        return {name: items[0] for name, (items,) in zip(names, answers, strict=True) if items}

    def _value(self, item: str) -> str:
        (secret,) = self._ask(item, f"{INTERFACE}.Item", "GetSecret", "o", self._session)
        return _decoded(secret)

    def _values(self, items: Sequence[str]) -> dict[str, str]:
        """The values by object path, in one go, without those that are locked. A service may refuse that altogether."""
        wanted = _call(ROOT, f"{INTERFACE}.Service", "GetSecrets", "aoo", items, self._session)
        try:
            ((secrets,),) = self._send(wanted)
        except DBusError:
            return {}
        return {item: _decoded(secret) for item, secret in secrets.items()}

    def _is_locked(self) -> bool:
        if self._collection == NO_COLLECTION:
            return False
        asked = (f"{INTERFACE}.Collection", "Locked")
        (value,) = self._ask(self._collection, "org.freedesktop.DBus.Properties", "Get", "ss", *asked)
        return bool(value)

    def _ask(self, path: str, interface: str, method: str, signature: str = "", *body: Any) -> tuple[Any, ...]:
        """The answer's body. Raises StoreLocked, StoreUnavailable."""
        (answer,) = self._ask_all([_call(path, interface, method, signature, *body)])
        return answer

    def _ask_all(self, calls: Iterable[MethodCall]) -> list[tuple[Any, ...]]:
        try:
            return self._send(*calls)
        except DBusError as refusal:
            raise (locked() if refusal.name == IS_LOCKED else _as_unavailable(refusal)) from refusal

    def _send(self, *calls: MethodCall) -> list[tuple[Any, ...]]:
        """Raises DBusError, and StoreUnavailable when the talk ends."""
        try:
            return self._bus.call(*calls)
        except BROKEN as error:
            raise _failed(str(error) or type(error).__name__) from error


def _call(path: str, interface: str, method: str, signature: str = "", *body: Any) -> MethodCall:
    return MethodCall(BUS_NAME, path, interface, method, signature, *body)


def _search(collection: str, name: str) -> MethodCall:
    attributes = {"service": f"{SERVICE}:{name}", "username": name}
    return _call(collection, f"{INTERFACE}.Collection", "SearchItems", "a{ss}", attributes)


def _decoded(secret: tuple[str, bytes, bytes, str]) -> str:
    """The value, of a session that is `plain`."""
    _, _, value, _ = secret
    return value.decode("utf-8")


def _as_unavailable(refusal: DBusError) -> StoreUnavailable:
    if refusal.name.endswith((".ServiceUnknown", ".NameHasNoOwner")) or ".Spawn." in refusal.name:
        return StoreUnavailable(
            "no Secret Service is running in this D-Bus session",
            hint="check it: crush-wizard secret status",
        )
    return _failed(f"{refusal.name}: {refusal.text}")


def _failed(reason: str) -> StoreUnavailable:
    return StoreUnavailable(f"the keyring failed: {reason}", hint="check it: crush-wizard secret status")
