"""The child process that talks to the keyring: one request in, one answer out, then gone.

wizard.secrets.keyring_store starts it. Values travel through pipes only, never as arguments or in the
environment, which other processes can read.

Request: {"path": [...], "operation": "get|set|delete|exists|status", "name": .., "value": .., "seconds": ..}
Answer:  {"result": ...} or {"error": code, "message": ..., "hint": ...}
"""

from __future__ import annotations

import json
import math
import os
import sys
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from wizard.errors import SecretError, SecretNotFound, StoreLocked, StoreUnavailable
from wizard.secrets import backend as backends

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keyring.backend import KeyringBackend

SERVICE = "crush-wizard"
ABSENT = "{} is not in the keyring"


@dataclass(frozen=True)
class Entry:
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
        raise SecretNotFound(ABSENT.format(entry.name), hint=f"store it: crush-wizard secret set {entry.name}")
    return value


def put(entry: Entry, value: str) -> None:
    """Write and read back: some back ends discard what they are given. The old value survives a failure."""
    backends.check_size(backends.class_name(entry.backend), value)
    old = entry.read()
    try:
        entry.write(value)
        if entry.read() != value:
            raise StoreUnavailable(
                f"{backends.label(entry.backend)} did not keep the value that it was given",
                hint=backends.ELSEWHERE,
            )
    except Exception:
        _restore(entry, old)
        raise


def delete(entry: Entry) -> None:
    if entry.read() is None:
        raise SecretNotFound(ABSENT.format(entry.name))
    entry.delete()
    if entry.read() is not None:
        raise StoreUnavailable(f"{entry.name} is still in the keyring after it was deleted")


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """The answer to one request; every failure is an answer too, and none repeats the value."""
    try:
        return {"result": _result(request)}
    except SecretError as error:
        return {"error": error.code, "message": error.message, "hint": error.hint}


def main(request: dict[str, Any]) -> None:
    """Serve one request and print the answer."""
    _leave_no_core()
    _end_after(request["seconds"])
    answers = _own_stdout()
    json.dump(answer(request), answers)
    answers.close()


def _result(request: dict[str, Any]) -> Any:
    if request["operation"] == "status":
        return asdict(backends.status())
    entry = Entry(backends.usable_backend(), request["name"])
    with _own_errors(request):
        return _operate(request["operation"], entry, request["value"])


def _operate(operation: str, entry: Entry, value: str) -> Any:
    match operation:
        case "get":
            return get(entry)
        case "set":
            return put(entry, value)
        case "delete":
            return delete(entry)
        case "exists":
            return entry.read() is not None
    raise ValueError(operation)


def _restore(entry: Entry, old: str | None) -> None:
    if old is not None:
        entry.write(old)
    elif entry.read() is not None:
        entry.delete()


@contextmanager
def _own_errors(request: dict[str, Any]) -> Iterator[None]:
    """Turn what back ends raise into our typed errors."""
    from keyring.errors import KeyringLocked

    try:
        yield
    except SecretError:
        raise
    except KeyringLocked as error:
        raise _locked() from error
    except Exception as error:
        # Back ends raise what the libraries below them raise: there is no common base class.
        if type(error).__name__ in {"LockedException", "PromptDismissedException"}:
            raise _locked() from error
        raise _failed(error, request["value"]) from error


def _locked() -> StoreLocked:
    return StoreLocked(
        "the keyring is locked and was not unlocked",
        hint="unlock it and run this again: crush-wizard secret status",
    )


def _failed(error: Exception, value: str) -> StoreUnavailable:
    text = f"{type(error).__name__}: {error}"
    return StoreUnavailable(
        f"the keyring failed: {text.replace(value, '<redacted>') if value else text}", hint=backends.ELSEWHERE
    )


def _leave_no_core() -> None:
    """No core dump of a process that holds a value.

    1 byte and not 0: where cores are piped to a program Linux ignores 0, and takes 1 for none (core(5)).
    """
    if sys.platform != "win32":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_CORE)
        most = 1 if hard == resource.RLIM_INFINITY else min(1, hard)
        resource.setrlimit(resource.RLIMIT_CORE, (most, most))


def _end_after(seconds: float) -> None:
    """A parent that was killed can't end us; a silent service must not keep us, with a value, for ever."""
    if sys.platform != "win32":
        import signal

        signal.alarm(math.ceil(seconds) + 1)


def _own_stdout() -> Any:
    """Keep the pipe for the answer, and send to stderr whatever else is printed here."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers
