"""`--profile` as --help and completion know it: wizard.cli.profile_flag takes it off the line before click reads it."""

from __future__ import annotations

import click

from wizard.cli.completion.candidates import profile_names_or_none

in_profile = click.option(
    "--profile",
    "_in_profile",
    metavar="NAME",
    expose_value=False,
    shell_complete=profile_names_or_none,
    help="Work in this profile (also WIZARD_PROFILE); none: in none.",
)
