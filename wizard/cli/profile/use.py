"""`profile use`: which profile is in force from now on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wizard import folders
from wizard.cli.completion.candidates import profile_names_or_none
from wizard.cli.flags import changing, common
from wizard.cli.profile.change import result_of
from wizard.errors import UsageError
from wizard.files.plan import Plan
from wizard.machine.folder_profile import FILE, FolderProfile, allow, is_allowed, named_by_folder, naming_edit
from wizard.machine.profiles import named_or_none
from wizard.namespace import NONE, VARIABLE
from wizard.secrets.settings import profile_edits
from wizard.ui.prompter import open_prompter

if TYPE_CHECKING:
    from wizard.cli.result import Result
    from wizard.files.plan import FileEdit
    from wizard.machine.profiles import KeptProfile
    from wizard.ui.output import Output


@click.command("use")
@click.argument("name", shell_complete=profile_names_or_none)
@click.option("--here", is_flag=True, help="In this folder: write its name into .crush-wizard, and agree to it.")
@changing
@common
@click.pass_obj
def command(output: Output, /, name: str, here: bool, dry_run: bool, yes: bool) -> Result:
    """Put the profile NAME in force until the next `profile use`; `none` puts none in force.

    All commands, `crush-wizard run` and the `crush` of our shell function take it. Crush started in another way
    reads the files of no profile.
    """
    from wizard.change.run import Proposal, Run

    profile = named_or_none(name)
    if here and profile is None:
        raise UsageError("--here needs a profile", hint=f"to have none in this folder, delete its {FILE}")
    folder = FolderProfile(_path_here(profile), profile) if here and profile else None
    files = _edits_of(folder) if folder else profile_edits(folders.settings(), profile.name if profile else None)
    is_new = folder is not None and not is_allowed(folder)
    words = f"profile use {profile.name if profile else NONE}{' --here' if here else ''}"
    plan = Plan(words, files, about_profiles=True)
    run = Run(output, open_prompter(output), dry_run, yes)
    outcome = run.make(lambda _: Proposal(plan, None, needs_consent=False))
    if folder and not dry_run:
        allow(folder, answer=True)
    called = f"profile {profile.name}" if profile else "no profile"
    where = " in this folder" if here else ""

    def said() -> None:
        output.profile = ""  # whatever was in force for this command
        output.done(f"Switched to {called}{where}")

    if not outcome.applied and not dry_run:
        if is_new:
            said()
        else:
            output.note(f"nothing to do: {called} is already in force{where}")
    if output.profile_by == VARIABLE and not dry_run:
        output.warning(f"{VARIABLE} names profile {output.profile or NONE} in this shell: unset it")
    elif output.profile_by.endswith(FILE) and not here and not dry_run:
        output.warning(f"in this folder, {output.profile_by} still names profile {output.profile}")

    return result_of(outcome, run, said)


def _path_here(profile: KeptProfile) -> Path:
    """The file of this folder, or the one above it that already names the profile."""
    found = named_by_folder()
    return found.path if found and found.profile == profile else Path.cwd() / FILE


def _edits_of(folder: FolderProfile) -> tuple[FileEdit, ...]:
    """The change of the folder's file; none where it names the profile."""
    return () if named_by_folder() == folder else (naming_edit(folder),)
