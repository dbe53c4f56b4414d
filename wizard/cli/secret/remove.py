"""`secret remove`: delete a secret that no provider needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from wizard.cli.completion.candidates import secret_names
from wizard.cli.flags import changing, common
from wizard.cli.secret.change import called, check_name, in_store, result_of
from wizard.errors import Conflict
from wizard.files.plan import Plan, SecretEdit
from wizard.machine.profiles import uses_in_profiles
from wizard.machine.provision import usage_here
from wizard.machine.stores import open_with
from wizard.secrets.index import IndexedStore
from wizard.secrets.reference.file import own_references, reference_edits
from wizard.ui.place import used_by
from wizard.ui.prompter import open_prompter

if TYPE_CHECKING:
    from wizard.change.run import Run
    from wizard.cli.result import Result
    from wizard.crush.usage import Usage
    from wizard.files.plan import FileEdit
    from wizard.ui.output import Output


@click.command("remove")
@click.argument("name", shell_complete=secret_names)
@click.option("--force", is_flag=True, help="Delete it without asking, even if a provider uses it.")
@in_store
@changing
@common
@click.pass_obj
def command(output: Output, /, name: str, force: bool, store_name: Any, dry_run: bool, yes: bool) -> Result:
    """Delete the secret NAME. Refuses while a provider uses it. `undo` brings it back."""
    from wizard.change.run import Proposal, Run
    from wizard.secrets.choice import in_use

    check_name(name)
    if not force and store_name in {"auto", in_use()}:  # nothing is read from the other one
        _refuse_used(name, usage_here(output))
    asker = open_prompter(output)
    if store_name == "auto" and (edits := _reference_edits(name)):
        return _remove_reference(name, edits, Run(output, asker, dry_run, yes or force))
    store = open_with(asker, store_name)
    is_there = store.is_own(name) if isinstance(store, IndexedStore) else store.exists(name)
    if not dry_run and not is_there:
        store.delete(name)  # says so, and takes the name off the list
    plan = Plan(f"secret remove {name}", secrets=(SecretEdit(name, store.name, "delete"),))
    question = f"Delete {name} from {called(store)}?"
    proposal = Proposal(plan, None, stores={store.name: store}, question=question, has_diff=False)
    run = Run(output, asker, dry_run, yes or force)
    outcome = run.make(lambda _: proposal)
    if outcome.applied:
        output.done(f"Deleted {name} from {called(store)}")
    return result_of(outcome, run)


def _reference_edits(name: str) -> tuple[FileEdit, ...]:
    return reference_edits({name: None}) if name in own_references() else ()


def _remove_reference(name: str, edits: tuple[FileEdit, ...], run: Run) -> Result:
    from wizard.change.run import Proposal

    plan = Plan(f"secret remove {name}", edits)
    question = f"Remove {name}? Only the command goes: what it prints stays where it is."
    outcome = run.make(lambda _: Proposal(plan, None, question=question, has_diff=False))
    if outcome.applied:
        run.output.done(f"Removed the command for {name}")
    return result_of(outcome, run)


def _refuse_used(name: str, used: Usage) -> None:
    uses = (*used.of(name), *uses_in_profiles(name))
    if uses:
        raise Conflict(
            f"{name} is used by {used_by(uses)}",
            path=uses[0].path,
            line=uses[0].line,
            hint="remove the provider first, or add --force",
        )
