"""`secret`: the secret store, by hand. The short way of `secret get` is wizard.secrets.lookup."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wizard.cli.flags import changing, common
from wizard.cli.secret_adopt import adopt
from wizard.errors import Conflict, SecretError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wizard.cli.change import Outcome
    from wizard.config.usage import Usage, Use
    from wizard.flow.driver import Asker
    from wizard.secrets.index import IndexedStore
    from wizard.secrets.settings import StoreName
    from wizard.secrets.store import SecretStore, StoreStatus
    from wizard.ui.output import Output

LARGEST_VALUE = 8 * 1024 * 1024
SLOW_SECONDS = 2.0

in_store = click.option(
    "--store",
    "--secret-store",
    "store_name",
    type=click.Choice(["auto", "keyring", "file"]),
    default="auto",
    help="Which store: the one in use (auto), the system keyring, or the age file.",
)


@click.group("secret", invoke_without_command=True)
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


command.add_command(adopt)


# status


@command.command("status")
@common
@click.pass_obj
def show_status(output: Output, /) -> int:
    """Which store is in use, whether it can be used, and if not, why.

    Exit code 1 if it can't be used.
    """
    from wizard.secrets.choice import STORES, in_use

    chosen = in_use()
    if output.as_json:
        status = _looked_at(chosen, output)
        output.envelope("secret status", ok=status.usable, data=_status_data(status))
    else:
        by_name = {name: _looked_at(name, output) for name in (chosen, *(other for other in STORES if other != chosen))}
        status = by_name[chosen]
        _print_statuses(by_name, output)
    return 0 if status.usable else 1


def _looked_at(name: StoreName, output: Output) -> StoreStatus:
    from dataclasses import replace

    from wizard.cli.stores import open_with
    from wizard.ui.prompter import open_prompter

    started = time.monotonic()
    status = open_with(open_prompter(output), name).status()
    taken = time.monotonic() - started
    if status.usable and taken > SLOW_SECONDS:
        return replace(status, reason=f"slow: it answered after {taken:.1f} seconds")
    return status


def _status_data(status: StoreStatus) -> dict[str, Any]:
    return {
        "store": status.store,
        "backend": status.backend or None,
        "usable": status.usable,
        "locked": status.locked,
        "reason": status.reason or None,
    }


def _print_statuses(by_name: dict[StoreName, StoreStatus], output: Output) -> None:
    """The store in use comes first."""
    from wizard.ui.table import render_table

    rows = [
        (name, "in use" if number == 0 else "", status.backend, _state(status), status.reason)
        for number, (name, status) in enumerate(by_name.items())
    ]
    output.data(render_table(("store", "", "what it is", "state", "why"), rows, output.width))
    first = next(iter(by_name.values()))
    if first.hint and not first.usable:
        output.hint(first.hint)


def _state(status: StoreStatus) -> str:
    if status.locked:
        return "locked"
    return "usable" if status.usable else "not usable"


# set


@command.command("set")
@click.argument("name")
@click.option("--stdin", "from_stdin", is_flag=True, help="Read the value from stdin, all of it but one final newline.")
@click.option("--file", type=click.Path(path_type=Path), metavar="FILE", help="Read the value from a file, likewise.")
@click.option("--passphrase", is_flag=True, help="Put a passphrase on the age file's identity (it is asked for).")
@in_store
@changing
@common
@click.pass_obj
def set_secret(output: Output, /, name: str, store_name: Any, dry_run: bool, **flags: Any) -> None:
    """Store the secret NAME, or give it a new value. Without a flag the value is asked for and stays hidden.

    The first store that you name with --store is remembered, and used from then on. `undo` brings the value before
    back.
    """
    from wizard.cli.stores import open_with
    from wizard.config.plan import Plan, SecretEdit
    from wizard.secrets.choice import require_usable
    from wizard.ui.prompter import open_prompter

    _check_name(name)
    asker = open_prompter(output)
    store = open_with(asker, store_name)
    plan = Plan(f"secret set {name}", secrets=(SecretEdit(name, store.name, "store"),))
    values: dict[str, str] = {}
    if not dry_run:
        require_usable(store)
        _protect(store, asker, wanted=flags["passphrase"])
        values[name] = _value(name, flags["from_stdin"], flags["file"], asker)
        output.redactor.add(values[name])
    outcome = _carry_out(plan, values, store, output, dry_run=dry_run)
    if outcome.applied:
        output.done(f"{name} is in {_called(store)}")
    elif not dry_run:
        output.note(f"nothing to do: {name} has this value already")
    if not dry_run and store_name != "auto":
        _remember(store_name, output)
    _report(outcome, "secret set", output)


def _check_name(name: str) -> None:
    from wizard.provider.variable import InvalidVariableName, check_variable_name

    try:
        check_variable_name(name)
    except InvalidVariableName as error:
        raise UsageError(str(error), hint="a secret is named after its variable: GROQ_API_KEY") from error


def _protect(store: SecretStore, asker: Asker | None, *, wanted: bool) -> None:
    """Put a passphrase on the age file's identity, typed twice: nobody could bring a mistyped one back."""
    from wizard.cli.stores import ask_secret
    from wizard.secrets.age_store import AgeStore
    from wizard.secrets.index import IndexedStore

    if not wanted:
        return
    inner = store.store if isinstance(store, IndexedStore) else store
    if not isinstance(inner, AgeStore):
        raise UsageError("--passphrase is for the age file", hint="add --store file")
    passphrase = ask_secret(asker, "New passphrase for the age file")
    if passphrase != ask_secret(asker, "The same passphrase again"):
        raise UsageError("the two passphrases differ, nothing was changed")
    inner.protect(passphrase)


def _value(name: str, from_stdin: bool, file: Path | None, asker: Asker | None) -> str:
    if from_stdin and file is not None:
        raise UsageError("--stdin and --file can't both bring the value")
    if from_stdin:
        value = _from_stdin()
    elif file is not None:
        value = _from_file(file)
    else:
        from wizard.cli.stores import ask_secret

        value = ask_secret(asker, f"Value of {name}", "--stdin or --file FILE")
    if not value or "\0" in value:
        raise UsageError(
            "the value is empty" if not value else "the value holds a NUL character, which no variable can"
        )
    return value


def _from_stdin() -> str:
    if sys.stdin.isatty():
        raise UsageError(
            "--stdin reads a pipe, and here is a terminal, where the value would show",
            hint="run it without the flag: the value is then asked for and stays hidden",
        )
    return _decoded(sys.stdin.buffer.read(LARGEST_VALUE + 1), "stdin")


def _from_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return _decoded(file.read(LARGEST_VALUE + 1), str(path))
    except OSError as error:
        raise UsageError(f"--file: {path} can't be read: {error.strerror}") from error


def _decoded(content: bytes, where: str) -> str:
    if len(content) > LARGEST_VALUE:
        raise UsageError(f"what {where} brings is too large: more than {LARGEST_VALUE} bytes")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"what {where} brings is no text") from None  # the cause would quote it
    return text.removesuffix("\n").removesuffix("\r") if text.endswith("\r\n") else text.removesuffix("\n")


def _remember(store: StoreName, output: Output) -> None:
    """The first explicit choice is the one that stays."""
    from wizard import folders
    from wizard.cli.change import shown_path
    from wizard.secrets import settings

    path = folders.settings()
    chosen = settings.remembered_store(path)
    if chosen is None:
        settings.remember_store(path, store)
        output.note(f"from now on secrets are in {_CALLED[store]}; {shown_path(path)} says so")
    elif chosen != store:
        output.warning(
            f"secrets are read from {_CALLED[chosen]}, and this one is in {_CALLED[store]}: "
            f'to change that write secret_store = "{store}" into {shown_path(path)}'
        )


# get


@command.command("get")
@click.argument("name")
@click.option("--allow-agent", is_flag=True, help="Also when an agent asks.")
@common
@click.pass_obj
def get_secret(output: Output, /, name: str, allow_agent: bool) -> int:
    """Print the value of NAME and a newline, nothing else.

    Without a terminal nothing is asked, no dialog opens, and after five seconds it gives up (exit code 5).
    Refuses inside the shell of Crush's agent: a guard rail, not a wall.
    """
    from wizard.secrets.agent import refuse_inside_agent
    from wizard.secrets.lookup import hand_out

    refuse_inside_agent(os.environ, "secret get", allowed=allow_agent)
    if output.as_json:
        raise UsageError("a secret is never put into JSON", hint=f"run `crush-wizard secret get {name}`")
    _check_name(name)
    return hand_out(_read(name, output))


def _read(name: str, output: Output) -> str:
    from wizard.cli.stores import open_with
    from wizard.secrets.choice import open_store, require_usable
    from wizard.secrets.keyring_store import QUIET_SECONDS
    from wizard.ui.prompter import open_prompter

    asker = open_prompter(output)
    if asker is not None:
        return open_with(asker).get(name)
    store = open_store("auto", os.environ, seconds=QUIET_SECONDS / 2)  # two calls, and five seconds in all
    status = require_usable(store)
    if status.locked:  # reading from it would make the desktop ask, out of nowhere
        from wizard.secrets.secret_service import locked

        raise locked()
    return store.get(name)


# list


@command.command("list")
@common
@click.pass_obj
def list_secrets(output: Output, /) -> None:
    """Names, never values: where each is, and which provider uses it. Puts the list of names right."""
    used = _usage(output)
    found = list(_listed(used, output))
    if output.as_json:
        output.envelope("secret list", data={"secrets": found})
        return
    if not found:
        output.note("no secret is stored, and no provider needs one")
        return
    from wizard.ui.table import render_table

    rows = [
        (one["name"], one["store"] or "", _PRESENT[one["present"]], _used_by(used.of(one["name"]))) for one in found
    ]
    output.data(render_table(("name", "store", "present", "used by"), rows, output.width))


_PRESENT = {True: "yes", False: "no", None: "unknown"}


def _usage(output: Output) -> Usage:
    from wizard.config.locations import config_files, here
    from wizard.config.usage import usage

    used = usage(config_files(here()))
    for problem in used.problems:
        output.warning(f"it is not known what this file uses: {problem.where}: {problem.message}")
    return used


def _listed(used: Usage, output: Output) -> Iterator[dict[str, Any]]:
    """What the stores hold, the one in use first, then what providers use and no store holds."""
    from wizard.secrets.choice import STORES, in_use

    chosen = in_use()
    seen: set[str] = set()
    for store in (chosen, *(other for other in STORES if other != chosen)):
        for name, present in sorted(_names(store, output, in_use=store == chosen).items()):
            seen.add(name)
            yield _row(name, store, present, used)
    for name in sorted(set(used.variables) - seen):
        is_set = bool(os.environ.get(name))
        yield _row(name, "environment" if is_set else None, is_set, used)


def _row(name: str, store: str | None, present: bool | None, used: Usage) -> dict[str, Any]:
    uses = [{"provider": use.provider, "path": str(use.path), "line": use.line} for use in used.of(name)]
    return {"name": name, "store": store, "present": present, "used_by": uses}


def _names(store_name: StoreName, output: Output, *, in_use: bool) -> dict[str, bool | None]:
    """The names in a store; whether they are there is None where that can't be seen now."""
    from wizard.cli.stores import open_with
    from wizard.secrets.index import IndexedStore
    from wizard.ui.prompter import open_prompter

    store = open_with(open_prompter(output) if in_use else None, store_name)
    if not isinstance(store, IndexedStore):
        return {}
    listed = store.listed()
    if not listed and not in_use:
        return {}
    status = store.status()
    if not status.usable or status.locked:
        if listed or in_use:
            output.warning(f"what is in {_called(store)} can't be checked: {status.reason}")
        return dict.fromkeys(listed)
    try:
        return dict.fromkeys(_reconciled(store, output), True)
    except SecretError as error:
        output.warning(f"what is in {_called(store)} can't be checked: {error.message}")
        return dict.fromkeys(listed)


def _reconciled(store: IndexedStore, output: Output) -> tuple[str, ...]:
    drift = store.reconcile()
    for name in drift.gone:
        output.warning(f"{name} is no longer in {_called(store)}: taken off the list")
    for name in drift.found:
        output.note(f"{name} was not on the list of what is in {_called(store)}: added")
    return store.listed()


def _used_by(uses: Iterable[Use]) -> str:
    return ", ".join(f"{use.provider} ({_place(use)})" if use.provider else _place(use) for use in uses)


def _place(use: Use) -> str:
    from wizard.cli.change import shown_path

    return f"{shown_path(use.path)}:{use.line}" if use.line else shown_path(use.path)


# remove


@command.command("remove")
@click.argument("name")
@click.option("--force", is_flag=True, help="Also if a provider uses it.")
@in_store
@changing
@common
@click.pass_obj
def remove_secret(output: Output, /, name: str, force: bool, store_name: Any, dry_run: bool, yes: bool) -> None:
    """Delete the secret NAME. Refuses while a provider uses it. `undo` brings it back."""
    from wizard.cli.change import confirm
    from wizard.cli.stores import open_with
    from wizard.config.plan import Plan, SecretEdit
    from wizard.ui.prompter import open_prompter

    _check_name(name)
    if not force:
        _refuse_used(name, _usage(output))
    asker = open_prompter(output)
    store = open_with(asker, store_name)
    if not dry_run and not store.exists(name):
        store.delete(name)  # says so, and takes the name off the list
    if asker is not None and not (dry_run or yes):
        confirm(asker, f"Delete {name} from {_called(store)}?", can_go_back=False)
    plan = Plan(f"secret remove {name}", secrets=(SecretEdit(name, store.name, "delete"),))
    outcome = _carry_out(plan, {}, store, output, dry_run=dry_run)
    if outcome.applied:
        output.done(f"{name} is no longer in {_called(store)}")
    _report(outcome, "secret remove", output)


def _refuse_used(name: str, used: Usage) -> None:
    uses = used.of(name)
    if uses:
        raise Conflict(
            f"{name} is used by {_used_by(uses)}",
            path=uses[0].path,
            line=uses[0].line,
            hint="remove the provider first, or add --force",
        )


# What set and remove share


_CALLED = {"keyring": "the keyring", "file": "the age file", "environment": "the environment"}


def _called(store: SecretStore) -> str:
    return _CALLED[store.name]


def _carry_out(plan: Any, values: dict[str, str], store: SecretStore, output: Output, *, dry_run: bool) -> Outcome:
    from wizard.cli.change import Outcome, carry_out

    if not dry_run:
        return carry_out(plan, values, {store.name: store}, output, dry_run=False)
    for edit in plan.secrets:
        what = "would go into" if edit.action == "store" else "would be deleted from"
        output.note(f"{edit.name} {what} {_called(store)}")
    return Outcome(plan, applied=False)


def _report(outcome: Outcome, name: str, output: Output) -> None:
    from wizard.cli.change import as_data

    if output.as_json:
        output.envelope(name, data=as_data(outcome))
    elif outcome.applied:
        output.note("`crush-wizard undo` takes this back")
