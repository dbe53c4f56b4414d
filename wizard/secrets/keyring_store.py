"""The keyring of the operating system as a store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct

from wizard.errors import SecretError, StoreLocked, StoreUnavailable
from wizard.secrets.child import Child
from wizard.secrets.secret_service import BUS_ADDRESS, SecretService, is_usual
from wizard.secrets.store import StoreStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


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
    slow="it may be waiting for someone to unlock it: look for its dialog, or try again",
)


class KeyringStore(Struct, frozen=True):
    """Each call is a child process of its own, ended after `seconds`: a keyring can hang without limit.

    `environ` is what the child sees: it says where the session bus is. Errors are those of SecretStore.
    After StoreTimedOut from `set` or `delete` the change may or may not have been made.
    """

    environ: Mapping[str, str]
    seconds: float = QUIET_SECONDS
    name: str = STORE

    def get(self, name: str) -> str:
        return str(self._ask("get", name))

    def set(self, name: str, value: str) -> None:
        """The value is read back; if anything fails the old one is put back."""
        self._ask("set", name, value)

    def delete(self, name: str) -> None:
        self._ask("delete", name)

    def exists(self, name: str) -> bool:
        return bool(self._ask("exists", name))

    def get_many(self, names: Iterable[str]) -> dict[str, str]:
        """At once where the usual keyring is open; else in one child: twenty secrets take hardly longer than one."""
        wanted = tuple(names)
        found = _at_once(self.environ, lambda service: service.get_many(wanted))
        if found is None:
            found = dict(self._ask("get_many", names=wanted))
        return found

    def present(self, names: Iterable[str]) -> frozenset[str]:
        return frozenset(self._ask("present", names=names))

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

    def _ask(self, operation: str, name: str = "", value: str = "", names: Iterable[str] = ()) -> Any:
        seconds = min(self.seconds, QUIET_SECONDS) if operation == "status" else self.seconds
        request = {"operation": operation, "name": name, "value": value, "names": list(names)}
        return CHILD.ask(request, self.environ, seconds)


def _at_once(environ: Mapping[str, str], question: Callable[[SecretService], Answer]) -> Answer | None:
    """The answer of an open Secret Service, without a child. None: it is another keyring, locked, or in trouble."""
    if not is_usual(environ):
        return None
    try:
        with SecretService(environ[BUS_ADDRESS], SHORT_SECONDS) as service:
            return question(service) if service.is_open() else None
    except (StoreUnavailable, StoreLocked):  # the child finds out why, and may wait for somebody to unlock it
        return None
