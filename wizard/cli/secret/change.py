"""What the commands share that store or delete a secret by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wizard.cli.result import Result
from wizard.errors import UsageError
from wizard.provider.variable import InvalidVariableName, check_variable_name
from wizard.secrets.store import CALLED

if TYPE_CHECKING:
    from wizard.change.run import Outcome, Run
    from wizard.secrets.store import SecretStore

in_store = click.option(
    "--store",
    "--secret-store",
    "store_name",
    type=click.Choice(["auto", "keyring", "file"]),
    default="auto",
    help="The store: the one in use (auto), the system keyring, or the encrypted file.",
)


def check_name(name: str) -> None:
    """Raise UsageError unless a secret can have this name."""
    try:
        check_variable_name(name)
    except InvalidVariableName as error:
        named = "a secret is named after its variable: GROQ_API_KEY; its value is asked for, or piped in with --stdin"
        raise UsageError(str(error), hint=named) from error


def called(store: SecretStore) -> str:
    return CALLED[store.name]


def result_of(outcome: Outcome[None], run: Run) -> Result:
    """The command's result, with the way back for whoever reads it."""
    from wizard.change.run import as_data, say_secrets_to_come

    def show() -> None:
        if outcome.applied:
            run.output.note("to undo: crush-wizard undo")

    if run.dry_run:
        say_secrets_to_come(outcome.plan, run.output)
    return Result(lambda: as_data(outcome), show)
