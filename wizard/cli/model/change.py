"""What `models` changes: models that come and go, and prices, windows and limits brought up to date."""

from __future__ import annotations

import os
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from wizard.change.none_left import none_left_after, settled
from wizard.change.planned import in_force_after
from wizard.change.provider_change import plan_of, say
from wizard.change.run import Proposal, by_document, changed_files, edit_of, with_more
from wizard.cli.model.removal import check_removal, choose_replacements, models_in, removal, say_other_choices
from wizard.crush.program import find_crush
from wizard.documents.document import PutProvider
from wizard.documents.leaving import leaving_to_crush
from wizard.errors import UsageError
from wizard.flow.build import build
from wizard.flow.driver import CONFIRMATION, Interview
from wizard.flow.edit_provider import survey
from wizard.flow.model_choice import split_ids
from wizard.flow.model_comparison import Difference, ListedModels, differences
from wizard.flow.model_questions import guess_text
from wizard.flow.needless import Needless, needless
from wizard.flow.question import Choice, InvalidAnswer, Kind, Question
from wizard.flow.situation import MERGE
from wizard.machine.own_catalogue import own_catalogue
from wizard.machine.provider_files import absent
from wizard.shown import command_line
from wizard.trial.facts import existing_providers, gather
from wizard.ui.model_table import FIELDS, amount, tells_more
from wizard.ui.place import place, shown_path
from wizard.words import joined

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from wizard.change.none_left import Cure
    from wizard.change.provider_change import Changes
    from wizard.change.run import Outcome, Run
    from wizard.documents.document import Change, Document
    from wizard.files.plan import Plan, WrittenFacts
    from wizard.flow.build import Draft
    from wizard.flow.driver import Asker
    from wizard.flow.own_catalogue import OwnProvider
    from wizard.machine.target import Target
    from wizard.provider.model import Number
    from wizard.trial.provider_models import Models
    from wizard.ui.output import Output


class ModelFlags(Struct, frozen=True):
    """What the flags say."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    refresh: bool = False
    overwrite: bool = False
    none_left: str | None = None

    def __str__(self) -> str:
        named = (*(f"--add {model_id}" for model_id in self.add), *(f"--remove {model_id}" for model_id in self.remove))
        refreshing = ("--refresh", "--overwrite") if self.overwrite else ("--refresh",)
        return " ".join(refreshing if self.refresh else named)


class Update(Struct, frozen=True):
    """A field of a configured model that is brought up to date. `is_own`: the person has changed what was written."""

    model: str
    difference: Difference
    is_own: bool = False

    @property
    def key(self) -> str:
        return f"{self.model} {self.difference.field}"


class ModelsChange(Struct, dict=True):
    """What becomes of one provider's models."""

    wanted: ModelFlags
    models: Models
    target: Target
    run: Run
    interview: Interview | None = None
    removed: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return self.models.subject.id

    @cached_property
    def own(self) -> Mapping[str, OwnProvider]:
        """What the Crush here has built in; it is asked only where the provider may be."""
        if not self.models.subject.builtin or not self.models.subject.entries:
            return {}
        return own_catalogue(self.models.subject.found.loaded, self.target.path, find_crush(os.environ)).providers

    @property
    def output(self) -> Output:
        return self.run.output

    def carry_out(self) -> Outcome[Kept]:
        """Ask what has to be asked, show the change, make it. Raises WizardErrors with what stands in the way."""
        _insist_on_entry(self)
        if self.wanted.refresh:
            _report_gone(self)
        else:
            self.removed = check_removal(self.wanted.remove, self.models, self.target, self.output)
            self.interview = _interview(self)
        outcome = self.run.make(self.decide, self.look_anew)
        if not self.run.dry_run or outcome.proposal.changes_nothing:
            _report(self, outcome)
        return outcome

    def decide(self, asker: Asker | None) -> Proposal[Kept]:
        """The plan. `about` it are the updates that the person does not want, by key."""
        kept = _kept(self, asker) if self.wanted.refresh else frozenset()
        slots = choose_replacements(self.removed, self.models, self.target, self.output, asker)
        draft = _draft(self)
        drafts = () if draft is None else (draft,)
        changes = by_document(
            [
                *((self.target.document_of(self.id), PutProvider(self.id, draft.entry)) for draft in drafts),
                *removal(self.id, self.removed, slots, self.target),
                *(_refreshing(self, kept) if self.wanted.refresh else ()),
            ]
        )
        changes = with_more(changes, self._cure(changes, asker))
        plan = plan_of(f"models {self.id} {self.wanted}", drafts, changes, self.output)
        if self.wanted.refresh:
            plan = replace(plan, facts=self._refreshed(kept))
        back = None if self.interview is None else self.interview.way_back
        return Proposal(plan, kept, say=partial(self._say, plan, drafts, changes, kept), back=back)

    def _refreshed(self, kept: Kept) -> WrittenFacts:
        documents = self.target.documents
        several = [
            _by_model(_updates(document, self), _needless_in(document, self, kept).models, kept)
            for document in documents
        ]
        return {self.id: {model_id: fields for found in several for model_id, fields in found.items()}}

    def _say(self, plan: Plan, drafts: tuple[Draft, ...], changes: Changes, kept: Kept) -> None:
        if not plan.changes_nothing:
            say(drafts, changes, self.target, self.output)
        if self.wanted.refresh:
            if self.run.is_settled:  # else each was a row of the question
                _say_updates(self, kept)
            _say_own(self, kept)

    def _cure(self, changes: Changes, asker: Asker | None) -> Cure:
        """What lets Crush's own providers back in, where no other one is left with models and that is wanted."""
        if not self.removed:
            return ()
        found, edits = self.models.subject.found, [edit_of(document, wanted, {}) for document, wanted in changes]
        after, lists = in_force_after(found, edits), (self.id,) if self.models.offered else ()
        left = none_left_after(found.effective, after.effective, self.target.documents, lists)
        return settled(left, self.wanted.none_left, self.run, asker)

    def look_anew(self) -> None:
        self.target = self.target.opened_anew()


Kept = frozenset[str]


def _insist_on_entry(change: ModelsChange) -> None:
    """Raises Conflict where another file has the provider, or none has."""
    if not any(change.id in document.provider_ids() for document in change.target.documents):
        raise absent(change.id, change.target, change.models.subject.found)


# Adding


def _interview(change: ModelsChange) -> Interview | None:
    """The questions about new models, as `add-provider` asks them; None where all are there."""
    new = _new(change)
    if not new:
        return None
    subject, offer = change.models.subject, change.models.offer
    given: dict[str, Any] = {"preset": subject.preset.id, "id": change.id, "existing": MERGE, "models": new}
    facts = gather(
        change.target,
        given,
        change.output,
        asker=None,
        dry_run=change.run.dry_run,
        asks=False,
        secret=lambda _: None,
        look_at_models=None if offer is None else lambda _: offer,
        edits=True,
        whole=True,  # who adds one that Crush has itself wants it in the entry
    )
    settled = change.run.is_settled
    confirmation = None if settled else CONFIRMATION
    return Interview(facts, given, change.run.asker, assume_defaults=settled, confirmation=confirmation, survey=survey)


def _new(change: ModelsChange) -> tuple[str, ...]:
    """The models to add that no file lists yet. Lists of several files add up: one more entry would change nothing."""
    try:
        ids = split_ids(change.wanted.add)
    except InvalidAnswer as problem:
        raise UsageError(f"--add: {problem}") from None
    subject, new = change.models.subject, []
    for model_id in ids:
        sources = subject.sources_of(model_id.partition(":")[0] if _deploys(change) else model_id)
        if sources:
            change.output.note(f"{model_id} already exists: {place(sources[0])}")
        else:
            new.append(model_id)
            _say_of_new(model_id, change)
    return tuple(new)


def _say_of_new(model_id: str, change: ModelsChange) -> None:
    offer, subject = change.models.offer, change.models.subject
    offered = {model.id: model for model in offer.models} if offer else {}
    if offer and not _deploys(change) and ListedModels(offered, complete=offer.complete).lacks(model_id):
        change.output.warning(f"{model_id} is not in the endpoint's list of models")
    if subject.builtin and any(model.id == model_id and model.state == "built-in" for model in change.models.compared):
        change.output.note(f"{model_id} is built into Crush: this entry replaces it")


def _deploys(change: ModelsChange) -> bool:
    """Whether models are deployments with names of the user's own, `NAME:MODEL` (Azure)."""
    return any(question.fills == "models" for question in change.models.subject.preset.questions)


def _draft(change: ModelsChange) -> Draft | None:
    """Only the new models, and what Crush needs for them: those that are there already stay, and so does all else."""
    if change.interview is None:
        return None
    interview = change.interview
    interview.facts = replace(interview.facts, existing=existing_providers(change.target))
    draft = build(interview.run(), interview.facts)
    entry = {name: draft.entry[name] for name in ("models", "discover_models") if name in draft.entry}
    return replace(draft, entry={"models": [], **entry}, removed=())


# Refreshing


def _refreshing(change: ModelsChange, kept: Kept) -> Iterator[tuple[Document, Change]]:
    for document in change.target.documents:
        found = _needless_in(document, change, kept)
        left = tuple(model_id for model_id in found.models if _leaving(model_id) not in kept)
        if left:
            fields_too = found.fields if left == found.models else ()
            yield from (
                (document, it)
                for it in leaving_to_crush(
                    change.id, document.provider(change.id) or {}, Needless(left, fields_too), document.format
                )
            )
        if fields := _by_model(_updates(document, change), found.models, kept):
            entries = [{"id": model_id, **values} for model_id, values in fields.items()]
            yield document, PutProvider(change.id, {"models": entries})


def _by_model(updates: Iterable[Update], left: Collection[str], kept: Kept) -> dict[str, dict[str, Number]]:
    """What is written: the values by model and field. A model that may be left to Crush is, or stays as it is."""
    fields: dict[str, dict[str, Number]] = {}
    for update in updates:
        if update.key not in kept and update.model not in left:
            fields.setdefault(update.model, {})[update.difference.field] = update.difference.said
    return fields


def _needless_in(document: Document, change: ModelsChange, kept: Kept) -> Needless:
    """What a file would say of a built-in, once it is up to date, that the Crush here has itself; nothing where several
    files say something.
    """
    entry, provider = document.provider(change.id), change.models.subject.provider
    if entry is None or provider is None or not provider.builtin or len(provider.sources) > 1:
        return Needless()
    own = change.own.get(change.id)
    if own is None:
        return Needless()
    variables = change.models.subject.found.effective.set_variables
    fields = _by_model(_updates(document, change), (), kept)
    models = [{**model, **fields.get(str(model.get("id")), {})} for model in models_in(document, change.id)]
    up_to_date = {**entry, "models": models} if fields else entry
    return needless(up_to_date, own, lambda id_: change.models.knowledge(id_).facts, variables)


def _leaving(model_id: str) -> str:
    """The key of the update that leaves a model to Crush."""
    return f"{model_id} to Crush"


def _updates(document: Document, change: ModelsChange) -> Iterator[Update]:
    """What is out of date in one file. Two entries of one id, which Crush reads both, change together."""
    models = change.models
    seen: set[str] = set()
    for entry in models_in(document, change.id):
        model_id = str(entry.get("id") or "")
        for difference in differences(entry, models.knowledge(model_id), left_to_server=models.left_to_server):
            update = Update(model_id, difference, is_own=models.is_own(model_id, difference))
            if update.key not in seen:
                seen.add(update.key)
                yield update


def _found(change: ModelsChange) -> dict[str, Update]:
    """Those of all files, by key."""
    return {update.key: update for document in change.target.documents for update in _updates(document, change)}


def _left_to_crush(change: ModelsChange, kept: Kept) -> list[str]:
    """The models that the entry would only repeat of Crush's own list."""
    documents = change.target.documents
    return [model_id for document in documents for model_id in _needless_in(document, change, kept).models]


def _kept(change: ModelsChange, asker: Asker | None) -> Kept:
    """What stays: a value that the person set since, unless told, and what else is not wanted."""
    found = _found(change)
    own = frozenset(key for key, update in found.items() if update.is_own and not change.wanted.overwrite)
    left = _left_to_crush(change, own)
    single = {key: update for key, update in found.items() if update.model not in left and key not in own}
    if asker is None or not (single or left):
        return own
    choices = (
        *(
            Choice(_leaving(model_id), f"{model_id}: leave it to Crush", _left_text(model_id, found))
            for model_id in left
        ),
        *(Choice(key, f"{it.model}: {FIELDS[it.difference.field]}", _update_text(it)) for key, it in single.items()),
    )
    question = Question(
        key="updates",
        text="What do you want to update?",
        kind=Kind.MANY,
        flag="--yes",
        help="Prices in USD per million tokens. Leave out what you set on purpose.",
        choices=choices,
        default=tuple(choice.value for choice in choices),
    )
    picked = asker.ask(question, can_go_back=False)
    unwanted = frozenset(choice.value for choice in choices) - set(picked if isinstance(picked, tuple) else ())
    return own | unwanted


def _left_text(model_id: str, found: Mapping[str, Update]) -> str:
    changed = [_change_text(it) for it in found.values() if it.model == model_id]
    return ", ".join(("which keeps it up to date", *changed))


def _update_text(update: Update) -> str:
    source = update.difference.source or update.difference.by
    return f"{_move(update)} ({source})"


def _change_text(update: Update) -> str:
    return f"{FIELDS[update.difference.field]} {_move(update)}"


def _move(update: Update) -> str:
    """From what to what."""
    difference = update.difference
    today, listed = (amount(difference.field, value) for value in (difference.today, difference.said))
    return f"{today} → {listed}"


def _say_updates(change: ModelsChange, kept: Kept) -> None:
    """Each value that becomes another one, a line for a model."""
    found, left = _found(change), _left_to_crush(change, kept)
    for model_id in dict.fromkeys((*left, *(update.model for update in found.values()))):
        texts = [_change_text(it) for it in found.values() if it.model == model_id and it.key not in kept]
        if model_id in left:
            texts.insert(0, "left to Crush")
        if texts:
            change.output.note(f"{model_id}: {', '.join(texts)}")


def _say_own(change: ModelsChange, kept: Kept) -> None:
    """What stays because the person has set it."""
    stay = [update for update in _found(change).values() if update.is_own and update.key in kept]
    for update in stay:
        field, said = update.difference.field, amount(update.difference.field, update.difference.said)
        today = amount(field, update.difference.today)
        change.output.note(f"{update.model}: kept your own {FIELDS[field]}, {today} ({update.difference.by}: {said})")
    if stay:
        change.output.hint(f"to replace it: {command_line('models', change.id, '--refresh', '--overwrite')}")


def _report_gone(change: ModelsChange) -> None:
    """What is not changed, and why somebody should look at it."""
    for model in change.models.compared:
        if model.state == "gone":
            change.output.warning(f"{model.id} is not in the endpoint's list of models any more")
            change.output.hint(command_line("models", change.id, "--remove", model.id))
        if model.state in ("configured", "gone") and model.guess and tells_more(model):
            change.output.note(f"{model.id}: not certain, so not used: {guess_text(model.guess)}")


# What comes of it


def _report(change: ModelsChange, outcome: Outcome[Kept]) -> None:
    output, path = change.output, changed_files(outcome.plan)
    if not outcome.applied:
        output.note(_nothing(change, outcome.about))
        return
    if change.wanted.refresh:
        output.done(f"Updated {change.id} in {path}")
    if change.interview is not None:
        output.done(f"Added {', '.join(map(str, change.interview.given['models']))} to {path}")  # type: ignore[arg-type]
    if change.removed:
        output.done(f"Removed {', '.join(change.removed)} from {path}")
        say_other_choices(change.id, change.removed, change.target, output)
    output.note("to undo: crush-wizard undo")


def _nothing(change: ModelsChange, kept: Kept) -> str:
    path = joined([shown_path(Path(document.path)) for document in change.target.documents if document.text])
    if change.wanted.refresh and not kept:
        return f"nothing to do: prices, context and limits of {change.id} in {path} are up to date"
    return f"nothing to do: {change.id} in {path} does not change"
