"""Reading secrets wherever they are: values out of a store, and what references lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from wizard import folders
from wizard.errors import SecretError
from wizard.secrets.index import Index
from wizard.secrets.reference.file import references

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from wizard.secrets.reference.file import Reference
    from wizard.secrets.reference.running import Printed
    from wizard.secrets.store import SecretStore


def readable_names(store: str, profile: str | None = None) -> frozenset[str]:
    """What can be read by name while this store is in use, as far as our lists know: nothing is asked, nothing run."""
    index = Index(folders.state()) if profile is None else Index(folders.state(), profile)
    return frozenset((*index.names(store), *references(profile)))


def references_that_count(store: str) -> Mapping[str, Reference]:
    """Those that no value in the store comes before: of a profile's own secret the value, then the reference; then
    of the one that all share."""
    found = references()
    if not found:
        return {}
    index = Index(folders.state())
    own, every = frozenset(index.own(store)), frozenset(index.names(store))
    return {name: it for name, it in found.items() if name not in (every if it.shared else own)}


class SecretReader(Struct, frozen=True):
    """A store to read from, and the references beside it. It can't be written to.

    `asks`: somebody at the terminal can unlock a password manager. `say` is told what is waited for.
    """

    store: SecretStore
    asks: bool
    say: Callable[[str], None]

    @property
    def name(self) -> str:
        return self.store.name

    def get(self, name: str) -> str:
        """Raises as the store does, and ReferenceFailed."""
        found = self.get_many((name,))
        return found[name] if name in found else self.store.get(name)  # which says what is wrong

    def get_many(self, names: Iterable[str]) -> dict[str, str]:
        """The values of those that are there. Raises as the store does, and ReferenceFailed for any that fails."""
        led_to, kept = self._parted(names)
        values = self.store.get_many(kept) if kept else {}
        if not led_to:
            return values
        from wizard.secrets.reference.running import values_of

        return {**values, **values_of(self._run(led_to))}

    def get_each(self, names: Iterable[str]) -> tuple[dict[str, str], dict[str, SecretError]]:
        """The values of those that are there, and why others are not to be had; a name in neither is gone."""
        led_to, kept = self._parted(names)
        values: dict[str, str] = {}
        problems: dict[str, SecretError] = {}
        try:
            values = self.store.get_many(kept) if kept else {}
        except SecretError as error:
            problems = dict.fromkeys(kept, error)
        if not led_to:
            return values, problems
        from wizard.secrets.reference.running import values_of

        for name, printed in self._run(led_to).items():
            try:
                values |= values_of({name: printed})
            except SecretError as error:
                problems[name] = error
        return values, problems

    def _parted(self, names: Iterable[str]) -> tuple[dict[str, Reference], tuple[str, ...]]:
        """Those that are references, and those that the store is asked for."""
        wanted = tuple(names)
        counting = references_that_count(self.name)
        led_to = {name: counting[name] for name in wanted if name in counting}
        return led_to, tuple(name for name in wanted if name not in led_to)

    def _run(self, led_to: Mapping[str, Reference]) -> dict[str, Printed]:
        from wizard.secrets.reference.running import refuse_circle, run_all

        refuse_circle(led_to)
        commands = {name: reference.command for name, reference in led_to.items()}
        return run_all(commands, asks=self.asks, say=self.say)
