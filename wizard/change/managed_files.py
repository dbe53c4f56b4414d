"""Whether what is about to be written would stay, said before anybody confirms it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.errors import Unwritable
from wizard.files.locations import here
from wizard.files.managed import chezmoi_source, generated_from
from wizard.shown import shell_word
from wizard.ui.place import shown_path

if TYPE_CHECKING:
    from wizard.files.plan import FileEdit, Plan
    from wizard.ui.output import Output

ELSEWHERE = {
    "add-provider": "--format {other}, for a file beside it, or --scope project",
    "import": "--format {other}, for a file beside it, or --scope project",
    "use": "--scope project",
}
"""The flags with which a command leaves the file alone."""


def say_managed(plan: Plan, output: Output, *, dry_run: bool) -> None:
    """Warn of a file that will be written again by its owner. Raises Unwritable for one that can't be changed."""
    for edit in plan.files:
        if edit.after != edit.before:
            _refuse_generated(edit, plan.command, output, dry_run=dry_run)
            _warn_of_chezmoi(edit, output)


def _refuse_generated(edit: FileEdit, command: str, output: Output, *, dry_run: bool) -> None:
    target = generated_from(edit.path)
    if target is None:
        return
    message = f"this links to {target}, which is generated and read-only"
    flags = ELSEWHERE.get(command.partition(" ")[0], "").format(other="json" if edit.format == "crushrc" else "crushrc")
    hint = "change what generates it" + (f", or use: {flags}" if flags else "")
    if not dry_run:
        raise Unwritable(message, hint=hint, path=edit.path)
    output.warning(f"{shown_path(edit.path)}: {message}")
    output.hint(hint)


def _warn_of_chezmoi(edit: FileEdit, output: Output) -> None:
    around = here()
    if source := chezmoi_source(edit.path, around.home, around.environ):
        output.warning(f"chezmoi manages {shown_path(edit.path)}: the next `chezmoi apply` will undo this")
        output.hint(f"make the same change in {shown_path(source)}: chezmoi edit {shell_word(str(edit.path))}")
