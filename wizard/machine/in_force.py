"""The configuration in force here: what Crush makes of all its files, with the keys that it would get."""

from __future__ import annotations

import json
import os
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from wizard import folders
from wizard.catalog.charm import CACHE_NAME, providers_of, read_crush_cache
from wizard.crush.builtin_rules import DISABLE_UPDATES
from wizard.crush.demands import AUTHORITIES, STEERING, Whole, demands, has_scripts
from wizard.crush.effective import effective
from wizard.crush.loading import is_switched_on, load
from wizard.crush.outgoing import behind
from wizard.crush.program import crush_on_path, embedded_catalogue
from wizard.errors import WizardError
from wizard.expansion.environment import PREFIX
from wizard.files.locations import catalog_folder, here
from wizard.machine.folder import folder_of, own_files, says_anything
from wizard.machine.vendors import vendor_pairs
from wizard.private import Private
from wizard.provider.builtins import BUILTINS, Builtin
from wizard.provider.template import variables
from wizard.provider.variable import FORBIDDEN
from wizard.secrets.index import Index
from wizard.secrets.reference.file import REFERENCE
from wizard.secrets.reference.reading import readable_names, references_that_count
from wizard.secrets.settings import FIRST_CHOICE, remembered_store

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from wizard.catalog.facts import CatalogProvider
    from wizard.crush.custom_rules import Discovered
    from wizard.crush.demands import Demand
    from wizard.crush.effective import Catalogue, Effective, EffectiveProvider
    from wizard.crush.loading import Loaded
    from wizard.expansion.expand import Secret
    from wizard.files.locations import Surroundings
    from wizard.secrets.reference.file import Reference
    from wizard.secrets.settings import StoreName

HELD = "held-by-the-store"
"""Stands for a key that our store holds, where its value is of no interest. A key is one word, too."""


class InForce(Private, Struct, frozen=True, dict=True):
    """`effective` is as Crush would have it when it gets the keys of our store; `held` are their names.

    `builtins` are the providers that Crush brings along, as it knows them here, `catalogue` tells their models.
    `discovered` is what endpoints have listed, of those that were asked, `told` what Crush lists, where it was asked.
    `references` are those that count; of a file of our own that can't be read (`own_problem`) nothing is known.
    """

    loaded: Loaded
    effective: Effective
    builtins: Mapping[str, Builtin]
    catalogue: Catalogue
    store: StoreName
    held: frozenset[str]
    discovered: Discovered
    references: Mapping[str, Reference] = MappingProxyType({})
    own_problem: WizardError | None = None
    told: Sequence[CatalogProvider] = ()

    @property
    def around(self) -> Surroundings:
        return self.loaded.around

    @cached_property
    def demands(self) -> tuple[Demand, ...]:
        """What only the current folder's files would have done with what is the user's."""
        own = self._own
        if own is self:
            return ()
        folder = folder_of(self.loaded)
        otherwise = _with_other_values(self) if has_scripts(folder, self.loaded.files) else None
        whole = Whole(self.effective, own.effective, folder, self._has_value, self.held, otherwise)
        return demands(whole, lambda: frozenset(vendor_pairs(own.builtins.values())))

    @cached_property
    def requests_environ(self) -> Mapping[str, str]:
        """The environment that Crush sends requests in, but for whom to trust: that is not for a folder to say."""
        own = self._own.effective.env
        kept = {name: value for name, value in self.effective.env.items() if name not in AUTHORITIES}
        return {**kept, **{name: own[name] for name in AUTHORITIES if name in own}}

    def is_the_users(self, provider: EffectiveProvider) -> bool:
        """Whether the current folder's files change nothing about a provider, and nothing about the way to it."""
        if self._own is self:
            return True
        own = self._own.effective
        other = own.provider(provider.id)
        same_way = all(self.effective.env.get(name) == own.env.get(name) for name in STEERING)
        return other is not None and same_way and _said(provider) == _said(other)

    @cached_property
    def _own(self) -> InForce:
        """What there is without the current folder's files; the same where these say nothing."""
        folder = folder_of(self.loaded)
        if not says_anything(folder, self.loaded):
            return self
        return as_far_as_known(own_files(self.loaded, folder))

    def _has_value(self, name: str) -> bool:
        """Whether a variable has a value that is the user's, also by Crush's prefix (crush-behaviour 4.4)."""
        return name in self.held or any(os.environ.get(variable) for variable in (name, f"{PREFIX}{name}"))

    def found(self, name: str) -> str | None:
        """Where the value of a variable comes from: `environment`, `reference`, our store's name, or None."""
        if os.environ.get(name, self.loaded.dotenv.get(name)):
            return "environment"
        if name in self.references:
            return REFERENCE
        return self.store if name in self.held else None


def _said(provider: EffectiveProvider) -> tuple[Any, ...]:
    """Where requests go, and what they take along."""
    headers = {name: value.text for name, value in provider.headers.items()}
    return provider.type, provider.entry, provider.base_url.text, provider.at_request.base_url.text, headers


def in_force(
    around: Surroundings | None = None,
    *,
    values: Mapping[str, str] | None = None,
    loaded: Loaded | None = None,
    discovered: Discovered = MappingProxyType({}),
    told: Sequence[CatalogProvider] = (),
) -> InForce:
    """Read all files and apply Crush's rules. Nothing in them is run, and neither the store nor the network is asked.

    `values` are secrets that were read from our store; without them its keys count as there, by their names. In the
    environment Crush gets what `run` gives it: those that the files name, where the variable is unset or empty.
    `told`: what Crush has built in, where it has no cache. Where a file names a provider that may be one of those, and
    that nothing else knows, it is asked.
    """
    return _with_own(loaded or load(around or here()), _own_words(), values, discovered, told)


def with_list_of_crush(provider_id: str, found: InForce) -> InForce:
    """The same with what the Crush on PATH has built in, where only that tells about a provider. Crush is asked."""
    provider = found.effective.provider(provider_id)
    is_known = provider is not None and not (provider.builtin and provider.more_models)
    is_told = is_known or found.told or found.own_problem or cached_catalogue(found.loaded, os.environ)
    told = () if is_told else _told_by(crush_on_path(os.environ))
    return in_force(loaded=found.loaded, discovered=found.discovered, told=told) if told else found


def with_lists_of_slots(found: InForce) -> InForce:
    """The same where only Crush's list would tell whether a chosen model is there."""
    doubted = (chosen.provider for chosen in found.effective.selected.values() if chosen.doubt == "catalogue")
    return next((with_list_of_crush(provider, found) for provider in doubted), found)


def with_values(found: InForce, values: Mapping[str, str]) -> Effective:
    """The same with secrets that were read, in place of all that are there by their names."""
    own = _OwnWords(found.store, found.held, found.references)
    return _with_own(found.loaded, own, values, {}, found.told).effective


def _with_own(
    loaded: Loaded,
    own: _OwnWords,
    values: Mapping[str, str] | None,
    discovered: Discovered,
    told: Sequence[CatalogProvider] = (),
) -> InForce:
    keys = dict.fromkeys(own.held, HELD) if values is None else dict(values)
    given = {name: keys[name] for name in _named(loaded) if name in keys and not os.environ.get(name)}
    told = told or _told_of_unknown(loaded)
    applied = _applied(loaded, {**os.environ, **given}, keys.get, discovered, told)
    return InForce(loaded, *applied, own.store, own.held, discovered, own.references, told=told)


_SWITCHES = ("XDG_", "LC_", "WIZARD_", "CRUSH_DISABLE_", "CRUSH_GLOBAL_")
"""What decides how Crush and we go about it, and holds no key."""


def _with_other_values(found: InForce) -> Effective:
    """What Crush would make of the same files with other values in all of the user's variables that may hold a key."""
    kept = {name: value for name, value in os.environ.items() if name in FORBIDDEN or name.startswith(_SWITCHES)}
    others = {name: _another(value) for name, value in os.environ.items() if name not in kept}
    keys = dict.fromkeys(found.held, _another(HELD))
    given = {name: keys[name] for name in _named(found.loaded) if name in keys and not os.environ.get(name)}
    effective, _, _ = _applied(found.loaded, {**kept, **others, **given}, keys.get, {}, found.told)
    return effective


def _another(value: str) -> str:
    """A value that has no character, and not its length, in common with it."""
    return "".join("y" if character == "x" else "x" for character in value) + ("xy" if value else "")


def as_far_as_known(loaded: Loaded) -> InForce:
    """The same without what files of our own would have told that can't be read; `own_problem` is the first."""
    try:
        return in_force(loaded=loaded)
    except WizardError as problem:
        return replace(_without_references(loaded), own_problem=problem)


def _without_references(loaded: Loaded) -> InForce:
    try:
        return _with_own(loaded, _own_words(with_references=False), None, {})
    except WizardError:
        return without_store(loaded)


def without_store(loaded: Loaded) -> InForce:
    """The same without the keys of our store, for where its list, or our settings, can't be read."""
    return InForce(loaded, *_applied(loaded, os.environ, None, {}), FIRST_CHOICE, frozenset(), {})


def _applied(
    loaded: Loaded,
    environ: Mapping[str, str],
    secret: Secret | None,
    discovered: Discovered,
    told: Sequence[CatalogProvider] = (),
) -> tuple[Effective, Mapping[str, Builtin], Catalogue]:
    """Crush's rules on the files, the built-in providers that they were applied with, and their models."""
    builtins, catalogue = _known_builtins(loaded, environ, told)
    found = effective(
        loaded,
        environ=environ,
        home=loaded.around.home,
        exists=os.path.exists,  # a Path raises for a folder that may not be looked into
        builtins=builtins,
        secret=secret,
        catalogue=catalogue,
        discovered=discovered,
    )
    return found, builtins, catalogue


def wanted_names(in_force: InForce, providers: Collection[str]) -> tuple[str, ...]:
    """The names in our store that some providers' keys, URLs and headers ask for, and the environment does not have.

    A variable of the config's own `env` stands for those that it is set from.
    """
    wanted: dict[str, None] = {}
    for provider in in_force.effective.providers:
        if provider.id in providers:
            for value in (provider.api_key, provider.base_url, *provider.headers.values()):
                named = (*value.variables, *value.lookups)
                wanted |= dict.fromkeys(name for word in named for name, _ in behind(word, in_force.effective))
    return tuple(name for name in wanted if name in in_force.held and not os.environ.get(name))


def _known_builtins(
    loaded: Loaded, environ: Mapping[str, str], told: Sequence[CatalogProvider]
) -> tuple[Mapping[str, Builtin], Catalogue]:
    """Crush's built-in providers, and their models where its cache, if it looks there, or itself tells."""
    cached = cached_catalogue(loaded, environ) or told
    if not cached:
        return BUILTINS, lambda _: None
    fresh = {
        provider.id: Builtin(
            provider.id,
            provider.name,
            provider.type,
            provider.api_endpoint,
            provider.api_key,
            provider.default_large_model_id,
            provider.default_small_model_id,
            tuple(provider.default_headers),
        )
        for provider in cached
    }
    by_id = {provider.id: provider for provider in cached}

    def catalogue(provider: str) -> Sequence[Mapping[str, Any]] | None:
        return by_id[provider].entries() if provider in by_id else None

    hyper = {"hyper": BUILTINS["hyper"]} if "hyper" not in fresh else {}  # it has a cache of its own
    return {**hyper, **fresh}, catalogue


def _told_of_unknown(loaded: Loaded) -> Sequence[CatalogProvider]:
    """What Crush has built in, where a file names a provider that only its list would tell anything about."""
    trees = (file.content.tree.get("providers") for file in loaded.files if file.content)
    entries = ((id_, entry) for tree in trees if isinstance(tree, dict) for id_, entry in tree.items())
    unknown = any(isinstance(entry, dict) and id_ not in BUILTINS and "base_url" not in entry for id_, entry in entries)
    if not unknown or cached_catalogue(loaded, os.environ):
        return ()
    return _told_by(crush_on_path(os.environ))


def known_to_crush(loaded: Loaded, environ: Mapping[str, str], program: Path | None) -> Sequence[CatalogProvider]:
    """What Crush has built in: by its cache, else by what this program tells; nothing where neither tells."""
    return cached_catalogue(loaded, environ) or _told_by(program)


@lru_cache(maxsize=2)  # a command looks at the config several times
def _told_by(program: Path | None) -> Sequence[CatalogProvider]:
    try:
        return providers_of(json.loads(embedded_catalogue(program, os.environ))) if program else ()
    except ValueError:  # it has none, or it does not tell
        return ()


def cached_catalogue(loaded: Loaded, environ: Mapping[str, str]) -> tuple[CatalogProvider, ...]:
    """What Crush's own cache lists, where there is one and Crush looks into it."""
    return () if _keeps_its_own(loaded, environ) else _cached(loaded.around)


def _keeps_its_own(loaded: Loaded, environ: Mapping[str, str]) -> bool:
    """Whether Crush goes by the catalogue that it brings along, whatever is in its cache (crush-behaviour 3.3)."""
    return is_switched_on(loaded, environ, DISABLE_UPDATES, "disable_provider_auto_update")


def _cached(around: Surroundings) -> tuple[CatalogProvider, ...]:
    try:
        return read_crush_cache(catalog_folder(around) / CACHE_NAME)
    except WizardError:  # Crush falls back on what it brings along, too
        return ()


def _named(loaded: Loaded) -> Iterator[str]:
    """The variables that files name, as they are on the disk or, where a change is only planned, will be."""
    from wizard.crush.usage import usage

    yield from usage(loaded.that_count, loaded.texts).variables
    texts = [file.content.tree for file in loaded.files if file.content]
    while texts:
        value = texts.pop()
        if isinstance(value, str):
            yield from variables(value)
        elif isinstance(value, dict):
            texts += value.values()
        elif isinstance(value, list):
            texts += value


class _OwnWords(Struct, frozen=True):
    """What files of our own tell: the store in use, what can be read by name, and the references that count."""

    store: StoreName
    held: frozenset[str]
    references: Mapping[str, Reference]


def _own_words(*, with_references: bool = True) -> _OwnWords:
    """Raises InvalidConfig."""
    store = remembered_store(folders.settings()) or FIRST_CHOICE
    if with_references:
        return _OwnWords(store, readable_names(store), references_that_count(store))
    return _OwnWords(store, frozenset(Index(folders.state()).names(store)), {})
