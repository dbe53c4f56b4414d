"""What a secret store is. Every store passes the same contract tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable

CALLED = {"keyring": "the keyring", "file": "the encrypted file", "environment": "the environment"}
"""The stores in a sentence."""


class StoreStatus(Struct, frozen=True):
    """Whether a store can be used now, and why not. `backend` names what is behind it (Secret Service)."""

    store: str
    backend: str = ""
    usable: bool = False
    locked: bool = False
    reason: str = ""
    hint: str = ""


class SecretStore(Protocol):
    """Holds values by name. Every call is bounded in time.

    Raises SecretNotFound, StoreLocked, StoreUnavailable, StoreTimedOut or SecretTooLarge (wizard.errors).
    """

    @property
    def name(self) -> str: ...
    def get(self, name: str) -> str: ...
    def set(self, name: str, value: str) -> None: ...
    def delete(self, name: str) -> None: ...
    def exists(self, name: str) -> bool: ...

    def get_many(self, names: Iterable[str]) -> dict[str, str]:
        """The values of those that are there."""
        ...

    def present(self, names: Iterable[str]) -> frozenset[str]:
        """Those of the names that are there."""
        ...

    def status(self) -> StoreStatus: ...


@runtime_checkable
class ListableStore(Protocol):
    """A store that can list what it holds."""

    def names(self) -> tuple[str, ...]: ...
