"""The two model slots of Crush: large does the work, small writes titles and summaries (crush-behaviour 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.flow.model_choice import chosen_ids
from wizard.flow.model_comparison import facts_in
from wizard.flow.model_questions import taken_facts
from wizard.flow.question import Accepted, Choice, InvalidAnswer, Kind, Question, Raw
from wizard.flow.slot_row import slot_row
from wizard.near import did_you_mean
from wizard.provider.builtins import BUILTINS
from wizard.provider.model import SLOTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.flow.situation import Situation
    from wizard.provider.model_facts import ModelFacts

KEEP = ""
PURPOSE = {"large": "does the work", "small": "writes titles and summaries"}


def slots(situation: Situation, *, again: bool = False) -> Iterator[Question]:
    """Each that has no selection yet, and each on request. An edit asks on request, and where the slot's model goes.

    What another provider has stays there, be it Crush's own choice, unless somebody says otherwise.
    """
    for slot in SLOTS:
        open_ = not situation.facts.edits and not situation.facts.is_chosen(slot)
        loses = situation.facts.slots.get(slot) in situation.removed_models
        if situation.is_given(slot) or open_ or loses or again:
            yield _slot(situation, slot, quiet=not (again or loses))


def _slot(situation: Situation, slot: str, *, quiet: bool) -> Question:
    ids = (
        *chosen_ids(situation),
        *(
            known
            for known in situation.existing_models
            if known not in (*chosen_ids(situation), *situation.removed_models)
        ),
    )

    def check(raw: Raw) -> Accepted:
        if raw not in (KEEP, *ids) and ids and not _has_others(situation):
            raise InvalidAnswer(f"this provider has no model `{raw}`, only: {', '.join(ids)}")
        if situation.own and raw not in (known := (KEEP, *ids, *situation.own.models)):
            meant = did_you_mean(str(raw), known)
            lacks = f"Crush has no model `{raw}` of {situation.provider_id}"
            raise InvalidAnswer(f"{lacks}; {meant}" if meant else lacks)
        return Accepted(raw)

    return Question(
        key=slot,
        text=f"{slot.capitalize()} model ({PURPOSE[slot]})",
        kind=Kind.CHOICE,
        flag=f"--{slot}",
        choices=(
            *(slot_row(model_id, situation.provider_id, _facts(situation, model_id)) for model_id in ids),
            _kept(situation, slot),
        ),
        default=_proposed(situation, slot, ids),
        quiet=quiet or not ids,
        closed=False,
        check=check,
    )


def _facts(situation: Situation, model_id: str) -> ModelFacts:
    """What is known about a model; what the entry says of one that is there counts."""
    entry = situation.existing_models.get(model_id)
    known = taken_facts(situation, model_id)
    return known if entry is None else facts_in(entry).over(known)


def _has_others(situation: Situation) -> bool:
    """Whether Crush may have models of this provider that no entry lists: its endpoint's, or its catalogue's."""
    asks = situation.answers.value("discover") == "yes" or (situation.existing or {}).get("discover_models") is True
    return asks or situation.provider_id in BUILTINS


def _kept(situation: Situation, slot: str) -> Choice:
    today = situation.facts.slots.get(slot, "")
    if now := _stays(situation, slot):
        return Choice(KEEP, "Keep it", now)
    if not situation.facts.edits or slot not in situation.facts.selected or today in situation.removed_models:
        return Choice(KEEP, "Decide later", "Crush uses its default until then")
    return Choice(KEEP, "Keep it", today or "another provider's model")


def _stays(situation: Situation, slot: str) -> str:
    """PROVIDER/MODEL that is in force before a provider is added; empty where nothing is."""
    now = None if situation.facts.edits else situation.facts.held_by_others(slot, (situation.provider_id,))
    return str(now) if now else ""


def _proposed(situation: Situation, slot: str, ids: tuple[str, ...]) -> str:
    """Today's; the preset's recommendation if it was picked, else the strongest model for large, a cheap one for small.

    A slot with another provider's model keeps it when this provider is edited, and any when one is added.
    """
    preset, facts = situation.preset, situation.facts
    if _stays(situation, slot) or situation.key_is_refused:
        return KEEP
    if facts.edits and slot in facts.selected and facts.slots.get(slot) not in situation.removed_models:
        return KEEP
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


def _costs_less(situation: Situation, model_id: str, large: str | None) -> bool:
    if not large:
        return False
    price = taken_facts(situation, model_id).cost_per_1m_out
    return bool(price) and price < (taken_facts(situation, large).cost_per_1m_out or 0)  # type: ignore[operator]
