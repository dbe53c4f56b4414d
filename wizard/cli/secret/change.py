"""What the commands share that store or delete a secret by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wizard.errors import UsageError
from wizard.machine.stores import CALLED
from wizard.provider.variable import InvalidVariableName, check_variable_name

if TYPE_CHECKING:
    from wizard.change.run import Outcome, Run
    from wizard.secrets.store import SecretStore

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


def report(outcome: Outcome[None], name: str, run: Run) -> None:
    from wizard.change.run import as_data, say_secrets_to_come

    if run.dry_run:
        say_secrets_to_come(outcome.plan, run.output)
    if run.output.as_json:
        run.output.envelope(name, data=as_data(outcome))
    elif outcome.applied:
        run.output.note("`crush-wizard undo` takes this back")
