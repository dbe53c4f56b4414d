"""What becomes of drafts of providers: planned, shown, confirmed, tested, written, reported."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from wizard.cli.change import as_data, carry_out, edit_of, shown_path
from wizard.cli.stores import CALLED, open_with, settle
from wizard.config.document import PutProvider, RemoveModel, SelectModel
from wizard.config.plan import Plan, SecretEdit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wizard.cli.change import Outcome
    from wizard.cli.files import Target
    from wizard.config.document import Change, Document
    from wizard.flow.build import Draft, Secret
    from wizard.flow.driver import Asker
    from wizard.secrets.settings import Delivery, StoreName
    from wizard.ui.output import Output

    Changes = list[tuple[Document, list[Change]]]


def changes_of(drafts: Sequence[Draft], target: Target) -> Changes:
    """What is changed in which file, the first provider's own first."""
    changes: dict[Document, list[Change]] = {}
    for draft in drafts:
        for document, change in _changes(draft, target):
            changes.setdefault(document, []).append(change)
    return list(changes.items())


def _changes(draft: Draft, target: Target) -> Iterator[tuple[Document, Change]]:
    provider = draft.provider.id
    own = target.document_of(provider)
    if draft.entry or not draft.merging:
        yield own, PutProvider(provider, draft.entry, "merge" if draft.merging else "replace")
    for model in draft.removed:
        yield own, RemoveModel(provider, model)
    for slot, model in draft.selected.items():
        yield target.document_choosing(slot, provider), SelectModel(slot, provider, model)


def plan_of(command: str, drafts: Sequence[Draft], changes: Changes, output: Output) -> Plan:
    """The plan for all drafts together; two of them may share a secret."""
    from wizard.cli.delivery import start_file_edits

    keys = next((draft.keys for draft in drafts if draft.decides_keys), None)
    secrets = {secret.name: SecretEdit(secret.name, secret.store, "store") for secret in _secrets(drafts)}
    return Plan(
        command=command,
        files=(
            *(edit_of(document, wanted, _replaced_keys(drafts, document)) for document, wanted in changes),
            *start_file_edits(keys, output),
        ),
        secrets=tuple(secrets.values()),
    )


def _secrets(drafts: Sequence[Draft]) -> list[Secret]:
    return [draft.secret for draft in drafts if draft.secret]


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
    for draft in drafts:
        for note in draft.notes:
            output.note(note)
        for warning in draft.warnings:
            output.warning(warning)
    for document, wanted in changes:
        for warning in document.left_out(wanted):
            output.warning(warning)
        for remark in document.remarks(wanted):
            output.note(remark)
    for draft in drafts:
        say_which_file(draft.provider.id, target, output)


def say_which_file(provider: str, target: Target, output: Output) -> None:
    """Which of two files is edited, where both have the provider."""
    other = target.also_in(provider)
    if other is not None:
        edited = target.document_of(provider)
        path, wins = shown_path(Path(edited.path)), edited.format == "crushrc"
        output.note(
            f"{provider} is in {shown_path(Path(other.path))}, too: {path} is edited, "
            f"whose values {'win' if wins else 'lose'}; models of both files add up"
        )


def write(drafts: Sequence[Draft], plan: Plan, output: Output, *, asker: Asker | None, dry_run: bool) -> Outcome:
    """Carry the plan out, report it, and remember what was decided."""
    stores = {store: open_with(asker, store) for store in {secret.store for secret in _secrets(drafts)}}
    values = {secret.name: secret.value for secret in _secrets(drafts)}
    outcome = carry_out(plan, values, stores, output, dry_run=dry_run)
    if not dry_run:
        report(drafts, plan, output, applied=outcome.applied)
    if outcome.applied:
        _remember(drafts, output)
    return outcome


def result_data(outcome: Outcome, drafts: Sequence[Draft], tests: Sequence[Any]) -> dict[str, Any]:
    """The `data` of the JSON document."""
    entries = [{"id": draft.provider.id, **draft.entry} for draft in drafts]
    data = as_data(outcome, entries[0] if len(entries) == 1 else None)
    return {**data, "tests": [result.report() for result in tests]}


def _remember(drafts: Sequence[Draft], output: Output) -> None:
    """What was decided is not asked again."""
    from wizard import folders
    from wizard.secrets.settings import remember_keys

    for draft in drafts:
        if draft.secret and draft.decides_store:
            settle(cast("StoreName", draft.secret.store), output)
        if draft.keys and draft.decides_keys:
            remember_keys(folders.settings(), cast("Delivery", draft.keys))


def report(drafts: Sequence[Draft], plan: Plan, output: Output, *, applied: bool) -> None:
    """What is there now, and what is still to be done."""
    path = shown_path(plan.files[0].path) if plan.files else ""
    names = ", ".join(draft.provider.id for draft in drafts)
    if not applied:
        output.note(f"nothing to do: {names} in {path} {'are' if len(drafts) > 1 else 'is'} already like this")
        return
    for edit in plan.files:
        if edit.after != edit.before:
            output.done(f"{names if edit.path == plan.files[0].path else 'the change'} is in {shown_path(edit.path)}")
    for secret in _secrets(drafts):
        output.done(f"{secret.name} is in {CALLED[secret.store]}")
    _say_how_keys_arrive(drafts, output)
    output.note("`crush-wizard undo` takes this back")


def _say_how_keys_arrive(drafts: Sequence[Draft], output: Output) -> None:
    from wizard.cli.delivery import say_how

    told: set[str] = set()
    for draft in drafts:
        if not draft.variable or draft.variable in told:
            continue
        told.add(draft.variable)
        if draft.stored:
            say_how(draft.keys, draft.variable, output)
        elif not os.environ.get(draft.variable):
            output.warning(
                f"${draft.variable} has no value yet: set it before you start Crush, "
                f"or store the key: crush-wizard secret set {draft.variable}"
            )
