"""What becomes of the large and the small slot when the model goes that they have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from wizard.crush.selected import named
from wizard.documents.document import Deselect, SelectModel
from wizard.errors import WizardError
from wizard.files.locations import JSON_NAME, data_folder
from wizard.flow.facts import Facts
from wizard.flow.model_comparison import facts_in
from wizard.flow.question import Choice, Kind, Question
from wizard.flow.slot_row import slot_row
from wizard.provider.entry import lower_case
from wizard.provider.model import SLOTS
from wizard.ui.place import place

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from wizard.crush.effective import Effective
    from wizard.documents.document import Change, Document
    from wizard.flow.driver import Asker, Interview
    from wizard.flow.situation import Situation
    from wizard.machine.target import Target
    from wizard.provider.model import Slot
    from wizard.provider.model_facts import ModelFacts
    from wizard.ui.output import Output


class Pointer(Struct, frozen=True):
    """A file's choice for a slot. `model` is empty where the file names only the provider."""

    document: Document
    slot: Slot
    provider: str
    model: str


def pointers(documents: Iterable[Document], provider: str, models: Collection[str] | None = None) -> Iterator[Pointer]:
    """The choices in some files that name one of these models of a provider; any of its models for None."""
    for document in documents:
        for slot in SLOTS:
            chosen = lower_case(document.selection(slot) or {})
            model = str(chosen.get("model") or "")
            if chosen.get("provider") == provider and (models is None or model in models):
                yield Pointer(document, slot, provider, model)


def repairable(target: Target) -> tuple[Document, ...]:
    """The files in which a slot may be put right: the target's, and the one that Crush itself writes.

    That one is left out where it is absent, or can't be read: then Crush does not start anyway.
    """
    from wizard.machine.target import open_document

    own = crush_file(target)
    if own in [Path(document.path) for document in target.documents]:
        return target.documents
    try:
        document = open_document(own)
    except WizardError:
        return target.documents
    return (*target.documents, document) if document.text else target.documents


def lost(found: Iterable[Pointer], after: Effective) -> tuple[Pointer, ...]:
    """Those of the choices that name a model which Crush will no longer have."""
    return tuple(pointer for pointer in found if not is_there(pointer.provider, pointer.model, after))


def is_there(provider_id: str, model: str, after: Effective) -> bool:
    """Whether a slot may name this model, "" for any. What only the endpoint or a catalogue would tell may be there."""
    provider = after.provider(provider_id)
    if provider is None or not provider.kept:
        return False
    return not model or provider.more_models or provider.discovers or model in provider.model_ids


def changes_for(
    gone: Iterable[Pointer], chosen: Mapping[Slot, str], target: Target
) -> Iterator[tuple[Document, Change]]:
    """What puts the slots right: the chosen PROVIDER/MODEL, or nothing, which leaves the choice to Crush.

    Crush's own file only loses what it says.
    """
    lost_in: dict[Slot, list[Document]] = {}
    for pointer in gone:
        lost_in.setdefault(pointer.slot, []).append(pointer.document)
    for slot, documents in lost_in.items():
        provider, _, model = chosen.get(slot, "").partition("/")
        into = target.document_choosing(slot, provider) if model else None
        yield from ((document, Deselect(slot)) for document in documents if document is not into)
        if into is not None:
            yield into, SelectModel(slot, provider, model)


def crush_file(target: Target) -> Path:
    """The file that Crush itself writes."""
    return data_folder(target.around) / JSON_NAME


# Asking


def interview_about(gone: Sequence[Pointer], after: Effective, asker: Asker) -> Interview:
    """Asks which models take the slots; the answers are PROVIDER/MODEL by slot, "" for Crush's choice."""
    from wizard.flow.driver import Interview

    questions = tuple(_questions(gone, after))

    def survey(_situation: Situation) -> Iterator[Question]:
        yield from questions

    return Interview(Facts(presets={}), {}, asker, survey=survey)


def _questions(gone: Sequence[Pointer], after: Effective) -> Iterator[Question]:
    models = tuple(_models(after))
    for slot in SLOTS:
        had = next((pointer for pointer in reversed(gone) if pointer.slot == slot), None)
        taken = after.selected.get(slot)
        if had is None or not models or (taken and taken.configured and not taken.falls_back):
            continue
        yield Question(
            key=slot,
            text=f"{slot.capitalize()} model instead of {had.provider}/{had.model}",
            kind=Kind.CHOICE,
            flag=f"crush-wizard use {slot}",
            choices=(
                Choice("", "Let Crush choose", f"it uses {named(taken)}" if taken else ""),
                *(slot_row(f"{provider}/{facts.id}", provider, facts) for provider, facts in models),
            ),
            default="",
        )


def _models(after: Effective) -> Iterator[tuple[str, ModelFacts]]:
    """Every model that a slot can have, each with its provider's id."""
    for provider in after.providers:
        if provider.kept and provider.status == "ready":
            yield from ((provider.id, facts) for facts in map(facts_in, provider.models))


# Saying


def say_slots(gone: Iterable[Pointer], provider: str, after: Effective, output: Output) -> None:
    """What Crush takes from now on for each slot that lost its model, and where a file still names the lost one."""
    if not after.selected:
        if gone or not after.uncertain:
            output.warning(_no_model(after))
        return
    for slot in SLOTS:
        taken = after.selected.get(slot)
        if taken is None:
            continue
        if taken.falls_back and taken.configured and taken.configured.provider == provider and taken.source:
            output.warning(
                f"{place(taken.source)} still has {provider}/{taken.configured.model} as the {slot} model: Crush "
                f"uses {named(taken)} instead"
            )
        elif any(pointer.slot == slot for pointer in gone):
            output.note(f"the {slot} model is now {named(taken)}")


def _no_model(after: Effective) -> str:
    """What Crush does without any model."""
    does = "does not start" if after.fatal else "asks for a provider when it starts"
    return f"no model is left: Crush {does}; to add one: crush-wizard add-provider"
