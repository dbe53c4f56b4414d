"""`profile rename`: another name for a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wizard import folders
from wizard.cli.completion.candidates import profile_names
from wizard.cli.flags import changing, common
from wizard.cli.profile.change import result_of
from wizard.errors import Conflict
from wizard.files.plan import FolderMove, Plan, SecretEdit
from wizard.files.there import is_taken
from wizard.machine.profiles import KeptProfile, checked, named, stored_secrets
from wizard.machine.stores import of_all, open_all
from wizard.namespace import in_words, own, to_remove
from wizard.secrets.settings import profile_edits, remembered_profile
from wizard.ui.prompter import open_prompter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.change.run import Proposal
    from wizard.cli.result import Result
    from wizard.secrets.store import SecretStore
    from wizard.ui.output import Output


@click.command("rename")
@click.argument("name", shell_complete=profile_names)
@click.argument("new_name")
@changing
@common
@click.pass_obj
def command(output: Output, /, name: str, new_name: str, dry_run: bool, yes: bool) -> Result:
    """Give the profile NAME the name NEW_NAME. Its files and keys go along. `undo` takes it back."""
    from wizard.change.run import Run

    profile, new = named(name), KeptProfile(checked(new_name))
    if taken := [folder for folder in new.folders if is_taken(folder)]:
        raise Conflict(f"{new.name} already exists, as a profile or a folder", path=taken[0])
    asker = open_prompter(output)
    stores = of_all(open_all(asker, dict(stored_secrets(profile.name))))
    run = Run(output, asker, dry_run, yes)
    outcome = run.make(lambda _: _propose(profile, new, stores, dry_run=dry_run))

    def said() -> None:
        output.profile = ""
        output.done(f"Renamed profile {profile.name} to {new.name}")

    return result_of(outcome, run, said, name=new.name)


def _propose(
    profile: KeptProfile, new: KeptProfile, stores: Mapping[str, SecretStore], *, dry_run: bool
) -> Proposal[None]:
    from wizard.change.run import Proposal

    secrets = stored_secrets(profile.name)
    _refuse_two_values(profile, secrets)
    before = {store: [own(name, profile.name) for held, name in secrets if held == store] for store in stores}
    values = {} if dry_run else {name: stores[store].get(name) for store, names in before.items() for name in names}
    edits = tuple(edit for store, name in secrets for edit in _renamed(store, name, profile, new))
    in_use = remembered_profile(folders.settings()) == profile.name
    plan = Plan(
        f"profile rename {profile.name} {new.name}",
        profile_edits(folders.settings(), new.name) if in_use else (),
        edits,
        tuple(FolderMove(folder, folder.with_name(new.name)) for folder in profile.folders),
        about_profiles=True,
    )
    brought = {own(name, new.name): values.get(own(name, profile.name), "") for _, name in secrets}
    return Proposal(plan, None, brought, stores, needs_consent=False)


def _renamed(store: str, name: str, profile: KeptProfile, new: KeptProfile) -> tuple[SecretEdit, SecretEdit]:
    return SecretEdit(own(name, new.name), store, "store"), SecretEdit(own(name, profile.name), store, "delete")


def _refuse_two_values(profile: KeptProfile, secrets: tuple[tuple[str, str], ...]) -> None:
    from wizard.secrets.choice import in_use

    names = [name for _, name in secrets]
    for name in names:
        if names.count(name) > 1:
            held = own(name, profile.name)
            unread = "keyring" if in_use() == "file" else "file"
            raise Conflict(f"{in_words(held)} is in both stores", hint=f"delete one: {to_remove(held, unread)}")
