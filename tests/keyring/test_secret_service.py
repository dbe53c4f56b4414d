"""The keyring store against a real Secret Service, in all its moods."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.keyring import stand_ins
from wizard.errors import SecretNotFound, StoreLocked, StoreTimedOut, StoreUnavailable
from wizard.secrets import backend
from wizard.secrets.child import import_path
from wizard.secrets.index import Index
from wizard.secrets.keyring_store import KeyringStore
from wizard.secrets.secret_service import SecretService as SecretServiceConnection

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import SecretService

pytestmark = pytest.mark.any_python

NAME = "GROQ_API_KEY"
LONG = "k" * 100_000
DESKTOP = {"DISPLAY": ":0"}


@pytest.mark.parametrize("value", ["gsk_123", "schlüssel-鍵-🔑", "two\nlines\r\n", " edges ", LONG, "'\"\\$(x)"])
def test_a_value_comes_back_as_it_was_and_stands_in_the_keyring(secret_service: SecretService, value: str) -> None:
    store = KeyringStore(secret_service.env)
    store.set(NAME, value)
    assert store.get(NAME) == value
    assert secret_service.get(NAME) == value


def test_the_status_of_an_unlocked_keyring(secret_service: SecretService) -> None:
    status = KeyringStore(secret_service.env).status()
    assert (status.backend, status.usable, status.locked) == ("Secret Service", True, False)


def test_a_locked_keyring_says_so_and_keeps_its_value(secret_service: SecretService) -> None:
    store = KeyringStore(secret_service.env)
    store.set(NAME, "old")
    secret_service.lock()
    for call in (lambda: store.get(NAME), lambda: store.set(NAME, "new"), lambda: store.delete(NAME)):
        with pytest.raises(StoreLocked, match="locked"):
            call()
    status = store.status()
    assert (status.usable, status.locked) == (False, True)
    assert "unlock" in status.hint


def test_a_keyring_that_starts_locked(secret_service: SecretService) -> None:
    store = KeyringStore(secret_service.env)
    store.set(NAME, "old")
    secret_service.restart_locked()
    with pytest.raises(StoreLocked):
        store.get(NAME)
    assert store.status().locked


def test_where_a_desktop_can_ask_for_the_password_a_locked_keyring_is_usable(
    secret_service: SecretService,
) -> None:
    secret_service.lock()
    status = KeyringStore(secret_service.env | DESKTOP).status()
    assert (status.usable, status.locked) == (True, True)
    assert "desktop will ask" in status.hint


def test_reading_from_a_keyring_without_a_collection_makes_none(fresh_secret_service: SecretService) -> None:
    store = KeyringStore(fresh_secret_service.env)
    assert store.status().usable
    assert not store.exists(NAME)
    with pytest.raises(SecretNotFound):
        store.get(NAME)


def test_no_bus(no_bus: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """It is known without a child, which a busy machine would wait for."""
    monkeypatch.setattr(sys, "executable", "/nowhere")
    store = KeyringStore(no_bus)
    with pytest.raises(StoreUnavailable, match="DBUS_SESSION_BUS_ADDRESS is not set"):
        store.get(NAME)
    status = store.status()
    assert not status.usable
    assert "DBUS_SESSION_BUS_ADDRESS is not set" in status.reason
    assert "export the variable yourself" in status.hint


def test_a_bus_that_is_gone(no_bus: dict[str, str], tmp_path: Path) -> None:
    gone = no_bus | {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={tmp_path}/gone"}
    assert "nothing answers at the D-Bus session address" in KeyringStore(gone).status().reason


def test_a_bus_without_a_secret_service(session_bus: dict[str, str]) -> None:
    store = KeyringStore(session_bus)
    assert "no Secret Service" in store.status().reason
    with pytest.raises(StoreUnavailable, match="no Secret Service"):
        store.set(NAME, "value")


def test_a_service_that_dies_between_two_calls(secret_service: SecretService) -> None:
    store = KeyringStore(secret_service.env)
    store.set(NAME, "value")
    secret_service.stop()
    with pytest.raises(StoreUnavailable, match="no Secret Service"):
        store.get(NAME)


def test_a_silent_service_is_a_time_out(silent_secret_service: dict[str, str]) -> None:
    store = KeyringStore(silent_secret_service, seconds=1.5)
    started = time.monotonic()
    for call in (lambda: store.get(NAME), lambda: store.set(NAME, "value")):
        with pytest.raises(StoreTimedOut, match=r"did not answer within 1\.5 seconds"):
            call()
    assert "did not answer" in store.status().reason
    assert time.monotonic() - started < 3 * 1.5 + 10  # a call without an end would take 25 s


WRITER = """
import os, sys
from pathlib import Path
from wizard.secrets.index import Index, IndexedStore
from wizard.secrets.keyring_store import KeyringStore
from wizard.secrets.secret_service import SecretService as SecretServiceConnection
store = IndexedStore(KeyringStore(os.environ), Index(Path(sys.argv[1])))
for number in range(3):
    store.set(f"{sys.argv[2]}_{number}", "value")
"""


def test_two_processes_that_set_at_once_are_both_listed(secret_service: SecretService, tmp_path: Path) -> None:
    env = secret_service.env | {"PYTHONPATH": ":".join(import_path())}
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path / "state"), start], env=env)
        for start in ("A", "B")
    ]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    names = ("A_0", "A_1", "A_2", "B_0", "B_1", "B_2")
    assert Index(tmp_path / "state").names("keyring") == names
    assert all(secret_service.get(name) == "value" for name in names)


def _fill(service: SecretService, values: dict[str, str], owner: str = "crush-wizard") -> None:
    """Store values the way keyring libraries do, over one connection."""
    from jeepney.io.blocking import open_dbus_connection  # type: ignore[import-untyped]
    from secretstorage import get_collection_by_alias

    with closing(open_dbus_connection(bus=service.env["DBUS_SESSION_BUS_ADDRESS"])) as connection:
        collection = get_collection_by_alias(connection, "default")
        for name, value in values.items():
            collection.create_item(name, {"service": f"{owner}:{name}", "username": name}, value.encode())


def _end_bus(service: SecretService) -> None:
    from jeepney.bus_messages import message_bus  # type: ignore[import-untyped]
    from jeepney.io.blocking import Proxy, open_dbus_connection

    with closing(open_dbus_connection(bus=service.env["DBUS_SESSION_BUS_ADDRESS"])) as connection:
        (pid,) = Proxy(message_bus, connection).GetConnectionUnixProcessID("org.freedesktop.DBus")
    os.kill(pid, signal.SIGKILL)


def _keep_in_memory(service: SecretService) -> None:
    """Else the daemon encrypts and writes all that it holds, with each secret anew."""
    from jeepney.io.blocking import open_dbus_connection
    from secretstorage.util import DBusAddressWrapper

    with closing(open_dbus_connection(bus=service.env["DBUS_SESSION_BUS_ADDRESS"])) as connection:
        root = "/org/freedesktop/secrets"
        daemon = DBusAddressWrapper(root, "org.freedesktop.Secret.Service", connection)
        daemon.call("SetAlias", "so", "default", f"{root}/collection/session")


def test_a_thousand_secrets_are_read_in_one_go(secret_service: SecretService) -> None:
    _keep_in_memory(secret_service)
    values = {f"NAME_{number}": f"wert-ü {number}" for number in range(1000)}
    _fill(secret_service, values)
    store = KeyringStore(secret_service.env, seconds=20)
    assert store.get_many(values) == values
    assert store.present([*values, "OTHER"]) == values.keys()


def test_a_locked_keyring_still_tells_what_is_there(secret_service: SecretService) -> None:
    store = KeyringStore(secret_service.env)
    store.set(NAME, "value")
    secret_service.restart_locked()
    assert store.present([NAME, "OTHER"]) == {NAME}
    with pytest.raises(StoreLocked):
        store.get_many([NAME])


def test_what_another_program_stored_is_not_ours(secret_service: SecretService) -> None:
    _fill(secret_service, {NAME: "value"}, owner="another-program")
    assert KeyringStore(secret_service.env).get_many([NAME]) == {}
    with (
        SecretServiceConnection(secret_service.env["DBUS_SESSION_BUS_ADDRESS"]) as direct,
        pytest.raises(SecretNotFound),
    ):
        direct.get(NAME)


def test_the_direct_way_finds_what_the_library_stored(secret_service: SecretService) -> None:
    KeyringStore(secret_service.env).set(NAME, "two\nlinés")
    with SecretServiceConnection(secret_service.env["DBUS_SESSION_BUS_ADDRESS"]) as direct:
        assert direct.get(NAME) == "two\nlinés"
        secret_service.lock()
        with pytest.raises(StoreLocked):
            direct.get(NAME)
        secret_service.stop()
        with pytest.raises(StoreUnavailable, match="no Secret Service"):
            direct.get(NAME)


def test_a_bus_that_ends_between_two_calls(secret_service: SecretService) -> None:
    KeyringStore(secret_service.env).set(NAME, "value")
    with SecretServiceConnection(secret_service.env["DBUS_SESSION_BUS_ADDRESS"]) as direct:
        assert direct.get(NAME) == "value"
        _end_bus(secret_service)
        with pytest.raises(StoreUnavailable, match="the keyring failed"):
            direct.get(NAME)


def test_that_there_is_no_collection_is_asked_twice(
    session_bus: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the desktop is asked to make a second keyring where there is one."""
    address = session_bus["DBUS_SESSION_BUS_ADDRESS"]
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    with stand_ins.serving(address, stand_ins.Forgetful()):
        with SecretServiceConnection(address) as direct:
            assert direct.is_open()
        assert backend.default_collection_is_locked() is False


def test_where_secrets_are_not_handed_out_together_each_is_asked_for(session_bus: dict[str, str]) -> None:
    address = session_bus["DBUS_SESSION_BUS_ADDRESS"]
    with stand_ins.serving(address, stand_ins.one_by_one), SecretServiceConnection(address) as direct:
        assert direct.get_many(["FIRST", "SECOND"]) == {"FIRST": "FIRST", "SECOND": "SECOND"}
