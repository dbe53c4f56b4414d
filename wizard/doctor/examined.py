"""Everything that the checks look at, gathered beforehand: a check itself reads, runs and asks nothing."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from wizard.catalog.matching import certain_model
from wizard.crush.problem import NOT_READ
from wizard.crush.program import CrushProgram
from wizard.documents.crushrc.commands import Computed
from wizard.flow.knowledge import known_about
from wizard.flow.preset_library import preset_for
from wizard.private import Private
from wizard.provider.base_url import BaseUrl, is_local
from wizard.provider.model import is_number
from wizard.provider.types import TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from wizard.catalog.catalog import Catalog
    from wizard.clouds.sign_in import SignIn
    from wizard.crush.demands import Demand
    from wizard.crush.effective import Effective, EffectiveProvider
    from wizard.crush.loading import Loaded
    from wizard.crush.sources import Source
    from wizard.documents.json.draft import KeyPath
    from wizard.errors import WizardError
    from wizard.files.plan import WrittenFacts
    from wizard.flow.knowledge import CatalogMatch, Knowledge
    from wizard.flow.own_catalogue import OwnProvider
    from wizard.flow.preset import Preset
    from wizard.provider.builtins import Builtin
    from wizard.provider.model_facts import ModelFacts
    from wizard.transfer.plain_keys import PlainKey as PlainKey


class FileState(Struct, frozen=True):
    """A config file that is there, as the system sees it.

    `mode`: permission bits, None where the system has none. `target`: where it really lies, if links lead there.
    `committed`: git has what lies there, or would take it.
    `mark`: it begins with a byte order mark.
    """

    path: Path
    mode: int | None = None
    is_link: bool = False
    committed: bool = False
    mark: bool = False
    target: Path | None = None

    @property
    def is_open(self) -> bool:
        """Whether other users of the machine may read it."""
        return self.mode is not None and bool(self.mode & 0o077)


class StoreState(Struct, frozen=True):
    """Our secret store. `usable` None: nothing is kept there, so it was not asked. `seconds`: its answer took so long.

    `gone` are names on our list that it no longer holds.
    """

    name: str
    usable: bool | None = None
    locked: bool = False
    reason: str = ""
    hint: str = ""
    seconds: float = 0.0
    gone: tuple[str, ...] = ()


class ReferenceState(Struct, frozen=True):
    """A secret that a command prints. `line`: where it stands in `path`. `missing`: its program, if that is not there.

    `store` has a value of the same name, if it is named; that counts. `failure`: what came of running it, in words.
    """

    name: str
    path: Path
    line: int | None = None
    is_used: bool = True
    missing: str = ""
    store: str = ""
    failure: str = ""
    hint: str = ""


class Stray(Struct, frozen=True):
    """A file that nobody reads, or that nobody needs any more; `why` is the end of a sentence about it.

    `place` is where Crush would read it, and `is_free` whether nothing is there yet, and Crush could read it.
    """

    path: Path
    why: str
    holds_key: bool = False
    place: Path | None = None
    is_free: bool = False


class FailedTest(Struct, frozen=True):
    """The live test of an endpoint that failed. `step` is where, in the user's words.

    `mild`: it may be a server of one's own that is just off, or one that is only slow.
    """

    provider: str
    step: str
    detail: str
    hint: str
    mild: bool


class Examined(Private, Struct, frozen=True, dict=True):
    """The state of a machine, seen from one folder. `environ` is the process's environment.

    `out_of_reach` are project files above the folder at which Crush stops looking, `misplaced` those that it never
    looks for. `unwritable` says why Crush can't write its own file, `cache_problem` what is wrong with its catalogue.
    `commands`: whether a program is on the PATH. `catalog_days`: the age of the model facts.
    `listed`: the models that endpoints named, by provider and id.
    `demands`: what the folder's own files would have done with what is the user's; `allowed` of these was agreed to.
    `sign_ins`: what providers that take a cloud's sign-in have of it, by id.
    `own`: what the Crush here has built in, by id, where an entry says something about the models of one.
    `written`: what the wizard wrote of what is known about models, by provider.
    `own_problem`: a file of the wizard's own that can't be read. `open_own`: those that others may read.
    `could_be_crushrc`: the user's crush.json, if a crushrc can say all that is in it.
    """

    loaded: Loaded
    effective: Effective
    environ: Mapping[str, str]
    builtins: Mapping[str, Builtin]
    presets: Mapping[str, Preset]
    catalog: Catalog | None = None
    crush: CrushProgram = field(default_factory=CrushProgram)
    files: tuple[FileState, ...] = ()
    in_work_tree: bool = True
    out_of_reach: tuple[Path, ...] = ()
    misplaced: tuple[Stray, ...] = ()
    leftovers: tuple[Stray, ...] = ()
    plain_keys: tuple[PlainKey, ...] = ()
    unwritable: str = ""
    cache_problem: str = ""
    store: StoreState | None = None
    references: tuple[ReferenceState, ...] = ()
    own_problem: WizardError | None = None
    open_own: tuple[Path, ...] = ()
    sign_ins: Mapping[str, SignIn] = field(default_factory=dict)
    commands: Mapping[str, bool] = field(default_factory=dict)
    catalog_days: int | None = None
    tested: tuple[FailedTest, ...] = ()
    listed: Mapping[str, Mapping[str, ModelFacts]] = field(default_factory=dict)
    demands: tuple[Demand, ...] = ()
    allowed: frozenset[Demand] = frozenset()
    own: Mapping[str, OwnProvider] = field(default_factory=dict)
    could_be_crushrc: Path | None = None
    written: WrittenFacts = field(default_factory=dict)

    @property
    def is_partial(self) -> bool:
        """Whether a file can't be read: what is said about all files together would be a guess."""
        return any(problem.code in NOT_READ for problem in self.effective.fatal)

    @property
    def custom(self) -> Iterator[EffectiveProvider]:
        """The providers that are no built-ins."""
        return (provider for provider in self.effective.providers if not provider.builtin)

    @property
    def with_entry(self) -> Iterator[tuple[EffectiveProvider, Mapping[str, Any]]]:
        """The providers that some file mentions, with what the files say together."""
        entries = self.entries
        return ((provider, entries[provider.id]) for provider in self.effective.providers if provider.id in entries)

    @property
    def entries(self) -> Mapping[str, Mapping[str, Any]]:
        found: Mapping[str, Mapping[str, Any]] = self.effective.config.get("providers", {})
        return found

    @cached_property
    def models(self) -> tuple[ConfiguredModel, ...]:
        """Every model that the files list, in their order."""
        return tuple(
            ConfiguredModel(provider, index, model)
            for provider, entry in self.with_entry
            for index, model in enumerate(entry.get("models") or ())
        )

    def state_of(self, path: Path | None) -> FileState | None:
        return next((file for file in self.files if file.path == path), None)

    @property
    def crush_own(self) -> frozenset[Path]:
        """The files that Crush writes, too."""
        return frozenset(file.path for file in self.effective.files if file.file.is_written_by_crush)

    def value_at(self, source: Source, key_path: KeyPath) -> Any:
        """What the file of a source holds at a place."""
        found: Any = next(
            (file.content.tree for file in self.effective.files if file.path == source.path and file.content), {}
        )
        for key in key_path:
            found = found[key]
        return found

    def may_be_set(self, provider: str) -> bool:
        """Whether a script may add to a provider in a way that only running it would tell."""
        return any(place.provider in ("", provider) and not place.slot for place in self.effective.uncertain)

    def owners(self, provider: EffectiveProvider) -> tuple[str, ...]:
        """The providers of the catalogue whose API this one talks to; none where nobody knows the host.

        A server of one's own calls its models as it likes, whoever else has an address like it.
        """
        if self.catalog is None or is_own_server(provider):
            return ()
        own_url = self.entries.get(provider.id, {}).get("base_url")
        if provider.builtin and not own_url:
            return (provider.id,)
        url = provider.base_url.text
        if not url or (isinstance(own_url, Computed) and own_url.value is None):
            return ()
        if url not in self._owners:
            self._owners[url] = self.catalog.providers_at(url)
        return self._owners[url]

    def known(self, provider: EffectiveProvider, model_id: str) -> Knowledge:
        """All that is known about a model for certain."""
        if (provider.id, model_id) not in self._known:
            self._known[provider.id, model_id] = known_about(
                model_id,
                provider=provider.id,
                base_url=provider.base_url.text or "",
                preset=preset_for(self.entries.get(provider.id, {}), provider.id, self.presets),
                endpoint=self.listed.get(provider.id, {}).get(model_id),
                look_up=self._in_catalog,
            )
        return self._known[provider.id, model_id]

    def _in_catalog(self, provider: str, base_url: str, model_id: str) -> CatalogMatch | None:
        return certain_model(self.catalog, provider, base_url, model_id) if self.catalog else None

    @cached_property
    def _owners(self) -> dict[str, tuple[str, ...]]:
        return {}

    @cached_property
    def _known(self) -> dict[tuple[str, str], Knowledge]:
        return {}


class ConfiguredModel(Private, Struct, frozen=True):
    """A model as the files have it; `index` counts in the merged list."""

    provider: EffectiveProvider
    index: int
    entry: Mapping[str, Any]

    @property
    def id(self) -> str:
        return str(self.entry.get("id") or "")

    @property
    def called(self) -> str:
        """How to speak of it."""
        return f"{self.provider.id}/{self.id}" if self.id else f"model {self.index + 1} of {self.provider.id}"

    def source(self, *field_name: str) -> Source | None:
        """Where it, or a field of it, stands."""
        return self.provider.value_source("models", self.index, *field_name)

    def number(self, name: str) -> float:
        """The value of a field; 0, Crush's "unknown", where there is none that can be told."""
        value = self.entry.get(name)
        return value if is_number(value) else 0


def host_of(provider: EffectiveProvider) -> str:
    """The host of a provider's URL; empty where it can't be told."""
    return BaseUrl(provider.base_url.text or "").host


def is_own_server(provider: EffectiveProvider) -> bool:
    """Whether it is a server that somebody runs for themselves: by its type, or by where it is."""
    type_ = TYPES.get(provider.type)
    return not provider.builtin and (bool(type_ and type_.reads_windows) or is_nearby(host_of(provider)))


def is_nearby(host: str) -> bool:
    """Whether a host is this machine, a private address, or a name that only a network of one's own knows."""
    single = bool(host) and not set(host) & set(".:")
    return is_local(host) or single or host.endswith((".lan", ".local", ".docker.internal"))


def alike(model_id: str) -> str:
    """An id without who serves it, letter case and signs between words: what is the same for two is nearly one."""
    return re.sub(r"[^a-z0-9]", "", model_id.rpartition("/")[2].lower())
