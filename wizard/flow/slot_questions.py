"""The two model slots of Crush: large does the work, small writes titles and summaries (crush-behaviour 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.flow.model_questions import chosen_ids, discovers
from wizard.flow.question import Accepted, Choice, InvalidAnswer, Kind, Question, Raw
from wizard.provider.model import SLOTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.flow.situation import Situation

KEEP = ""
_PURPOSE = {"large": "does the work", "small": "writes titles and summaries"}


def slots(situation: Situation) -> Iterator[Question]:
    """Each that has no selection yet, and each on request."""
    for slot in SLOTS:
        if situation.said(slot) or slot not in situation.facts.selected:
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
    """The preset's recommendation if it was picked, else the first model; for small then the large one."""
    preset = situation.preset
    recommended = preset.large if slot == "large" else preset.small
    if recommended in ids:
        return str(recommended)
    if slot == "small" and situation.answers.value("large"):
        return str(situation.answers.value("large"))
    return ids[0] if ids else KEEP


def _shown_name(situation: Situation, model_id: str) -> str:
    curated = situation.known_models.get(model_id)
    return curated.model.name if curated else model_id
