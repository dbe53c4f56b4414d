"""The words of the catalogue: who said what about a model, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol

from msgspec import Struct, field

from wizard.private import Private
from wizard.provider.model import Model
from wizard.provider.model_facts import PRICES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wizard.provider.model_facts import ModelFacts

SourceName = Literal["crush", "catwalk", "models.dev", "snapshot"]
"""Crush's own cache; our refreshed copies of Charm's catalogue and of models.dev; what the wizard ships."""

ABILITIES = (
    "name",
    "context_window",
    "max_output_tokens",
    "default_max_tokens",
    "can_reason",
    "reasoning_levels",
    "default_reasoning_effort",
    "supports_attachments",
    "tools",
    "chats",
)


class FactOrigin(Struct, frozen=True):
    """Where a fact comes from. `name` is for people ("pi-ai 1.5.2"); `date` is YYYY-MM-DD."""

    source: SourceName
    name: str
    date: str


class CatalogProvider(Private, Struct, frozen=True):
    """A provider as a catalogue describes it. For Crush's built-in ones this is what Crush itself starts from.

    api_key and api_endpoint are in Crush's spelling: mostly `$NAME`, to be expanded (crush-behaviour 3.4, 4). `models`
    is what its models are taken to mean, `listed` what stands there.
    """

    id: str
    name: str = ""
    type: str = ""
    api_endpoint: str = ""
    api_key: str = ""
    default_large_model_id: str = ""
    default_small_model_id: str = ""
    default_headers: Mapping[str, str] = field(default_factory=dict)
    models: tuple[ModelFacts, ...] = ()
    listed: tuple[Mapping[str, Any], ...] = ()

    def entries(self) -> tuple[dict[str, Any], ...]:
        """The models as Crush has them: a price, a limit or an effort that is not there is none."""
        return tuple(map(_as_listed, self.listed))


def _as_listed(model: Mapping[str, Any]) -> dict[str, Any]:
    """An entry with what a model of Crush's catalogue says; a value of a wrong type is left out."""
    said = {name: model[name] for name, kind in _FIELDS.items() if isinstance(model.get(name), kind)}
    id_ = str(model.get("id", ""))
    return {**Model(id_, str(model.get("name") or id_)).entry(), **said}


_FIELDS: Mapping[str, Any] = {
    **dict.fromkeys((*PRICES, "context_window", "default_max_tokens"), int | float),
    **dict.fromkeys(("can_reason", "supports_attachments"), bool),
    "reasoning_levels": list,
    "default_reasoning_effort": str,
}


class ListedModel(Struct, frozen=True):
    """One source's facts about a model, with the origin of its prices and that of all the rest."""

    facts: ModelFacts
    prices_from: FactOrigin
    rest_from: FactOrigin


class KnownModel(Private, Struct, frozen=True):
    """What all sources together know about a model. `origins` has an entry for every fact that is not None."""

    provider: str
    facts: ModelFacts
    origins: Mapping[str, FactOrigin]


class FactSource(Protocol):
    """What one source holds, already checked."""

    @property
    def date(self) -> str:
        """YYYY-MM-DD."""

    def provider_ids(self) -> tuple[str, ...]:
        """The providers, in the source's order."""

    def model_ids(self, provider_id: str) -> tuple[str, ...]:
        """The models of one provider, in the source's order; none if it is not known."""

    def model(self, provider_id: str, model_id: str) -> ListedModel | None:
        """The facts about one model."""

    def urls(self, provider_id: str) -> tuple[str, ...]:
        """Where the provider's API is, as far as the source says so."""


def provider_ids(sources: Iterable[FactSource]) -> tuple[str, ...]:
    """Of all sources, each once, by Crush's and our presets' ids where they have one."""
    return tuple(dict.fromkeys(provider for source in sources for provider in source.provider_ids()))


def model_ids(sources: Iterable[FactSource], provider_id: str) -> tuple[str, ...]:
    """The models of one provider in all sources, each once."""
    return tuple(dict.fromkeys(model for source in sources for model in source.model_ids(provider_id)))
