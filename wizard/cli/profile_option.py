"""`--profile` as --help and completion know it: wizard.cli.profile_flag takes it off the line before click reads it."""

from __future__ import annotations

import click


def _names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from wizard.cli.completion.candidates import profile_names

    return profile_names(ctx, param, incomplete)


in_profile = click.option(
    "--profile",
    metavar="NAME",
    expose_value=False,
    shell_complete=_names,
    help="Work in this profile (also WIZARD_PROFILE); none: in none.",
)
