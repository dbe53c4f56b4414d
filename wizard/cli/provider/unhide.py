"""`unhide`: let providers into Crush's model picker again."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from wizard.change.hiding import (
    edits_of,
    hidden,
    is_disabled,
    known,
    named_or_counted,
    pick,
    say_slots_now,
    showing,
)
from wizard.change.leftovers import without_leftovers
from wizard.change.planned import in_force_after
from wizard.cli.completion.candidates import hidden_ids
from wizard.cli.flags import changing, common, which_file
from wizard.cli.result import Result
from wizard.errors import Conflict, UsageError
from wizard.files.plan import Plan
from wizard.machine.provider_files import flag_for
from wizard.machine.unread import refuse_unread
from wizard.shown import command_line
from wizard.ui.place import place, shown_path
from wizard.ui.prompter import open_prompter
from wizard.words import by_number, joined

if TYPE_CHECKING:
    from wizard.change.run import Outcome, Proposal, Run
    from wizard.cli.which_file import WhichFile
    from wizard.crush.sources import Source
    from wizard.flow.driver import Asker
    from wizard.machine.in_force import InForce
    from wizard.machine.target import Target
    from wizard.ui.output import Output


@click.command("unhide")
@click.argument("providers", metavar="[ID]...", nargs=-1, shell_complete=hidden_ids)
@click.option("--all", "all_of_them", is_flag=True, help="All hidden providers.")
@which_file
@changing
@common
@click.pass_obj
def command(
    output: Output,
    /,
    providers: tuple[str, ...],
    all_of_them: bool,
    which: WhichFile,
    dry_run: bool,
    yes: bool,
) -> Result:
    """Show the providers ID in Crush's model picker again, which `hide` or `disable` keeps out of it.

    Whatever else the config says of them stays.
    """
    from wizard.change.run import Run, as_data

    if providers and all_of_them:
        raise UsageError("--all can't be used with an ID")
    run = Run(output, open_prompter(output), dry_run, yes)
    outcome = run.make(lambda asker: _proposed(providers, which, run, asker, all_of_them=all_of_them))
    _report(outcome, run)
    return Result(lambda: {**as_data(outcome), "unhidden": list(outcome.about.providers)})


QUESTION, HINT = "Which providers do you want to show again?", "crush-wizard unhide ID, or --all"


class Shown(Struct, frozen=True):
    """What is to be shown again; `after` is what will be in force then."""

    providers: tuple[str, ...]
    target: Target
    before: InForce
    after: InForce

    def still_hidden_by(self, provider: str) -> Source | None:
        """Where another file goes on hiding it."""
        known = self.after.effective.provider(provider)
        return known.value_source("disable") if known and is_disabled(provider, self.after) else None


def _proposed(
    providers: tuple[str, ...], which: WhichFile, run: Run, asker: Asker | None, *, all_of_them: bool
) -> Proposal[Shown]:
    """The plan. Raises a WizardError for an unknown provider, and Conflict for one that only another file hides."""
    from wizard.change.run import Proposal
    from wizard.machine.in_force import in_force

    target = which.open()
    found = in_force(target.around)
    refuse_unread(found)
    chosen = hidden(found) if all_of_them else known(providers, found) or _picked(found, asker)
    named = "--all" if all_of_them else " ".join(chosen)
    plan = Plan(f"unhide {named}", without_leftovers(edits_of(showing(chosen, target))))
    shown = Shown(chosen, target, found, in_force_after(found, plan.files))
    if plan.changes_nothing:
        _refuse_elsewhere(shown)
    return Proposal(plan, shown, say=partial(_say, shown, run.output))


def _refuse_elsewhere(shown: Shown) -> None:
    for id_ in shown.providers:
        if source := shown.still_hidden_by(id_):
            raise Conflict(f"{id_} is hidden by {place(source)}", hint=f"add {flag_for(source, shown.target)}")


def _picked(found: InForce, asker: Asker | None) -> tuple[str, ...]:
    ids = hidden(found)
    return pick(QUESTION, ids, found, asker, HINT) if ids else ()


def _say(shown: Shown, output: Output) -> None:
    say_slots_now((), shown.before, shown.after, output)
    for id_ in shown.providers:
        if source := shown.still_hidden_by(id_):
            output.warning(f"{id_} stays hidden by {place(source)}")
            output.hint(f"{command_line('unhide', id_)} {flag_for(source, shown.target)}")


def _report(outcome: Outcome[Shown], run: Run) -> None:
    providers, output = outcome.about.providers, run.output
    if outcome.applied:
        files = joined(shown_path(edit.path) for edit in outcome.plan.files)
        output.done(f"Unhid {named_or_counted(providers)} in {files}")
        for edit in outcome.plan.files:
            if edit.delete:
                output.note(f"removed {shown_path(edit.path)}, in which nothing else was")
        output.note("to undo: crush-wizard undo")
    elif not run.dry_run:
        verb = by_number(len(providers), "is", "are")
        output.note(
            f"nothing to do: {named_or_counted(providers)} {verb} not hidden" if providers else "no provider is hidden"
        )
