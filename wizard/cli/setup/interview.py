"""The questions of the onboarding: which providers, each one's own interview, then the slots over all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from msgspec import Struct, field
from msgspec.structs import replace

from wizard.errors import AnswersMissing
from wizard.flow.build import build
from wizard.flow.driver import Interview
from wizard.flow.question import Back, Choice, InvalidAnswer, Later, is_offered, settled
from wizard.flow.revision import choice_of, rows
from wizard.flow.setup import OPEN, candidates, selected_by, slot_question, which_providers
from wizard.flow.slot_questions import PURPOSE
from wizard.provider.identifier import unique_id
from wizard.provider.login import PREFIX
from wizard.provider.model import SLOTS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from wizard.change.run import Asking
    from wizard.flow.build import Draft
    from wizard.flow.driver import Asker, Style
    from wizard.flow.facts import Facts
    from wizard.flow.question import Question, Raw
    from wizard.flow.setup import Offered, Server, SlotCandidate
    from wizard.provider.login import Login
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


class ProviderList(Struct, frozen=True):
    """What can be set up, `of` some servers of this machine. `look` waits for those that are here, if it has to."""

    of: Callable[[Sequence[Server]], tuple[Offered, ...]]
    look: Callable[[], Sequence[Server]]
    has_looked: Callable[[], bool]
    logins: Callable[[], Sequence[Login]] = tuple

    def question(self, *, may_be_empty: bool) -> Question:
        """Which of them. What servers are there comes later."""

        def known() -> Question:
            return which_providers(self.of(self.look()), self.logins(), may_be_empty=may_be_empty)

        question = which_providers(self.of(()), (), may_be_empty=may_be_empty)
        return replace(question, later=Later(self.has_looked, known))

    def picked(self, values: Collection[str]) -> tuple[Offered, ...]:
        """Those of these values, the servers first; one may have come after the list was answered."""
        now = self.of(self.look() if self.has_looked() else ())
        listed = {offer.value for offer in now}
        before = (offer for offer in self.of(()) if offer.value not in listed)
        return tuple(offer for offer in (*now, *before) if offer.value in values)


class SetupInterview(Struct):
    """All questions but the confirmation. Each `run` after `back` begins at the last question that was asked.

    `may_be_empty`: no provider need be picked. `can_leave`: going back behind the first question raises Back.
    `asker` None or `assume_defaults`: what has a default takes it.
    """

    facts: Facts
    listed: ProviderList
    asker: Asker | None
    assume_defaults: bool
    may_be_empty: bool
    can_leave: bool = False
    drafts: list[Draft] = field(default_factory=list)
    logins: tuple[str, ...] = ()
    """What Crush is to sign in to, as far as it was picked."""
    _picked: tuple[Offered, ...] | None = None
    _picked_before: tuple[str, ...] | None = None
    _interviews: dict[str, Interview] = field(default_factory=dict)
    _slots: dict[Slot, str] = field(default_factory=dict)
    _chosen: dict[Slot, str | None] = field(default_factory=dict)
    """The slots that the person wants to choose a model for; None: is to be asked yet."""

    @property
    def can_go_back(self) -> bool:
        return self.asker is not None and not self.assume_defaults

    def run(self) -> tuple[Draft, ...]:
        """The drafts, with the slots that are theirs. Raises AnswersMissing, Back, Cancelled, UsageError."""
        while True:
            picked = self.pick()
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
        self._leave(len(self.drafts))

    def look_anew(self, existing: Mapping[str, Mapping[str, Any]]) -> None:
        """Take the same answers for what the file holds by now; what they leave open is asked."""
        self.facts = replace(self.facts, existing=existing)
        self.drafts.clear()

    # Which providers

    def pick(self) -> tuple[Offered, ...]:
        """The providers that are to be set up: the first question. Raises AnswersMissing, Back, Cancelled."""
        if self._picked is None:
            values = self._ask_which()
            self.logins = tuple(value.removeprefix(PREFIX) for value in values if value.startswith(PREFIX))
            self._picked = self.listed.picked(values)
        return self._picked

    def _ask_which(self) -> tuple[str, ...]:
        from wizard.flow.engine import accept

        question = self.listed.question(may_be_empty=self.may_be_empty)
        if self._picked_before is not None:
            question = replace(settled(question), default=self._picked_before)
        while True:
            raw = self._answer(question, can_go_back=self.can_leave)
            try:
                return tuple(accept(question, raw).value)
            except InvalidAnswer as problem:
                if not self.can_go_back or self.asker is None:
                    raise AnswersMissing("found nothing to set up without a question", hint=BY_NAME) from None
                self.asker.show(str(problem), "error")

    def _answer(self, question: Question, *, can_go_back: bool) -> Raw:
        if self.asker is None or self.assume_defaults:
            default = settled(question).default
            return default if default is not None else ""
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
        picked = self.pick()
        while index > 0:
            index -= 1
            interview = self._interviews[picked[index].value]
            if interview.can_go_back:
                interview.back()
                del self.drafts[index:]
                return
        self.drafts.clear()
        offers = (offer.value for offer in self.pick())
        self._picked_before = (*offers, *(f"{PREFIX}{login}" for login in self.logins))
        self._picked = None

    def _interview(self, offer: Offered) -> Interview:
        """The one of this provider, as far as it has come, with what the providers before it have decided."""
        given = self._given(offer)
        facts = self._facts(given)
        known = self._interviews.get(offer.value)
        if known is not None:
            known.renew(facts, given)
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
        """What is proposed, or what the person chose: nobody is asked who does not want to be."""
        self._slots.clear()
        found = self._candidates(picked, self._works)
        likely = self._candidates(picked, lambda draft: self._works(draft) and self._has_key(draft)) or found
        for slot in SLOTS if found else ():
            if not self.facts.is_chosen(slot):
                proposed = self._slot_question(slot, likely).default
                self._slots[slot] = self._slot(replace(self._slot_question(slot, found), default=proposed))

    def _candidates(self, picked: Sequence[Offered], is_meant: Callable[[Draft], bool]) -> tuple[SlotCandidate, ...]:
        meant = [(draft, offer.preset) for draft, offer in zip(self.drafts, picked, strict=True) if is_meant(draft)]
        return candidates([draft for draft, _ in meant], [self.facts.presets[preset] for _, preset in meant])

    def _works(self, draft: Draft) -> bool:
        return not draft.key_is_refused

    def _has_key(self, draft: Draft) -> bool:
        return draft.stored or not draft.variable or draft.variable in self.facts.set_variables

    def _slot(self, question: Question) -> str:
        slot = cast("Slot", question.key)
        if slot not in self._chosen:
            return str(question.default)
        before = self._chosen[slot]
        if before is None or not is_offered(question, before):
            try:
                self._chosen[slot] = str(self._answer(question, can_go_back=True))
            except Back:
                del self._chosen[slot]
        chosen = self._chosen.get(slot)
        return str(question.default) if chosen is None else chosen

    def _slot_question(self, slot: Slot, found: Sequence[SlotCandidate]) -> Question:
        now = self.facts.held_by_others(slot, [draft.provider.id for draft in self.drafts])
        question = slot_question(slot, found, self._slots.get("large", OPEN), str(now or ""))
        return replace(question, default=OPEN) if now else question  # what is in force stays

    # Changing something

    def revise(self, ask: Asking) -> None:
        """Ask which answer is to be another one, and let `run` ask for it. Raises Back."""
        several = len(self.drafts) > 1
        chosen = str(ask(choice_of([*self._rows(several=several)])))
        kind, _, name = chosen.partition(" ")
        if kind == _PROVIDERS:
            self._leave(0)
        elif kind == _SLOT:
            self._chosen[cast("Slot", name)] = None
        else:
            index = int(kind)
            interview = self._interviews[self.pick()[index].value]
            interview.revise(name or str(ask(choice_of([*_rows_of(interview)]))))
            del self.drafts[index:]

    def _rows(self, *, several: bool) -> Iterator[Choice]:
        yield Choice(_PROVIDERS, "Providers", ", ".join(offer.label for offer in self.pick()))
        for index, offer in enumerate(self.pick()):
            if several:
                yield Choice(str(index), offer.label)
            else:
                yield from _rows_of(self._interviews[offer.value], f"{index} ")
        for slot, model in self._slots.items():
            yield Choice(f"{_SLOT} {slot}", f"{slot.capitalize()} model ({PURPOSE[slot]})", model)


_PROVIDERS, _SLOT = "providers", "slot"


def _rows_of(interview: Interview, prefix: str = "") -> Iterator[Choice]:
    """Its answers, but which provider it is: that is picked from the list."""
    for row in rows(interview):
        if row.value not in ("preset", *SLOTS):
            yield replace(row, value=prefix + row.value)
