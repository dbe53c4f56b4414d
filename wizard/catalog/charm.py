"""Charm's catalogue: the format of `/v2/providers` and of Crush's own cache, providers.json (crush-behaviour 3.3)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from wizard.catalog.facts import CatalogProvider, FactOrigin, ListedModel, SourceName
from wizard.catalog.reading import read_json
from wizard.catalog.values import cached_prices, flag, levels, mapping, price, text, tokens
from wizard.errors import WizardError
from wizard.provider.model_facts import ModelFacts, by_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wizard.provider.model import Number

CACHE_NAME = "providers.json"


def read_crush_cache(path: Path) -> tuple[CatalogProvider, ...]:
    """The providers in Crush's cache; none where there is no such file.

    Raises WizardError, with the path, where the file can't be read or is no catalogue.
    """
    document = read_json(path)
    if document is None:
        return ()
    try:
        return providers_of(document)
    except ValueError as error:
        raise WizardError(f"this is not Crush's catalogue: {error}", path=path) from error


def providers_of(document: Any) -> tuple[CatalogProvider, ...]:
    """The providers of a catalogue. A wrong value in it is left out; raises ValueError where no model is left."""
    if not isinstance(document, list):
        raise ValueError("it is not a list of providers")
    found = {provider.id: provider for item in document if (provider := _provider(mapping(item))) is not None}
    if not any(provider.models for provider in found.values()):
        raise ValueError("it has no models")
    return tuple(found.values())


class CharmListing:
    """Charm's catalogue as one of the sources. Raises ValueError for a document that is none."""

    def __init__(self, document: Any, source: SourceName, date: str) -> None:
        self.date = date
        self._origin = FactOrigin(source, "Charm's catalogue", date)
        self._providers = {provider.id: provider for provider in providers_of(document)}
        self._models = {name: by_id(provider.models) for name, provider in self._providers.items()}

    def provider_ids(self) -> tuple[str, ...]:
        return tuple(self._providers)

    def model_ids(self, provider_id: str) -> tuple[str, ...]:
        return tuple(self._models.get(provider_id, ()))

    def model(self, provider_id: str, model_id: str) -> ListedModel | None:
        facts = self._models.get(provider_id, {}).get(model_id)
        return ListedModel(facts, self._origin, self._origin) if facts else None

    def urls(self, provider_id: str) -> tuple[str, ...]:
        provider = self._providers.get(provider_id)
        url = provider.api_endpoint if provider else ""
        return (url,) if url.startswith(("http://", "https://")) else ()


def day_of(path: Path) -> str:
    """The day on which a file was written, YYYY-MM-DD in UTC; empty if that can't be told."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC).date().isoformat()
    except (OSError, OverflowError, ValueError):
        return ""


def _provider(item: Mapping[str, Any]) -> CatalogProvider | None:
    provider_id = text(item.get("id"))
    if not provider_id:
        return None
    models = item.get("models")
    listed = [mapping(model) for model in models] if isinstance(models, list) else []
    found = [_model(model) for model in listed]
    return CatalogProvider(
        id=provider_id,
        name=text(item.get("name")),
        type=text(item.get("type")),
        api_endpoint=text(item.get("api_endpoint")),
        api_key=text(item.get("api_key")),
        default_large_model_id=text(item.get("default_large_model_id")),
        default_small_model_id=text(item.get("default_small_model_id")),
        default_headers=_headers(item.get("default_headers")),
        models=tuple(by_id(model for model in found if model is not None).values()),
        listed=tuple(said for said, model in zip(listed, found, strict=True) if model is not None),
    )


def _model(item: Mapping[str, Any]) -> ModelFacts | None:
    model_id = text(item.get("id"))
    if not model_id:
        return None
    in_cached, out_cached = _cached(item)
    return ModelFacts(
        id=model_id,
        name=text(item.get("name")) or None,
        cost_per_1m_in=price(item.get("cost_per_1m_in")),
        cost_per_1m_out=price(item.get("cost_per_1m_out")),
        cost_per_1m_in_cached=in_cached,
        cost_per_1m_out_cached=out_cached,
        context_window=tokens(item.get("context_window")),
        default_max_tokens=tokens(item.get("default_max_tokens")),
        can_reason=flag(item.get("can_reason")),
        reasoning_levels=levels(item.get("reasoning_levels")),
        default_reasoning_effort=text(item.get("default_reasoning_effort")) or None,
        supports_attachments=flag(item.get("supports_attachments")),
        chats=True,
    )


def _cached(item: Mapping[str, Any]) -> tuple[Number | None, Number | None]:
    """Some entries have the price of a hit in `in_cached`, where Crush never bills it (crush-behaviour 14).

    It is told by its size: a cache write costs no less than plain input, a hit less.
    """
    plain, write, hit = (price(item.get(f"cost_per_1m_{key}")) for key in ("in", "in_cached", "out_cached"))
    if write and plain and not hit and write < plain:
        return cached_prices(None, write)
    return cached_prices(write, hit) if plain else (write, hit)


def _headers(value: Any) -> dict[str, str]:
    return {text(name): text(inner) for name, inner in mapping(value).items() if text(name) and isinstance(inner, str)}
