"""A model as Crush's config describes it (crush-behaviour 2.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeGuard

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

Number = int | float


def is_number(value: Any) -> TypeGuard[Number]:
    return isinstance(value, int | float) and not isinstance(value, bool)


Slot = Literal["large", "small"]
SLOTS: tuple[Slot, ...] = ("large", "small")
"""The two jobs that Crush has a model for (crush-behaviour 7)."""


class Model(Struct, frozen=True):
    """Costs in USD per million tokens (crush-behaviour 14), windows in tokens; 0 is Crush's "unknown".

    cost_per_1m_out_cached is the price of a cache hit; cost_per_1m_in_cached that of a cache write,
    where the vendor charges one, else of a hit too. `vision` and `tools` are the documented fields
    supports_vision and supports_function_calling, which Crush does not read; None: not said. `effort_option` is the
    effort where Crush sends none of its own accord (crush-behaviour 2.4).
    """

    id: str
    name: str
    cost_per_1m_in: Number = 0
    cost_per_1m_out: Number = 0
    cost_per_1m_in_cached: Number = 0
    cost_per_1m_out_cached: Number = 0
    context_window: int = 0
    default_max_tokens: int = 0
    can_reason: bool = False
    reasoning_levels: tuple[str, ...] = ()
    default_reasoning_effort: str = ""
    supports_attachments: bool = False
    vision: bool | None = None
    tools: bool | None = None
    effort_option: str = ""

    def entry(self, *, documented_fields: bool = False) -> dict[str, Any]:
        """The JSON object: the ten fields that the schema requires, and the optional ones that are known."""
        entry: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "cost_per_1m_in": self.cost_per_1m_in,
            "cost_per_1m_out": self.cost_per_1m_out,
            "cost_per_1m_in_cached": self.cost_per_1m_in_cached,
            "cost_per_1m_out_cached": self.cost_per_1m_out_cached,
            "context_window": self.context_window,
            "default_max_tokens": self.default_max_tokens,
            "can_reason": self.can_reason,
        }
        if self.reasoning_levels:
            entry["reasoning_levels"] = list(self.reasoning_levels)
        if self.default_reasoning_effort:
            entry["default_reasoning_effort"] = self.default_reasoning_effort
        entry["supports_attachments"] = self.supports_attachments
        if self.effort_option:
            entry["options"] = {"provider_options": {"reasoning_effort": self.effort_option}}
        if documented_fields:
            entry["supports_vision"] = self.supports_attachments if self.vision is None else self.vision
            entry["supports_function_calling"] = self.tools is not False
        return entry


def listed_ids(entry: Mapping[str, Any] | None) -> set[str]:
    """The ids of the models that a provider's entry lists; none without an entry."""
    return {str(model.get("id", "")) for model in (entry or {}).get("models") or ()}
