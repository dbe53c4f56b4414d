"""`hide`: keep providers out of Crush's model picker."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from wizard.change.hiding import (
    edits_of,
    freed_slots,
    hideable,
    hiding,
    known,
    named_or_counted,
    others,
    pick,
    say_shown,
    say_slots_now,
    say_unhideable,
)
from wizard.change.none_left import none_left_after, settled, why_off
from wizard.change.planned import in_force_after
from wizard.change.provider_change import say_left_out, say_remarks
from wizard.cli.completion.candidates import shown_ids
from wizard.cli.flags import changing, common, if_none_left, which_file
from wizard.cli.result import Result
from wizard.errors import UsageError
from wizard.files.plan import Plan
from wizard.machine.new_format import in_its_format, say_format
from wizard.machine.unread import refuse_unread
from wizard.ui.place import shown_path
from wizard.ui.prompter import open_prompter
from wizard.words import by_number, joined

if TYPE_CHECKING:
    from wizard.change.hiding import Changes
    from wizard.change.run import Outcome, Proposal, Run
    from wizard.cli.which_file import WhichFile
    from wizard.flow.driver import Asker
    from wizard.machine.in_force import InForce
    from wizard.ui.output import Output


@click.command("hide")
@click.argument("providers", metavar="[ID]...", nargs=-1, shell_complete=shown_ids)
@click.option("--others", "only_own", is_flag=True, help="All built-in providers but your own.")
@if_none_left
@which_file
@changing
@common
@click.pass_obj
def command(
    output: Output,
    /,
    providers: tuple[str, ...],
    only_own: bool,
    none_left: str | None,
    which: WhichFile,
    dry_run: bool,
    yes: bool,
) -> Result:
    """Keep the providers ID out of Crush's model picker; `unhide` shows them again.

    Your own, which --others leaves, are those that have a key or a login, or that your config names. A large or small
    model of a hidden provider gives way to another one.

    \b
    crush-wizard hide bedrock bedrock-europe
    crush-wizard hide --others
    """
    from wizard.change.run import Run, as_data

    if providers and only_own:
        raise UsageError("--others can't be used with an ID")
    run = Run(output, open_prompter(output), dry_run, yes)

    def decide(asker: Asker | None) -> Proposal[Hidden]:
        return _proposed(Wanted(providers, only_own, which, none_left), run, asker)

    outcome = run.make(decide)
    _report(outcome, run)
    return Result(lambda: {**as_data(outcome), "hidden": list(outcome.about.providers)})


QUESTION, HINT = "Which providers do you want to hide?", "crush-wizard hide ID, or --others"


class Wanted(Struct, frozen=True):
    """What the command line says."""

    providers: tuple[str, ...]
    only_own: bool
    which: WhichFile
    none_left: str | None


class Hidden(Struct, frozen=True):
    """What is to be hidden; `after` is what will be in force then."""

    providers: tuple[str, ...]
    before: InForce
    after: InForce


def _proposed(wanted: Wanted, run: Run, asker: Asker | None) -> Proposal[Hidden]:
    """The plan. Raises a WizardError for an unknown provider, Conflict where none would be left, and Back."""
    from wizard.change.run import Proposal, by_document
    from wizard.machine.in_force import in_force

    target = wanted.which.open()
    found = in_force(target.around)
    refuse_unread(found)
    providers = _chosen(wanted, found, asker)
    target = in_its_format(target, lambda target: by_document(hiding(providers, target, found)))
    say_format(target, run.output)
    changes = hiding(providers, target, found)
    slots = freed_slots(providers, changes, target, found, None if run.is_settled else asker)
    after = in_force_after(found, edits_of([*changes, *slots]))
    left = none_left_after(found.effective, after.effective, target.documents)
    changes = [*changes, *slots, *settled(left, wanted.none_left, run, asker)]
    plan = Plan(f"hide {_command_line(wanted)}", edits_of(changes))
    hidden = Hidden(providers, found, in_force_after(found, plan.files))
    return Proposal(plan, hidden, say=partial(_say, hidden, changes, run.output, only_own=wanted.only_own))


def _command_line(wanted: Wanted) -> str:
    return "--others" if wanted.only_own else " ".join(wanted.providers)


def _chosen(wanted: Wanted, found: InForce, asker: Asker | None) -> tuple[str, ...]:
    """The providers to hide: none of the built-in ones where these are off already."""
    if wanted.only_own:
        return others(found)
    ids = known(wanted.providers, found) or pick(QUESTION, hideable(found), found, asker, HINT)
    if found.effective.builtins_off:
        return tuple(id_ for id_ in ids if found.effective.provider(id_))
    return ids


# What is said


def _say(hidden: Hidden, changes: Changes, output: Output, *, only_own: bool) -> None:
    from wizard.change.run import by_document

    say_left_out(by_document(changes), output)
    say_remarks(by_document(changes), output)
    say_slots_now(hidden.providers, hidden.before, hidden.after, output)
    say_shown(hidden.providers, hidden.after, output)
    if only_own:
        say_unhideable(hidden.after, output)


def _report(outcome: Outcome[Hidden], run: Run) -> None:
    hidden, output = outcome.about, run.output
    if outcome.applied:
        files = joined(shown_path(edit.path) for edit in outcome.plan.files)
        output.done(f"Hid {named_or_counted(hidden.providers)} in {files}")
        output.note("to undo: crush-wizard undo")
    elif not run.dry_run and hidden.before.effective.builtins_off:
        output.note(f"nothing to do: the built-in providers are off ({why_off(hidden.before.effective)})")
    elif not run.dry_run:
        output.note(f"nothing to do: {_are_hidden(hidden.providers)}")


def _are_hidden(providers: tuple[str, ...]) -> str:
    verb = by_number(len(providers), "is", "are")
    return f"{named_or_counted(providers)} {verb} already hidden" if providers else "no provider to hide"
