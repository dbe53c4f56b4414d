"""`use`: which model Crush takes for its large and its small slot."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import asdict

from wizard.change.slot_change import propose, report
from wizard.change.slot_choice import SlotChoice, WantedModel, checked, pick, warn_of_state
from wizard.cli.completion.candidates import models
from wizard.cli.flags import changing, common, which_file
from wizard.cli.look.list import slot_table
from wizard.cli.result import Result
from wizard.documents.document import SelectModel
from wizard.machine.new_format import in_its_format, say_format
from wizard.machine.unread import refuse_unread
from wizard.provider.model import SLOTS
from wizard.ui.prompter import open_prompter

if TYPE_CHECKING:
    from wizard.change.run import Proposal
    from wizard.change.slot_change import ChosenSlot
    from wizard.cli.which_file import WhichFile
    from wizard.flow.driver import Asker
    from wizard.machine.in_force import InForce
    from wizard.provider.model import Slot
    from wizard.ui.output import Output


@click.command("use")
@click.argument("slot", type=click.Choice(SLOTS), required=False)
@click.argument("model", metavar="PROVIDER/MODEL", required=False, shell_complete=models)
@click.option("--clear", is_flag=True, help="Also remove an older choice from Crush's own file, if it would win.")
@which_file
@changing
@common
@click.pass_obj
def command(
    output: Output, /, slot: Slot | None, model: str | None, clear: bool, which: WhichFile, dry_run: bool, yes: bool
) -> Result:
    """Choose the model for the large or the small slot; without arguments show both.

    Says when another file overrules the choice. Crush does the work with the large model, and short jobs such as
    titles with the small one.
    """
    from wizard.change.run import Run, as_data
    from wizard.machine.in_force import in_force, with_list_of_crush, with_lists_of_slots

    if slot is None:
        return _shown(with_lists_of_slots(in_force()), output)

    def decide(asker: Asker | None) -> Proposal[ChosenSlot]:
        target = which.open()
        named = WantedModel.parse(model) if model else None
        found = in_force(target.around)
        found = with_list_of_crush(named.provider, found) if named else with_lists_of_slots(found)
        refuse_unread(found)
        wanted = checked(named, found, output) if named else pick(slot, found, asker)
        warn_of_state(wanted, found, output)
        choice = SelectModel(slot, wanted.provider, wanted.model)
        target = in_its_format(target, lambda target: [(target.document, [choice])])
        say_format(target, output)
        return propose(SlotChoice(slot, wanted, target, found, output), None if run.is_settled else asker, clear=clear)

    run = Run(output, open_prompter(output), dry_run, yes)
    outcome = run.make(decide)
    if not dry_run:
        report(outcome)
    return Result(lambda: {**as_data(outcome), "selected": _selected_data(outcome.about.after)})


def _shown(found: InForce, output: Output) -> Result:
    from wizard.machine.problems import say_fatal

    selected = found.effective.selected
    if not selected:
        refuse_unread(found)
    say_fatal(found, output)
    return Result(
        lambda: {"selected": _selected_data(found)},
        show=partial(_print, found, output),
        below=partial(_say_fallbacks, found, output),
    )


def _print(found: InForce, output: Output) -> None:
    if table := slot_table(found.effective, output.width):
        output.data(table)
    else:
        output.note("Crush has no model yet; to add a provider: crush-wizard add-provider")


def _say_fallbacks(found: InForce, output: Output) -> None:
    from wizard.machine.problems import problem_line

    for problem in found.effective.problems:
        if problem.code == "W16":
            output.warning(problem_line(problem))
            output.hint(problem.hint)


def _selected_data(found: InForce) -> dict[str, Any]:
    """`data.selected` (cli.md), with what Crush would take if the choice were not there."""
    from wizard.machine.provider_state import selected_data

    fallbacks: dict[str, Any] = {slot: asdict(selected.fallback) for slot, selected in found.effective.selected.items()}
    return {
        slot: selected and {**selected, "fallback": fallbacks[slot]}
        for slot, selected in selected_data(found.effective.selected).items()
    }
