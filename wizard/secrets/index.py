"""The names, never the values, of what a store holds: a keyring can't list its entries, nor can a locked file."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from msgspec import Struct, field
from msgspec.structs import replace

from wizard.errors import InvalidConfig, SecretNotFound, StoreTimedOut, WizardError
from wizard.files.writer import locked, make_folders, replace_private
from wizard.namespace import own, owned, profile_in_force, seen, without_kept
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

    `profile` sees its own names and behind them everybody's. What is added and removed is named as in the store.
    A broken file raises InvalidConfig and stays as it is: made anew it would hide secrets that still exist.
    Also raises FileLocked and Unwritable.
    """

    folder: Path
    profile: str = field(default_factory=profile_in_force)

    @property
    def path(self) -> Path:
        return self.folder / FILE

    def names(self, store: str) -> tuple[str, ...]:
        """Sorted. A name here may have lost its value meanwhile: ask the store."""
        return seen(self.every(store), self.profile)

    def own(self, store: str) -> tuple[str, ...]:
        """The profile's own names; without a profile everybody's."""
        return owned(self.every(store), self.profile)

    def every(self, store: str) -> tuple[str, ...]:
        """As they are in the store, those of all profiles."""
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
    a value that no list names is lost. A profile (the index says which) reads its own secrets, and behind them
    everybody's; it only sets and deletes its own. A name that says whose it is stands for that one.
    """

    store: SecretStore
    index: Index

    @property
    def name(self) -> str:
        return self.store.name

    @property
    def of_all(self) -> Self:
        """The same store by the names that it uses itself."""
        return replace(self, index=replace(self.index, profile=""))

    def get(self, name: str) -> str:
        own_name = self._own(name)
        if own_name == name:
            return SecretText(self.store.get(name))
        found = self.get_many((name,))
        return found[name] if name in found else SecretText(self.store.get(name))  # which says what is wrong

    def exists(self, name: str) -> bool:
        return bool(self.present((name,)))

    def is_own(self, name: str) -> bool:
        """Whether the profile has a value of its own; without a profile: whether there is one."""
        return self.store.exists(self._own(name))

    def get_many(self, names: Iterable[str]) -> dict[str, str]:
        wanted = self._places(names)
        values = self.store.get_many(dict.fromkeys(place for places in wanted.values() for place in places))
        first = {name: [place for place in places if place in values] for name, places in wanted.items()}
        return {name: SecretText(values[places[0]]) for name, places in first.items() if places}

    def present(self, names: Iterable[str]) -> frozenset[str]:
        wanted = self._places(names)
        there = self.store.present(dict.fromkeys(place for places in wanted.values() for place in places))
        return frozenset(name for name, places in wanted.items() if not there.isdisjoint(places))

    def _own(self, name: str) -> str:
        return own(name, self.index.profile)

    def _places(self, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Under which names each secret may be, the first one there counts."""
        return {name: tuple(dict.fromkeys((self._own(name), name))) for name in names}

    def listed(self) -> tuple[str, ...]:
        """The names on the list."""
        return self.index.names(self.name)

    def every(self) -> tuple[str, ...]:
        """The names on the list as the store has them, those of all profiles, but for what is kept for `undo`."""
        return without_kept(self.index.every(self.name))

    def reconcile(self) -> Drift:
        """Put the list right by what the store holds, which must not be locked."""
        listed = set(self.index.every(self.name))
        held = set(self.store.names()) if isinstance(self.store, ListableStore) else self.store.present(listed)
        for name in listed - held:
            self.index.remove(self.name, name)
        for name in held - listed:
            self.index.add(self.name, name)
        return Drift(self._seen(listed - held), self._seen(held - listed))

    def _seen(self, names: Iterable[str]) -> tuple[str, ...]:
        return seen(names, self.index.profile)

    def status(self) -> StoreStatus:
        return self.store.status()

    def set(self, name: str, value: str) -> None:
        own_name = self._own(name)
        new = self.index.add(self.name, own_name)
        try:
            self.store.set(own_name, value)
        except StoreTimedOut:
            raise  # it may have arrived
        except WizardError:
            if new:
                self.index.remove(self.name, own_name)
            raise

    def delete(self, name: str) -> None:
        """SecretNotFound for a name without a value, which is then no longer listed."""
        own_name = self._own(name)
        try:
            self.store.delete(own_name)
        except SecretNotFound as error:
            self.index.remove(self.name, own_name)
            raise (error if own_name == name else self._not_own(name)) from None
        self.index.remove(self.name, own_name)

    def _not_own(self, name: str) -> SecretNotFound:
        return SecretNotFound(
            f"profile {self.index.profile} does not have its own {name}",
            hint=f"the one for all profiles: crush-wizard --profile none secret remove {name}",
        )


def _has_our_shape(parsed: Any) -> bool:
    stores = parsed.get("stores") if isinstance(parsed, dict) else None
    return isinstance(stores, dict) and all(
        isinstance(names, list) and all(isinstance(name, str) for name in names) for names in stores.values()
    )
