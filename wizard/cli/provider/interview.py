"""Ask about one provider, test it, show the change, write it: for `add-provider` and `edit-provider`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from wizard.change.provider_change import changes_of, plan_of, refuse_unsaid, result_data, say, say_left_out, write
from wizard.change.replanning import planned_anew
from wizard.change.run import confirm, show_diff
from wizard.change.verify import verify
from wizard.errors import Conflict, SecretError
from wizard.flow.answers import Answers
from wizard.flow.build import build
from wizard.flow.question import Back
from wizard.machine.provision import held, names_in_use, open_store_for, read
from wizard.trial.facts import existing_providers
from wizard.ui.place import shown_path
from wizard.ui.prompter import after_writing

if TYPE_CHECKING:
    from wizard.change.run import Outcome
    from wizard.files.plan import Plan
    from wizard.flow.build import Draft
    from wizard.flow.driver import Asker, Interview
    from wizard.machine.target import Target
    from wizard.trial.trial import Trial
    from wizard.ui.output import Output


class Job(Struct):
    """One run of a command about one provider."""

    command: str
    interview: Interview
    target: Target
    trial: Trial
    output: Output


def change_provider(job: Job, *, dry_run: bool, documented_fields: bool, verify: bool) -> int:
    """Ask, plan, write; the exit code. A file that changed meanwhile is planned for anew, with the same answers."""

    def decide_and_write() -> tuple[Draft, Outcome]:
        draft, plan = _decide(job, documented_fields=documented_fields)
        return draft, write((draft,), plan, job.output, asker=job.interview.asker, dry_run=dry_run)

    draft, outcome = planned_anew(decide_and_write, lambda: _look_anew(job), job.output)
    verified = _verified(draft, job) if verify and not dry_run else True
    if job.output.as_json:
        data = result_data(outcome, (draft,), job.target, job.trial.results)
        job.output.envelope(job.command, ok=verified, data=data)
    return 0 if verified else 1


def _look_anew(job: Job) -> None:
    job.target = job.target.opened_anew()
    interview = job.interview
    if interview.facts.edits and (gone := interview.given["id"]) not in existing_providers(job.target):
        raise Conflict(f"{gone} has just been taken out by someone else", path=job.target.path)
    interview.facts = replace(interview.facts, existing=existing_providers(job.target))
    if interview.asker is None:
        interview.answers = Answers()  # only flags and defaults: they may come out differently now


def _decide(job: Job, *, documented_fields: bool) -> tuple[Draft, Plan]:
    """Ask until the plan is confirmed; going back from the test or the confirmation asks the last question again."""
    interview, output = job.interview, job.output
    while True:
        answers = interview.run()
        draft = build(answers, interview.facts, documented_fields=documented_fields)
        if draft.secret:
            output.redactor.add(draft.secret.value)
        changes = changes_of((draft,), job.target)
        plan = plan_of(f"{job.command} {draft.provider.id}", (draft,), changes, output)
        if not _passed(draft, job):
            continue
        if plan.changes_nothing:
            if interview.facts.edits:
                refuse_unsaid(changes)
            say_left_out(changes, output)
            return draft, plan
        unconfirmed = interview.confirmation is not None and interview.asker is not None
        if unconfirmed:
            show_diff(plan, output)
        say((draft,), changes, job.target, output)
        if not unconfirmed or _confirmed(plan, interview):
            return draft, plan


_REACHING = {"base_url", "type", "api_key", "extra_headers", "extra_body"}
"""The fields that decide whether the endpoint can be reached: an edit of others needs no test."""


def _passed(draft: Draft, job: Job) -> bool:
    """False: the test failed, and the person wants to correct an answer."""
    interview = job.interview
    if interview.facts.edits and not job.trial.wanted and not _REACHING & draft.entry.keys():
        return True
    asker = None if interview.assume_defaults else interview.asker
    existing = interview.facts.existing.get(draft.provider.id, {})
    can_go_back = interview.can_go_back and not job.output.in_dialogue  # there an older state is the way back
    try:
        job.trial.run(draft, existing, asker, can_go_back=can_go_back)
    except Back:
        interview.back()
        return False
    return True


def _confirmed(plan: Plan, interview: Interview) -> bool:
    """False: the person wants the last question again."""
    text = f"Write this to {' and '.join(shown_path(edit.path) for edit in plan.files)}?"
    try:
        confirm(_asker(interview), text, can_go_back=interview.can_go_back)
    except Back:
        interview.back()
        return False
    return True


def _asker(interview: Interview) -> Asker:
    assert interview.asker is not None  # noqa: S101 - the caller has looked
    return interview.asker


def _verified(draft: Draft, job: Job) -> bool:
    """What the real Crush makes of it, with the secrets that `run` would give it."""
    asker = after_writing(job.interview.asker, job.output)
    store = open_store_for(job.output)
    try:
        secrets = read(held(names_in_use((), job.output), store), store, job.output)
    except SecretError as error:
        job.output.warning(f"not verified: {error.message}")
        return False
    return verify(job.output, asker, secrets, (draft.provider.id,))
