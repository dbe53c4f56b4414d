"""Hide providers in Crush's model picker, or show them again: which, what becomes of the slots, and what is said."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wizard.change.planned import in_force_after
from wizard.change.run import by_document, edit_of
from wizard.change.slot_repair import changes_for, interview_about, pointers, repairable
from wizard.crush.builtin_rules import active
from wizard.crush.selected import named
from wizard.documents.document import Deselect, DropValue, PutProvider, RemoveProvider
from wizard.errors import AnswersMissing, Conflict
from wizard.expansion.environment import prefixed
from wizard.flow.question import Choice, Kind, Question
from wizard.machine.absent import absence
from wizard.provider.entry import lower_case
from wizard.provider.hiding import fields_that_hide, hiding_fields, is_only_hidden
from wizard.provider.model import SLOTS
from wizard.provider.template import variables
from wizard.ui.place import place
from wizard.words import counted, joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wizard.crush.selected import Selected
    from wizard.documents.document import Change, Document
    from wizard.files.plan import FileEdit
    from wizard.flow.driver import Asker
    from wizard.machine.in_force import InForce
    from wizard.machine.target import Target
    from wizard.provider.builtins import Builtin
    from wizard.provider.model import Slot
    from wizard.ui.output import Output

Changes = list["tuple[Document, Change]"]
MOST_NAMED = 4
_REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")


# Which


def type_of(provider: str, found: InForce) -> str | None:
    """The type of a built-in provider; None for another one, and where the built-in ones are off."""
    builtin = None if found.effective.builtins_off else found.builtins.get(provider)
    return builtin.type if builtin else None


def name_of(provider: str, found: InForce) -> str:
    """What people call it."""
    known = found.effective.provider(provider)
    return known.name if known else found.builtins[provider].name


def named_or_counted(providers: Sequence[str]) -> str:
    """The ids in a sentence; many are only counted."""
    return joined(providers) if len(providers) <= MOST_NAMED else counted(len(providers), "provider")


def is_hidden(provider: str, found: InForce) -> bool:
    """Whether Crush's picker leaves it out."""
    known = found.effective.provider(provider)
    return known is not None and known.is_hidden


def is_disabled(provider: str, found: InForce) -> bool:
    """Whether a file wants it hidden, be it to no effect."""
    return provider in hidden(found)


def hideable(found: InForce) -> tuple[str, ...]:
    """The providers that Crush's picker has: the built-in ones, and those of the files."""
    builtins = () if found.effective.builtins_off else tuple(found.builtins)
    ids = dict.fromkeys((*builtins, *(provider.id for provider in found.effective.providers)))
    return tuple(id_ for id_ in ids if id_ and not is_hidden(id_, found))


def hidden(found: InForce) -> tuple[str, ...]:
    """The providers that it leaves out, and those that files disable to no effect."""
    return tuple(provider.id for provider in found.effective.providers if provider.status == "disabled")


def known(providers: Iterable[str], found: InForce) -> tuple[str, ...]:
    """The ids, each once. Raises a WizardError for what is no provider of Crush here."""
    ids = tuple(dict.fromkeys(providers))
    for id_ in ids:
        if id_ not in found.builtins and found.effective.provider(id_) is None:
            raise absence(id_, found)
    return ids


def others(found: InForce) -> tuple[str, ...]:
    """The built-in providers that are not the user's own. Raises Conflict where nothing would be left to choose."""
    if found.effective.builtins_off:
        return ()
    foreign = (builtin for builtin in found.builtins.values() if not _is_own(builtin, found))
    left = tuple(builtin.id for builtin in foreign if _heeds(builtin, found))
    own = [provider for provider in found.effective.providers if provider.id not in left]
    if not any(provider.kept and provider.status != "disabled" for provider in own):
        raise Conflict(
            "you have no provider of your own yet: Crush would have none to offer",
            hint="add one: crush-wizard add-provider",
        )
    return left


def _heeds(builtin: Builtin, found: InForce) -> bool:
    """Whether Crush heeds that it is hidden: one that no entry sets up only while it is set up."""
    known = found.effective.provider(builtin.id)
    return builtin.type != "google-vertex" or (known is not None and known.kept)


def _is_own(builtin: Builtin, found: InForce) -> bool:
    """Whether it has a key of the user's, or files name it. A region without credentials is of other programs."""
    entry = found.effective.said(builtin.id)
    if entry and not is_only_hidden(entry):
        return True
    if any(slot.configured and slot.configured.provider == builtin.id for slot in found.effective.selected.values()):
        return True
    if any(name in found.held for name in variables(builtin.key)):
        return True
    environ = {name: value for name, value in prefixed(found.effective.env).items() if name not in _REGIONS}
    return active(builtin, None, environ, os.path.exists, found.around.home).active is not False


def pick(text: str, ids: Iterable[str], found: InForce, asker: Asker | None, hint: str) -> tuple[str, ...]:
    """Some of these providers, as a person says. Raises AnswersMissing, with the hint, where nobody is there."""
    if asker is None:
        raise AnswersMissing("no provider is given, and this is not interactive", hint=hint)
    rows = tuple(Choice(id_, id_, name_of(id_, found)) for id_ in ids)
    question = Question(key="providers", text=text, kind=Kind.MANY, flag="ID", choices=rows, default=())
    picked = asker.ask(question, can_go_back=False)
    return picked if isinstance(picked, tuple) else ()


# To hide


def hiding(providers: Iterable[str], target: Target, found: InForce) -> Changes:
    """The changes that hide them, each in the file that has its entry."""
    return [
        (target.document_of(id_), PutProvider(id_, hiding_fields(found.effective.said(id_), type_of(id_, found))))
        for id_ in providers
    ]


def freed_slots(
    providers: Sequence[str], changes: Changes, target: Target, found: InForce, asker: Asker | None
) -> Changes:
    """What stands in the place of hidden models that are chosen: Crush would go on using a built-in's. Raises Back.

    Without `asker` the choice is left to Crush.
    """
    documents = repairable(target)
    lost = tuple(pointer for id_ in providers for pointer in pointers(documents, id_))
    chosen: dict[Slot, str] = {}
    if lost and asker is not None:
        freed: Changes = [*changes, *((pointer.document, Deselect(pointer.slot)) for pointer in lost)]
        after = in_force_after(found, edits_of(freed))
        answers = interview_about(lost, after.effective, asker).run()
        chosen = {slot: answers.value(slot, "") for slot in SLOTS}
    return list(changes_for(lost, chosen, target))


def edits_of(changes: Changes) -> tuple[FileEdit, ...]:
    """One edit a file."""
    return tuple(edit_of(document, wanted, {}) for document, wanted in by_document(changes))


# To show again


def showing(providers: Iterable[str], target: Target) -> Changes:
    """The changes that take out what hides them, and nothing else, in all files of the target."""
    wanted = tuple(providers)
    return [change for document in target.documents for change in _showing(wanted, document)]


def _showing(providers: Sequence[str], document: Document) -> Iterator[tuple[Document, Change]]:
    emptied = []
    for id_ in providers:
        entry = lower_case(document.provider(id_) or {})
        if is_only_hidden(entry):
            emptied.append(id_)
        else:
            for field in fields_that_hide(entry):
                yield document, DropValue(("providers", id_, field))
    if document.format == "json" and emptied and set(emptied) == set(document.provider_ids()):
        yield document, DropValue(("providers",))
    else:
        yield from ((document, RemoveProvider(id_)) for id_ in emptied)


# What is said


def say_slots_now(providers: Sequence[str], before: InForce, after: InForce, output: Output) -> None:
    """Which slot gets another model, and which keeps one that is hidden."""
    for slot in SLOTS:
        was, now = before.effective.selected.get(slot), after.effective.selected.get(slot)
        if now and now.provider in providers and now.configured and not now.falls_back and _is_hidden(now, after):
            where = f" ({place(now.source)})" if now.source else ""
            output.warning(f"Crush still uses {named(now)} as the {slot} model, though it is hidden{where}")
            output.hint(f"choose another: crush-wizard use {slot} PROVIDER/MODEL")
        elif now and (was is None or named(was) != named(now)):
            output.note(f"the {slot} model is now {named(now)}")
    if before.effective.selected and not after.effective.selected:
        output.warning("no model is left: Crush asks for a provider when it starts")


def _is_hidden(slot: Selected, found: InForce) -> bool:
    return is_hidden(slot.provider, found)


def say_unhideable(found: InForce, output: Output) -> None:
    """Which built-in providers `others` leaves out, though they are not the user's own."""
    left = [builtin.id for builtin in found.builtins.values() if not _heeds(builtin, found)]
    if left and not found.effective.builtins_off:
        output.note(f"Crush's picker still lists {joined(left)}: what is not set up can't be hidden")


def say_shown(providers: Iterable[str], after: InForce, output: Output) -> None:
    """Who is not hidden after all, and why."""
    for id_ in providers:
        provider = after.effective.provider(id_)
        if provider is None or provider.is_hidden:
            continue
        source = provider.value_source("disable")
        if provider.status == "disabled":
            output.note(f"Crush's picker still lists {id_}, as one to set up: {provider.reason}")
        elif source:
            output.warning(f"{id_} is not hidden here: {place(source)} overrides it")
