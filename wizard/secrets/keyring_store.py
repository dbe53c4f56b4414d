"""The keyring of the operating system as a store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct

from wizard.errors import SecretError, StoreLocked, StoreUnavailable
from wizard.secrets.child import Child
from wizard.secrets.secret_service import BUS_ADDRESS, SecretService, is_usual, no_keyring
from wizard.secrets.store import StoreStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence


STORE = "keyring"
Answer = TypeVar("Answer")

QUIET_SECONDS = 5.0
"""The bound of a call when nobody is there to unlock anything."""

ASKING_SECONDS = 60.0
"""The bound of a call when the desktop may be asking the user for the keyring's password."""

SHORT_SECONDS = 0.5
"""How long the usual keyring may take to say that all is well, before a child looks closer."""

CHILD = Child(
    module="wizard.secrets.keyring_child",
    store="the keyring",
    slow="it may be waiting to be unlocked: look for its dialog, or try again",
)


class KeyringStore(Struct, frozen=True):
    """An open Secret Service is read at once. All other calls are a child process each, ended after `seconds`: a
    keyring can hang without limit.

    `environ` is what the child sees: it says where the session bus is. Errors are those of SecretStore.
    After StoreTimedOut from `set` or `delete` the change may or may not have been made.
    """

    environ: Mapping[str, str]
    seconds: float = QUIET_SECONDS
    name: str = STORE

    def get(self, name: str) -> str:
        return str(self._read("get", (name,), lambda service: service.get(name)))

    def set(self, name: str, value: str) -> None:
        """The value is read back; if anything fails the old one is put back."""
        self._ask("set", (name,), value)

    def delete(self, name: str) -> None:
        self._ask("delete", (name,))

    def exists(self, name: str) -> bool:
        return bool(self.present((name,)))

    def get_many(self, names: Iterable[str]) -> dict[str, str]:
        wanted = tuple(names)
        return dict(self._read("get_many", wanted, lambda service: service.get_many(wanted)))

    def present(self, names: Iterable[str]) -> frozenset[str]:
        wanted = tuple(names)
        return frozenset(self._read("present", wanted, lambda service: service.present(wanted)))

    def status(self) -> StoreStatus:
        """Never raises, and makes no desktop ask for a password.

        A locked keyring is usable where a desktop can ask for the password when a value is needed.
        """
        if _at_once(self.environ, lambda _: True):
            return StoreStatus(store=STORE, backend="Secret Service", usable=True)
        try:
            return StoreStatus(**self._ask("status"))
        except SecretError as error:
            return StoreStatus(store=STORE, reason=error.message, hint=error.hint)

    def _read(self, operation: str, names: Sequence[str], question: Callable[[SecretService], Any]) -> Any:
        answer = _at_once(self.environ, question)
        return self._ask(operation, names) if answer is None else answer

    def _ask(self, operation: str, names: Sequence[str] = (), value: str = "") -> Any:
        if problem := no_keyring(self.environ):
            raise problem
        seconds = min(self.seconds, QUIET_SECONDS) if operation == "status" else self.seconds
        return CHILD.ask({"operation": operation, "names": names, "value": value}, self.environ, seconds)


def _at_once(environ: Mapping[str, str], question: Callable[[SecretService], Answer]) -> Answer | None:
    """The answer of an open Secret Service, without a child. None: it is another keyring, locked, or in trouble."""
    if not is_usual(environ):
        return None
    try:
        with SecretService(environ[BUS_ADDRESS], SHORT_SECONDS) as service:
            return question(service) if service.is_open() else None
    except (StoreUnavailable, StoreLocked):  # the child finds out why, and may wait for somebody to unlock it
        return None
