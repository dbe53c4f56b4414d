"""The secrets that an entry of the config used, when it goes: whether anything else uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from wizard import folders
from wizard.expansion.expand import expanded_entry
from wizard.machine.profiles import uses_in_profiles
from wizard.provider.entry import lower_case
from wizard.secrets.index import Index
from wizard.ui.place import used_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import Any

    from wizard.machine.in_force import InForce
    from wizard.secrets.settings import StoreName


class LeftSecret(Struct, frozen=True):
    """A secret in a store. `used_by` says in words who needs it still; empty: nobody."""

    name: str
    store: StoreName
    used_by: str


def left_secrets(
    entries: Iterable[Mapping[str, Any]], after: InForce, texts: Mapping[Path, str | None]
) -> tuple[LeftSecret, ...]:
    """The stored secrets that the entries name. `texts`: what changed files will hold; `after`: what is then in force.

    A built-in provider without an entry uses nothing: nobody wrote it down.
    """
    names = dict.fromkeys(name for entry in entries for name in _named(entry))
    return tuple(LeftSecret(name, store, _users(name, after, texts)) for name in names for store in _stores(name))


def _named(entry: Mapping[str, Any]) -> Iterator[str]:
    values, headers = expanded_entry(lower_case(entry), {}, lambda _name: None)
    for value in (*values.values(), *headers.values()):
        yield from (*value.variables, *value.lookups)


def _stores(name: str) -> Iterator[StoreName]:
    from wizard.secrets.choice import STORES

    index = Index(folders.state())
    return (store for store in STORES if name in index.own(store))


def _users(name: str, after: InForce, texts: Mapping[Path, str | None]) -> str:
    from wizard.crush.usage import usage

    found = usage(after.loaded.that_count, texts)
    if uses := (*found.of(name), *uses_in_profiles(name)):
        return used_by(uses)
    if found.problems:
        return f"perhaps {', '.join(problem.where for problem in found.problems)}"
    asking = (provider for provider in after.effective.providers if provider.source is not None)
    values = {provider.id: (provider.api_key, provider.base_url, *provider.headers.values()) for provider in asking}
    return ", ".join(id_ for id_, texts_ in values.items() if any(name in text.lookups for text in texts_))
