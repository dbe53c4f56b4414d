"""The questions of the onboarding: which providers, each one's own interview, then the slots over all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.structs import replace

from wizard.errors import AnswersMissing
from wizard.flow.build import build
from wizard.flow.driver import Interview
from wizard.flow.question import Back, InvalidAnswer, is_offered
from wizard.flow.setup import OPEN, candidates, selected_by, slot_question, which_providers
from wizard.provider.identifier import unique_id
from wizard.provider.model import SLOTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from wizard.flow.build import Draft
    from wizard.flow.driver import Asker, Style
    from wizard.flow.facts import Facts
    from wizard.flow.question import Question, Raw
    from wizard.flow.setup import Offered, SlotCandidate
    from wizard.provider.model import Slot


BY_NAME = "name a provider: crush-wizard add-provider PRESET; `crush-wizard presets` lists them"


class BackToProviders(Exception):
    """The person went back behind the first question of a provider. Control flow, not an error."""


class Leaving(Struct, frozen=True):
    """An asker for one provider's interview whose first question has a way back, too: out of it, by BackToProviders."""

    asker: Asker

    def ask(self, question: Question, *, can_go_back: bool) -> Raw:
        try:
            return self.asker.ask(question, can_go_back=True)
        except Back:
            if can_go_back:
                raise
            raise BackToProviders from None

    def show(self, text: str, style: Style) -> None:
        self.asker.show(text, style)


class SetupInterview(Struct):
    """All questions but the confirmation. Each `run` after `back` begins at the last question that was asked.

    `may_be_empty`: no provider need be picked. `can_leave`: going back behind the first question raises Back.
    `asker` None or `assume_defaults`: what has a default takes it.
    `open_slots`: those that nothing selects yet.
    """

    facts: Facts
    offers: Sequence[Offered]
    asker: Asker | None
    assume_defaults: bool
    may_be_empty: bool
    can_leave: bool = False
    open_slots: frozenset[Slot] = frozenset(SLOTS)
    drafts: list[Draft] = field(default_factory=list)
    _picked: tuple[str, ...] | None = None
    _picked_before: tuple[str, ...] | None = None
    _interviews: dict[str, Interview] = field(default_factory=dict)
    _slots: dict[Slot, str] = field(default_factory=dict)
    _slots_before: dict[Slot, str] = field(default_factory=dict)

    @property
    def can_go_back(self) -> bool:
        return self.asker is not None and not self.assume_defaults

    def run(self) -> tuple[Draft, ...]:
        """The drafts, with the slots that are theirs. Raises AnswersMissing, Back, Cancelled, UsageError."""
        while True:
            picked = self._pick()
            try:
                self._interview_each(picked)
                self._choose_slots(picked)
            except BackToProviders:
                continue
            return tuple(replace(draft, selected=selected_by(self._slots, draft.provider.id)) for draft in self.drafts)

    @property
    def way_back(self) -> Callable[[], None] | None:
        return self.back if self.can_go_back else None

    def back(self) -> None:
        """Take the last answer back, whichever question it was."""
        if self._slots:
            slot, model = self._slots.popitem()
            self._slots_before[slot] = model
        else:
            self._leave(len(self.drafts))

    def look_anew(self, existing: Mapping[str, Mapping[str, Any]]) -> None:
        """Take the same answers for what the file holds by now; what they leave open is asked."""
        self.facts = replace(self.facts, existing=existing)
        self.drafts.clear()

    # Which providers

    def _pick(self) -> tuple[Offered, ...]:
        if self._picked is None:
            self._picked = self._ask_which()
        return tuple(offer for offer in self.offers if offer.value in self._picked)

    def _ask_which(self) -> tuple[str, ...]:
        from wizard.flow.engine import accept

        question = which_providers(self.offers, may_be_empty=self.may_be_empty)
        if self._picked_before is not None:
            question = replace(question, default=self._picked_before)
        while True:
            raw = self._answer(question, can_go_back=self.can_leave)
            try:
                return tuple(accept(question, raw).value)
            except InvalidAnswer as problem:
                if not self.can_go_back or self.asker is None:
                    raise AnswersMissing("nothing was found here that could be set up unasked", hint=BY_NAME) from None
                self.asker.show(str(problem), "error")

    def _answer(self, question: Question, *, can_go_back: bool) -> Raw:
        if self.asker is None or self.assume_defaults:
            return question.default if question.default is not None else ""
        return self.asker.ask(question, can_go_back=can_go_back)

    # Each provider's own questions

    def _interview_each(self, picked: Sequence[Offered]) -> None:
        """Those that have no draft yet. Raises BackToProviders back to the list of providers."""
        while len(self.drafts) < len(picked):
            offer = picked[len(self.drafts)]
            if self.asker is not None and len(picked) > 1:
                self.asker.show(f"{offer.label} ({len(self.drafts) + 1} of {len(picked)})", "note")
            interview = self._interview(offer)
            try:
                answers = interview.run()
            except BackToProviders:
                self._leave(len(self.drafts))
                if self._picked is None:
                    raise
                continue
            self.drafts.append(build(answers, interview.facts))

    def _leave(self, index: int) -> None:
        """Go back from before provider `index`, to the last question of one before it, or to the list of providers."""
        picked = self._pick()
        while index > 0:
            index -= 1
            interview = self._interviews[picked[index].value]
            if interview.can_go_back:
                interview.back()
                del self.drafts[index:]
                return
        self.drafts.clear()
        self._picked, self._picked_before = None, self._picked

    def _interview(self, offer: Offered) -> Interview:
        """The one of this provider, as far as it has come, with what the providers before it have decided."""
        given = self._given(offer)
        facts = self._facts(given)
        known = self._interviews.get(offer.value)
        if known is not None:
            known.facts, known.given = facts, given
            return known
        asker = None if self.asker is None else Leaving(self.asker)
        made = Interview(facts, given, asker, assume_defaults=self.assume_defaults)
        self._interviews[offer.value] = made
        return made

    def _given(self, offer: Offered) -> Mapping[str, Raw]:
        """A second server of a kind gets an id of its own."""
        preset = self.facts.presets[offer.preset]
        usual = preset.provider_id or preset.id
        drafted = {draft.provider.id for draft in self.drafts}
        if preset.custom or usual not in drafted:
            return offer.given
        return {**offer.given, "id": unique_id(usual, drafted | set(self.facts.existing))}

    def _facts(self, given: Mapping[str, Raw]) -> Facts:
        drafted = {draft.provider.id: draft.entry for draft in self.drafts}
        keys = next((draft.keys for draft in self.drafts if draft.decides_keys), self.facts.keys)
        stored = frozenset(draft.secret.name for draft in self.drafts if draft.secret)
        return replace(
            self.facts,
            existing={**self.facts.existing, **drafted},
            selected=frozenset(SLOTS),
            look_at_slots=lambda: None,
            given=frozenset(given),
            stored=self.facts.stored | stored,
            keys=keys,
        )

    # The slots

    def _choose_slots(self, picked: Sequence[Offered]) -> None:
        """Raises BackToProviders when the person goes back behind them to the providers."""
        found = candidates(self.drafts, [self.facts.presets[offer.preset] for offer in picked])
        while found and (slot := self._next_slot()) is not None:
            try:
                self._slots[slot] = str(self._answer(self._slot_question(slot, found), can_go_back=True))
            except Back:
                if not self._slots:
                    self._leave(len(self.drafts))
                    raise BackToProviders from None
                self.back()

    def _slot_question(self, slot: Slot, found: Sequence[SlotCandidate]) -> Question:
        """With what was answered before going back, as long as it is among the models."""
        now = self.facts.held_by_others(slot, [draft.provider.id for draft in self.drafts])
        question = slot_question(slot, found, self._slots.get("large", OPEN), str(now or ""))
        if now and not self.can_go_back:  # nobody is asked: what is in force stays
            return replace(question, default=OPEN)
        before = self._slots_before.get(slot)
        is_still_there = before is not None and is_offered(question, before)
        return replace(question, default=before) if is_still_there else question

    def _next_slot(self) -> Slot | None:
        return next((slot for slot in SLOTS if slot in self.open_slots and slot not in self._slots), None)
