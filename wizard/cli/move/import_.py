"""`import`: a profile, or another tool's configuration, into this machine's files and store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wizard.cli.completion.candidates import provider_ids
from wizard.cli.flags import allow_hosts, changing, common, opening, which_file
from wizard.cli.move.consents import insist_on_consent
from wizard.cli.move.incoming import Keys, choose, is_config, look_around, narrowed, read_incoming
from wizard.cli.result import Result
from wizard.cli.secret.change import in_store
from wizard.cli.steps import Driven, driven
from wizard.cli.test.command import test_providers
from wizard.errors import Cancelled, UsageError
from wizard.flow.question import Kind, Question
from wizard.machine.consent import Consent
from wizard.machine.stores import without_variables
from wizard.network.offline import is_offline
from wizard.trial.probing import TEST_SECONDS, report_for
from wizard.ui.prompter import after_writing, open_prompter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wizard.change.run import Outcome, Proposal
    from wizard.cli.move.conflicts import Policy
    from wizard.cli.move.incoming import Incoming
    from wizard.cli.move.taking_over import TakeOver
    from wizard.cli.which_file import WhichFile
    from wizard.flow.driver import Asker
    from wizard.trial.probing import TestedProvider
    from wizard.ui.output import Output

AUTO = "auto"


@click.command("import", cls=Driven)
@click.argument("profile", metavar="[FILE|-]", required=False, type=click.Path(path_type=Path))
@click.option("--from", "tool", metavar="NAME", help="The config of another tool; auto looks for all but Crush's.")
@click.option(
    "--provider", "providers", multiple=True, metavar="ID", shell_complete=provider_ids, help="Only this one."
)
@click.option(
    "--on-conflict",
    type=click.Choice(["ask", "keep", "merge", "replace", "rename"]),
    default="ask",
    help="What to do with a provider that exists and differs.",
)
@click.option("--check", is_flag=True, help="Change nothing; exit code 1 if anything would change.")
@click.option("--allow-commands", is_flag=True, help="Allow its commands, and sending your keys to new hosts.")
@click.option("--skip-secrets", is_flag=True, help="Leave out its secrets.")
@in_store
@opening
@click.option("--test/--no-test", "wants_test", default=None, help="Test the providers afterwards, without asking.")
@allow_hosts
@which_file
@changing
@common
@driven
@click.pass_obj
def command(
    output: Output,
    /,
    profile: Path | None,
    tool: str | None,
    providers: tuple[str, ...],
    on_conflict: Policy,
    check: bool,
    allow_commands: bool,
    skip_secrets: bool,
    store_name: str,
    passphrase_file: Path | None,
    identity: Path | None,
    wants_test: bool | None,
    allow_hosts: bool,
    which: WhichFile,
    dry_run: bool,
    yes: bool,
) -> Result:
    """Bring in what `crush-wizard export` wrote: providers and model choices into your files, secrets into your store.

    Nothing is written before you have seen all of it. What would run a command, or send a key of yours to a host that
    does not get it now, is listed and needs your consent. Importing the same file again changes nothing.

    --from takes aichat, aider, cc-switch, ccr (claude-code-router), claude, codex, continue, crush, gemini, goose,
    litellm, litellm-proxy, llm, mods, opencode, pi, qwen, zed; auto looks for all of them in your home but Crush's.
    """
    from wizard.change.run import Run
    from wizard.cli.move.taking_over import Wishes, prepare

    _refuse_impossible_test(wants_test, nothing_is_written=check or dry_run)
    wishes = Wishes(which, on_conflict, store_name, skip_secrets, check, dry_run)
    incoming = _incoming(profile, tool, providers, Keys(passphrase_file, identity), output)
    run = Run(output, None if yes else open_prompter(output), dry_run or check, yes)

    def decide(asker: Asker | None) -> Proposal[TakeOver]:
        is_offer = _is_foreign(profile, tool) and not providers
        chosen = choose(incoming, asker) if asker is not None and is_offer else incoming
        proposal = prepare(chosen, wishes, asker, output)
        if not check:
            insist_on_consent(proposal.about.risks, asker, output, allowed=allow_commands or dry_run)
        return proposal

    with without_variables(instead="leave the secrets out (--skip-secrets) and export the variables yourself"):
        outcome = run.make(decide)
        _report(outcome, output, check=check, dry_run=dry_run)
    consent = Consent(output, after_writing(run.asker, output), allow_hosts)
    tested = () if check else _test(outcome, consent, output, wants_test)
    failed = any(test.verdict == "fails" for test in tested)
    code = int(not outcome.plan.changes_nothing if check else bool(wants_test) and failed)
    return Result(lambda: _as_data(outcome, tested), exit_code=code)


def _refuse_impossible_test(wants_test: bool | None, *, nothing_is_written: bool) -> None:
    if wants_test and (nothing_is_written or is_offline()):
        raise UsageError("--test can't be used with --offline, --check or --dry-run")


def _incoming(profile: Path | None, tool: str | None, wanted: Sequence[str], keys: Keys, output: Output) -> Incoming:
    """Raises UsageError where neither a file nor a tool is named."""
    if _is_foreign(profile, tool):
        tools = None if tool == AUTO else [tool or "crush"]
        incoming = look_around(tools, profile, output)
    elif profile is not None:
        incoming = read_incoming(profile, keys, output)
    else:
        raise UsageError("nothing to import: name a file", hint="FILE, - for a pipe, or --from auto for other tools")
    return narrowed(incoming, wanted) if wanted else incoming


def _is_foreign(profile: Path | None, tool: str | None) -> bool:
    """Whether it comes from other files than a profile; of these the person picks what is wanted."""
    return tool is not None or (profile is not None and is_config(profile))


# What came of it


def _report(outcome: Outcome[TakeOver], output: Output, *, check: bool, dry_run: bool) -> None:
    from wizard.change.run import say_secrets_to_come
    from wizard.cli.move.taking_over import report

    if not (check or dry_run):
        report(outcome, output)
        return
    say_secrets_to_come(outcome.plan, output)
    for risk in outcome.about.risks if check else ():
        output.warning(f"{risk.what} (--allow-commands)")
    if check and outcome.plan.changes_nothing:
        output.note("nothing would change")


# The test


def _test(
    outcome: Outcome[TakeOver], consent: Consent, output: Output, wanted: bool | None
) -> Sequence[TestedProvider]:
    """What was written stays, whatever the test says and however the person leaves it."""
    from wizard.machine.in_force import in_force

    try:
        if not _is_wanted(outcome, consent.asker, wanted):
            return ()
        found = in_force()
        chosen = [provider for provider in found.effective.providers if provider.id in outcome.about.arrived]
        tested = test_providers(chosen, found, output, consent, quick=False, seconds=TEST_SECONDS)
        if tested:
            output.report(report_for(output.stderr, tested))
    except (Cancelled, KeyboardInterrupt):
        output.note("stopped here: what was written stays; to undo it: crush-wizard undo")
        return ()
    return tested


def _is_wanted(outcome: Outcome[TakeOver], asker: Asker | None, wanted: bool | None) -> bool:
    if wanted is not None or is_offline() or asker is None or not outcome.applied or not outcome.about.arrived:
        return bool(wanted)
    question = Question(key="test", text="Test them now?", kind=Kind.CONFIRM, flag="--test", default=True)
    return asker.ask(question, can_go_back=False) is True


def _as_data(outcome: Outcome[TakeOver], tested: Sequence[TestedProvider]) -> dict[str, Any]:
    from wizard.change.kept_slots import selected_then
    from wizard.change.run import as_data

    ready = outcome.about
    return {
        **as_data(outcome),
        "changed": not outcome.plan.changes_nothing,
        "providers": list(ready.arrived),
        "renamed": dict(ready.renamed),
        "kept": list(ready.kept),
        "needs_consent": [risk.report() for risk in ready.risks],
        "missing_secrets": list(ready.missing),
        "selected": selected_then(ready.slots),
        "tests": [test.result.report() for test in tested],
    }
