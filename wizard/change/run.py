"""The second half of every command that changes something: plan, show, confirm, apply, report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from wizard import folders
from wizard.change.diff import unified_diff
from wizard.errors import AnswersMissing, Cancelled
from wizard.files.plan import FileEdit, Plan
from wizard.machine.stores import CALLED
from wizard.redaction import MASK, redact
from wizard.ui.diff import render_diff
from wizard.ui.place import shown_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wizard.documents.document import Change, Document
    from wizard.flow.driver import Asker
    from wizard.secrets.store import SecretStore
    from wizard.ui.output import Output


class Outcome(Struct, frozen=True):
    """What a changing command reports: its plan, and whether it was carried out."""

    plan: Plan
    applied: bool


def edit_of(document: Document, changes: Sequence[Change], masked: Mapping[str, str]) -> FileEdit:
    """The file's change. Literal secrets that it holds are masked in what is shown and recorded."""
    return FileEdit(
        Path(document.path),
        document.text,
        document.edits(changes),
        document.format,
        masked=document.masks(lambda secret: masked.get(secret, MASK)),
    )


def diff_of(plan: Plan) -> str:
    return "".join(unified_diff(edit, shown_path(edit.path)) for edit in plan.files)


def show_diff(plan: Plan, output: Output) -> None:
    """The whole diff and what becomes of which secret on stderr, where questions are."""
    output.block(render_diff(redact(diff_of(plan)), output.colors(output.stderr)))
    output.present("changes", _changes(plan))
    output.present("secrets", _secrets(plan))
    for secret in plan.secrets:
        what = "goes into" if secret.action == "store" else "is deleted from"
        output.note(f"{secret.name} {what} {CALLED[secret.store]}")


def confirm(asker: Asker, text: str, *, can_go_back: bool = True) -> None:
    """Ask whether to go on. Raises Back, or Cancelled when the answer is no."""
    from wizard.flow.driver import CONFIRMATION

    question = replace(CONFIRMATION, text=text)
    if asker.ask(question, can_go_back=can_go_back) is not True:
        raise Cancelled


def insist_on_confirmation(asker: Asker | None, text: str) -> None:
    """As `confirm`, for a command without questions. Raises AnswersMissing where nobody can be asked."""
    if asker is None:
        raise nobody_to_confirm()
    confirm(asker, text, can_go_back=False)


def nobody_to_confirm() -> AnswersMissing:
    return AnswersMissing("nobody can be asked to confirm", hint="add --yes")


def carry_out(
    plan: Plan, values: Mapping[str, str], stores: Mapping[str, SecretStore], output: Output, *, dry_run: bool
) -> Outcome:
    """Apply the plan, or with `dry_run` print its diff on stdout and touch nothing."""
    from wizard.machine.files import shared_with_crush
    from wizard.machine.target import warn_of_unread_crushrc

    warn_of_unread_crushrc(plan, output)
    if dry_run:
        if not output.as_json:
            output.data(render_diff(diff_of(plan), output.colors(output.stdout)))
        return Outcome(plan, applied=False)
    from wizard.change.apply import apply
    from wizard.files.history import History

    done = apply(shared_with_crush(plan), values, stores, History(folders.backups()))
    for warning in done.warnings:
        output.warning(warning)
    return Outcome(plan, applied=done.record is not None)


def as_data(outcome: Outcome, provider: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The `data` of a changing command's JSON document (cli.md)."""
    plan = outcome.plan
    data: dict[str, Any] = {"applied": outcome.applied}
    if provider is not None:
        data["provider"] = provider
    data["changes"] = _changes(plan)
    data["secrets"] = _secrets(plan)
    data["tests"] = []
    return data


def _changes(plan: Plan) -> list[dict[str, Any]]:
    return [
        {
            "path": str(edit.path),
            "format": edit.format,
            "action": edit.action,
            "diff": unified_diff(edit, str(edit.path)),
        }
        for edit in plan.files
        if edit.after != edit.before
    ]


def _secrets(plan: Plan) -> list[dict[str, Any]]:
    return [{"name": edit.name, "store": edit.store, "action": edit.action} for edit in plan.secrets]
