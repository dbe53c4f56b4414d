"""Which store is used. Nothing here falls back to another store than the one that was asked for or chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from wizard import folders
from wizard.errors import StoreLocked, StoreUnavailable
from wizard.secrets import settings
from wizard.secrets.age_store import AgeStore
from wizard.secrets.core_dumps import leave_no_core
from wizard.secrets.environment_store import EnvironmentStore
from wizard.secrets.index import Index, IndexedStore
from wizard.secrets.keyring_store import QUIET_SECONDS, KeyringStore
from wizard.secrets.settings import FIRST_CHOICE, StoreName
from wizard.secrets.store import CALLED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wizard.secrets.store import SecretStore, StoreStatus

STORES: tuple[StoreName, ...] = get_args(StoreName)


def open_store(
    name: str,
    environ: Mapping[str, str],
    *,
    seconds: float = QUIET_SECONDS,
    ask: Callable[[], str] | None = None,
) -> SecretStore:
    """The store of that name, one of STORES; `auto` is the one in use. `seconds` bounds each call of the keyring.

    `ask` gives the passphrase of the age file's identity, if it has one; None: nobody can be asked.
    Touches no store yet: call `require_usable` before a key is asked for. From here on this process leaves no core.
    """
    leave_no_core()
    chosen = in_use() if name == "auto" else name
    if chosen == "environment":
        return EnvironmentStore(environ)
    store = AgeStore(folders.secrets(), environ, ask) if chosen == "file" else KeyringStore(environ, seconds)
    return IndexedStore(store, Index(folders.state()))


def in_use() -> StoreName:
    """The store that the user chose once; the keyring where none was. Raises InvalidConfig for broken settings.

    A keyring that is locked or away today stays the store: its trouble is told, and nothing takes its place.
    """
    return settings.remembered_store(folders.settings()) or FIRST_CHOICE


def require_usable(store: SecretStore) -> StoreStatus:
    """The store's status. Raises StoreLocked or StoreUnavailable, with the reason and the ways out, if unusable."""
    status = store.status()
    if status.usable:
        return status
    error = StoreLocked if status.locked else StoreUnavailable
    raise error(f"{CALLED[status.store]} can't be used: {status.reason}", hint=status.hint)
