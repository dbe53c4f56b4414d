"""`profile remove`: a profile gone, with its configuration and its keys, until `undo`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from wizard import folders
from wizard.cli.completion.candidates import profile_names
from wizard.cli.flags import changing, common
from wizard.cli.profile.change import result_of
from wizard.cli.profile.contents import contents
from wizard.errors import AnswersMissing, Cancelled
from wizard.files.plan import FolderMove, Plan, SecretEdit
from wizard.flow.question import Kind, Question
from wizard.machine.profiles import REMOVED, named, stored_secrets
from wizard.machine.stores import of_all, open_all
from wizard.namespace import own
from wizard.secrets.settings import profile_edits, remembered_profile
from wizard.secrets.store import CALLED
from wizard.ui.place import shown_path
from wizard.ui.prompter import open_prompter

if TYPE_CHECKING:
    from pathlib import Path

    from wizard.cli.result import Result
    from wizard.flow.driver import Asker
    from wizard.machine.profiles import KeptProfile
    from wizard.ui.output import Output


@click.command("remove")
@click.argument("name", shell_complete=profile_names)
@changing
@common
@click.pass_obj
def command(output: Output, /, name: str, dry_run: bool, yes: bool) -> Result:
    """Remove the profile NAME: its configuration, what Crush wrote there, and its keys. Asks for its name.

    `undo` brings all of it back, as long as the change is on its list.
    """
    from wizard.change.run import Proposal, Run

    profile = named(name)
    asker = open_prompter(output)
    _say_what_goes(profile, output)
    if not (dry_run or yes):
        _ask_for_name(profile, asker)
    stores = of_all(open_all(asker, dict(stored_secrets(profile.name))))
    plan = _plan(profile)
    run = Run(output, asker, dry_run, yes)
    outcome = run.make(lambda _: Proposal(plan, None, stores=stores, needs_consent=False))

    def said() -> None:
        output.profile = ""
        output.done(f"Removed profile {profile.name}")

    return result_of(outcome, run, said, name=profile.name)


def _say_what_goes(profile: KeptProfile, output: Output) -> None:
    for folder in profile.folders:
        output.note(f"to be deleted: {shown_path(folder)}")
    for store, name in stored_secrets(profile.name):
        output.note(f"to be deleted: {name} in {CALLED[store]}")
    for name, command in contents(profile).references.items():
        output.note(f"to be deleted: the command for {name}, `{command}`")


def _ask_for_name(profile: KeptProfile, asker: Asker | None) -> None:
    """Raises Cancelled for another name, AnswersMissing where nobody can be asked."""
    text = f"To remove profile {profile.name}, type its name"
    if asker is None:
        raise AnswersMissing("can't ask for confirmation", hint="add --yes")
    typed = asker.ask(Question(key="name", text=text, kind=Kind.TEXT, flag="--yes"), can_go_back=False)
    if str(typed).strip().lower() != profile.name:
        raise Cancelled


def _plan(profile: KeptProfile) -> Plan:
    in_use = remembered_profile(folders.settings()) == profile.name
    return Plan(
        f"profile remove {profile.name}",
        profile_edits(folders.settings(), None) if in_use else (),
        tuple(SecretEdit(own(name, profile.name), store, "delete") for store, name in stored_secrets(profile.name)),
        tuple(_put_away(folder) for folder in profile.folders),
        about_profiles=True,
    )


def _put_away(folder: Path) -> FolderMove:
    return FolderMove(folder, folder.parent / REMOVED / f"{folder.name}-{os.urandom(4).hex()}", discards=True)
