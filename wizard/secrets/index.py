"""The names, never the values, of what a store holds: a keyring can't list its entries, nor can a locked file."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from wizard.errors import InvalidConfig, SecretNotFound, StoreTimedOut, WizardError
from wizard.files.writer import locked, make_folders, replace_private
from wizard.redaction import SecretText
from wizard.secrets.store import ListableStore

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from wizard.secrets.store import SecretStore, StoreStatus

FILE = "secrets.json"
LOCK_SECONDS = 10.0

Names = dict[str, list[str]]


class Index(Struct, frozen=True):
    """Names by store in `folder`/secrets.json: {"version": 1, "stores": {"keyring": ["A_API_KEY"]}}.

    A broken file raises InvalidConfig and stays as it is: made anew it would hide secrets that still exist.
    Also raises FileLocked and Unwritable.
    """

    folder: Path

    @property
    def path(self) -> Path:
        return self.folder / FILE

    def names(self, store: str) -> tuple[str, ...]:
        """Sorted. A name here may have lost its value meanwhile: ask the store."""
        return tuple(self._read().get(store, ()))

    def add(self, store: str, name: str) -> bool:
        """Whether the name is new."""
        with self._locked():
            names = self._read()
            if name in names.get(store, ()):
                return False
            self._write(names | {store: sorted([*names.get(store, ()), name])})
            return True

    def remove(self, store: str, name: str) -> None:
        """No error if it is not there."""
        with self._locked():
            names = self._read()
            if name in names.get(store, ()):
                self._write(names | {store: [other for other in names[store] if other != name]})

    def _read(self) -> Names:
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as error:
            raise self._broken(str(error)) from error
        return self._parsed(text)

    def _parsed(self, text: str) -> Names:
        try:
            parsed = json.loads(text)
        except ValueError as error:
            raise self._broken(str(error)) from error
        if not _has_our_shape(parsed):
            raise self._broken("it is not in the format of crush-wizard")
        names: Names = parsed["stores"]
        return names

    def _broken(self, reason: str) -> InvalidConfig:
        return InvalidConfig(
            f"the list of stored secrets can't be read: {reason}",
            path=self.path,
            hint="repair it, or move it away: the secrets stay stored, and each is listed when you set it again",
        )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        make_folders(self.folder)
        with locked([self.path], LOCK_SECONDS):
            yield

    def _write(self, names: Names) -> None:
        replace_private(self.path, (json.dumps({"version": 1, "stores": names}, indent=2) + "\n").encode("ascii"))


class Drift(Struct, frozen=True):
    """How the list differed from the store: `gone` were only listed, `found` were only there."""

    gone: tuple[str, ...] = ()
    found: tuple[str, ...] = ()


class IndexedStore(Struct, frozen=True):
    """A store whose names are kept in step with the index.

    A name goes in before its value and out after it: a name without a value is seen and can be repaired,
    a value that no list names is lost.
    """

    store: SecretStore
    index: Index

    @property
    def name(self) -> str:
        return self.store.name

    def get(self, name: str) -> str:
        return SecretText(self.store.get(name))

    def exists(self, name: str) -> bool:
        return self.store.exists(name)

    def get_many(self, names: Iterable[str]) -> dict[str, str]:
        return {name: SecretText(value) for name, value in self.store.get_many(names).items()}

    def present(self, names: Iterable[str]) -> frozenset[str]:
        return self.store.present(names)

    def listed(self) -> tuple[str, ...]:
        """The names on the list, but for the values that are kept for `undo`."""
        return _shown(self.index.names(self.name))

    def reconcile(self) -> Drift:
        """Put the list right by what the store holds, which must not be locked."""
        listed = set(self.index.names(self.name))
        held = set(self.store.names()) if isinstance(self.store, ListableStore) else self.store.present(listed)
        for name in listed - held:
            self.index.remove(self.name, name)
        for name in held - listed:
            self.index.add(self.name, name)
        return Drift(_shown(listed - held), _shown(held - listed))

    def status(self) -> StoreStatus:
        return self.store.status()

    def set(self, name: str, value: str) -> None:
        new = self.index.add(self.name, name)
        try:
            self.store.set(name, value)
        except StoreTimedOut:
            raise  # it may have arrived
        except WizardError:
            if new:
                self.index.remove(self.name, name)
            raise

    def delete(self, name: str) -> None:
        """SecretNotFound for a name without a value, which is then no longer listed."""
        try:
            self.store.delete(name)
        except SecretNotFound:
            self.index.remove(self.name, name)
            raise
        self.index.remove(self.name, name)


def _shown(names: Iterable[str]) -> tuple[str, ...]:
    """Sorted, without the values that `undo` would bring back (NAME@record)."""
    return tuple(sorted(name for name in names if "@" not in name))


def _has_our_shape(parsed: Any) -> bool:
    stores = parsed.get("stores") if isinstance(parsed, dict) else None
    return isinstance(stores, dict) and all(
        isinstance(names, list) and all(isinstance(name, str) for name in names) for names in stores.values()
    )
