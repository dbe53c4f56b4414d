"""The two model slots of Crush: large does the work, small writes titles and summaries (crush-behaviour 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.flow.model_choice import chosen_ids, discovers
from wizard.flow.model_questions import taken_facts
from wizard.flow.question import Accepted, Choice, InvalidAnswer, Kind, Question, Raw
from wizard.provider.model import SLOTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.flow.situation import Situation
    from wizard.provider.model_facts import ModelFacts

KEEP = ""
_PURPOSE = {"large": "does the work", "small": "writes titles and summaries"}


def slots(situation: Situation, *, again: bool = False) -> Iterator[Question]:
    """Each that has no selection yet, and each on request. An edit asks only on request."""
    for slot in SLOTS:
        open_ = slot not in situation.facts.selected and not situation.facts.edits
        if situation.said(slot) or open_ or again:
            yield _slot(situation, slot)


def _slot(situation: Situation, slot: str) -> Question:
    ids = (
        *chosen_ids(situation),
        *(known for known in situation.existing_models if known not in chosen_ids(situation)),
    )

    def check(raw: Raw) -> Accepted:
        if raw not in (KEEP, *ids) and not discovers(situation):
            raise InvalidAnswer(f"`{raw}` is not among the models of this provider: {', '.join(ids)}")
        return Accepted(raw)

    return Question(
        key=slot,
        text=f"{slot.capitalize()} model ({_PURPOSE[slot]})",
        kind=Kind.CHOICE,
        flag=f"--{slot}",
        choices=(
            *(Choice(model_id, _shown_name(situation, model_id)) for model_id in ids),
            Choice(KEEP, "Leave it open", "Crush or you choose later"),
        ),
        default=_proposed(situation, slot, ids),
        quiet=not ids,
        closed=False,
        check=check,
    )


def _proposed(situation: Situation, slot: str, ids: tuple[str, ...]) -> str:
    """The preset's recommendation if it was picked, else the strongest model for large, a cheap one for small."""
    preset = situation.preset
    recommended = preset.large if slot == "large" else preset.small
    if recommended in ids:
        return str(recommended)
    with_tools = [name for name in ids if taken_facts(situation, name).tools is not False] or list(ids)
    if not with_tools:
        return KEEP
    if slot == "large":
        return max(with_tools, key=lambda name: _strength(taken_facts(situation, name)))
    cheapest = min(with_tools, key=lambda name: _strength(taken_facts(situation, name)))
    large = situation.answers.value("large")
    return cheapest if _costs_less(situation, cheapest, large) else str(large or ids[0])


def _strength(facts: ModelFacts) -> tuple[float, bool, int]:
    """What a vendor charges for a model's answers tells best what it can do; then reasoning, then the window."""
    return (facts.cost_per_1m_out or 0, bool(facts.can_reason), facts.context_window or 0)


def _costs_less(situation: Situation, one: str, large: str | None) -> bool:
    if not large:
        return False
    price = taken_facts(situation, one).cost_per_1m_out
    return bool(price) and price < (taken_facts(situation, large).cost_per_1m_out or 0)  # type: ignore[operator]


def _shown_name(situation: Situation, model_id: str) -> str:
    return taken_facts(situation, model_id).name or model_id
