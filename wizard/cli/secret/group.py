"""`secret`: the secret store, by hand. The short way of `secret get` is wizard.secrets.lookup."""

from __future__ import annotations

import click

from wizard.cli.commands import SECRET_COMMANDS
from wizard.cli.flags import common
from wizard.cli.lazy import table_of


@click.group("secret", cls=table_of(SECRET_COMMANDS), invoke_without_command=True)
@common
@click.pass_context
def command(ctx: click.Context) -> None:
    """The secret store: keys by the name of the variable that stands for them.

    \b
    What each store protects against, and what it does not:

    keyring: encrypted with your login, so other users and a stolen disk get nothing. While it is unlocked, any
    program that you run can ask it for any secret.

    file: secrets.age, encrypted to the identity in identity.txt beside it. Keeps secrets out of backups and synced
    copies of the one file, and from casual looks; whoever can read your home folder has both files, and so the
    secrets. A passphrase on the identity (`secret set NAME --store file --passphrase`) keeps them from those as
    well, and then somebody has to type it for every use.

    environment: you set the variables, nothing is stored here. Every program that you start sees them.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
