"""`doctor --fix`: what can be put right, shown in one diff, applied like every other change."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from wizard.change.run import Proposal, Run, as_data, edit_of
from wizard.doctor.repairs import repairs
from wizard.documents.json.reading import JsonReading
from wizard.errors import WizardError
from wizard.expansion.plain_secrets import plain_secrets, without_defaults
from wizard.files.edit import TextEdit, apply_edits
from wizard.files.locations import format_of
from wizard.files.plan import FileEdit, Plan
from wizard.files.writer import read
from wizard.flow.question import Kind, Question
from wizard.machine.consent import Consent
from wizard.redaction import MASK
from wizard.ui.place import at_line, shown_path
from wizard.ui.prompter import open_prompter
from wizard.ui.text import one_line
from wizard.words import by_number, counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wizard.cli.doctor.examination import Looked
    from wizard.doctor.examined import Examined
    from wizard.doctor.finding import Finding, Fix
    from wizard.doctor.repairs import Repair
    from wizard.documents.document import Document
    from wizard.files.plan import WrittenFacts
    from wizard.flow.driver import Asker
    from wizard.ui.output import Output

COMMAND = "doctor --fix"


LOOKS = 12
"""How often the doctor looks at the files while they are repaired: one repair may bring the next finding to light."""


class Fixed(Struct, frozen=True):
    """What is still wrong, in which state, and the `data` of a changing command."""

    left: tuple[Finding, ...]
    examined: Examined
    data: Mapping[str, Any]


class State(Struct):
    """What was found, and in what."""

    looked: Looked
    findings: Sequence[Finding]

    def examine_again(self, output: Output) -> None:
        """Endpoints are not asked a second time."""
        from wizard.cli.doctor.examination import examine
        from wizard.doctor.table import diagnose

        after = examine(output, Consent(output, None), online=False)
        examined = replace(after.examined, tested=self.looked.examined.tested)
        self.looked = replace(self.looked, in_force=after.in_force, examined=examined)
        self.findings = diagnose(examined)


def put_right(looked: Looked, findings: Sequence[Finding], output: Output, *, dry_run: bool, yes: bool) -> Fixed:
    """Apply the automatic fixes, and those others that somebody says yes to. Raises Cancelled, AnswersMissing."""
    state = State(looked, findings)

    def decide(asker: Asker | None) -> Proposal[None]:
        whose: WrittenFacts = {found.provider: {} for found in state.findings if found.provider and found.fix}
        return Proposal(Plan(COMMAND, _repaired(state, asker, output), facts=whose), None)

    run = Run(output, None if yes or dry_run else open_prompter(output), dry_run, yes)
    outcome = run.make(decide, partial(state.examine_again, output))
    if outcome.applied:
        for edit in outcome.plan.files:
            output.done(_said(edit))
        output.note("to undo: crush-wizard undo")
        state.examine_again(output)
    if run.asker is None:
        _say_undecided(state.findings, output, dry_run=dry_run)
    if outcome.plan.changes_nothing and not any(finding.fix for finding in state.findings):
        output.note("nothing here can be fixed automatically")
    return Fixed(tuple(state.findings), state.looked.examined, as_data(outcome))


def _said(edit: FileEdit) -> str:
    return f"{_DONE[edit.action]} {shown_path(edit.path)}"


_DONE = {"create": "Saved", "update": "Fixed", "delete": "Deleted"}


def _say_undecided(findings: Iterable[Finding], output: Output, *, dry_run: bool) -> None:
    """What nobody was there to decide on."""
    left = [finding for finding in findings if finding.fix and not finding.fix.automatic]
    if left:
        where = "without --dry-run" if dry_run else "in a terminal"
        output.note(f"{counted(len(left), 'finding')} {by_number(len(left), 'needs', 'need')} your decision")
        output.hint(f"`crush-wizard doctor --fix` {where} asks about each")


def _repaired(state: State, asker: Asker | None, output: Output) -> tuple[FileEdit, ...]:
    """The files with all fixes, found as they are repaired. Nothing is written."""
    from wizard.cli.doctor.examination import as_if_written
    from wizard.doctor.table import diagnose

    edits: dict[Path, FileEdit] = {}
    answers: dict[tuple[str, ...], bool] = {}
    findings = state.findings
    for _ in range(LOOKS):
        before = dict(edits)
        for repair in repairs(_chosen(findings, answers, asker)):
            edits |= _attempted(repair, edits, output)
        if edits == before:
            break
        findings = diagnose(as_if_written(state.looked, edits.values()))
    return tuple(edits.values())


def _chosen(findings: Iterable[Finding], answers: dict[tuple[str, ...], bool], asker: Asker | None) -> Iterator[Fix]:
    """The fixes of this look. Of those that somebody has to say yes to each comes up once; `answers` keeps them."""
    for finding in findings:
        fix = finding.fix
        if fix is None:
            continue
        about = (finding.code, finding.provider, finding.message, fix.description)
        if fix.automatic:
            yield fix
        elif asker is not None and about not in answers:
            answers[about] = _wanted(finding, fix, asker)
            if answers[about]:
                yield fix


def _wanted(finding: Finding, fix: Fix, asker: Asker) -> bool:
    """A fix that deletes something or changes a meaning is asked for."""
    place = f" ({at_line(fix.path, finding.line)})"
    provider = f"{finding.provider}: " if finding.provider else ""
    question = Question(
        key="fix",
        text=one_line(f"{finding.code}: {fix.description}?"),
        kind=Kind.CONFIRM,
        flag="--fix",
        help=one_line(f"{provider}{finding.message}{place}"),
        default=False,
    )
    return asker.ask(question, can_go_back=False) is True


def _attempted(repair: Repair, edits: Mapping[Path, FileEdit], output: Output) -> dict[Path, FileEdit]:
    """The edits of the files that a repair is about, after those that were made before."""
    if repair.move_to in edits:
        return {}  # another file goes there
    try:
        moved = _moved(repair.path, repair.move_to) if repair.move_to else ()
        new = moved or (_edit(repair, edits.get(repair.path)),)
    except WizardError as error:
        output.warning(f"not fixed: {shown_path(repair.path)}: {error.message}")
        return {}
    return {edit.path: edit for edit in new}


def _edit(repair: Repair, before: FileEdit | None) -> FileEdit:
    from wizard.machine.target import open_document

    if repair.edits:
        return _after(before, _repaired_text(repair, before))
    document = open_document(repair.path, format_of(repair.path)) if before is None else _document(before)
    return _after(before, edit_of(document, repair.changes, {}))


def _document(edit: FileEdit) -> Document:
    """A file as it would be."""
    from wizard.documents.crushrc.document import CrushrcDocument
    from wizard.documents.json.document import JsonDocument

    return (CrushrcDocument if edit.format == "crushrc" else JsonDocument)(edit.after, edit.path)


def _after(before: FileEdit | None, new: FileEdit) -> FileEdit:
    """Two changes of one file as one."""
    if before is None:
        return new
    return replace(before, edits=(*before.edits, *new.edits), masked={**before.masked, **new.masked})


def _repaired_text(repair: Repair, before: FileEdit | None) -> FileEdit:
    """A file that is JSON only after its repair: its secrets are those of the outcome, and of what is taken out."""
    text = (read(repair.path) or b"").decode("utf-8") if before is None else before.after or ""
    hidden = JsonReading(apply_edits(text, repair.edits).encode(), repair.path).tree
    taken_out = [text[edit.offset : edit.offset + edit.length] for edit in repair.edits]
    words = [word for piece in taken_out for word in piece.split('"')]
    masked = dict.fromkeys(plain_secrets([hidden, words]), MASK)
    return FileEdit(Path(repair.path), text, repair.edits, masked=masked | without_defaults(hidden))


def _moved(path: Path, target: Path) -> tuple[FileEdit, FileEdit]:
    """A file without a key in it, at another place."""
    text = (read(path) or b"").decode("utf-8")
    made = FileEdit(target, None, (TextEdit(0, 0, text),), format_of(target))
    return made, FileEdit(path, text, (), made.format, delete=True)
