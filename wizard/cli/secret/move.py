"""`secret move`: take secrets from one store to the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click

from wizard import folders
from wizard.cli.completion.candidates import secret_names
from wizard.cli.flags import changing, common
from wizard.cli.secret.change import called, check_name, result_of
from wizard.errors import Conflict, StoreUnavailable, UsageError
from wizard.files.plan import Plan, SecretEdit
from wizard.machine.stores import open_with, warn_of_two
from wizard.namespace import in_words, own, owned, profile_in_force, to_remove
from wizard.secrets import settings
from wizard.secrets.index import IndexedStore
from wizard.secrets.store import CALLED
from wizard.ui.prompter import open_prompter
from wizard.words import joined

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wizard.change.run import Proposal
    from wizard.cli.result import Result
    from wizard.flow.driver import Asker
    from wizard.secrets.settings import StoreName
    from wizard.secrets.store import SecretStore
    from wizard.ui.output import Output

FROM: Mapping[StoreName, StoreName] = {"keyring": "file", "file": "keyring"}
"""Where a secret comes from, by where it goes."""


@click.command("move")
@click.argument("names", nargs=-1, metavar="[NAME...]", shell_complete=secret_names)
@click.option("--all", "everything", is_flag=True, help="All secrets of the other store.")
@click.option("--to", type=click.Choice(["keyring", "file"]), required=True, help="The keyring, or the encrypted file.")
@changing
@common
@click.pass_obj
def command(
    output: Output, /, names: tuple[str, ...], everything: bool, to: StoreName, dry_run: bool, yes: bool
) -> Result:
    """Move the secrets NAME... from the other store to the keyring, or to the encrypted file.

    Each value is read back from its new store before the old one is deleted: all of them move, or none. When nothing
    is left in the old store, the new one is used from then on. `undo` takes it all back.
    """
    from wizard.change.run import Run

    if bool(names) == everything:
        raise UsageError("name the secrets to move, or add --all")
    for name in names:
        check_name(name)
    asker = open_prompter(output)
    run = Run(output, asker, dry_run, yes)
    outcome = run.make(lambda _: _propose(names, to, asker, dry_run=dry_run))
    moved = [in_words(edit.name) for edit in outcome.plan.secrets if edit.action == "delete"]
    if outcome.applied:
        output.done(f"Moved {joined(moved)} to {CALLED[to]}")
        _say_what_is_in_use(to, output)
    elif not moved:
        output.note(f"nothing to do: no secret is in {CALLED[FROM[to]]}")
    return result_of(outcome, run)


def _propose(names: Sequence[str], to: StoreName, asker: Asker | None, *, dry_run: bool) -> Proposal[None]:
    """Raises Conflict where the new store has another value of a name, and the SecretErrors of both stores."""
    from wizard.change.run import Proposal
    from wizard.secrets.choice import in_use, require_usable

    opened = (cast("IndexedStore", open_with(asker, store)) for store in (FROM[to], to))
    source, target = (store.of_all for store in opened)
    listed = source.every()
    moving = _moving(names, listed)
    _refuse_shared(moving, listed)
    stored = tuple(SecretEdit(name, target.name, "store") for name in moving)
    deleted = tuple(SecretEdit(name, source.name, "delete") for name in moving)
    is_last = bool(moving) and in_use() == source.name and set(listed) <= set(moving)
    files = settings.store_edits(folders.settings(), to) if is_last else ()
    plan = Plan(f"secret move --to {to}", files, (*stored, *deleted))
    if dry_run or not moving:
        return Proposal(plan, None, has_diff=False)
    for store in (source, target):
        require_usable(store)
    values = {name: source.get(name) for name in moving}
    _refuse_other_values(values, target)
    stores = {source.name: source, target.name: ReadBack(target.store, target.index)}
    question = f"Move {joined(map(in_words, moving))} from {called(source)} to {called(target)}?"
    return Proposal(plan, None, values, stores, question=question, has_diff=False)


def _moving(names: Sequence[str], listed: Sequence[str]) -> tuple[str, ...]:
    """As they are in the store. A profile moves its own; without one `--all` means those of all profiles, too."""
    profile = profile_in_force()
    if names or not profile:
        return tuple(own(name, profile) for name in dict.fromkeys(names)) or tuple(listed)
    return tuple(own(name, profile) for name in owned(listed, profile))


def _refuse_shared(moving: Sequence[str], listed: Sequence[str]) -> None:
    """In a profile. Raises UsageError for what is not its own."""
    profile = profile_in_force()
    shared = [name.removeprefix(own("", profile)) for name in moving if profile and name not in listed]
    if shared:
        raise UsageError(
            f"profile {profile} does not have its own {joined(shared)} there",
            hint="those without a profile: crush-wizard --profile none secret move",
        )


def _refuse_other_values(values: Mapping[str, str], target: SecretStore) -> None:
    there = target.get_many(values)
    other = [name for name, value in there.items() if value != values[name]]
    if other:
        raise Conflict(
            f"{called(target)} has another value of {joined(map(in_words, other))}",
            hint=f"delete the one that is wrong: {to_remove(other[0], target.name)}",
        )


def _say_what_is_in_use(to: StoreName, output: Output) -> None:
    from wizard.secrets.choice import in_use

    if (used := in_use()) != to:
        warn_of_two(used, to, output)


class ReadBack(IndexedStore, frozen=True):
    """A store that is asked for each value which it has just taken."""

    def set(self, name: str, value: str) -> None:
        super().set(name, value)
        if self.get(name) != value:
            raise StoreUnavailable(
                f"{called(self)} did not keep the value of {in_words(name)}", hint="nothing was moved"
            )
