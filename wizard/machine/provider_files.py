"""Where else a provider is: in which of Crush's files, and which flag leads there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.errors import Conflict, WizardError
from wizard.files.locations import file_beside, target_file
from wizard.machine.absent import absence, placed_provider, variants
from wizard.shown import shell_word
from wizard.ui.place import place, shown_path
from wizard.words import joined

if TYPE_CHECKING:
    from wizard.crush.sources import Source
    from wizard.machine.in_force import InForce
    from wizard.machine.target import Target


def absent(provider: str, target: Target, found: InForce) -> WizardError:
    """Why a provider can't be changed in the target: it is elsewhere, built into Crush, or nowhere."""
    known = found.effective.provider(provider)
    if known is not None and known.source is not None:
        return Conflict(
            f"{provider} is not in {_files(target)}, but in {place(known.source)}",
            hint=f"add {flag_for(known.source, target)}",
        )
    if provider in found.builtins and placed_provider(provider, found) is None:
        return Conflict(
            f"{provider} is built into Crush and has no entry in {_files(target)}",
            hint=variants(provider, found) or f"add one: crush-wizard add-provider {provider}",
        )
    return absence(provider, found)


def flag_for(source: Source, target: Target) -> str:
    """The flag that makes a command change the file with this entry."""
    for scope in ("project", "user"):
        path = target_file(target.around, scope)
        if source.path in (path, file_beside(path, scope)):
            return f"--scope {scope}" + (f" --format {source.format}" if target.chosen else "")
    return f"--file {_quoted(source.path)}"


def _quoted(path: Path) -> str:
    relative = os.path.relpath(path)
    return shell_word(relative if not relative.startswith("..") else str(path))


def _files(target: Target) -> str:
    return joined((shown_path(Path(document.path)) for document in target.documents), "or")
