"""What the commands share that store or delete a secret by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wizard.errors import UsageError
from wizard.machine.stores import CALLED
from wizard.provider.variable import InvalidVariableName, check_variable_name

if TYPE_CHECKING:
    from wizard.change.run import Outcome
    from wizard.files.plan import Plan
    from wizard.secrets.store import SecretStore
    from wizard.ui.output import Output

in_store = click.option(
    "--store",
    "--secret-store",
    "store_name",
    type=click.Choice(["auto", "keyring", "file"]),
    default="auto",
    help="Which store: the one in use (auto), the system keyring, or the age file.",
)


def check_name(name: str) -> None:
    """Raise UsageError unless a secret can have this name."""
    try:
        check_variable_name(name)
    except InvalidVariableName as error:
        raise UsageError(str(error), hint="a secret is named after its variable: GROQ_API_KEY") from error


def called(store: SecretStore) -> str:
    return CALLED[store.name]


def carry_out_secrets(
    plan: Plan, values: dict[str, str], store: SecretStore, output: Output, *, dry_run: bool
) -> Outcome:
    """Store or delete as planned; with `dry_run` only say what would be done."""
    from wizard.change.run import Outcome, carry_out

    if not dry_run:
        return carry_out(plan, values, {store.name: store}, output, dry_run=False)
    for edit in plan.secrets:
        what = "would go into" if edit.action == "store" else "would be deleted from"
        output.note(f"{edit.name} {what} {called(store)}")
    return Outcome(plan, applied=False)


def report(outcome: Outcome, name: str, output: Output) -> None:
    from wizard.change.run import as_data

    if output.as_json:
        output.envelope(name, data=as_data(outcome))
    elif outcome.applied:
        output.note("`crush-wizard undo` takes this back")
