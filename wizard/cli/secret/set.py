"""`secret set`: store a secret, or give it a new value."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wizard.change.one_place import reference_plan
from wizard.cli.completion.candidates import secret_names
from wizard.cli.flags import changing, common
from wizard.cli.secret.change import called, check_name, in_store, result_of
from wizard.cli.secret.input import from_file, from_stdin
from wizard.errors import UsageError
from wizard.files.plan import Plan, SecretEdit
from wizard.machine.stores import ask_secret, chosen_store, open_with, say_settled, settle
from wizard.provider.pasted_key import InvalidKey, pasted_key, shown_key
from wizard.secrets.index import IndexedStore
from wizard.secrets.reference.file import check_command
from wizard.secrets.reference.running import ReferenceFailed, value_of
from wizard.ui.prompter import open_prompter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.cli.result import Result
    from wizard.flow.driver import Asker
    from wizard.provider.pasted_key import PastedKey
    from wizard.secrets.store import SecretStore
    from wizard.ui.output import Output

LARGEST_VALUE = 8 * 1024 * 1024


@click.command("set")
@click.argument("name", shell_complete=secret_names)
@click.option("--stdin", "from_stdin", is_flag=True, help="Read the value from stdin.")
@click.option("--file", type=click.Path(path_type=Path), metavar="FILE", help="Read the value from a file.")
@click.option("--command", "line", metavar="COMMAND", help="Store no value, but the command that prints it.")
@click.option("--no-test", is_flag=True, help="Do not run the command of --command now.")
@click.option("--passphrase", is_flag=True, help="Protect the encrypted file with a passphrase (asked for).")
@in_store
@changing
@common
@click.pass_obj
def command(output: Output, /, name: str, store_name: Any, dry_run: bool, **flags: Any) -> Result:
    """Store the secret NAME, or give it a new value. Without a flag the value is asked for and stays hidden.

    Quotes, `Bearer `, `NAME=` and what else came along with the value are taken off. What names a key elsewhere
    ($NAME, op://...), an example such as <YOUR_API_KEY>, and what no header can carry are refused.

    With --command the key stays in your password manager: the command is kept in references.toml, and run when a
    key is needed (by run, env, test, models and secret get), in your home folder.

    \b
    crush-wizard secret set GROQ_API_KEY --command 'op read op://Private/Groq/key'

    The first store that you name with --store is remembered, and used from then on. `undo` brings the value before
    back.
    """
    from wizard.change.run import Proposal, Run
    from wizard.secrets.choice import require_usable

    check_name(name)
    if flags["line"] is not None:
        return _set_reference(name, output, store_name, dry_run, flags)
    if flags["no_test"]:
        raise UsageError("--no-test is for --command")
    asker = open_prompter(output)
    store = open_with(asker, store_name)
    plan = Plan(f"secret set {name}", secrets=(SecretEdit(name, store.name, "store"),))
    values: dict[str, str] = {}
    if not dry_run:
        require_usable(store)
        _protect(store, asker, wanted=flags["passphrase"])
        pasted = _pasted(_text(name, flags["from_stdin"], flags["file"], asker))
        values[name] = pasted.key
        if pasted.remark:
            output.note(pasted.remark)
    run = Run(output, asker, dry_run)
    choices = {} if store_name == "auto" else chosen_store(store_name)
    proposal = Proposal(plan, None, values, {store.name: store}, needs_consent=False, remembers=choices)
    outcome = run.make(lambda _: proposal)
    if outcome.applied:
        output.done(f"Saved {name} to {called(store)}")
    elif not dry_run:
        output.note(f"nothing to do: {name} already has this value")
    if outcome.applied and store_name != "auto":
        say_settled(store_name, choices, output)
    elif not dry_run and store_name != "auto":
        settle(store_name, output)
    return result_of(outcome, run)


def _set_reference(name: str, output: Output, store_name: str, dry_run: bool, flags: Mapping[str, Any]) -> Result:
    from wizard.change.run import Proposal, Run

    if flags["from_stdin"] or flags["file"] or flags["passphrase"] or store_name != "auto":
        raise UsageError("--command can't be used with --stdin, --file, --passphrase or --store")
    line = check_command(flags["line"])
    asker = open_prompter(output)
    if not dry_run and not flags["no_test"]:
        output.note(f"`{line}` prints a key: it is {shown_key(_tried(name, line, asker, output))}")
    run = Run(output, asker, dry_run)
    plan = reference_plan(f"secret set {name}", {name: line})
    outcome = run.make(lambda _: Proposal(plan, None, needs_consent=False))
    if outcome.applied:
        output.done(f"Saved {name}: it comes from `{line}`")
    elif not dry_run:
        output.note(f"nothing to do: {name} already comes from this command")
    return result_of(outcome, run)


def _tried(name: str, line: str, asker: Asker | None, output: Output) -> str:
    """What the command prints. Raises ReferenceFailed."""
    try:
        return value_of(name, line, asks=asker is not None, say=output.note)
    except ReferenceFailed as error:
        error.hint = f"{error.hint}; to save it without running it: --no-test"
        raise


def _protect(store: SecretStore, asker: Asker | None, *, wanted: bool) -> None:
    """Put a passphrase on the age file's identity, typed twice: nobody could bring a mistyped one back."""
    from wizard.secrets.age_store import AgeStore

    if not wanted:
        return
    inner = store.store if isinstance(store, IndexedStore) else store
    if not isinstance(inner, AgeStore):
        raise UsageError("--passphrase is for the encrypted file", hint="add --store file")
    passphrase = ask_secret(asker, "New passphrase for the encrypted file")
    if passphrase != ask_secret(asker, "The same passphrase again"):
        raise UsageError("the passphrases differ; nothing was changed")
    inner.protect(passphrase)


def _text(name: str, piped: bool, file: Path | None, asker: Asker | None) -> str:
    if piped and file is not None:
        raise UsageError("--stdin and --file can't be used together")
    if piped:
        return from_stdin("--stdin", LARGEST_VALUE)
    if file is not None:
        return from_file("--file", file, LARGEST_VALUE)
    return ask_secret(asker, f"Value of {name}", "--stdin or --file FILE")


def _pasted(text: str) -> PastedKey:
    """Raises UsageError for what can't be a key; the message doesn't show it."""
    if not text.strip():
        raise UsageError("the value is empty")
    try:
        return pasted_key(text)
    except InvalidKey as error:
        named = f"${error.variable} is how a config names a variable; give the key itself"
        raise UsageError(error.problem, hint=named if error.variable else "") from None
