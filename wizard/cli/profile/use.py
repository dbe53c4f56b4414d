"""`profile use`: which profile is in force from now on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wizard import folders
from wizard.cli.flags import changing, common
from wizard.cli.profile.change import result_of
from wizard.cli.profile.contents import profile_names
from wizard.files.plan import Plan
from wizard.machine.profiles import named
from wizard.namespace import NONE
from wizard.secrets.settings import profile_edits
from wizard.ui.prompter import open_prompter

if TYPE_CHECKING:
    from wizard.cli.result import Result
    from wizard.ui.output import Output


@click.command("use")
@click.argument("name", shell_complete=profile_names)
@changing
@common
@click.pass_obj
def command(output: Output, /, name: str, dry_run: bool, yes: bool) -> Result:
    """Put the profile NAME in force until the next `profile use`; `none` puts none in force.

    All commands, `crush-wizard run` and the `crush` of our shell function take it. Crush started in another way
    reads the files of no profile.
    """
    from wizard.change.run import Proposal, Run

    profile = None if name.lower() == NONE else named(name)
    plan = Plan(
        f"profile use {profile.name if profile else NONE}",
        profile_edits(folders.settings(), profile.name if profile else None),
        about_profiles=True,
    )
    run = Run(output, open_prompter(output), dry_run, yes)
    outcome = run.make(lambda _: Proposal(plan, None, needs_consent=False))
    output.profile = output.profile if dry_run else ""  # whatever was in force for this command
    called = f"profile {profile.name}" if profile else "no profile"
    if not outcome.applied and not dry_run:
        output.note(f"nothing to do: {called} is in force already")
    return result_of(outcome, run, lambda: output.done(f"From now on {called} is in force"))
