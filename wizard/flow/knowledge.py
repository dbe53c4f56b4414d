"""Whose word counts about a model: one rule for adding, editing, showing, refreshing and checking. Pure.

The preset's word comes first, then the endpoint's, then the catalogue's. A shipped preset states no facts, only what
its provider can't do; a user's own may state what it likes. A price of 0 is no word where another source knows more,
unless the preset says so. The four prices belong together: one source tells them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import replace

from wizard.provider.model_facts import PRICES, ModelFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from wizard.flow.preset import Preset

By = Literal["preset", "endpoint", "tool", "catalogue"]
Certainty = Literal["exact", "same model", "likely"]

TOLERANCE = 0.01
"""Two numbers that differ by less are the same: some write 131072 as 131000."""


class CatalogMatch(Struct, frozen=True):
    """What a catalogue says about a model. Only `exact` is certain: the others are of a model of that name.

    The id of the facts is the one that the catalogue has. `source` tells who exactly, and of which day.
    """

    facts: ModelFacts
    certainty: Certainty
    source: str


class SourceFacts(Struct, frozen=True):
    """What somebody says about a model; `source` tells who exactly, and of which day."""

    by: By
    facts: ModelFacts
    source: str = ""

    @property
    def tells_prices(self) -> bool:
        prices = [getattr(self.facts, name) for name in PRICES]
        return any(prices) or (self.by == "preset" and any(price is not None for price in prices))


class Knowledge(Struct, frozen=True):
    """All that is known about a model: `words` as they count, what they come to, and a guess if none is certain."""

    facts: ModelFacts
    words: tuple[SourceFacts, ...] = ()
    guess: CatalogMatch | None = None

    def who_says(self, field: str) -> SourceFacts | None:
        """Whose word counts about a field of Crush's."""
        if field in PRICES:
            return _who_prices(self.words)
        fields = ("default_max_tokens", "max_output_tokens") if field == "default_max_tokens" else (field,)
        return next((word for word in self.words if any(getattr(word.facts, field) for field in fields)), None)

    @property
    def contradictions(self) -> tuple[str, ...]:
        """The window and the prices of which a weaker word says something else."""
        known = ((field, getattr(word.facts, field)) for word in self.words for field in ("context_window", *PRICES))
        return tuple(dict.fromkeys(field for field, value in known if value and self._differs(field, value)))

    def _differs(self, field: str, value: float) -> bool:
        counts = getattr(self.facts, field)
        return counts is not None and not alike(counts, value)


def alike(one: float, other: float) -> bool:
    return abs(one - other) <= TOLERANCE * max(abs(one), abs(other))


def known_about(
    model_id: str,
    *,
    provider: str,
    base_url: str,
    preset: Preset,
    endpoint: ModelFacts | None,
    look_up: Callable[[str, str, str], CatalogMatch | None],
    named: str = "",
) -> Knowledge:
    """What counts about a model of a provider.

    `endpoint`: the model as the endpoint lists it, which is no word where the preset says that it has no list that
    counts. `look_up` asks catalogues, by the provider's id, its URL and the
    model's id. `named`: the model that a deployment's id stands for.
    """
    named = named or model_id
    known = _in_catalogues(provider, base_url, preset, named, look_up)
    certain = known if known is not None and known.certainty == "exact" else None
    guess = None if certain or named in preset.facts else known
    return taken_together(model_id, tuple(_words(named, preset, endpoint, certain)), guess)


def _in_catalogues(
    provider: str, base_url: str, preset: Preset, named: str, look_up: Callable[[str, str, str], CatalogMatch | None]
) -> CatalogMatch | None:
    """By whom the endpoint belongs to; where that tells nothing certain, the models of a preset are its provider's."""
    known = look_up(provider, base_url, named)
    if named in preset.models and (known is None or known.certainty != "exact"):
        own = look_up(preset.catalog or preset.id, "", named)
        return own if own is not None and own.certainty == "exact" else known
    return known


def _words(
    named: str, preset: Preset, endpoint: ModelFacts | None, known: CatalogMatch | None
) -> Iterator[SourceFacts]:
    stated = preset.says(named)
    if stated is not None:
        when = f" of {preset.checked.isoformat()}" if preset.checked else ""
        yield SourceFacts("preset", stated, (preset.facts_from or f"preset {preset.id}") + when)
    if endpoint is not None and preset.listing != "none":
        yield SourceFacts("endpoint", endpoint)
    if known is not None:
        yield SourceFacts("catalogue", known.facts, known.source)


def taken_together(model_id: str, words: tuple[SourceFacts, ...], guess: CatalogMatch | None = None) -> Knowledge:
    """What words come to, given as they count."""
    facts = ModelFacts(model_id)
    for word in words:
        facts = facts.over(word.facts.without_prices())
    if who := _who_prices(words):
        facts = replace(facts, **{name: getattr(who.facts, name) for name in PRICES})
    return Knowledge(facts, words, guess)


def _who_prices(words: Sequence[SourceFacts]) -> SourceFacts | None:
    """Who tells the prices; where nobody has any, who says that there are none."""
    silent = (word for word in words if any(getattr(word.facts, name) is not None for name in PRICES))
    return next((word for word in words if word.tells_prices), None) or next(silent, None)
