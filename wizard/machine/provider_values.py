"""Every value of one provider, with the place that it comes from and what it overrules there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from wizard.machine.shown_entry import ShownEntry
from wizard.private import Private

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.crush.effective import EffectiveProvider
    from wizard.crush.sources import Source
    from wizard.machine.in_force import InForce

_APART = frozenset(("id", "models"))
"""Fields that are told in another way."""
_CATALOGUES = ("name", "type", "discover_models")
"""What Crush does not take from an entry for a built-in (crush-behaviour 3.1)."""


class ShownValue(Private, Struct, frozen=True):
    """A field by its dotted name, such as "extra_headers.X-Team". `value` is masked where it is a secret.

    `source` None: Crush's own. `ignored`: a file says it, and Crush does not take it. `shadowed` are the places that
    `source` overrules; lists are added up instead, and overrule nothing.
    """

    name: str
    value: Any
    source: Source | None
    ignored: bool = False

    @property
    def shadowed(self) -> tuple[Source, ...]:
        return self.source.shadowed if self.source and not isinstance(self.value, list) else ()


def values_of(provider: EffectiveProvider, in_force: InForce) -> tuple[ShownValue, ...]:
    """All fields but the models, in Crush's spelling; then those that Crush ignores for a built-in."""
    shown = ShownEntry(provider)
    taken = [
        ShownValue(".".join(path), shown.value(path[-1], value), _source(provider, path))
        for path, value in _leaves(provider.entry)
        if path[0] not in _APART
    ]
    return (*taken, *(_ignored(provider, in_force, shown) if provider.builtin else ()))


def _source(provider: EffectiveProvider, path: tuple[str, ...]) -> Source | None:
    own = provider.builtin and path[0] in _CATALOGUES
    return None if own else provider.value_source(*path)


def _leaves(entry: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each value that is no object itself, with its path; a login is told as one."""
    for name, value in entry.items():
        if isinstance(value, Mapping) and value and name != "oauth":
            yield from (((str(name), *path), leaf) for path, leaf in _leaves(value))
        else:
            yield (str(name),), value


def _ignored(provider: EffectiveProvider, in_force: InForce, shown: ShownEntry) -> Iterator[ShownValue]:
    entry = in_force.effective.config.get("providers", {}).get(provider.id, {})
    for name in _CATALOGUES:
        if name in entry:
            yield ShownValue(name, shown.value(name, entry[name]), provider.value_source(name), ignored=True)


def model_sources(provider: EffectiveProvider, in_force: InForce) -> tuple[Source | None, ...]:
    """Where each of `provider.models` is listed; None: by Crush's catalogue. Of a built-in's the first one counts."""
    entry = in_force.effective.config.get("providers", {}).get(provider.id, {})
    listed = entry.get("models") or ()
    if not provider.builtin:
        return tuple(provider.value_source("models", index) for index in range(len(provider.models)))
    first = {model.get("id", ""): index for index, model in reversed(tuple(enumerate(listed)))}
    indices = (first.get(model.get("id", "")) for model in provider.models)
    return tuple(None if index is None else provider.value_source("models", index) for index in indices)
