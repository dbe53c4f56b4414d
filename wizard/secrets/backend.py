"""Which keyring is behind the store: found, judged and asked for its state.

Any call here can hang without limit, so all of it runs in the child process of wizard.secrets.keyring_child.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from wizard.errors import UNLOCK_KEYRING, SecretTooLarge, StoreUnavailable
from wizard.secrets.secret_service import (
    BUS_ADDRESS,
    ELSEWHERE,
    MOMENT,
    PEER,
    PING,
    ROOT,
    is_usual,
    no_session_bus,
)
from wizard.secrets.store import StoreStatus

if TYPE_CHECKING:
    import secretstorage
    from jeepney.io.blocking import DBusConnection  # type: ignore[import-untyped]
    from keyring.backend import KeyringBackend
    from secretstorage.dhcrypto import Session

STORE = "keyring"

USUAL = "keyring.backends.SecretService.Keyring"
"""The back end whose entries wizard.secrets.secret_service finds without it."""

TRUSTED = {
    "keyring.backends.macOS.Keyring": "macOS Keychain",
    USUAL: "Secret Service",
    "keyring.backends.libsecret.Keyring": "Secret Service",
    "keyring.backends.kwallet.DBusKeyring": "KWallet",
    "keyring.backends.kwallet.DBusKeyringKWallet4": "KWallet",
    "keyring.backends.Windows.WinVaultKeyring": "Windows Credential Manager",
}
"""Back ends that keep values encrypted, by class. Every other one may be a plain-text file."""

NULL = "keyring.backends.null.Keyring"
FAIL = "keyring.backends.fail.Keyring"
USELESS = {NULL, FAIL}
"""One discards what it is given, the other always fails: not even an explicit choice makes them a store."""

LIMITS = {"keyring.backends.Windows.WinVaultKeyring": 1280}
"""What a back end holds at most, in UTF-16 units (CRED_MAX_CREDENTIAL_BLOB_SIZE is 2,560 bytes)."""

CHOSEN = "WIZARD_KEYRING_BACKEND"


def class_name(backend: KeyringBackend) -> str:
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def label(backend: KeyringBackend) -> str:
    """What people call it: `Secret Service`; the class name of one that only the user vouches for."""
    return TRUSTED.get(class_name(backend), class_name(backend))


def usable_backend() -> KeyringBackend:
    """The back end that the user chose in WIZARD_KEYRING_BACKEND, else the first trusted one.

    Raises StoreUnavailable with the reason: keyring missing, no session bus, no service, none trusted.
    """
    backend = _usable_backend()
    if label(backend) == "Secret Service":
        spare_gnome_keyring()
    return backend


def _usable_backend() -> KeyringBackend:
    chosen = os.environ.get(CHOSEN)
    try:
        found = _chosen(chosen) if chosen else _detected()
    except Exception as error:  # back ends raise anything while they find out whether they can work
        raise _unloadable(chosen, error) from error
    if chosen and class_name(found) not in USELESS:
        return found
    return _first_trusted(found)


def status() -> StoreStatus:
    """The state of the back end, found without making the desktop ask for anything."""
    try:
        backend = usable_backend()
    except StoreUnavailable as error:
        return StoreStatus(store=STORE, reason=error.message, hint=error.hint)
    if label(backend) == "Secret Service" and default_collection_is_locked():
        return _locked_status()
    return StoreStatus(store=STORE, backend=label(backend), usable=True)


def default_collection_is_locked() -> bool | None:
    """None: there is no default collection yet; the Secret Service makes one for the first secret."""
    import secretstorage

    with closing(secretstorage.dbus_init()) as connection:
        try:
            return _default_collection(connection).is_locked()
        except secretstorage.ItemNotFoundException:
            return None


def spare_gnome_keyring() -> None:
    """Let keyring libraries begin as wizard.secrets.secret_service does: else they make the daemon abort at times."""
    import secretstorage

    def default_collection(connection: DBusConnection, session: Session | None = None) -> secretstorage.Collection:
        try:
            return _default_collection(connection)
        except secretstorage.ItemNotFoundException:
            return secretstorage.create_collection(connection, "Default", "default", session)

    secretstorage.get_default_collection = default_collection


def _default_collection(connection: DBusConnection) -> secretstorage.Collection:
    """Raises ItemNotFoundException."""
    import secretstorage
    from jeepney import DBusErrorResponse  # type: ignore[import-untyped]
    from secretstorage.util import DBusAddressWrapper

    with suppress(DBusErrorResponse, secretstorage.SecretStorageException):
        DBusAddressWrapper(ROOT, PEER, connection).call(PING, "")
    with suppress(secretstorage.ItemNotFoundException):
        return secretstorage.get_collection_by_alias(connection, "default")
    time.sleep(MOMENT)
    return secretstorage.get_collection_by_alias(connection, "default")


def session_bus_problem() -> StoreUnavailable | None:
    """Why no Secret Service can be reached, where that is what a keyring needs."""
    if sys.platform in {"darwin", "win32"}:
        return None
    return no_session_bus(os.environ) or _service_problem(os.environ.get(BUS_ADDRESS, ""))


def check_size(backend: str, value: str) -> None:
    """Raise SecretTooLarge if the back end of this class name can't hold the value."""
    limit = LIMITS.get(backend)
    size = len(value.encode("utf-16-le")) // 2
    if limit is not None and size > limit:
        raise SecretTooLarge(
            f"the value has {size} characters, but {TRUSTED[backend]} stores at most {limit}", hint=ELSEWHERE
        )


def _chosen(name: str) -> KeyringBackend:
    from keyring.core import load_keyring

    return load_keyring(name)


def _detected() -> KeyringBackend:
    """What the keyring library would choose. It tries all back ends for that, which takes longer than the one call."""
    from keyring.core import get_keyring, load_keyring

    if is_usual(os.environ):
        with suppress(OSError, RuntimeError):  # no bus, or no service on it: find out what there is instead
            return load_keyring(USUAL)
    return get_keyring()


def _first_trusted(found: KeyringBackend) -> KeyringBackend:
    from keyring.backends.chainer import ChainerBackend

    candidates = list(found.backends) if isinstance(found, ChainerBackend) else [found]
    for backend in candidates:
        if class_name(backend) in TRUSTED:
            return backend
    raise _none_trusted([class_name(backend) for backend in candidates])


def _none_trusted(names: list[str]) -> StoreUnavailable:
    if names in ([], [FAIL]):
        return session_bus_problem() or StoreUnavailable("no keyring on this machine", hint=ELSEWHERE)
    if names == [NULL]:
        return StoreUnavailable(
            "the keyring is switched off: its null back end stores nothing",
            hint=f"remove it from PYTHON_KEYRING_BACKEND or keyringrc.cfg, or {ELSEWHERE}",
        )
    return StoreUnavailable(
        f"the keyring back end {', '.join(names)} is not trusted: it may store keys as plain text",
        hint=f"to use it anyway, set {CHOSEN}={names[0]}, or {ELSEWHERE}",
    )


def _unloadable(chosen: str | None, error: Exception) -> StoreUnavailable:
    what = chosen or "keyring"
    return StoreUnavailable(
        f"{what} can't be loaded: {error}",
        hint=f"check the Python package keyring and its settings, or {ELSEWHERE}",
    )


def _service_problem(address: str) -> StoreUnavailable | None:
    import secretstorage

    try:
        with closing(secretstorage.dbus_init()) as connection:
            available = secretstorage.check_service_availability(connection)
    except (secretstorage.SecretStorageException, OSError, RuntimeError) as error:
        return StoreUnavailable(
            f"nothing answers at the D-Bus session address {address}: {error}",
            hint=f"the session may have ended: log in again, or {ELSEWHERE}",
        )
    if available:
        return None
    return StoreUnavailable(
        "no Secret Service is running in this D-Bus session",
        hint=f"start GNOME Keyring, KWallet or KeePassXC, or {ELSEWHERE}",
    )


def _locked_status() -> StoreStatus:
    """A locked keyring is of use only where a desktop can ask for its password."""
    desktop = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return StoreStatus(
        store=STORE,
        backend="Secret Service",
        usable=desktop,
        locked=True,
        reason="the keyring is locked",
        hint="the desktop will ask you to unlock it" if desktop else f"{UNLOCK_KEYRING}; or {ELSEWHERE}",
    )
