"""`secret get`: print one value, the long way round (see wizard.secrets.lookup for the short one)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from wizard.cli.completion.candidates import secret_names
from wizard.cli.flags import common
from wizard.cli.secret.change import check_name
from wizard.errors import UsageError
from wizard.machine.stores import open_reader
from wizard.secrets.agent import refuse_inside_agent
from wizard.secrets.lookup import hand_out, or_variable
from wizard.secrets.reference.reading import references_that_count
from wizard.secrets.secret_service import locked
from wizard.ui.prompter import open_prompter

if TYPE_CHECKING:
    from wizard.ui.output import Output


@click.command("get")
@click.argument("name", shell_complete=secret_names)
@click.option("--allow-agent", is_flag=True, help="Work inside an agent's shell too.")
@common
@click.pass_obj
def command(output: Output, /, name: str, allow_agent: bool) -> int:
    """Print the value of NAME and a newline, nothing else. If the store has none, the variable NAME is taken.

    Without a terminal nothing is asked, no dialog opens, and after five seconds (thirty for a command that prints
    the value) it gives up (exit code 5).
    Refuses inside the shell of Crush's agent: a guard rail, not a wall.
    """
    refuse_inside_agent(os.environ, "secret get", allowed=allow_agent)
    if output.as_json:
        raise UsageError("a secret is never printed as JSON", hint=f"run `crush-wizard secret get {name}`")
    check_name(name)
    with or_variable(name, os.environ) as found:
        found.value = _read(name, output)
    return hand_out(found.value)


def _read(name: str, output: Output) -> str:
    from wizard.secrets.choice import open_store, require_usable
    from wizard.secrets.keyring_store import QUIET_SECONDS

    asker = open_prompter(output)
    reader = open_reader(asker, output)
    if asker is not None or name in references_that_count(reader.name):
        return reader.get(name)
    store = open_store("auto", os.environ, seconds=QUIET_SECONDS / 2)  # two calls, and five seconds in all
    status = require_usable(store)
    if status.locked:  # reading from it would make the desktop ask, out of nowhere
        raise locked()
    return store.get(name)
