"""Ask about one provider, test it, show the change, write it: for `add-provider` and `edit-provider`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from wizard.change.kept_slots import outlook, say_slots_then, selected_then, slots_kept
from wizard.change.none_left import none_left_after, settled
from wizard.change.overrides import say_overrides
from wizard.change.provider_change import (
    changes_of,
    conclude,
    keys_of,
    plan_of,
    refuse_inexpressible,
    result_data,
    say,
    say_left_out,
    say_start,
)
from wizard.change.run import Proposal, Run, with_more
from wizard.change.summary import say_summary
from wizard.change.verify import verify
from wizard.cli.result import Result
from wizard.errors import Conflict, SecretError
from wizard.flow.add_provider import survey as add_provider
from wizard.flow.answers import Answers
from wizard.flow.build import build
from wizard.flow.driver import CONFIRMATION, Interview
from wizard.flow.question import Back
from wizard.flow.revision import what_to_change
from wizard.machine.consent import Consent, DraftConsent
from wizard.machine.in_force import in_force
from wizard.machine.provision import in_use, stored
from wizard.machine.target import refuse_unread_crushrc
from wizard.provider.base_url import wants_v1
from wizard.provider.model import SLOTS
from wizard.trial.discovered import with_discovered
from wizard.trial.facts import existing_providers, gather
from wizard.trial.patience import Patience
from wizard.trial.trial import open_trial
from wizard.ui.prompter import after_writing, open_prompter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.change.kept_slots import SlotOutlook
    from wizard.change.provider_change import Changes
    from wizard.change.run import Asking, Outcome
    from wizard.endpoints.probe import Cure
    from wizard.files.plan import Plan
    from wizard.flow.build import Draft
    from wizard.flow.driver import Asker
    from wizard.flow.engine import Survey
    from wizard.flow.question import Raw
    from wizard.machine.target import Target
    from wizard.trial.trial import Trial
    from wizard.ui.output import Output


def change_provider(
    command: str,
    given: dict[str, Raw],
    target: Target,
    flags: Mapping[str, Any],
    output: Output,
    survey: Survey | None = None,
) -> Result:
    """Carry the command out. `given` are the answers that its flags bring, `survey` the questions of an edit."""
    asker, dry_run, yes = open_prompter(output), flags["dry_run"], flags["yes"]
    asks = asker is not None and not yes
    consent = DraftConsent(Consent(output, asker if asks else None, flags["allow_hosts"]), target)
    patience = Patience(asks=asks)
    trial = open_trial(flags["test"], flags["timeout"], output, asker, consent, patience, dry_run=dry_run)
    facts = gather(
        target,
        given,
        output,
        asker=asker,
        dry_run=dry_run,
        asks=asks,
        secret=trial.secret,
        consent=consent,
        patience=patience,
        edits=survey is not None,
        checks=yes and flags["test"] is not False,
        servers=asks and "preset" not in given,
        seconds=flags["timeout"],
    )
    if target.is_new_crushrc:
        refuse_unread_crushrc(target.path, facts.crush)
    if asker is not None:
        asker.prepare()
    confirmation = None if yes or dry_run else CONFIRMATION
    interview = Interview(facts, given, asker, yes, confirmation, survey or add_provider)
    change = ProviderChange(
        command, interview, target, trial, output, flags.get("documented_fields", False), flags.get("none_left")
    )
    return change.carry_out(dry_run=dry_run, yes=yes, verify=flags["verify"], allow_hosts=flags["allow_hosts"])


class ProviderChange(Struct):
    """What one provider is to become, question by question."""

    command: str
    interview: Interview
    target: Target
    trial: Trial
    output: Output
    documented_fields: bool
    none_left: str | None
    slots: SlotOutlook | None = None

    def carry_out(self, *, dry_run: bool, yes: bool, verify: bool, allow_hosts: bool) -> Result:
        """Ask, plan, write."""
        run = Run(self.output, self.interview.asker, dry_run, yes)
        outcome = run.make(partial(self.decide, run), self.look_anew)
        draft = outcome.about
        conclude(outcome, (draft,), run)
        if outcome.applied:
            say_start((draft,), self.output)
        verified = not verify or dry_run or _is_verified(draft.provider.id, run, allow_hosts=allow_hosts)
        return Result(partial(self._data, outcome), exit_code=0 if verified else 1)

    def _data(self, outcome: Outcome[Draft]) -> dict[str, Any]:
        slots = {"selected": selected_then(self.slots)} if self.slots else {}
        return {**result_data(outcome, (outcome.about,), self.target, self.trial.results), **slots}

    def decide(self, run: Run, asker: Asker | None) -> Proposal[Draft]:
        """Ask, build and test. Raises Back where the last question is to be asked again."""
        interview, output = self.interview, self.output
        draft = build(interview.run(), interview.facts, documented_fields=self.documented_fields)
        changes, self.slots = self._with_slots(draft, changes_of((draft,), self.target))
        changes = self._with_cure(changes, self.slots, run, asker)
        plan = plan_of(f"{self.command} {draft.provider.id}", (draft,), changes, output)
        if self._is_cured(draft):
            return self.decide(run, asker)
        if plan.changes_nothing and interview.facts.edits:
            refuse_inexpressible(changes)
        can_revise = asker is not None and not interview.facts.edits
        say_plan = partial(self._say, draft, changes, self.slots, plan if can_revise else None)
        if plan.changes_nothing:
            say_plan = partial(self._say_of_nothing, draft, changes)
        return Proposal(
            plan,
            draft,
            keys_of((draft,)),
            say=say_plan,
            back=interview.way_back,
            revise=self._revise if can_revise else None,
        )

    def _revise(self, ask: Asking) -> None:
        """Raises Back."""
        self.interview.revise(str(ask(what_to_change(self.interview))))

    def _with_slots(self, draft: Draft, changes: Changes) -> tuple[Changes, SlotOutlook]:
        """An addition leaves the slots as they are; an edit changes what is said, and nothing else."""
        before = in_force(self.target.around)
        if self.interview.facts.edits:
            return changes, outlook((draft,), changes, self.target, before)
        return slots_kept((draft,), changes, self.target, with_discovered(before, self.output))

    def _with_cure(self, changes: Changes, slots: SlotOutlook, run: Run, asker: Asker | None) -> Changes:
        """With what lets Crush's own providers back in, where this leaves no other one and that is wanted."""
        left = none_left_after(slots.before.effective, slots.after.effective, self.target.documents)
        return with_more(changes, settled(left, self.none_left, run, asker))

    def _say(self, draft: Draft, changes: Changes, slots: SlotOutlook, summed_up: Plan | None) -> None:
        if summed_up and not self.output.in_dialogue:
            say_summary((draft,), summed_up, self.output)
        say((draft,), changes, self.target, self.output)
        say_overrides((draft,), self.target, slots, self.output)
        if not (summed_up and len(draft.selected) == len(SLOTS)):
            say_slots_then(slots, self.output, all_of_them=not self.interview.facts.edits)

    def _say_of_nothing(self, draft: Draft, changes: Changes) -> None:
        """Why nothing changes: an edit's notes are about what was said, those of an addition about the provider."""
        for note in draft.notes if self.interview.facts.edits else ():
            self.output.note(note)
        say_left_out(changes, self.output)

    def look_anew(self) -> None:
        """Take the same answers for what the file is now."""
        self.target = self.target.opened_anew()
        interview, existing = self.interview, existing_providers(self.target)
        if interview.facts.edits and (gone := interview.given["id"]) not in existing:
            raise Conflict(f"{gone} was just removed by another program", path=self.target.path)
        interview.facts = replace(interview.facts, existing=existing)
        if interview.asker is None:
            interview.answers = Answers()  # only flags and defaults: they may come out differently now

    def _is_cured(self, draft: Draft) -> bool:
        """Test the draft; whether what was tried instead works, and is taken: the answers are other ones then.

        Raises Back where it failed, and the person wants to correct an answer.
        """
        cure = self._test(draft)
        if cure is None:
            return False
        self.output.note(f"taken, because it works: type {cure.type}, base_url {cure.base_url}")
        self.interview.take(_answers_of(cure))
        return True

    def _test(self, draft: Draft) -> Cure | None:
        """Raises Back."""
        interview = self.interview
        if draft.key_is_refused:
            return None  # that has been said
        if interview.facts.edits and not self.trial.wanted and not _REACHING & draft.entry.keys():
            return None
        asker = None if interview.assume_defaults else interview.asker
        can_go_back = interview.can_go_back and not self.output.in_dialogue  # there an older state is the way back
        try:
            return self.trial.run((draft,), interview.facts.existing, asker, can_go_back=can_go_back)
        except Back:
            interview.back()
            raise


def _answers_of(cure: Cure) -> Mapping[str, Raw]:
    """What has to be said for it; a bare host stays one."""
    bare = {"set.v1": "no"} if wants_v1(cure.base_url, cure.type) else {}
    return {"base_url": cure.base_url, "type": cure.type, **bare}


_REACHING = {"base_url", "type", "api_key", "extra_headers", "extra_body"}
"""The fields that decide whether the endpoint can be reached: an edit of others needs no test."""


def _is_verified(provider: str, run: Run, *, allow_hosts: bool) -> bool:
    """What the real Crush makes of it, with the secrets that `run` would give it."""
    asker = after_writing(run.asker, run.output)
    try:
        secrets = stored(in_use((), run.output).names, run.output)
    except SecretError as error:
        run.output.warning(f"not verified: {error.message}")
        return False
    return verify(run.output, asker, secrets, (provider,), allow_hosts=allow_hosts)
