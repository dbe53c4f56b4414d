"""The child process that talks to the keyring. wizard.secrets.keyring_store starts it.

Request: {"operation": "get|set|delete|get_many|present|status", "names": [..], "value": ..}
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import asdict

from wizard.errors import SecretError, StoreUnavailable
from wizard.redaction import MASK
from wizard.secrets import backend as backends
from wizard.secrets.secret_service import ELSEWHERE, SERVICE, SecretService, absent, locked
from wizard.secrets.serving import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from keyring.backend import KeyringBackend


class Entry(Struct, frozen=True):
    """One secret's place in the keyring: service `crush-wizard:NAME`, user `NAME`."""

    backend: KeyringBackend
    name: str

    @property
    def service(self) -> str:
        return f"{SERVICE}:{self.name}"

    def read(self) -> str | None:
        if self._nothing_there_yet():
            return None
        return self.backend.get_password(self.service, self.name)

    def write(self, value: str) -> None:
        self.backend.set_password(self.service, self.name, value)

    def delete(self) -> None:
        self.backend.delete_password(self.service, self.name)

    def _nothing_there_yet(self) -> bool:
        """Reading from a keyring without a default collection would ask the user to make one."""
        secret_service = backends.label(self.backend) == "Secret Service"
        return secret_service and backends.default_collection_is_locked() is None


def get(entry: Entry) -> str:
    value = entry.read()
    if value is None:
        raise absent(entry.name)
    return value


def put(entry: Entry, value: str) -> None:
    """Write and read back: some back ends discard what they are given. The old value survives a failure."""
    backends.check_size(backends.class_name(entry.backend), value)
    old = entry.read()
    try:
        entry.write(value)
        if entry.read() != value:
            raise StoreUnavailable(
                f"{backends.label(entry.backend)} did not store the value",
                hint=ELSEWHERE,
            )
    except Exception:
        _restore(entry, old)
        raise


def delete(entry: Entry) -> None:
    if entry.read() is None:
        raise absent(entry.name)
    entry.delete()
    if entry.read() is not None:
        raise StoreUnavailable(f"{entry.name} is still in the keyring after it was deleted")


def get_many(backend: KeyringBackend, names: Sequence[str]) -> dict[str, str]:
    """The values of those that are there; one connection for all of them where that is possible."""
    if not names:
        return {}
    if not _speaks_plainly(backend):
        return {name: value for name in names if (value := Entry(backend, name).read()) is not None}
    Entry(backend, names[0]).read()  # the library lets the desktop unlock what is locked
    with SecretService(os.environ["DBUS_SESSION_BUS_ADDRESS"]) as service:
        return service.get_many(names)


def present(backend: KeyringBackend, names: Sequence[str]) -> list[str]:
    """Those of the names that are there."""
    if not _speaks_plainly(backend):
        return [name for name in names if Entry(backend, name).read() is not None]
    with SecretService(os.environ["DBUS_SESSION_BUS_ADDRESS"]) as service:
        return service.present(names)


MANY: dict[str, Callable[[Any, Sequence[str]], Any]] = {"get_many": get_many, "present": present}


def main(request: dict[str, Any]) -> None:
    """Serve one request and print the answer."""
    serve(request, _result)


def _result(request: dict[str, Any]) -> Any:
    if request["operation"] == "status":
        return asdict(backends.status())
    backend = backends.usable_backend()
    with _own_errors(request):
        if request["operation"] in MANY:
            return MANY[request["operation"]](backend, request["names"])
        return _operate(request["operation"], Entry(backend, request["names"][0]), request["value"])


def _operate(operation: str, entry: Entry, value: str) -> Any:
    match operation:
        case "get":
            return get(entry)
        case "set":
            return put(entry, value)
        case "delete":
            return delete(entry)
    raise ValueError(operation)


def _restore(entry: Entry, old: str | None) -> None:
    if old is not None:
        entry.write(old)
    elif entry.read() is not None:
        entry.delete()


def _speaks_plainly(backend: KeyringBackend) -> bool:
    """Whether the direct way reads from where this back end writes to."""
    return backends.class_name(backend) == backends.USUAL and not hasattr(backend, "preferred_collection")


@contextmanager
def _own_errors(request: dict[str, Any]) -> Iterator[None]:
    """Turn what back ends raise into our typed errors."""
    from keyring.errors import KeyringLocked

    try:
        yield
    except SecretError:
        raise
    except KeyringLocked as error:
        raise locked() from error
    except Exception as error:
        # Back ends raise what the libraries below them raise: there is no common base class.
        if type(error).__name__ in {"LockedException", "PromptDismissedException"}:
            raise locked() from error
        raise _failed(error, request["value"]) from error


def _failed(error: Exception, value: str) -> StoreUnavailable:
    text = f"{type(error).__name__}: {error}"
    return StoreUnavailable(f"the keyring failed: {text.replace(value, MASK) if value else text}", hint=ELSEWHERE)
