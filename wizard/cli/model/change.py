"""What `models` changes: models that come and go, and prices, windows and limits brought up to date."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.structs import replace

from wizard.change.provider_change import plan_of, say
from wizard.change.replanning import planned_anew
from wizard.change.run import Outcome, carry_out, confirm, insist_on_confirmation, show_diff
from wizard.cli.model.removal import Replacement, check_removal, choose_replacements, removal, say_other_choices
from wizard.documents.document import PutProvider
from wizard.errors import UsageError
from wizard.flow.model_choice import split_ids
from wizard.flow.model_comparison import Difference, Listed, differences, lower_case
from wizard.flow.question import Back, Choice, InvalidAnswer, Kind, Question
from wizard.machine.provider_files import absent, say_overruling
from wizard.ui.place import place, shown_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.documents.document import Change, Document
    from wizard.files.plan import Plan
    from wizard.flow.build import Draft
    from wizard.flow.driver import Asker, Interview
    from wizard.machine.target import Target
    from wizard.trial.provider_models import Models
    from wizard.ui.output import Output

    Changes = list[tuple[Document, list[Change]]]


class Wanted(Struct, frozen=True):
    """What the flags say."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    refresh: bool = False

    def __str__(self) -> str:
        named = (*(f"--add {one}" for one in self.add), *(f"--remove {one}" for one in self.remove))
        return " ".join(("--refresh",) if self.refresh else named)


class Update(Struct, frozen=True):
    """A field of a configured model that is brought up to date."""

    model: str
    difference: Difference

    @property
    def key(self) -> str:
        return f"{self.model} {self.difference.field}"


class Job(Struct):
    """One run. `asker` None: nobody is asked, be it that nobody is there or that nobody shall be."""

    wanted: Wanted
    models: Models
    target: Target
    output: Output
    asker: Asker | None
    dry_run: bool
    confirmed: bool
    interview: Interview | None = None
    removed: tuple[str, ...] = ()
    replacements: tuple[Replacement, ...] = ()
    left_as_is: frozenset[str] = field(default_factory=frozenset)
    """Updates that the person does not want, by key."""

    @property
    def id(self) -> str:
        return self.models.subject.id


def change(
    wanted: Wanted,
    models: Models,
    target: Target,
    output: Output,
    asker: Asker | None,
    *,
    dry_run: bool,
    yes: bool,
) -> Outcome:
    """Ask what has to be asked, show the change, make it. Raises WizardErrors with what stands in the way."""
    asks = None if yes or dry_run else asker
    job = Job(wanted, models, target, output, asks, dry_run, confirmed=yes or dry_run)
    _insist_on_entry(job)
    say_overruling(job.id, target, models.subject.found, output)
    if wanted.refresh:
        _report_gone(job)
        job.left_as_is = _left_as_is(job)
    else:
        job.removed = check_removal(wanted.remove, models, target, output)
        job.replacements = choose_replacements(job.removed, models, target, output, asks)
        job.interview = _interview(job)
    outcome = _make(job)
    if not dry_run:
        _report(job, outcome)
    return outcome


def _insist_on_entry(job: Job) -> None:
    """Raises Conflict where another file has the provider, or none has."""
    if not any(job.id in document.provider_ids() for document in job.target.documents):
        raise absent(job.id, job.target, job.models.subject.found)


# Plan, confirm, write


def _make(job: Job) -> Outcome:
    """A file that changed meanwhile is planned for anew, with the same answers."""

    def look_anew() -> None:
        job.target = job.target.opened_anew()

    return planned_anew(lambda: _decide_and_write(job), look_anew, job.output)


def _decide_and_write(job: Job) -> Outcome:
    plan = _decide(job)
    if plan.changes_nothing:
        return Outcome(plan, applied=False)
    return carry_out(plan, {}, {}, job.output, dry_run=job.dry_run)


def _decide(job: Job) -> Plan:
    """The plan, confirmed. Going back from the confirmation asks the last question again."""
    while True:
        draft = _draft(job)
        changes = _changes(job, draft)
        drafts = () if draft is None else (draft,)
        plan = plan_of(f"models {job.id} {job.wanted}", drafts, changes, job.output)
        if plan.changes_nothing:
            return plan
        if not job.confirmed and job.asker is not None:
            show_diff(plan, job.output)
        say(drafts, changes, job.target, job.output)
        if job.confirmed or _is_confirmed(job, plan):
            return plan


def _is_confirmed(job: Job, plan: Plan) -> bool:
    """False: the person wants the last question again."""
    text = f"Write this to {_files(plan)}?"
    if job.asker is None or job.interview is None:
        insist_on_confirmation(job.asker, text)
        return True
    try:
        confirm(job.asker, text, can_go_back=job.interview.can_go_back)
    except Back:
        job.interview.back()
        return False
    return True


def _files(plan: Plan) -> str:
    return " and ".join(shown_path(edit.path) for edit in plan.files if edit.after != edit.before)


def _changes(job: Job, draft: Draft | None) -> Changes:
    changes: dict[Document, list[Change]] = {}
    for document, wanted in _wanted_changes(job, draft):
        changes.setdefault(document, []).append(wanted)
    return list(changes.items())


def _wanted_changes(job: Job, draft: Draft | None) -> Iterator[tuple[Document, Change]]:
    if draft is not None:
        yield job.target.document_of(job.id), PutProvider(job.id, draft.entry)
    yield from removal(job.id, job.removed, job.replacements, job.target)
    if job.wanted.refresh:
        yield from _refreshing(job)


# Adding


def _interview(job: Job) -> Interview | None:
    """The questions about new models, as `add-provider` asks them; None where all are there."""
    from wizard.flow.driver import CONFIRMATION, Interview
    from wizard.flow.edit_provider import survey
    from wizard.flow.situation import MERGE
    from wizard.trial.facts import gather

    new = _new(job)
    if not new:
        return None
    subject, offer = job.models.subject, job.models.offer
    given: dict[str, Any] = {"preset": subject.preset.id, "id": job.id, "existing": MERGE, "models": new}
    facts = gather(
        job.target, given, job.output, asker=None, dry_run=job.dry_run, asks=False, secret=lambda _: None, edits=True
    )
    facts = replace(facts, look_at_models=None if offer is None else lambda _: offer)
    confirmation = None if job.confirmed else CONFIRMATION
    return Interview(facts, given, job.asker, assume_defaults=job.confirmed, confirmation=confirmation, survey=survey)


def _new(job: Job) -> tuple[str, ...]:
    """The models to add that no file lists yet. Lists of several files add up: one more entry would change nothing."""
    try:
        ids = split_ids(job.wanted.add)
    except InvalidAnswer as problem:
        raise UsageError(f"--add: {problem}") from None
    subject, new = job.models.subject, []
    for model_id in ids:
        sources = subject.sources_of(model_id.partition(":")[0] if _deploys(job) else model_id)
        if sources:
            job.output.note(f"{model_id} is there already: {place(sources[0])}")
        else:
            new.append(model_id)
            _say_of_new(model_id, job)
    return tuple(new)


def _say_of_new(model_id: str, job: Job) -> None:
    offer, subject = job.models.offer, job.models.subject
    offered = {model.id: model for model in offer.models} if offer else {}
    if offer and not _deploys(job) and Listed(offered, complete=offer.complete).lacks(model_id):
        job.output.warning(f"{model_id} is not in the endpoint's list of models")
    if subject.builtin and any(one.id == model_id and one.state == "built-in" for one in job.models.compared):
        job.output.note(f"{model_id} is built into Crush: this entry takes its place, with all that it says")


def _deploys(job: Job) -> bool:
    """Whether models are deployments with names of the user's own, `NAME:MODEL` (Azure)."""
    return any(question.fills == "models" for question in job.models.subject.preset.questions)


def _draft(job: Job) -> Draft | None:
    """Only the new models: those that are there already stay, whatever they are by now, and so does all else."""
    from wizard.flow.build import build
    from wizard.trial.facts import existing_providers

    if job.interview is None:
        return None
    interview = job.interview
    interview.facts = replace(interview.facts, existing=existing_providers(job.target))
    draft = build(interview.run(), interview.facts)
    return replace(draft, entry={"models": draft.entry.get("models", [])}, removed=())


# Refreshing


def _refreshing(job: Job) -> Iterator[tuple[Document, Change]]:
    for document in job.target.documents:
        updates = [one for one in _updates(document, job) if one.key not in job.left_as_is]
        fields: dict[str, dict[str, Any]] = {}
        for one in updates:
            fields.setdefault(one.model, {"id": one.model})[one.difference.field] = one.difference.said
        if fields:
            yield document, PutProvider(job.id, {"models": list(fields.values())})


def _updates(document: Document, job: Job) -> Iterator[Update]:
    """What is out of date in one file. Two entries of one id, which Crush reads both, change together."""
    models = job.models
    seen: set[str] = set()
    for entry in _models_in(document, job.id):
        model_id = str(entry.get("id") or "")
        for difference in differences(entry, models.knowledge(model_id), left_to_server=models.left_to_server):
            update = Update(model_id, difference)
            if update.key not in seen:
                seen.add(update.key)
                yield update


def _models_in(document: Document, provider: str) -> Iterator[dict[str, Any]]:
    listed = lower_case(document.provider(provider) or {}).get("models")
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, dict):
            yield lower_case(entry)


def _left_as_is(job: Job) -> frozenset[str]:
    """What a person wants to keep: a value may be out of date, or meant so."""
    from wizard.ui.model_table import FIELDS

    found = {one.key: one for document in job.target.documents for one in _updates(document, job)}
    if job.asker is None or not found:
        return frozenset()
    choices = tuple(
        Choice(key, f"{one.model}: {FIELDS[one.difference.field]}", _told(one)) for key, one in found.items()
    )
    question = Question(
        key="updates",
        text="What shall be brought up to date?",
        kind=Kind.MANY,
        flag="--yes",
        help="Prices in USD per million tokens. Whatever you set on purpose, leave out.",
        choices=choices,
        default=tuple(found),
    )
    picked = job.asker.ask(question, can_go_back=False)
    return frozenset(found) - set(picked if isinstance(picked, tuple) else ())


def _told(update: Update) -> str:
    from wizard.ui.model_table import amount

    one = update.difference
    return f"{amount(one.field, one.today)} → {amount(one.field, one.said)} ({one.source or one.by})"


def _report_gone(job: Job) -> None:
    """What is not changed, and why somebody should look at it."""
    from wizard.flow.model_questions import said_of
    from wizard.ui.model_table import tells_more

    for model in job.models.compared:
        if model.state == "gone":
            job.output.warning(f"{model.id} is not in the endpoint's list of models any more")
            job.output.hint(f"crush-wizard models {job.id} --remove {model.id}")
        if model.state in ("configured", "gone") and model.guess and tells_more(model):
            job.output.note(f"{model.id}: not certain, so not taken over: {said_of(model.guess)}")


# What comes of it


def _report(job: Job, outcome: Outcome) -> None:
    output, path = job.output, _files(outcome.plan)
    if not outcome.applied:
        output.note(_nothing(job))
        return
    if job.wanted.refresh:
        output.done(f"{job.id} is up to date in {path}")
    if job.interview is not None:
        output.done(f"{', '.join(map(str, job.interview.given['models']))}: now in {path}")  # type: ignore[arg-type]
    if job.removed:
        output.done(f"{', '.join(job.removed)}: no longer in {path}")
        say_other_choices(job.id, job.removed, job.target, output)
    output.note("`crush-wizard undo` takes this back")


def _nothing(job: Job) -> str:
    path = " and ".join(shown_path(Path(document.path)) for document in job.target.documents if document.text)
    if job.wanted.refresh and not job.left_as_is:
        return f"nothing to do: prices, context and limits of {job.id} in {path} are as far as is known"
    return f"nothing to do: {job.id} in {path} stays as it is"
