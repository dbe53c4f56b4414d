"""Taking models out of a provider's list, and what becomes of the slots that had them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from wizard.change.slot_repair import pointers
from wizard.documents.document import Deselect, RemoveModel, SelectModel
from wizard.errors import Refused, UsageError
from wizard.flow.model_comparison import facts_in
from wizard.flow.question import Choice, Kind, Question
from wizard.flow.slot_row import slot_row
from wizard.machine.absent import only_running, placed_model, unseen
from wizard.machine.provider_files import flag_for
from wizard.near import did_you_mean
from wizard.provider.entry import lower_case
from wizard.provider.model_facts import by_id
from wizard.ui.place import place, shown_path

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from wizard.documents.document import Change, Document
    from wizard.flow.driver import Asker
    from wizard.machine.target import Target
    from wizard.provider.model import Slot
    from wizard.provider.model_facts import ModelFacts
    from wizard.trial.provider_models import Models, Subject
    from wizard.ui.output import Output

NOBODY = ""
"""Instead of a model: the slot is left to Crush."""


def check_removal(wanted: Iterable[str], models: Models, target: Target, output: Output) -> tuple[str, ...]:
    """The models to remove. Raises UsageError for one that is nowhere, Refused for one that can't be removed here."""
    removed = tuple(dict.fromkeys(wanted))
    for model_id in removed:
        _check(model_id, models, target, output)
    subject = models.subject
    left = [entry for entry in subject.entries if entry.get("id") not in removed]
    if removed and not left and not subject.builtin:
        output.warning(f"{subject.id} has no models left: Crush asks its endpoint at each start, or drops it")
    return removed


def _check(model_id: str, models: Models, target: Target, output: Output) -> None:
    subject = models.subject
    here = [document for document in target.documents if _lists(document, subject.id, model_id)]
    edited = {Path(document.path) for document in here}
    others = [source for source in subject.sources_of(model_id) if source.path not in edited]
    if here:
        for source in others:
            output.warning(f"{model_id} stays in {place(source)}: Crush merges the models of all files")
        return
    if others:
        raise Refused(
            f"{model_id} is listed in {place(others[-1])}, and can only be removed there",
            hint=f"add {flag_for(others[-1], target)}",
            path=target.path,
        )
    _refuse_unknown(model_id, models)


def _refuse_unknown(model_id: str, models: Models) -> None:
    subject = models.subject
    if subject.builtin and any(model.id == model_id and model.state == "built-in" for model in models.compared):
        raise Refused(
            f"{model_id} is one of Crush's own models of {subject.id}, and can't be removed",
            hint="choose another model with crush-wizard use",
        )
    listed = [str(entry.get("id")) for entry in subject.entries]
    if place := placed_model(subject.id, model_id, subject.found) or unseen(subject.found):
        raise only_running(f"whether {subject.id} has a model `{model_id}`", place, did_you_mean(model_id, listed))
    hint = did_you_mean(model_id, listed) or f"it has: {', '.join(listed[:8])}"
    raise UsageError(f"{subject.id} has no model `{model_id}`", hint=hint if listed else "")


def models_in(document: Document, provider: str) -> Iterator[dict[str, Any]]:
    """A provider's models in one file."""
    listed = lower_case(document.provider(provider) or {}).get("models")
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, dict):
            yield lower_case(entry)


def _lists(document: Document, provider: str, model_id: str) -> bool:
    return any(str(entry.get("id")) == model_id for entry in models_in(document, provider))


# The slots


def choose_replacements(
    removed: Collection[str], models: Models, target: Target, output: Output, asker: Asker | None
) -> dict[Slot, str]:
    """What the slots get that have a removed model: what a person says, else another model of the provider.

    NOBODY takes the file's choice away.
    """
    subject = models.subject
    slots = dict.fromkeys(pointer.slot for pointer in pointers(target.documents, subject.id, removed))
    left = _left(subject, removed)
    if asker is not None:
        return {slot: _asked(slot, left, target, subject, asker) for slot in slots}
    for slot in slots:
        _say(slot, _proposed(left, target, subject.id), subject.id, output)
    return dict.fromkeys(slots, _proposed(left, target, subject.id))


def _left(subject: Subject, removed: Collection[str]) -> Mapping[str, ModelFacts]:
    """The models that stay by their ids, those of Crush's own list among them."""
    known = by_id(map(facts_in, subject.provider.models if subject.provider else ()))
    return {model_id: facts for model_id, facts in known.items() if model_id and model_id not in removed}


def _proposed(left: Collection[str], target: Target, provider: str) -> str:
    """The model of the other slot, as far as it stays; else the first that does."""
    taken = [pointer.model for pointer in pointers(target.documents, provider) if pointer.model in left]
    return (*taken, *left, NOBODY)[0]


def _asked(slot: Slot, left: Mapping[str, ModelFacts], target: Target, subject: Subject, asker: Asker) -> str:
    question = Question(
        key=slot,
        text=f"Which {slot} model instead?",
        kind=Kind.CHOICE,
        flag=f"crush-wizard use {slot} PROVIDER/MODEL",
        choices=(
            *(slot_row(model_id, subject.id, facts) for model_id, facts in left.items()),
            Choice(NOBODY, "Leave it open", "Crush or you choose later"),
        ),
        default=_proposed(left, target, subject.id),
    )
    return str(asker.ask(question, can_go_back=False))


def _say(slot: Slot, model: str, provider: str, output: Output) -> None:
    if model:
        output.note(f"the {slot} model becomes {provider}/{model}; to change it: crush-wizard use {slot}")
    else:
        output.warning(f"no {slot} model is chosen any more; to choose one: crush-wizard use {slot}")


def removal(
    provider: str, removed: Collection[str], replacements: Mapping[Slot, str], target: Target
) -> Iterator[tuple[Document, Change]]:
    """The changes, in every file of the target."""
    for document in target.documents:
        for model_id in removed:
            if _lists(document, provider, model_id):
                yield document, RemoveModel(provider, model_id)
    for pointer in pointers(target.documents, provider, removed):
        model = replacements.get(pointer.slot, NOBODY)
        yield pointer.document, SelectModel(pointer.slot, provider, model) if model else Deselect(pointer.slot)


def say_other_choices(provider: str, removed: Collection[str], target: Target, output: Output) -> None:
    """Slots in other files that still have a removed model: Crush falls back from them (crush-behaviour 7.1)."""
    from wizard.machine.target import others

    edited = {Path(document.path) for document in target.documents}
    for selection in others(target):
        if selection.provider == provider and selection.model in removed and selection.file.path not in edited:
            output.warning(
                f"{shown_path(selection.file.path)} still has {provider}/{selection.model} "
                f"as the {selection.slot} model; to choose another: crush-wizard use {selection.slot}"
            )
