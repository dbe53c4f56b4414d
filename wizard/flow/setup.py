"""The onboarding's own questions: which providers to set up, and the model slots over all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct, field

from wizard.flow.model_choice import tokens
from wizard.flow.question import Accepted, Choice, InvalidAnswer, Kind, Question, Raw
from wizard.provider.model import SLOTS, Slot

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from wizard.flow.build import Draft
    from wizard.flow.preset import Preset
    from wizard.provider.model import Model

OPEN = ""
"""Instead of a model: the slot stays open."""
_PURPOSE = {"large": "does the work", "small": "writes titles and summaries"}


class Server(Struct, frozen=True):
    """A model server that answers on this machine. `models`: how many it lists; None: it does not tell."""

    preset: str
    base_url: str
    models: int | None

    @property
    def where(self) -> str:
        """host:port"""
        return urlsplit(self.base_url).netloc


class Offered(Struct, frozen=True):
    """A provider to pick. `given`: answers to its interview that are known, such as the preset."""

    value: str
    label: str
    hint: str
    preset: str
    given: Mapping[str, Raw] = field(default_factory=dict)
    picked: bool = False


def offered(
    presets: Mapping[str, Preset],
    servers: Sequence[Server],
    set_variables: Collection[str],
    existing: Mapping[str, Mapping[str, object]],
    *,
    in_house: bool,
) -> tuple[Offered, ...]:
    """All that can be set up: what was found first, and picked unless it is there already.

    `in_house`: only what needs no internet, local servers and endpoints whose URL the user gives.
    """
    found = tuple(_server(presets[one.preset], one, existing) for one in servers if one.preset in presets)
    there = {one.preset for one in found if presets[one.preset].local}
    kept = (one for one in presets.values() if one.id not in there and (one.local or one.custom or not in_house))
    rest = tuple(_preset(one, set_variables, existing) for one in kept)
    return (*found, *sorted(rest, key=lambda one: _VARIABLE_SET not in one.hint))


_VARIABLE_SET = "is set"
_THERE = "there already"


def variables_of(preset: Preset) -> tuple[str, ...]:
    """The variables that may hold its key: its own, and those of its choices (region, plan)."""
    choices = (choice.env for question in preset.questions for choice in question.choices)
    return tuple(dict.fromkeys(name for name in (preset.key.env, *choices) if name))


def _server(preset: Preset, server: Server, existing: Mapping[str, Mapping[str, object]]) -> Offered:
    usual = server.base_url == preset.base_url
    there = any(entry.get("base_url") == server.base_url for entry in existing.values())
    return Offered(
        value=preset.id if usual else f"{preset.id} {server.base_url}",
        label=preset.name,
        hint=" · ".join((f"answers at {server.where}", *((_THERE,) if there else ()))),
        preset=preset.id,
        given={"preset": preset.id} | ({} if usual else {"base_url": server.base_url}),
        picked=not there,
    )


def _preset(preset: Preset, set_variables: Collection[str], existing: Mapping[str, Mapping[str, object]]) -> Offered:
    held = next((name for name in variables_of(preset) if name in set_variables), None)
    there = not preset.custom and (preset.provider_id or preset.id) in existing
    hints = (f"${held} {_VARIABLE_SET}" if held else preset.description, *((_THERE,) if there else ()))
    return Offered(
        value=preset.id,
        label=preset.name,
        hint=" · ".join(hints),
        preset=preset.id,
        given={"preset": preset.id},
        picked=held is not None and not there,
    )


def which_providers(offers: Sequence[Offered], *, may_be_empty: bool) -> Question:
    """Which of them. `may_be_empty`: there is something to do without any."""

    def check(raw: Raw) -> Accepted:
        if not raw and not may_be_empty:
            raise InvalidAnswer("pick at least one (in a terminal with the space bar)")
        return Accepted(raw)

    return Question(
        key="providers",
        text="Which providers?",
        kind=Kind.MANY,
        flag="crush-wizard add-provider PRESET",
        choices=tuple(Choice(one.value, one.label, one.hint) for one in offers),
        default=tuple(one.value for one in offers if one.picked),
        check=check,
    )


# The slots, over all models


class SlotCandidate(Struct, frozen=True):
    """A model that a slot may take. `best`: the slots for which its preset recommends it."""

    provider: str
    model: Model
    best: frozenset[Slot]

    @property
    def value(self) -> str:
        """PROVIDER/MODEL; a provider's id has no slash."""
        return f"{self.provider}/{self.model.id}"


def candidates(drafts: Sequence[Draft], presets: Sequence[Preset]) -> tuple[SlotCandidate, ...]:
    """The models of all drafts; `presets` are theirs, in the same order."""
    found = (
        SlotCandidate(draft.provider.id, model, frozenset(slot for slot in SLOTS if getattr(preset, slot) == model.id))
        for draft, preset in zip(drafts, presets, strict=True)
        for model in draft.provider.models
    )
    return tuple({one.value: one for one in found}.values())


def slot_question(slot: Slot, found: Sequence[SlotCandidate], large: str = OPEN, now: str = "") -> Question:
    """The question about one slot. `large`: what was chosen for the other one, for the proposal.

    `now`: the model that Crush takes as things are.
    """
    return Question(
        key=slot,
        text=f"{slot.capitalize()} model ({_PURPOSE[slot]})",
        kind=Kind.CHOICE,
        flag=f"--{slot}",
        choices=(
            *(Choice(one.value, one.model.name or one.model.id, " · ".join(_facts(one))) for one in found),
            Choice(OPEN, "Leave it as it is", now)
            if now
            else Choice(OPEN, "Leave it open", "Crush or you choose later"),
        ),
        default=_strongest(found) if slot == "large" else _companion(found, large),
    )


def _facts(one: SlotCandidate) -> Iterator[str]:
    yield one.provider
    if one.model.context_window:
        yield f"{tokens(one.model.context_window)} context"
    if one.model.cost_per_1m_out:
        yield f"${one.model.cost_per_1m_in:g} in, ${one.model.cost_per_1m_out:g} out"


def _strongest(found: Sequence[SlotCandidate]) -> str:
    """A recommended model before others; of several the one with the highest price, for that tells best."""
    usable = [one for one in found if one.model.tools is not False] or list(found)
    return max(usable, key=lambda one: ("large" in one.best, *_strength(one))).value if usable else OPEN


def _companion(found: Sequence[SlotCandidate], large: str) -> str:
    """A cheap model of the same provider, else the large one: what is summed up goes to nobody else."""
    chosen = next((one for one in found if one.value == large), None)
    if chosen is None:
        return OPEN if large == OPEN else large
    beside = [one for one in found if one.provider == chosen.provider and one.model.tools is not False]
    recommended = next((one for one in beside if "small" in one.best), None)
    if recommended is not None:
        return recommended.value
    cheaper = [one for one in beside if 0 < one.model.cost_per_1m_out < chosen.model.cost_per_1m_out]
    return min(cheaper, key=_strength).value if cheaper else large


def _strength(one: SlotCandidate) -> tuple[float, bool, int]:
    return (one.model.cost_per_1m_out, one.model.can_reason, one.model.context_window)


def selected_by(answers: Mapping[Slot, str], provider: str) -> dict[Slot, str]:
    """The slots that were given to models of a provider, with the models' ids."""
    split = {slot: value.partition("/") for slot, value in answers.items() if value != OPEN}
    return {slot: model for slot, (owner, _, model) in split.items() if owner == provider}
