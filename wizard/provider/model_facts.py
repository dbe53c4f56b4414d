"""What somebody says about a model: an endpoint's list, a catalogue. Every fact may be missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import asdict, replace

from wizard.provider.model import Model, Number

if TYPE_CHECKING:
    from collections.abc import Iterable


class ModelFacts(Struct, frozen=True):
    """Facts by Crush's field names (crush-behaviour 2.2): costs in USD per million tokens, windows in tokens.

    None: not said. `max_output_tokens` is the most that the model can answer; `default_max_tokens` what is good to
    ask for. `chats` False: it is no chat model (an embedding model, a speech model), and Crush has no use for it.
    `takes_effort`: an endpoint says that a request may have a reasoning effort.
    """

    id: str
    name: str | None = None
    cost_per_1m_in: Number | None = None
    cost_per_1m_out: Number | None = None
    cost_per_1m_in_cached: Number | None = None
    cost_per_1m_out_cached: Number | None = None
    context_window: int | None = None
    max_output_tokens: int | None = None
    default_max_tokens: int | None = None
    can_reason: bool | None = None
    reasoning_levels: tuple[str, ...] | None = None
    default_reasoning_effort: str | None = None
    supports_attachments: bool | None = None
    tools: bool | None = None
    chats: bool | None = None
    takes_effort: bool | None = None

    def over(self, weaker: ModelFacts) -> ModelFacts:
        """These facts, and where they say nothing those of a weaker source."""
        known = {name: value for name, value in asdict(self).items() if value is not None}
        return replace(weaker, **known)

    def without_prices(self) -> ModelFacts:
        """What holds wherever the model runs: everything but what it costs."""
        return replace(
            self, cost_per_1m_in=None, cost_per_1m_out=None, cost_per_1m_in_cached=None, cost_per_1m_out_cached=None
        )

    def model(self) -> Model:
        """The model for Crush's config; what is not known is Crush's "unknown"."""
        known = {name: value for name, value in asdict(self).items() if value is not None and name in _OF_A_MODEL}
        usual = {"default_max_tokens": self.usual_answer or 0, "default_reasoning_effort": self.usual_effort or ""}
        return Model(**{"name": self.id, **known, **usual})

    @property
    def usual_answer(self) -> int | None:
        """A good `default_max_tokens`: as said, else what the model can do, kept well within the window."""
        if self.default_max_tokens is not None:
            bounds = (self.default_max_tokens, self.max_output_tokens, self.context_window)
            return min(bound for bound in bounds if bound is not None)
        if self.max_output_tokens is None:
            return None
        room = self.context_window // 4 if self.context_window else self.max_output_tokens
        return min(self.max_output_tokens, max(room, 1), LONG_ANSWER)

    @property
    def usual_effort(self) -> str | None:
        """A good `default_reasoning_effort`: as said, else in the middle. With none Crush sends the first level."""
        levels = self.reasoning_levels
        if not levels:
            return self.default_reasoning_effort
        wanted = (self.default_reasoning_effort, "medium", "high")
        return next((level for level in wanted if level in levels), levels[-1])


def facts_of(model: Model) -> ModelFacts:
    """What a config says about a model; Crush's "unknown" is not said."""
    known: dict[str, Any] = {name: getattr(model, name) or None for name in _OF_A_MODEL}
    return ModelFacts(**{**known, "tools": model.tools})


def by_id(models: Iterable[ModelFacts]) -> dict[str, ModelFacts]:
    """Of several models with one id Crush keeps the first (crush-behaviour 2.2)."""
    found: dict[str, ModelFacts] = {}
    for model in models:
        found.setdefault(model.id, model)
    return found


# The prices of a model belong together: they are taken from one source, or not at all.
PRICES = ("cost_per_1m_in", "cost_per_1m_out", "cost_per_1m_in_cached", "cost_per_1m_out_cached")
LONG_ANSWER = 32_000
"""Tokens. No more is asked for by default, however much a model can write."""
_OF_A_MODEL = frozenset(Model.__struct_fields__) - {"vision", "effort_option"}
