"""`profile`: sets of providers, choices and keys that are kept apart, by name."""

from __future__ import annotations

import click

from wizard.cli.commands import PROFILE_COMMANDS
from wizard.cli.flags import common
from wizard.cli.lazy import table_of


@click.group("profile", cls=table_of(PROFILE_COMMANDS), invoke_without_command=True)
@common
@click.pass_context
def command(ctx: click.Context) -> None:
    """Keep sets of providers, model choices and keys apart, by name: work, personal, a client.

    Each profile has a folder of Crush configuration and keys of its own; the same variable may have another value in
    each. A variable that a profile has no key for gets the one that is stored without a profile. The sessions stay
    with your projects, and Crush's catalogue is shared.

    \b
    Which one is in force, the first of:
      --profile NAME     with any command, before or after its name
      WIZARD_PROFILE     in the environment
      .crush-wizard      a file with the name, in this folder or above it in the work tree, once you have agreed
      profile use NAME   until the next `profile use`
    `none` stands for no profile. Crush itself is in the profile if `crush-wizard run` or the `crush` of our shell
    function starts it.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
