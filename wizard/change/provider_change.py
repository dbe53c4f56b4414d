"""What becomes of drafts of providers: planned, told, reported."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from wizard import folders
from wizard.change.config_env import env_changes, say_env
from wizard.change.duplicate_models import refuse_duplicate_models
from wizard.change.lost_keys import LOST, taking_keys, to_keep
from wizard.change.one_place import reference_plan
from wizard.change.run import as_data, by_document, edit_of
from wizard.change.slot_repair import pointers, repairable
from wizard.documents.document import Deselect, DropValue, PutProvider, RemoveModel, SelectModel
from wizard.errors import Refused
from wizard.files.plan import Plan, SecretEdit
from wizard.flow.key_questions import LOOKUP
from wizard.flow.key_source import COMMAND
from wizard.machine.new_format import chosen_format, say_format, say_remembered_format
from wizard.machine.stores import chosen_store, say_settled
from wizard.namespace import profile_in_force
from wizard.provider.builtins import BUILTINS
from wizard.secrets.store import CALLED
from wizard.ui.place import shown_path
from wizard.words import joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wizard.change.run import Outcome, Run
    from wizard.documents.document import Change, Document
    from wizard.flow.build import Draft, Secret
    from wizard.machine.target import Target
    from wizard.secrets.settings import Choices, StoreName
    from wizard.ui.output import Output

    Changes = list[tuple[Document, list[Change]]]
    AnyChanges = Iterable[tuple[Document, Sequence[Change]]]


def changes_of(drafts: Sequence[Draft], target: Target) -> Changes:
    """What is changed in which file, the first provider's own first."""
    return by_document(change for draft in drafts for change in _changes(draft, target))


def _changes(draft: Draft, target: Target) -> Iterator[tuple[Document, Change]]:
    provider = draft.provider.id
    own = target.document_of(provider)
    refuse_duplicate_models(draft, target)
    if draft.entry or not draft.merging:
        yield own, PutProvider(provider, draft.entry, "merge" if draft.merging else "replace")
    yield from env_changes(provider, draft.env, target)
    for path in draft.emptied:
        yield own, DropValue(("providers", provider, *path))
    for model in draft.removed:
        yield own, RemoveModel(provider, model)
    chosen_in = {slot: target.document_choosing(slot, provider) for slot in draft.selected}
    for slot, model in draft.selected.items():
        yield chosen_in[slot], SelectModel(slot, provider, model)
    for pointer in pointers(repairable(target), provider, draft.removed):
        if pointer.document is not chosen_in.get(pointer.slot):
            yield pointer.document, Deselect(pointer.slot)


def plan_of(command: str, drafts: Sequence[Draft], changes: Changes, output: Output) -> Plan:
    """The plan for all drafts together; two of them may share a secret."""
    from wizard.change.delivery import start_file_edits

    keys = next((draft.keys for draft in drafts if draft.decides_keys), None)
    stored = [secret for secret in _secrets(drafts) if not secret.command]
    secrets = {secret.name: SecretEdit(secret.name, secret.store, "store") for secret in stored}
    referred = reference_plan(command, {secret.name: secret.command for secret in _referred(drafts)})
    return Plan(
        command=command,
        files=(
            *(edit_of(document, wanted, _replaced_keys(drafts, document)) for document, wanted in changes),
            *start_file_edits(keys, output),
            *referred.files,
        ),
        secrets=(*secrets.values(), *referred.secrets),
        facts={draft.provider.id: draft.facts for draft in drafts if draft.facts},
    )


def _secrets(drafts: Sequence[Draft]) -> list[Secret]:
    return [draft.secret for draft in drafts if draft.secret]


def _referred(drafts: Sequence[Draft]) -> list[Secret]:
    """Those of which a command is kept; the others' is in the entry, or they are stored."""
    return [draft.secret for draft in drafts if draft.stored and draft.secret and draft.secret.command]


def _replaced_keys(drafts: Sequence[Draft], document: Document) -> dict[str, str]:
    """Literal keys that go, and the placeholders that come: what `undo` is to put back in their place."""
    replaced = {}
    for draft in drafts:
        before = (document.provider(draft.provider.id) or {}).get("api_key")
        after = draft.entry.get("api_key")
        if isinstance(before, str) and before and after:
            replaced[before] = str(after)
    return replaced


def say(drafts: Sequence[Draft], changes: Changes, target: Target, output: Output) -> None:
    """What the user should know before the changes are made."""
    from wizard.change.delivery import say_unreachable

    say_format(target, output)
    if any(draft.keys == LOOKUP and draft.variable for draft in drafts):
        say_unreachable(output)
    for draft in drafts:
        for note in draft.notes:
            output.once(note)
        for warning in (*_of_another_key(draft), *draft.warnings):
            output.warning(warning)
        say_env(draft.provider.id, draft.env, target, output)
    say_left_out(changes, output)
    _say_lost_keys(changes, output)
    say_remarks(changes, output)
    for draft in drafts:
        say_which_file(draft.provider.id, target, output)


def _of_another_key(draft: Draft) -> Iterator[str]:
    """That the environment has another key than the one that is stored now: it wins, for `run` as well."""
    here = os.environ.get(draft.variable or "")
    if draft.stored and draft.secret and here and here != draft.secret.value:
        yield f"unset ${draft.variable}: while it is set, Crush uses its key instead of the stored one"


def _say_lost_keys(changes: Changes, output: Output) -> None:
    for document, wanted in changes:
        taking = next(taking_keys(document, wanted), None)
        if taking is not None:
            entry = document.provider(taking.id) if isinstance(taking, PutProvider) else None
            output.warning(f"{shown_path(Path(document.path))}: {LOST}")
            output.hint(to_keep(entry))


def say_left_out(changes: AnyChanges, output: Output) -> None:
    """What the files' formats can't say."""
    for document, wanted in changes:
        for warning in document.left_out(wanted):
            output.warning(warning)


def say_remarks(changes: AnyChanges, output: Output) -> None:
    """What the files' formats make of them."""
    for document, wanted in changes:
        for remark in document.remarks(wanted):
            output.note(remark)


def refuse_inexpressible(changes: Changes) -> None:
    """Raises Refused where something was asked for that the file's format can't say, and nothing else."""
    for document, wanted in changes:
        for reason in document.left_out(wanted):
            raise Refused(reason, hint="nothing was changed", path=document.path)


def say_which_file(provider: str, target: Target, output: Output) -> None:
    """Which of two files is edited, where both have the provider."""
    other = target.also_in(provider)
    if other is not None:
        edited = target.document_of(provider)
        path, wins = shown_path(Path(edited.path)), edited.format == "crushrc"
        output.note(
            f"{provider} is also in {shown_path(Path(other.path))}: {path} is edited, whose values "
            f"{'win' if wins else 'lose'}; Crush merges the models of both"
        )


def keys_of(drafts: Sequence[Draft]) -> dict[str, str]:
    """The secrets that go into the store, by name."""
    return {secret.name: secret.value for secret in _secrets(drafts) if not secret.command}


def conclude(outcome: Outcome[Any], drafts: Sequence[Draft], run: Run) -> None:
    """Report what came of them, and what is remembered."""
    if not run.dry_run:
        report(drafts, outcome.plan, run.output, applied=outcome.applied)
    if outcome.applied:
        _say_remembered(drafts, outcome.proposal.remembers, run.output)


def result_data(outcome: Outcome[Any], drafts: Sequence[Draft], target: Target, tests: Sequence[Any]) -> dict[str, Any]:
    """The `data` of the JSON document. `left_out`: fields of the entries that the file's format can't say."""
    entries = [{"id": draft.provider.id, **draft.entry} for draft in drafts]
    data = as_data(outcome, entries[0] if len(entries) == 1 else None)
    left_out = [
        {"provider": draft.provider.id, "field": field}
        for draft in drafts
        for field in target.document_of(draft.provider.id).inexpressible(draft.entry)
    ]
    return {**data, "left_out": left_out, "tests": [result.report() for result in tests]}


def remembered(drafts: Sequence[Draft], target: Target) -> Choices:
    """What was decided with them, and is not asked again: the store, how Crush gets its keys, new files' format."""
    stores = [chosen_store(store) for store in _decided_stores(drafts)]
    keys = [draft.keys for draft in drafts if draft.keys and draft.keys != COMMAND and draft.decides_keys]
    return {**(stores[0] if stores else {}), **({"keys": keys[-1]} if keys else {}), **chosen_format(target)}


def _decided_stores(drafts: Sequence[Draft]) -> list[StoreName]:
    return [
        cast("StoreName", draft.secret.store)
        for draft in drafts
        if draft.secret and not draft.secret.command and draft.decides_store
    ]


def _say_remembered(drafts: Sequence[Draft], choices: Choices, output: Output) -> None:
    for store in dict.fromkeys(_decided_stores(drafts)):
        say_settled(store, choices, output)
    say_remembered_format(choices, output)


def report(drafts: Sequence[Draft], plan: Plan, output: Output, *, applied: bool) -> None:
    """What is there now, and what is still to be done."""
    if not applied:
        where = f" in {shown_path(plan.files[0].path)}" if plan.files else ""
        output.note(f"nothing to do: no changes to {joined(draft.provider.id for draft in drafts)}{where}")
        return
    names = joined(_called(draft) for draft in drafts)
    for edit in plan.files:
        if edit.after != edit.before and edit.path != folders.references(profile_in_force()):
            what = names if edit.path == plan.files[0].path else "the change"
            output.done(f"Saved {what} to {shown_path(edit.path)}")
    kept = _referred(drafts)
    for secret in (it for it in _secrets(drafts) if it in kept or not it.command):
        where = f": it comes from `{secret.command}`" if secret.command else f" to {CALLED[secret.store]}"
        output.done(f"Saved {secret.name}{where}")
    _say_unset(drafts, output)
    output.note("to undo: crush-wizard undo")


def _called(draft: Draft) -> str:
    """By the name that Crush shows."""
    builtin = BUILTINS.get(draft.provider.id)
    return builtin.name if builtin else draft.provider.name


def _say_unset(drafts: Sequence[Draft], output: Output) -> None:
    """Variables that the user has to set."""
    names = dict.fromkeys(draft.variable for draft in drafts if draft.variable and not draft.stored)
    for name in names:
        if not os.environ.get(name):
            output.warning(
                f"${name} has no value yet: set it before you start Crush, or store the key: crush-wizard secret set "
                f"{name}"
            )


def say_start(drafts: Sequence[Draft], output: Output) -> None:
    """How Crush gets the keys that are stored: each way once."""
    from wizard.change.delivery import say_how

    ways = {draft.keys: "" if draft.secret else draft.variable for draft in drafts if draft.variable and draft.stored}
    for keys, variable in ways.items():
        say_how(keys, variable, output)
