"""The onboarding's own questions: which providers to set up, and the model slots over all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct, field

from wizard.flow.preset_questions import login_row
from wizard.flow.question import Accepted, Choice, InvalidAnswer, Kind, Question, Raw
from wizard.flow.slot_questions import PURPOSE
from wizard.flow.slot_row import slot_row
from wizard.provider.model import SLOTS, Slot
from wizard.provider.model_facts import facts_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from wizard.flow.build import Draft
    from wizard.flow.preset import Preset
    from wizard.provider.login import Login
    from wizard.provider.model import Model

OPEN = ""
"""Instead of a model: the slot stays open."""


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
    found = tuple(_server(presets[server.preset], server, existing) for server in servers if server.preset in presets)
    there = {offer.preset for offer in found if presets[offer.preset].local}
    kept = (preset for preset in presets.values() if preset.local or preset.custom or not in_house)
    rest = tuple(_preset(preset, set_variables, existing) for preset in kept if preset.id not in there)
    return (*found, *sorted(rest, key=lambda offer: _VARIABLE_SET not in offer.hint))


_VARIABLE_SET = "is set"
_THERE = "already set up"


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


def which_providers(offers: Sequence[Offered], logins: Sequence[Login] = (), *, may_be_empty: bool) -> Question:
    """Which of them. `logins`: what Crush can sign in to. `may_be_empty`: there is something to do without any."""

    def check(raw: Raw) -> Accepted:
        if not raw and not may_be_empty:
            raise InvalidAnswer("pick at least one")
        return Accepted(raw)

    return Question(
        key="providers",
        text="Which providers?",
        kind=Kind.MANY,
        flag="crush-wizard add-provider PRESET",
        choices=(*(Choice(offer.value, offer.label, offer.hint) for offer in offers), *map(login_row, logins)),
        default=tuple(offer.value for offer in offers if offer.picked),
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
    return tuple({candidate.value: candidate for candidate in found}.values())


def slot_question(slot: Slot, found: Sequence[SlotCandidate], large: str = OPEN, now: str = "") -> Question:
    """The question about one slot. `large`: what was chosen for the other one, for the proposal.

    `now`: the model that Crush takes as things are.
    """
    return Question(
        key=slot,
        text=f"{slot.capitalize()} model ({PURPOSE[slot]})",
        kind=Kind.CHOICE,
        flag=f"--{slot}",
        choices=(
            *map(_choice, found),
            Choice(OPEN, "Keep it", now) if now else Choice(OPEN, "Decide later", "Crush uses its default until then"),
        ),
        default=_strongest(found) if slot == "large" else _companion(found, large),
    )


def _choice(candidate: SlotCandidate) -> Choice:
    return slot_row(candidate.value, candidate.provider, facts_of(candidate.model))


def _strongest(found: Sequence[SlotCandidate]) -> str:
    """A recommended model before others; of several the one with the highest price, for that tells best."""
    usable = [candidate for candidate in found if candidate.model.tools is not False] or list(found)
    return max(usable, key=lambda model: ("large" in model.best, *_strength(model))).value if usable else OPEN


def _companion(found: Sequence[SlotCandidate], large: str) -> str:
    """A cheap model of the same provider, else the large one: what is summed up goes to nobody else."""
    chosen = next((candidate for candidate in found if candidate.value == large), None)
    if chosen is None:
        return OPEN if large == OPEN else large
    able = (candidate for candidate in found if candidate.model.tools is not False)
    beside = [candidate for candidate in able if candidate.provider == chosen.provider]
    recommended = next((candidate for candidate in beside if "small" in candidate.best), None)
    if recommended is not None:
        return recommended.value
    price = chosen.model.cost_per_1m_out
    cheaper = [candidate for candidate in beside if 0 < candidate.model.cost_per_1m_out < price]
    return min(cheaper, key=_strength).value if cheaper else large


def _strength(candidate: SlotCandidate) -> tuple[float, bool, int]:
    return (candidate.model.cost_per_1m_out, candidate.model.can_reason, candidate.model.context_window)


def selected_by(answers: Mapping[Slot, str], provider: str) -> dict[Slot, str]:
    """The slots that were given to models of a provider, with the models' ids."""
    split = {slot: value.partition("/") for slot, value in answers.items() if value != OPEN}
    return {slot: model for slot, (owner, _, model) in split.items() if owner == provider}
