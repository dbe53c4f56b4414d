"""What one provider is to become: test it, show the change, write it; for `add-provider` and `edit-provider`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from wizard.change.config_env import refuse_exports
from wizard.change.kept_slots import outlook, say_slots_then, selected_then, slots_kept
from wizard.change.none_left import none_left_after, settled
from wizard.change.overrides import say_overrides
from wizard.change.provider_change import (
    changes_of,
    conclude,
    keys_of,
    plan_of,
    refuse_inexpressible,
    remembered,
    result_data,
    say,
    say_left_out,
    say_start,
)
from wizard.change.run import Proposal, Run, with_more
from wizard.change.summary import own_list, say_summary, say_why_whole
from wizard.change.verify import verify
from wizard.cli.result import Result
from wizard.errors import Conflict, SecretError
from wizard.flow.answers import Answers
from wizard.flow.build import build
from wizard.flow.question import Back
from wizard.flow.revision import what_to_change
from wizard.machine.in_force import in_force
from wizard.machine.new_format import in_its_format
from wizard.machine.provision import in_use, stored
from wizard.provider.base_url import wants_v1
from wizard.provider.model import SLOTS
from wizard.trial.discovered import with_discovered
from wizard.trial.facts import existing_providers
from wizard.ui.prompter import after_writing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.change.kept_slots import SlotOutlook
    from wizard.change.provider_change import Changes
    from wizard.change.run import Asking, Outcome
    from wizard.endpoints.probe import Cure
    from wizard.files.plan import Plan
    from wizard.flow.build import Draft
    from wizard.flow.driver import Asker, Interview
    from wizard.flow.question import Raw
    from wizard.machine.target import Target
    from wizard.trial.trial import Trial
    from wizard.ui.output import Output


class ProviderChange(Struct):
    """One provider's change, whose interview has come to its end at least once.

    `opened` is the target before it is known what is to be written; `decided` the one for what was answered last.
    """

    command: str
    interview: Interview
    opened: Target
    trial: Trial
    output: Output
    documented_fields: bool
    none_left: str | None
    slots: SlotOutlook | None = None
    decided: Target | None = None

    @property
    def target(self) -> Target:
        return self.decided or self.opened

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
        look = interview.facts.look_at_crush
        self.decided = in_its_format(self.opened, partial(changes_of, (draft,)), look)
        changes, self.slots = self._with_slots(draft, changes_of((draft,), self.target))
        changes = self._with_cure(changes, self.slots, run, asker)
        plan = plan_of(f"{self.command} {draft.provider.id}", (draft,), changes, output)
        if self._is_cured(draft):
            return self.decide(run, asker)
        if plan.changes_nothing and interview.facts.edits:
            refuse_inexpressible(changes)
            refuse_exports(draft.provider.id, draft.env, self.target)
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
            remembers=remembered((draft,), self.target),
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
        elif draft.own_models and not self.interview.facts.edits:
            self.output.note(f"models: {own_list(draft)}")
        else:
            say_why_whole((draft,), self.output)
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
        self.opened, self.decided = self.opened.opened_anew(), None
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
        if interview.facts.edits and not self.trial.wanted and not (_REACHING & draft.entry.keys() or draft.env):
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
"""The fields that decide whether the endpoint can be reached, as a cloud's variables do: other edits need no test."""


def _is_verified(provider: str, run: Run, *, allow_hosts: bool) -> bool:
    """What the real Crush makes of it, with the secrets that `run` would give it."""
    asker = after_writing(run.asker, run.output)
    try:
        secrets = stored(in_use((), run.output).names, run.output)
    except SecretError as error:
        run.output.warning(f"not verified: {error.message}")
        return False
    return verify(run.output, asker, secrets, (provider,), allow_hosts=allow_hosts)
