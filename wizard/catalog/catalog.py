"""What is known about models, from several sources: the first one that knows a fact has the word."""

from __future__ import annotations

import functools
import itertools
import zlib
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import MsgspecError, Struct
from msgspec.structs import replace

from wizard.catalog.charm import CACHE_NAME, CharmListing, day_of
from wizard.catalog.compact import CompactListing, unread
from wizard.catalog.copies import read_copy
from wizard.catalog.facts import (
    ABILITIES,
    FactOrigin,
    FactSource,
    KnownModel,
    ListedModel,
    SourceName,
    model_ids,
    provider_ids,
)
from wizard.catalog.reading import read_json
from wizard.catalog.shipped import CATWALK_COPY, GZIP, MODELS_DEV_COPY, SNAPSHOT
from wizard.errors import WizardError
from wizard.provider.model_facts import PRICES, ModelFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence


class SourceStatus(Struct, frozen=True):
    """One source, looked at. `error` is why it can't be used; without one and unused, it is not there."""

    name: SourceName
    path: Path
    date: str
    providers: int
    models: int
    used: bool
    error: WizardError | None


class CatalogSource:
    """A source by its place. It is read when the first question comes; None from `load` means: it is not there."""

    def __init__(self, name: SourceName, path: Path, load: Callable[[Path], FactSource | None]) -> None:
        self.name = name
        self.path = path
        self._load = load

    @property
    def listing(self) -> FactSource | None:
        return self._outcome[0]

    @property
    def problem(self) -> WizardError | None:
        """Why it can't be used, with its path."""
        return self._outcome[1]

    @functools.cached_property
    def _outcome(self) -> tuple[FactSource | None, WizardError | None]:
        try:
            return self._load(self.path), None
        except WizardError as error:
            return None, error
        except ValueError as error:
            return None, WizardError(f"this is not a catalogue: {error}", path=self.path)


class Catalog:
    """All sources in the order in which they are believed. Nothing is read before the first question."""

    def __init__(self, sources: Sequence[CatalogSource]) -> None:
        self._sources = tuple(sources)

    def model(self, provider_id: str, model_id: str) -> KnownModel | None:
        """What is known about a provider's model; None if no source has it.

        Its four prices are those of the first source that has any, each other fact that of the first that says it.
        """
        listed = [model for listing in self.listings if (model := listing.model(provider_id, model_id)) is not None]
        return _known(provider_id, model_id, listed) if listed else None

    def models(self, provider_id: str) -> tuple[KnownModel, ...]:
        """All known models of a provider."""
        known = (self.model(provider_id, model_id) for model_id in self.model_ids(provider_id))
        return tuple(model for model in known if model is not None)

    def model_ids(self, provider_id: str) -> tuple[str, ...]:
        return model_ids(self.listings, provider_id)

    def provider_ids(self) -> tuple[str, ...]:
        """By Crush's and our presets' ids where they have one."""
        return provider_ids(self.listings)

    def providers_at(self, base_url: str) -> tuple[str, ...]:
        """The providers whose API is at a URL or host. Several at one host are told apart by the path, if it says."""
        wanted = _Address.of(base_url)
        if wanted is None:
            return ()
        fits: dict[str, int] = {}
        for provider, known in self._addresses:
            if wanted.is_below(known):
                fits[provider] = max(fits.get(provider, 0), wanted.likeness(known))
        best = max(fits.values(), default=0)
        return tuple(provider for provider, fit in fits.items() if fit == best)

    def status(self) -> tuple[SourceStatus, ...]:
        """Every source, in order. This reads them all."""
        return tuple(_status(source) for source in self._sources)

    def dates(self) -> tuple[str, ...]:
        """YYYY-MM-DD, of every source that can be used and tells it."""
        return tuple(listing.date for listing in self.listings if listing.date)

    def problems(self) -> tuple[WizardError, ...]:
        """What is wrong with sources that are there and can't be used; the others answer all the same."""
        return tuple(source.problem for source in self._sources if source.problem is not None)

    @property
    def listings(self) -> tuple[FactSource, ...]:
        """Those that can be used, in the same order."""
        return tuple(listing for source in self._sources if (listing := source.listing) is not None)

    @functools.cached_property
    def _addresses(self) -> tuple[tuple[str, _Address], ...]:
        """Every provider's addresses."""
        urls = (
            (provider, url)
            for listing in self.listings
            for provider in listing.provider_ids()
            for url in listing.urls(provider)
        )
        return tuple((provider, address) for provider, url in urls if (address := _Address.of(url)) is not None)


def open_catalog(crush_data_folder: Path | None, own_folder: Path) -> Catalog:
    """Crush's cache, our refreshed copies, the snapshot. The folders are those of providers.json and of the copies."""
    sources = [
        CatalogSource("catwalk", own_folder / CATWALK_COPY, _load_catwalk),
        CatalogSource("models.dev", own_folder / MODELS_DEV_COPY, _load_models_dev),
        CatalogSource("snapshot", Path(SNAPSHOT), _load_snapshot),
    ]
    if crush_data_folder is not None:
        sources.insert(0, CatalogSource("crush", crush_data_folder / CACHE_NAME, _load_crush))
    return Catalog(sources)


def _load_crush(path: Path) -> FactSource | None:
    document = read_json(path)
    return None if document is None else CharmListing(document, "crush", day_of(path))


def _load_catwalk(path: Path) -> FactSource | None:
    copy = read_copy(path)
    return None if copy is None else CharmListing(copy.document, "catwalk", copy.date)


def _load_models_dev(path: Path) -> FactSource | None:
    copy = read_copy(path)
    return None if copy is None else CompactListing(copy.document, "models.dev")


@functools.lru_cache(maxsize=1)  # a setup opens several catalogues
def _load_snapshot(path: Path) -> FactSource:
    """The one source that is ours: a fault in it is a broken installation."""
    try:
        return CompactListing(unread(zlib.decompress(path.read_bytes(), GZIP)), "snapshot")
    except (OSError, zlib.error, MsgspecError) as error:
        raise WizardError("the model facts that came with crush-wizard can't be read", path=path) from error


def _known(provider_id: str, model_id: str, listed: Sequence[ListedModel]) -> KnownModel:
    facts, origins = ModelFacts(model_id), dict[str, FactOrigin]()
    priced = next((model for model in listed if any(getattr(model.facts, name) is not None for name in PRICES)), None)
    if priced:
        facts, origins = _filled(facts, origins, priced.facts, PRICES, priced.prices_from)
    for model in listed:
        missing = [name for name in ABILITIES if getattr(facts, name) is None]
        facts, origins = _filled(facts, origins, model.facts, missing, model.rest_from)
    return KnownModel(provider_id, facts, origins)


def _filled(
    facts: ModelFacts, origins: Mapping[str, FactOrigin], other: ModelFacts, names: Iterable[str], origin: FactOrigin
) -> tuple[ModelFacts, dict[str, FactOrigin]]:
    new = {name: value for name in names if (value := getattr(other, name)) is not None}
    return replace(facts, **new), {**origins, **dict.fromkeys(new, origin)}


def _status(source: CatalogSource) -> SourceStatus:
    listing = source.listing
    if listing is None:
        return SourceStatus(source.name, source.path, "", 0, 0, used=False, error=source.problem)
    providers = listing.provider_ids()
    models = sum(len(listing.model_ids(provider)) for provider in providers)
    return SourceStatus(source.name, source.path, listing.date, len(providers), models, used=True, error=None)


class _Address(Struct, frozen=True):
    host: str
    path: tuple[str, ...] = ()

    @classmethod
    @functools.cache  # the sources have mostly the same ones
    def of(cls, url: str) -> _Address | None:
        """From a URL, or a host alone; None for what is neither, such as `$NAME`."""
        try:
            parts = urlsplit(url if "//" in url else f"//{url}")
            host = parts.hostname
        except ValueError:
            return None
        if not host or not host.isascii() or "$" in host:
            return None
        return cls(host.rstrip("."), tuple(part for part in parts.path.split("/") if part))

    def is_below(self, other: _Address) -> bool:
        """The same host, or one of its names: resource.openai.azure.com is below openai.azure.com."""
        return self.host == other.host or self.host.endswith(f".{other.host}")

    def likeness(self, other: _Address) -> int:
        """How many parts of both paths are the same from the start."""
        pairs = zip(self.path, other.path, strict=False)
        return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
