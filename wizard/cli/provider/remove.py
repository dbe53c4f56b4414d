"""`remove-provider`: take a provider's entry out, and put right what pointed to it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct

from wizard.change.config_env import needed_only_by, without
from wizard.change.left_secrets import left_secrets
from wizard.change.leftovers import without_leftovers
from wizard.change.lost_keys import to_keep
from wizard.change.none_left import none_left_after, settled
from wizard.change.planned import in_force_after
from wizard.change.slot_repair import changes_for, interview_about, lost, pointers, repairable, say_slots
from wizard.cli.completion.candidates import provider_ids
from wizard.cli.flags import changing, common, if_none_left, which_file
from wizard.cli.result import Result
from wizard.documents.document import RemoveProvider
from wizard.expansion.literals import literal_secrets
from wizard.expansion.plain_secrets import field_holds_secret
from wizard.files.plan import Plan, SecretEdit
from wizard.machine.provider_files import absent, flag_for
from wizard.provider.entry import lower_case
from wizard.provider.model import SLOTS
from wizard.provider.template import placeholder
from wizard.provider.variable import variable_for
from wizard.secrets.store import CALLED
from wizard.shown import command_line
from wizard.ui.place import place, shown_path
from wizard.ui.prompter import open_prompter
from wizard.words import joined

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wizard.change.left_secrets import LeftSecret
    from wizard.change.none_left import Cure
    from wizard.change.run import Outcome, Proposal, Run
    from wizard.change.slot_repair import Pointer
    from wizard.cli.which_file import WhichFile
    from wizard.crush.effective import EffectiveProvider
    from wizard.documents.document import Change, Document
    from wizard.files.plan import FileEdit
    from wizard.flow.driver import Asker
    from wizard.machine.in_force import InForce
    from wizard.machine.target import Target
    from wizard.provider.model import Slot
    from wizard.ui.output import Output


@click.command("remove-provider")
@click.argument("provider", metavar="ID", shell_complete=provider_ids)
@click.option("--forget-secret", is_flag=True, help="Also delete its key from the store, if nothing else uses it.")
@if_none_left
@which_file
@changing
@common
@click.pass_obj
def command(
    output: Output,
    /,
    provider: str,
    forget_secret: bool,
    none_left: str | None,
    which: WhichFile,
    dry_run: bool,
    yes: bool,
) -> Result:
    """Remove the provider ID from the config. `undo` brings it back.

    A large or small model that pointed to it gives way to another one. The key stays in its store, unless
    --forget-secret is given. Where the built-in providers are off and no other one is left, Crush does not start: then
    it is asked what to do, and --yes refuses without --allow-builtins or --allow-no-provider.
    """
    from wizard.change.run import Run, as_data
    from wizard.machine.target import others

    others(which.open(), output)
    run = Run(output, open_prompter(output), dry_run, yes)

    def decide(asker: Asker | None) -> Proposal[Removal]:
        wanted = RemovalFlags(provider, which.open(), forget_secret)
        cure = _cure(_proposed(wanted, {}, run).about, none_left, run, asker)
        chosen = {} if asker is None or run.is_settled else _chosen(_proposed(wanted, {}, run, cure).about, asker)
        return _proposed(wanted, chosen, run, cure)

    outcome = run.make(decide)
    _report(outcome, output)
    return Result(lambda: as_data(outcome, {"id": provider}))


def _cure(removal: Removal, told: str | None, run: Run, asker: Asker | None) -> Cure:
    """What lets the built-in providers back in, where no other one is left and that is wanted."""
    left = none_left_after(removal.before.effective, removal.after.effective, removal.wanted.target.documents)
    return settled(left, told, run, asker)


def _chosen(removal: Removal, asker: Asker) -> Mapping[Slot, str]:
    """PROVIDER/MODEL for each slot that loses its model."""
    answers = interview_about(removal.lost, removal.after.effective, asker).run()
    return {slot: answers.value(slot, "") for slot in SLOTS}


class RemovalFlags(Struct, frozen=True):
    """The provider that goes, and whether its key goes, too."""

    provider: str
    target: Target
    forgets: bool


class Removal(Struct, frozen=True):
    """What it leaves: `after` is what will be in force, `lost` the slots' choices that go, `unset` the variables of the
    config's `env`.
    """

    wanted: RemovalFlags
    plan: Plan
    before: InForce
    after: InForce
    lost: tuple[Pointer, ...]
    secrets: tuple[LeftSecret, ...]
    documents: tuple[Document, ...]
    unset: tuple[str, ...]


# The plan


def _proposed(wanted: RemovalFlags, chosen: Mapping[Slot, str], run: Run, cure: Cure = ()) -> Proposal[Removal]:
    """The plan with these models, PROVIDER/MODEL, for the slots. Raises a WizardError where there is no such entry."""
    from wizard.change.run import Proposal
    from wizard.machine.in_force import in_force
    from wizard.trial.discovered import with_discovered

    provider, target = wanted.provider, wanted.target

    found = with_discovered(in_force(target.around), run.output)
    documents = tuple(document for document in target.documents if provider in document.provider_ids())
    if not documents:
        raise absent(provider, target, found)
    removed: list[tuple[Document, Change]] = [(document, RemoveProvider(provider)) for document in documents]
    bare = _edits(removed, provider)
    entries = [document.provider(provider) or {} for document in documents]
    secrets = left_secrets(entries, _after(found, bare, found.held), {edit.path: edit.after for edit in bare})
    forgotten = tuple(secret for secret in secrets if wanted.forgets and not secret.used_by)
    kept = found.held - {secret.name for secret in forgotten}
    unset = needed_only_by(provider, target, _after(found, bare, kept), bare)
    removed += without(unset, target.documents)
    gone = lost(pointers(repairable(target), provider), _after(found, _edits(removed, provider), kept).effective)
    files = _edits([*removed, *changes_for(gone, chosen, target), *cure], provider)
    plan = Plan(
        f"remove-provider {provider}",
        files,
        tuple(SecretEdit(secret.name, secret.store, "delete") for secret in forgotten),
    )
    removal = Removal(wanted, plan, found, _after(found, files, kept), gone, secrets, documents, unset)
    return Proposal(plan, removal, say=partial(_say, removal, run))


def _edits(changes: Sequence[tuple[Document, Change]], provider: str) -> tuple[FileEdit, ...]:
    from wizard.change.run import by_document, edit_of

    edits = (edit_of(document, wanted, _masked(document, provider)) for document, wanted in by_document(changes))
    return without_leftovers(edits)


def _masked(document: Document, provider: str) -> dict[str, str]:
    """A literal key that goes, and the placeholder that `undo` is to put in its place."""
    entry = _entry(document, provider)
    key = entry.get("api_key")
    is_literal = isinstance(key, str) and key in literal_secrets(entry)
    return {str(key): placeholder(variable_for(provider))} if is_literal else {}


def _entry(document: Document, provider: str) -> dict[str, Any]:
    return lower_case(document.provider(provider) or {})


def _after(found: InForce, files: Sequence[FileEdit], held: frozenset[str]) -> InForce:
    """What will be in force with these files, while the store holds these names."""
    from wizard.machine.in_force import HELD

    return in_force_after(found, files, dict.fromkeys(held, HELD))


# What is said


def _say(removal: Removal, run: Run) -> None:
    """What the user should know before the change is made."""
    provider, output = removal.wanted.provider, run.output
    for document in removal.documents:
        entry = _entry(document, provider)
        if field_holds_secret({"api_key": entry.get("api_key")}, entry):  # be it as the default of a variable
            what = f"its plain-text key in {shown_path(Path(document.path))}"
            output.warning(f"{what} is lost, even for undo; {to_keep(entry)}")
        for remark in document.remarks([RemoveProvider(provider)]):
            output.note(remark)
    if removal.unset:
        output.note(f"{joined(removal.unset)} in `env`: also removed, because only {provider} needs that")
    say_slots(removal.lost, provider, removal.after.effective, output)
    _say_what_remains(removal, output)
    for secret in removal.secrets:
        _say_secret(secret, removal.wanted, run)


def _say_what_remains(removal: Removal, output: Output) -> None:
    """Another file that has it, too; or a built-in, which only loses what was said about it."""
    provider = removal.wanted.provider
    remaining = removal.after.effective.provider(provider)
    if remaining is None:
        return
    for source in remaining.sources:
        output.warning(f"{provider} is also in {place(source)}, and stays there: Crush still uses it")
        output.hint(f"{command_line('remove-provider', provider)} {flag_for(source, removal.wanted.target)}")
    if not remaining.sources and remaining.builtin and remaining.kept:
        output.note(f"{provider} is built into Crush and stays{_because(remaining, removal)}")


def _because(remaining: EffectiveProvider, removal: Removal) -> str:
    """Which variable keeps a built-in provider active, and where its value comes from."""
    name = next(iter((*remaining.api_key.variables, *remaining.api_key.lookups)), "")
    found = removal.after.found(name) if name else None
    if found != "environment" and name in {secret.name for secret in removal.plan.secrets}:
        return ""
    where = {"environment": "is set", "keyring": "is in the keyring", "file": "is in the encrypted file"}
    return f", as {name} {where[found]}" if found else ""


def _say_secret(secret: LeftSecret, wanted: RemovalFlags, run: Run) -> None:
    where, output = CALLED[secret.store], run.output
    if secret.used_by:
        output.note(f"{secret.name} stays in {where}: {secret.used_by} also uses it")
    elif not wanted.forgets:
        output.note(f"{secret.name} stays in {where}; to delete it: crush-wizard secret remove {secret.name}")
    elif run.dry_run:
        output.note(f"{secret.name} would be deleted from {where}")


def _report(outcome: Outcome[Removal], output: Output) -> None:
    if not outcome.applied:
        return
    removal = outcome.about
    files = joined([shown_path(Path(document.path)) for document in removal.documents])
    output.done(f"Removed {removal.wanted.provider} from {files}")
    for edit in outcome.plan.files:
        if edit.delete:
            output.note(f"Deleted {shown_path(edit.path)}: nothing was left in it")
    for secret in outcome.plan.secrets:
        output.done(f"Deleted {secret.name} from {CALLED[secret.store]}")
    output.note("to undo: crush-wizard undo")
