"""A model in a list to pick from for a slot: its name, then provider, window, prices and abilities, in every list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.flow.knowledge import Knowledge
from wizard.flow.model_choice import describe
from wizard.flow.question import Choice

if TYPE_CHECKING:
    from wizard.provider.model_facts import ModelFacts


def slot_row(value: str, provider: str, facts: ModelFacts, remark: str = "") -> Choice:
    """`value` is the answer; `remark` comes before what is known of the model."""
    hints = (remark, provider, describe(Knowledge(facts)))
    return Choice(value, facts.name or facts.id, " · ".join(filter(None, hints)))
