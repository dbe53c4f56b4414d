"""`remove-provider`: take a provider's entry out, and put right what pointed to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct

from wizard.change.left_secrets import left_secrets
from wizard.change.planned import in_force_after
from wizard.change.replanning import planned_anew
from wizard.change.slot_repair import changes_for, interview_about, lost, pointers, repairable, say_slots
from wizard.cli.completion.candidates import provider_ids
from wizard.cli.flags import changing, common, which_file
from wizard.documents.document import RemoveProvider
from wizard.expansion.literals import literal_secrets
from wizard.files.plan import Plan, SecretEdit
from wizard.flow.question import Back
from wizard.machine.provider_files import absent, flag_for
from wizard.machine.stores import CALLED, open_with
from wizard.provider.template import placeholder
from wizard.provider.variable import variable_for
from wizard.ui.place import place, shown_path
from wizard.ui.prompter import open_prompter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wizard.change.left_secrets import LeftSecret
    from wizard.change.run import Outcome
    from wizard.change.slot_repair import Pointer
    from wizard.crush.effective import EffectiveProvider
    from wizard.documents.document import Change, Document
    from wizard.files.locations import FormatChoice, Scope
    from wizard.files.plan import FileEdit
    from wizard.flow.driver import Asker
    from wizard.machine.in_force import InForce
    from wizard.machine.target import Target
    from wizard.provider.model import Slot
    from wizard.ui.output import Output


@click.command("remove-provider")
@click.argument("provider", metavar="ID", shell_complete=provider_ids)
@click.option("--forget-secret", is_flag=True, help="Also delete its key from the store, if nothing else uses it.")
@which_file
@changing
@common
@click.pass_obj
def command(
    output: Output,
    /,
    provider: str,
    forget_secret: bool,
    scope: Scope,
    file: Path | None,
    format_: FormatChoice,
    dry_run: bool,
    yes: bool,
) -> None:
    """Remove the provider ID from the config. `undo` brings it back.

    A large or small model that pointed to it gives way to another one. The key stays in its store, unless
    --forget-secret is given.
    """
    from wizard.machine.target import open_target, others

    target = open_target(scope, file, format_)
    for problem in others(target)[1]:
        output.warning(f"Crush will not start with this file beside it: {problem.where}: {problem.message}")
    job = Job(provider, target, open_prompter(output), output, forget_secret, dry_run, confirmed=yes or dry_run)
    removal, outcome = _carry_out(job)
    _report(removal, outcome, job)


class Job(Struct):
    """One run of the command. `confirmed`: nothing is asked."""

    provider: str
    target: Target
    asker: Asker | None
    output: Output
    forgets: bool
    dry_run: bool
    confirmed: bool


class Removal(Struct, frozen=True):
    """The plan, and what it leaves: `after` is what will be in force, `lost` the slots' choices that go."""

    plan: Plan
    after: InForce
    lost: tuple[Pointer, ...]
    secrets: tuple[LeftSecret, ...]
    documents: tuple[Document, ...]


def _carry_out(job: Job) -> tuple[Removal, Outcome]:
    """Decide and write. A file that changed meanwhile is looked at anew."""

    def look_anew() -> None:
        job.target = job.target.opened_anew()

    return planned_anew(lambda: _decide_and_write(job), look_anew, job.output)


def _decide_and_write(job: Job) -> tuple[Removal, Outcome]:
    from wizard.change.run import carry_out

    removal = _decide(job)
    names = {} if job.dry_run else {secret.store for secret in removal.plan.secrets}
    stores = {store: open_with(job.asker, store) for store in names}
    return removal, carry_out(removal.plan, {}, stores, job.output, dry_run=job.dry_run)


def _decide(job: Job) -> Removal:
    """The plan, which a person has seen and confirmed. Raises AnswersMissing where nobody can."""
    from wizard.change.run import nobody_to_confirm, show_diff

    removal = _removal(job, {})
    if job.confirmed:
        _say(removal, job)
        return removal
    if job.asker is None:
        raise nobody_to_confirm()
    interview = interview_about(removal.lost, removal.after.effective, job.asker)
    while True:
        answers = interview.run()
        chosen: dict[Slot, str] = {slot: answers.value(slot, "") for slot in ("large", "small")}
        wanted = _removal(job, chosen)
        show_diff(wanted.plan, job.output)
        _say(wanted, job)
        try:
            _confirm(wanted, job.asker, can_go_back=interview.can_go_back)
        except Back:
            interview.back()
        else:
            return wanted


def _confirm(removal: Removal, asker: Asker, *, can_go_back: bool) -> None:
    from wizard.change.run import confirm

    files = " and ".join(shown_path(edit.path) for edit in removal.plan.files)
    confirm(asker, f"Write this to {files}?", can_go_back=can_go_back)


# The plan


def _removal(job: Job, chosen: Mapping[Slot, str]) -> Removal:
    """The plan with these models, PROVIDER/MODEL, for the slots. Raises a WizardError where there is no such entry."""
    from wizard.machine.in_force import in_force

    found = in_force(job.target.around)
    documents = tuple(one for one in job.target.documents if job.provider in one.provider_ids())
    if not documents:
        raise absent(job.provider, job.target, found)
    removed: list[tuple[Document, Change]] = [(document, RemoveProvider(job.provider)) for document in documents]
    bare = _edits(removed, job)
    secrets = left_secrets(_entries(documents, job), _after(found, bare, found.held), _texts(bare))
    forgotten = tuple(one for one in secrets if job.forgets and not one.used_by)
    kept = found.held - {one.name for one in forgotten}
    gone = lost(pointers(repairable(job.target), job.provider), _after(found, bare, kept).effective)
    files = _edits([*removed, *changes_for(gone, chosen, job.target)], job)
    plan = Plan(
        f"remove-provider {job.provider}",
        files,
        tuple(SecretEdit(one.name, one.store, "delete") for one in forgotten),
    )
    return Removal(plan, _after(found, files, kept), gone, secrets, documents)


def _edits(changes: Sequence[tuple[Document, Change]], job: Job) -> tuple[FileEdit, ...]:
    from wizard.change.run import edit_of

    by_document: dict[Document, list[Change]] = {}
    for document, change in changes:
        by_document.setdefault(document, []).append(change)
    return tuple(edit_of(document, wanted, _masked(document, job.provider)) for document, wanted in by_document.items())


def _masked(document: Document, provider: str) -> dict[str, str]:
    """A literal key that goes, and the placeholder that `undo` is to put in its place."""
    return {key: placeholder(variable_for(provider)) for key in _literal_keys(document, provider)}


def _literal_keys(document: Document, provider: str) -> tuple[str, ...]:
    key = _api_key(document, provider)
    return (key,) if isinstance(key, str) and key in literal_secrets({"api_key": key}) else ()


def _holds_key(document: Document, provider: str) -> bool:
    """Whether its key stands there in plain text, be it as the default of a variable."""
    from wizard.expansion.plain_secrets import holds_secret

    return holds_secret({"api_key": _api_key(document, provider)})


def _api_key(document: Document, provider: str) -> object:
    entry = {str(key).lower(): value for key, value in (document.provider(provider) or {}).items()}
    return entry.get("api_key")


def _after(found: InForce, files: Sequence[FileEdit], held: frozenset[str]) -> InForce:
    """What will be in force with these files, while the store holds these names."""
    from wizard.machine.in_force import HELD

    return in_force_after(found, files, dict.fromkeys(held, HELD))


def _texts(files: Sequence[FileEdit]) -> dict[Path, str | None]:
    return {edit.path: edit.after for edit in files}


def _entries(documents: Sequence[Document], job: Job) -> list[dict[str, Any]]:
    return [document.provider(job.provider) or {} for document in documents]


# What is said


def _say(removal: Removal, job: Job) -> None:
    """What the user should know before the change is made."""
    for document in removal.documents:
        if _holds_key(document, job.provider):
            job.output.warning(
                f"its key stands in {shown_path(Path(document.path))} in plain text, and undo can't bring that back: "
                "`crush-wizard secret adopt` before this would keep it"
            )
        for remark in document.remarks([RemoveProvider(job.provider)]):
            job.output.note(remark)
    say_slots(removal.lost, job.provider, removal.after.effective, job.output)
    _say_what_remains(removal, job)
    for secret in removal.secrets:
        _say_secret(secret, job)


def _say_what_remains(removal: Removal, job: Job) -> None:
    """Another file that has it, too; or a built-in, which only loses what was said about it."""
    remaining = removal.after.effective.provider(job.provider)
    if remaining is None:
        return
    for source in remaining.sources:
        job.output.warning(f"{job.provider} is in {place(source)}, too, and stays there: Crush still has it")
        job.output.hint(f"crush-wizard remove-provider {job.provider} {flag_for(source, job.target)}")
    if not remaining.sources and remaining.builtin and remaining.kept:
        job.output.note(f"{job.provider} is built into Crush and stays{_because(remaining, removal)}")


def _because(remaining: EffectiveProvider, removal: Removal) -> str:
    """Which variable keeps a built-in provider active, and where its value comes from."""
    name = next(iter((*remaining.api_key.variables, *remaining.api_key.lookups)), "")
    found = removal.after.found(name) if name else None
    if found != "environment" and name in {secret.name for secret in removal.plan.secrets}:
        return ""
    where = {"environment": "is set", "keyring": "is in the keyring", "file": "is in the age file"}
    return f", as {name} {where[found]}" if found else ""


def _say_secret(secret: LeftSecret, job: Job) -> None:
    where = CALLED[secret.store]
    if secret.used_by:
        job.output.note(f"{secret.name} stays in {where}: {secret.used_by} uses it, too")
    elif not job.forgets:
        job.output.note(f"{secret.name} stays in {where}: crush-wizard secret remove {secret.name}")
    elif job.dry_run:
        job.output.note(f"{secret.name} would be deleted from {where}")


def _report(removal: Removal, outcome: Outcome, job: Job) -> None:
    from wizard.change.run import as_data

    if outcome.applied:
        files = " and ".join(shown_path(Path(document.path)) for document in removal.documents)
        job.output.done(f"{job.provider} is no longer in {files}")
        for secret in removal.plan.secrets:
            job.output.done(f"{secret.name} is no longer in {CALLED[secret.store]}")
        job.output.note("`crush-wizard undo` takes this back")
    if job.output.as_json:
        job.output.envelope("remove-provider", data=as_data(outcome, {"id": job.provider}))
