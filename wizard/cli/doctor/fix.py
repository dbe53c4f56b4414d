"""`doctor --fix`: what can be put right, shown in one diff, applied like every other change."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from wizard.change.run import Proposal, Run, as_data, edit_of
from wizard.doctor.repairs import repairs
from wizard.errors import WizardError
from wizard.expansion.plain_secrets import plain_secrets
from wizard.files.edit import apply_edits
from wizard.files.locations import format_of
from wizard.files.plan import FileEdit, Plan
from wizard.files.writer import read
from wizard.flow.question import Kind, Question
from wizard.machine.consent import Consent
from wizard.redaction import MASK
from wizard.ui.place import at_line, shown_path
from wizard.ui.prompter import open_prompter
from wizard.ui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wizard.cli.doctor.examination import Looked
    from wizard.doctor.examined import Examined
    from wizard.doctor.finding import Finding, Fix
    from wizard.doctor.repairs import Repair
    from wizard.flow.driver import Asker
    from wizard.ui.output import Output

COMMAND = "doctor --fix"


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
        return Proposal(Plan(COMMAND, tuple(_edits(_chosen(state.findings, asker), output))), None)

    run = Run(output, None if yes or dry_run else open_prompter(output), dry_run, yes)
    outcome = run.make(decide, partial(state.examine_again, output))
    if outcome.plan.changes_nothing:
        output.note("nothing here can be fixed automatically")
    if outcome.applied:
        for edit in outcome.plan.files:
            output.done(f"Fixed {shown_path(edit.path)}; to undo: crush-wizard undo")
        state.examine_again(output)
    return Fixed(tuple(state.findings), state.looked.examined, as_data(outcome))


def _chosen(findings: Iterable[Finding], asker: Asker | None) -> Iterator[Fix]:
    for finding in findings:
        if finding.fix and (finding.fix.automatic or (asker is not None and _wanted(finding, finding.fix, asker))):
            yield finding.fix


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


def _edits(fixes: Iterable[Fix], output: Output) -> Iterator[FileEdit]:
    for repair in repairs(fixes):
        try:
            yield _edit(repair)
        except WizardError as error:
            output.warning(f"not fixed: {shown_path(repair.path)}: {error.message}")


def _edit(repair: Repair) -> FileEdit:
    from wizard.machine.target import open_document

    if repair.edits:
        return _repaired_text(repair)
    return edit_of(open_document(repair.path, format_of(repair.path)), repair.changes, {})


def _repaired_text(repair: Repair) -> FileEdit:
    """A file that is JSON only after its repair: its secrets are those of the outcome, and of what is taken out."""
    from wizard.documents.json.document import JsonDocument

    text = (read(repair.path) or b"").decode("utf-8")
    hidden = JsonDocument(apply_edits(text, repair.edits), repair.path).masks(lambda _: MASK)
    taken_out = [text[edit.offset : edit.offset + edit.length] for edit in repair.edits]
    hidden |= dict.fromkeys(plain_secrets([word for piece in taken_out for word in piece.split('"')]), MASK)
    return FileEdit(Path(repair.path), text, repair.edits, masked=hidden)
