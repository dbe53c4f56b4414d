"""What an endpoint offers and what catalogues know, as facts for the questions about models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct, field

from wizard.private import Private
from wizard.provider.model_facts import PRICES, ModelFacts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.flow.preset import Listing

Certainty = Literal["exact", "same model", "likely"]


class Asked(Private, Struct, frozen=True):
    """An endpoint to be asked for its models, as the answers describe it: values may hold $NAME.

    `variable` is the key as the config has it, "" where there is none; `key` is its value, if it was typed just now.
    """

    provider: str
    base_url: str
    type: str
    listing: Listing
    variable: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    key: str = ""


class Offer(Struct, frozen=True):
    """What an endpoint answered. `base_url` is the right one where the asked one was only nearly right.

    `problem` says why there is no list; empty models without a problem: nobody asked. `silent`: nobody answers there.
    `complete` False: the endpoint has more than these.
    """

    models: tuple[ModelFacts, ...] = ()
    base_url: str = ""
    problem: str = ""
    hint: str = ""
    notes: tuple[str, ...] = ()
    complete: bool = True
    silent: bool = False


class Known(Struct, frozen=True):
    """What a catalogue says about a model. Only `exact` is certain: the others are of a model of that name."""

    facts: ModelFacts
    certainty: Certainty
    source: str


class Knowledge(Struct, frozen=True):
    """All that is known about one model: the certain facts, a guess at the rest.

    `contradictions`: the fields of which the endpoint says something else than preset and catalogue.
    """

    facts: ModelFacts
    guess: Known | None = None
    contradictions: tuple[str, ...] = ()


def contradictions_of(told: ModelFacts, said: ModelFacts) -> list[str]:
    """The window and the prices of which an endpoint says something else, by more than one percent."""
    pairs = ((field, getattr(told, field), getattr(said, field)) for field in ("context_window", *PRICES))
    return [field for field, one, other in pairs if one is not None and other and abs(one - other) > other / 100]
