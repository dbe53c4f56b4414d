"""`convert`: the configuration of one folder, from crush.json into its crushrc or back."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from wizard.change.planned import alone, in_force_after
from wizard.cli.flags import ConfigPath, changing, common, scope
from wizard.cli.result import Result
from wizard.crush.program import crush_version
from wizard.documents.crushrc.block import has_comments
from wizard.documents.saying_nothing import says_nothing
from wizard.errors import Conflict, Refused
from wizard.files.locations import CRUSHRC_NAME, JSON_NAME, file_beside, format_of, here, target_file
from wizard.files.plan import FileEdit, Plan
from wizard.machine.files import unread_file
from wizard.machine.new_format import format_converted_to, say_remembered_format
from wizard.machine.unread import refuse_unread
from wizard.redaction import MASK
from wizard.transfer.convert_check import differences
from wizard.ui.place import at_line, shown_path
from wizard.ui.prompter import open_prompter
from wizard.words import joined

if TYPE_CHECKING:
    from wizard.change.run import Outcome, Proposal
    from wizard.crush.loading import Loaded
    from wizard.documents.crushrc.document import CrushrcDocument
    from wizard.files.locations import Format, Scope, Surroundings
    from wizard.transfer.convert import Conversion, Pair, Stay
    from wizard.ui.output import Output


@click.command("convert")
@click.option("--to", type=click.Choice(["crushrc", "json"]), required=True, help="The format to convert to.")
@scope
@click.option("--file", type=ConfigPath(), metavar="PATH", help="One of the two files, by its path.")
@changing
@common
@click.pass_obj
def command(output: Output, /, to: Format, scope: Scope, file: Path | None, dry_run: bool, yes: bool) -> Result:
    """Move what Crush reads from crush.json into the crushrc beside it, or back: providers, models and all settings.

    A file in which nothing is left is deleted. What the new format can't say stays
    where it is, and is named before anything is written. Crush's configuration is the same afterwards: that is checked
    first.
    """
    from wizard.change.run import Run, as_data

    outcome = Run(output, open_prompter(output), dry_run, yes).make(lambda _: _propose(to, scope, file, output))
    if not dry_run:
        _report(outcome, output)
        say_remembered_format(outcome.proposal.remembers, output)
    return Result(lambda: as_data(outcome))


def _propose(to: Format, scope: Scope, file: Path | None, output: Output) -> Proposal[tuple[Pair, Conversion]]:
    """Raises Conflict where Crush would not make the same of the files afterwards."""
    from wizard.change.run import Proposal
    from wizard.transfer.convert import convert

    around = here()
    pair = _open_pair(around, to, scope, file)
    conversion = convert(pair)
    plan = _plan(pair, conversion) if conversion.moved else Plan(f"convert --to {to}")
    if conversion.moved:
        _insist_on_sameness(around, plan)
    say = partial(_say_what_stays, pair, conversion, plan, output)
    question = f"Move {joined(conversion.moved)} to {shown_path(Path(pair.target.path))}?" if conversion.moved else ""
    choices = format_converted_to(to) if scope == "user" and file is None else {}
    return Proposal(plan, (pair, conversion), say=say, question=question, remembers=choices)


# The two files


def _open_pair(around: Surroundings, to: Format, scope: Scope, file: Path | None) -> Pair:
    """Raises Refused where a crushrc can't be written, or not be read."""
    from wizard.machine.target import open_pair, refuse_unread_crushrc

    json_path, crushrc_path = _paths(around, to, scope, file)
    if to == "crushrc":
        refuse_unread_crushrc(crushrc_path, crush_version(os.environ), hint="update Crush first")
    pair = open_pair(json_path, crushrc_path, to_crushrc=to == "crushrc")
    _refuse_unread(pair.crushrc)
    return pair


def _paths(around: Surroundings, to: Format, scope: Scope, file: Path | None) -> tuple[Path, Path]:
    """The JSON file and the crushrc. Of a folder's files the strongest of either format count."""
    from_format: Format = "json" if to == "crushrc" else "crushrc"
    first = file or target_file(around, scope, wanted=from_format)
    is_json = format_of(first) == "json"
    name = CRUSHRC_NAME if is_json else JSON_NAME
    new = first.with_name(f".{name}" if first.name.startswith(".") else name)
    beside = file_beside(first, "project" if file else scope) or new
    return (first, beside) if is_json else (beside, first)


def _refuse_unread(crushrc: CrushrcDocument) -> None:
    if not crushrc.is_read:
        raise Refused(
            "`convert` needs the parser for crushrc files, which is not installed",
            hint="pip install shfmt-py (some systems have no build of it)",
            path=crushrc.path,
        )


# The plan


def _plan(pair: Pair, conversion: Conversion) -> Plan:
    """The target first. Secrets that either file holds are masked in both diffs."""
    masked = {**pair.json.masks(lambda _: MASK), **pair.crushrc.masks(lambda _: MASK)}
    if pair.to_crushrc:
        removal = pair.json.edits(conversion.of_source)
    else:
        removal = pair.crushrc.edits(conversion.of_source, keep_comments=True)
    edits = ((pair.target, pair.target.edits(conversion.of_target)), (pair.source, removal))
    target, source = (
        FileEdit(Path(document.path), document.text, edit, document.format, masked=masked) for document, edit in edits
    )
    if says_nothing(source.after, source.format) and not source.path.is_symlink():
        source = replace(source, edits=(), delete=True)
    return Plan(f"convert --to {pair.target.format}", (target, source))


def _insist_on_sameness(around: Surroundings, plan: Plan) -> None:
    """Raises Conflict unless Crush makes the same of the files before and after."""
    from wizard.machine.in_force import in_force

    loaded = _loaded(around, plan)
    before = in_force(loaded=loaded)
    refuse_unread(before)
    found = differences(before.effective, in_force_after(before, plan.files).effective)
    if found:
        raise Conflict(
            f"Crush would not get the same config: {', '.join(found)} would differ",
            hint="nothing was changed; to list the files that Crush reads: crush-wizard paths",
            path=plan.files[0].path,
        )


def _loaded(around: Surroundings, plan: Plan) -> Loaded:
    """All files that Crush reads here; only the two where it does not read them."""
    from wizard.crush.loading import LoadedFile, load, rewritten

    loaded = load(around)
    if {edit.path for edit in plan.files} <= {file.path for file in loaded.files}:
        return loaded
    json_first = sorted(plan.files, key=lambda edit: edit.format, reverse=True)
    pair = (LoadedFile(unread_file(edit.path, edit.format)) for edit in json_first)
    return rewritten(alone(loaded, pair), {edit.path: edit.before for edit in plan.files})


# What is said


def _say_what_stays(pair: Pair, conversion: Conversion, plan: Plan, output: Output) -> None:
    if not pair.to_crushrc and plan.files and has_comments(plan.files[-1].after or ""):
        output.note(f"the comments in {shown_path(Path(pair.source.path))} stay there: JSON can't have any")
    for stay in conversion.stays:
        output.warning(f"{stay.what} stays in {_place(pair, stay)}: {stay.why}")
    for remark in pair.crushrc.remarks(conversion.of_target if pair.to_crushrc else conversion.of_source):
        output.note(remark)


def _place(pair: Pair, stay: Stay) -> str:
    path = shown_path(Path(pair.source.path))
    if Path(stay.path) != Path(pair.source.path):
        return f"{path} ({at_line(Path(stay.path), stay.line)})"
    return at_line(Path(pair.source.path), stay.line)


def _report(outcome: Outcome[tuple[Pair, Conversion]], output: Output) -> None:
    pair, conversion = outcome.about
    source = shown_path(Path(pair.source.path))
    if not outcome.applied:
        what = "can be moved" if conversion.stays else "to move"
        nothing = f"{source} does not exist" if pair.source.text is None else f"nothing in {source} {what}"
        output.note(f"nothing to do: {nothing}")
        return
    output.done(f"Moved {joined(conversion.moved)} to {shown_path(Path(pair.target.path))}")
    if outcome.plan.files[-1].delete:
        output.note(f"Deleted {source}: nothing was left in it")
    output.note("Crush gets the same config as before; to undo: crush-wizard undo")
