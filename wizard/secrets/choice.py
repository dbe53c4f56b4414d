"""Which store is used. Nothing here falls back to another store than the one that was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from wizard import folders
from wizard.errors import StoreLocked, StoreUnavailable
from wizard.secrets.environment_store import EnvironmentStore
from wizard.secrets.index import Index, IndexedStore
from wizard.secrets.keyring_store import QUIET_SECONDS, KeyringStore

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.secrets.store import SecretStore, StoreStatus

StoreName = Literal["auto", "keyring", "environment"]


def open_store(name: StoreName, environ: Mapping[str, str], *, seconds: float = QUIET_SECONDS) -> SecretStore:
    """The store of that name; `auto` is the keyring. `seconds` bounds each of its calls.

    Touches nothing yet: call `require_usable` before a key is asked for.
    """
    if name == "environment":
        return EnvironmentStore(environ)
    return IndexedStore(KeyringStore(environ, seconds), Index(folders.state()))


def require_usable(store: SecretStore) -> StoreStatus:
    """The store's status. Raises StoreLocked or StoreUnavailable, with the reason and the ways out, if unusable."""
    status = store.status()
    if status.usable:
        return status
    error = StoreLocked if status.locked else StoreUnavailable
    raise error(f"the {status.store} can't be used: {status.reason}", hint=status.hint)
