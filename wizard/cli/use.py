"""`use`: which model Crush takes for its large and its small slot."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wizard.cli.complete import models
from wizard.cli.flags import changing, common, which_file
from wizard.errors import AnswersMissing, UsageError
from wizard.provider.model import SLOTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.cli.files import Target
    from wizard.cli.in_force import InForce
    from wizard.config.document import Document
    from wizard.config.effective import EffectiveProvider
    from wizard.config.loading import Loaded, LoadedFile
    from wizard.config.locations import FormatChoice, Scope
    from wizard.config.plan import FileEdit, Plan
    from wizard.config.selected import Selected
    from wizard.config.sources import Source
    from wizard.flow.driver import Asker
    from wizard.provider.model import Slot
    from wizard.ui.output import Output


@click.command("use")
@click.argument("slot", type=click.Choice(SLOTS), required=False)
@click.argument("model", metavar="PROVIDER/MODEL", required=False, shell_complete=models)
@click.option("--clear", is_flag=True, help="Take an older choice out of Crush's own file, too, if it would win.")
@which_file
@changing
@common
@click.pass_obj
def command(
    output: Output,
    /,
    slot: Slot | None,
    model: str | None,
    clear: bool,
    scope: Scope,
    file: Path | None,
    format_: FormatChoice,
    dry_run: bool,
    yes: bool,
) -> None:
    """Choose the model for the large or the small slot; without arguments show both.

    Says when another file overrules the choice. Crush does the work with the large model, and short jobs such as
    titles with the small one.
    """
    from wizard.cli.files import open_target
    from wizard.cli.in_force import in_force
    from wizard.cli.unread import refuse_unread
    from wizard.ui.prompter import open_prompter

    if slot is None:
        _show(in_force(), output)
        return
    asker = open_prompter(output)
    target = open_target(scope, file, format_)
    found = in_force(target.around)
    refuse_unread(found)
    wanted = _checked(Wanted.parse(model), found, output) if model else _ask(slot, found, asker)
    _warn_of_state(wanted, found, output)
    job = Job(slot, wanted, target, found, output)
    _carry_out(job, None if yes or dry_run else asker, clear=clear, dry_run=dry_run, confirmed=yes or dry_run)


@dataclass(frozen=True)
class Wanted:
    """A model of a provider, as the user names them."""

    provider: str
    model: str

    @classmethod
    def parse(cls, text: str) -> Wanted:
        """Split at the first slash: model ids have slashes of their own. Raises UsageError."""
        provider, slash, model = text.partition("/")
        if not (provider and slash and model):
            raise UsageError(f"{text!r} is no PROVIDER/MODEL", hint="write it like groq/openai/gpt-oss-120b")
        return cls(provider, model)

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}"


@dataclass(frozen=True)
class Job:
    """One choice, and what is in force before it."""

    slot: Slot
    wanted: Wanted
    target: Target
    found: InForce
    output: Output

    @property
    def document(self) -> Document:
        return self.target.document_choosing(self.slot, self.wanted.provider)


# What is in force


def _show(found: InForce, output: Output) -> None:
    from wizard.cli.troubles import say_fatal, told
    from wizard.cli.unread import refuse_unread

    selected = found.effective.selected
    if not selected:
        refuse_unread(found)
    say_fatal(found, output)
    if output.as_json:
        output.envelope("use", data={"selected": _as_data(found)})
    elif not selected:
        output.note("Crush has no model yet: add a provider with crush-wizard add-provider")
    else:
        output.data(_table(found, output.width))
    for problem in found.effective.problems:
        if problem.code == "W16":
            output.warning(told(problem))
            output.hint(problem.hint)


def _table(found: InForce, width: int | None) -> str:
    from wizard.ui.table import render_open_table

    rows = [(slot, f"{one.provider}/{one.model}", _set_in(one)) for slot, one in found.effective.selected.items()]
    return render_open_table(("slot", "model", "set in"), rows, width)


def _set_in(selected: Selected) -> str:
    """Where the choice is made; in words where no file makes it, or where Crush falls back from it."""
    from wizard.cli.provider_state import place

    if selected.configured is None or selected.source is None:
        return "nowhere: Crush's own choice"
    where = place(selected.source)
    return f"fallback for {where}" if selected.falls_back else where


def _as_data(found: InForce) -> dict[str, Any]:
    """`data.selected` (cli.md), with what Crush would take if the choice were not there."""
    from wizard.cli.provider_state import selected_data

    fallbacks: dict[str, Any] = {
        slot: dataclasses.asdict(one.fallback) for slot, one in found.effective.selected.items()
    }
    return {
        slot: one and {**one, "fallback": fallbacks[slot]}
        for slot, one in selected_data(found.effective.selected).items()
    }


# Which model


def _checked(wanted: Wanted, found: InForce, output: Output) -> Wanted:
    """The choice, if Crush will find it. Raises UsageError with what was probably meant."""
    provider = found.effective.provider(wanted.provider)
    if _may_be_there(wanted.provider, found):
        output.note(f"only running Crush would tell whether there is {wanted}: a crushrc decides it")
    elif provider is None:
        raise _absent(wanted, found)
    elif not provider.kept:
        raise UsageError(f"Crush does not use {provider.id}: {provider.reason}", hint=_put_right(provider, found))
    elif wanted.model not in provider.model_ids:
        _accept_unlisted(wanted, provider, output)
    return wanted


def _warn_of_state(wanted: Wanted, found: InForce, output: Output) -> None:
    """Crush lets a slot name a provider that can't be used yet, and fails when it is asked something."""
    provider = found.effective.provider(wanted.provider)
    if provider is None or provider.status == "ready":
        return
    if provider.status == "disabled":
        output.warning(f"{provider.id} is disabled, and Crush uses it all the same for a slot that names it")
    else:
        output.warning(f"{provider.id} does not work yet: {provider.reason}")
        output.hint(_put_right(provider, found))


def _may_be_there(provider: str, found: InForce) -> bool:
    """Whether a crushrc may add the provider, or models to it, in a way that only running it would tell."""
    known = found.effective.provider(provider)
    may = any(one.provider == provider or not (one.provider or one.slot) for one in found.effective.uncertain)
    return may and not (known and known.kept and known.model_ids)


def _accept_unlisted(wanted: Wanted, provider: EffectiveProvider, output: Output) -> None:
    if not provider.more_models:
        raise UsageError(f"{provider.id} has no model {wanted.model!r}", hint=_near_model(wanted.model, provider))
    who = "Crush asks its endpoint for models when it starts" if provider.discovers else "its list is not known here"
    output.note(f"{wanted.model} is not among the configured models of {provider.id}; {who}")


def _absent(wanted: Wanted, found: InForce) -> UsageError:
    """An unknown provider; the hint names one that has this model, if the id is not just mistyped."""
    from wizard.cli.absent import why_absent

    message, hint = why_absent(wanted.provider, found)
    owners = [
        f"{one.id}/{model}"
        for one in found.effective.providers
        for model in (str(wanted), wanted.model)
        if one.kept and model in one.model_ids
    ]
    return UsageError(message, hint=f"did you mean {owners[0]}?" if owners else hint)


def _near_model(model: str, provider: EffectiveProvider) -> str:
    from wizard.endpoints.diagnosis import closest

    close = closest(model, provider.model_ids)
    if close:
        return f"did you mean {' or '.join(f'{provider.id}/{one}' for one in close)}?"
    return f"it has: {', '.join(provider.model_ids[:8])}" if provider.model_ids else "add models to it first"


def _put_right(provider: EffectiveProvider, found: InForce) -> str:
    from wizard.cli.provider_state import cure, key_of

    return cure(provider, key_of(provider, found)) or f"see its values: crush-wizard show {provider.id}"


def _ask(slot: Slot, found: InForce, asker: Asker | None) -> Wanted:
    """Let the person pick. Raises AnswersMissing where nobody is there."""
    from wizard.flow.question import Choice, Kind, Question

    offered = [f"{one.id}/{model}" for one in found.effective.providers if one.kept for model in one.model_ids]
    if asker is None or not offered:
        raise AnswersMissing(
            f"no model is named for the {slot} slot, and {'nobody can be asked' if offered else 'there is none yet'}",
            hint=f"crush-wizard use {slot} PROVIDER/MODEL" if offered else "add one: crush-wizard add-provider",
        )
    now = found.effective.selected.get(slot)
    current = f"{now.provider}/{now.model}" if now else ""
    question = Question(
        key=slot,
        text=f"Which model for the {slot} slot?",
        kind=Kind.CHOICE,
        flag="PROVIDER/MODEL",
        choices=tuple(Choice(one, one, "now" if one == current else "") for one in dict.fromkeys(offered)),
        default=current if current in offered else offered[0],
    )
    return Wanted.parse(str(asker.ask(question, can_go_back=False)))


# The change


def _carry_out(job: Job, asker: Asker | None, *, clear: bool, dry_run: bool, confirmed: bool) -> None:
    """`confirmed`: nobody is to be asked any more."""
    from wizard.cli.change import as_data, carry_out, insist_on_confirmation, show_diff

    output = job.output
    older = _older_choice(job)
    edits = [_own_edit(job)]
    if older and (clear or (asker is not None and _wants_clear(job, older, asker))):
        edits.append(_clearing(job, older))
    plan = _plan(job, edits)
    after = _after(job, plan)
    if not (confirmed or plan.changes_nothing):
        if asker is not None:
            show_diff(plan, output)
        _say(job, after, cleared=len(edits) > 1)
        insist_on_confirmation(asker, f"Write this to {_files(plan)}?")
    else:
        _say(job, after, cleared=len(edits) > 1)
    outcome = carry_out(plan, {}, {}, output, dry_run=dry_run)
    if not dry_run:
        _report(job, plan, applied=outcome.applied)
    if output.as_json:
        output.envelope("use", data={**as_data(outcome), "selected": _as_data(after)})


def _plan(job: Job, edits: list[FileEdit]) -> Plan:
    from wizard.config.plan import Plan

    return Plan(f"use {job.slot} {job.wanted}", tuple(edits))


def _own_edit(job: Job) -> FileEdit:
    from wizard.cli.change import edit_of
    from wizard.config.document import SelectModel

    change = SelectModel(job.slot, job.wanted.provider, job.wanted.model)
    edit = edit_of(job.document, [change], {})
    written_by_crush = [one.path for one in job.found.loaded.files if one.file.role in ("data", "workspace")]
    return dataclasses.replace(edit, shared=edit.path in written_by_crush)


def _older_choice(job: Job) -> Document | None:
    """Crush's own file, where it has another choice for the slot that would win (crush-behaviour 7.3)."""
    from wizard.cli.files import open_document

    files = [one.path for one in job.found.loaded.files]
    data, own = _data_file(job.found.loaded), Path(job.document.path)
    if own not in files or files.index(own) >= files.index(data.path) or data.content is None:
        return None
    document = open_document(data.path)
    chosen = document.selection(job.slot)
    says = chosen and (chosen.get("provider"), chosen.get("model"))
    return document if says and says != (job.wanted.provider, job.wanted.model) else None


def _data_file(loaded: Loaded) -> LoadedFile:
    return next(one for one in loaded.files if one.file.role == "data")


def _wants_clear(job: Job, older: Document, asker: Asker) -> bool:
    from wizard.cli.change import shown_path
    from wizard.flow.question import Kind, Question

    chosen = older.selection(job.slot) or {}
    line, _ = older.position(("models", job.slot)) or (1, 1)
    question = Question(
        key="clear",
        text="Also take the older choice out of Crush's own file?",
        kind=Kind.CONFIRM,
        flag="--clear",
        help=f"{shown_path(Path(older.path))}:{line} has {chosen.get('provider', '')}/{chosen.get('model', '')}, "
        "picked in Crush or kept from a fallback, and would win.",
        default=True,
    )
    return asker.ask(question, can_go_back=False) is True


def _clearing(job: Job, older: Document) -> FileEdit:
    from wizard.cli.change import edit_of
    from wizard.config.document import Deselect

    return dataclasses.replace(edit_of(older, [Deselect(job.slot)], {}), shared=True)


# What comes of it


def _after(job: Job, plan: Plan) -> InForce:
    """What will be in force with the plan carried out."""
    from wizard.cli.in_force import in_force

    texts = {edit.path: edit.after for edit in plan.files}
    files = tuple(_as_planned(one, texts[one.path]) if one.path in texts else one for one in job.found.loaded.files)
    return in_force(loaded=dataclasses.replace(job.found.loaded, files=files))


def _as_planned(file: LoadedFile, text: str | None) -> LoadedFile:
    """The file with another text, which is one that Crush would take."""
    from wizard.config.json_reading import JsonReading

    if text is None or file.file.format == "json":
        content = None if text is None else JsonReading(text.encode("utf-8"), file.path)
        return dataclasses.replace(file, content=content)
    from wizard.config.crushrc_document import CrushrcDocument

    return dataclasses.replace(file, content=CrushrcDocument(text, file.path), is_idle=False)


def _say(job: Job, after: InForce, *, cleared: bool) -> None:
    """What the user should know about the choice before it is made."""
    from wizard.config.document import SelectModel

    change = [SelectModel(job.slot, job.wanted.provider, job.wanted.model)]
    for warning in job.document.left_out(change):
        job.output.warning(warning)
    for remark in job.document.remarks(change):
        job.output.note(remark)
    if _counts(job, after):
        for leftover in _leftovers(job, after):
            job.output.warning(leftover)
    else:
        _say_winner(job, after)
    if cleared:
        job.output.note("a Crush that is running keeps its own choice until it is started anew")


def _counts(job: Job, after: InForce) -> bool:
    """Whether Crush will take the model that is wanted."""
    now = after.effective.selected.get(job.slot)
    return now is not None and (now.provider, now.model) == (job.wanted.provider, job.wanted.model)


def _say_winner(job: Job, after: InForce) -> None:
    """Another file that wins, or that this one does not count here at all."""
    from wizard.cli.change import shown_path
    from wizard.cli.provider_state import place

    own = Path(job.document.path)
    if own not in {one.path for one in after.loaded.files}:
        job.output.warning(f"Crush does not read {shown_path(own)} in this folder: the choice counts elsewhere")
        return
    now = after.effective.selected.get(job.slot)
    winner = next((source for source in _deciding(job.slot, after) if source.path != own), None)
    if now is None or winner is None:
        return
    job.output.warning(f"Crush still takes {now.provider}/{now.model} here: {place(winner)} wins{_ROLES[winner.role]}")
    job.output.hint(_cure(job, winner))


_ROLES = {
    "system": "",
    "user-json": "",
    "user-crushrc": "",
    "data": ", where Crush keeps what was picked in it",
    "project": " in this project",
    "workspace": " in this folder",
}
"""What the winning file is."""


def _deciding(slot: Slot, found: InForce) -> Iterator[Source]:
    for name in ("model", "provider"):
        if source := found.effective.source("models", slot, name):
            yield source


def _cure(job: Job, winner: Source) -> str:
    if winner.role == "data":
        return "add --clear to take that choice out"
    if winner.role == "project":
        return f"for this project: crush-wizard use {job.slot} {job.wanted} --scope project"
    return f"crush-wizard use {job.slot} {job.wanted} --file {winner.path}"


def _leftovers(job: Job, after: InForce) -> Iterator[str]:
    """Settings that were made for another model and stay with the slot (crush-behaviour 7.2)."""
    from wizard.cli.provider_state import place

    before = job.found.effective.selected.get(job.slot)
    if before and (before.provider, before.model) == (job.wanted.provider, job.wanted.model):
        return
    merged = after.effective.config.get("models", {}).get(job.slot, {})
    places: dict[Path, dict[str, Source]] = {}
    for name in merged:
        source = after.effective.source("models", job.slot, name)
        if source and name not in ("provider", "model"):
            places.setdefault(source.path, {})[name] = source
    for sources in places.values():
        one = len(sources) == 1
        yield (
            f"{', '.join(sources)} in {place(next(iter(sources.values())))} {'stays' if one else 'stay'}, "
            f"and now {'counts' if one else 'count'} for {job.wanted}"
        )


def _files(plan: Plan) -> str:
    from wizard.cli.change import shown_path

    return " and ".join(shown_path(edit.path) for edit in plan.files if edit.after != edit.before)


def _report(job: Job, plan: Plan, *, applied: bool) -> None:
    from wizard.cli.change import shown_path

    path = shown_path(Path(job.document.path))
    if not applied:
        job.output.note(f"nothing to do: the {job.slot} slot in {path} is {job.wanted} already")
        return
    job.output.done(f"the {job.slot} slot is {job.wanted} in {path}")
    for edit in plan.files[1:]:
        job.output.done(f"the older choice is no longer in {shown_path(edit.path)}")
    job.output.note("`crush-wizard undo` takes this back")
