"""`paths`: every file that counts on this machine, with what is there, and the wizard's own folders."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct

from wizard import folders
from wizard.cli.flags import common
from wizard.cli.result import Result
from wizard.errors import WizardError
from wizard.files.locations import here, is_configured, target_file
from wizard.machine.files import files_in_force
from wizard.machine.new_format import in_its_format
from wizard.machine.target import open_document, open_target
from wizard.namespace import profile_in_force
from wizard.ui.place import shown_path
from wizard.ui.table import render_open_table
from wizard.ui.text import wrap

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wizard.files.locations import ConfigFile, Surroundings
    from wizard.ui.output import Output


class FileRow(Struct, frozen=True):
    """What is at the place of a config file. `providers` is None where there is no file, or none that can be read.

    `edited`: a new provider goes there when no flag says otherwise.
    """

    file: ConfigFile
    exists: bool
    edited: bool
    providers: int | None = None
    problem: WizardError | None = None


@click.command("paths")
@common
@click.pass_obj
def command(output: Output, /) -> Result:
    """List the files that Crush reads in this folder, the weakest first, and where the wizard keeps its own.

    Where two files say different things, the one further down wins. Project files that are not there are left out.
    """
    around = here()
    found = list(look_at_files(around))

    def data() -> dict[str, Any]:
        files = [_as_data(row, number) for number, row in enumerate(found, start=1)]
        return {"files": files, "own": {name: str(path) for name, path in own().items()}}

    def show() -> None:
        say_profile(output)
        output.data(_lists([row for row in found if row.exists or row.edited or row.file.role != "project"], output))

    def warn() -> None:
        for row in found:
            _warn(row, output)

    return Result(data, show, warn)


def say_profile(output: Output) -> None:
    """Which profile is in force, and what says so."""
    if output.profile:
        output.note(f"profile {output.profile} is in force (by {output.profile_by})")


def look_at_files(around: Surroundings) -> Iterator[FileRow]:
    """Every file that Crush would read here, there or not, the weakest first (crush-behaviour 1.1)."""
    edited = _edited(around)
    for file in files_in_force(around):
        yield _look_at(file, edited=file.path == edited)


def _edited(around: Surroundings) -> Path:
    """Where the first provider goes, unless that file's format can't say all of it."""
    if is_configured(around, "user"):
        return target_file(around)
    return in_its_format(open_target("user", None), lambda _: ()).path


def own() -> dict[str, Path]:
    """The wizard's own files and folders."""
    return {
        "presets": folders.presets(),
        "settings": folders.settings(),
        "references": folders.references(profile_in_force()),
        "profiles": folders.profiles(),
        "catalog": folders.catalog(),
        "state": folders.state(),
        "backups": folders.backups(),
        "secrets": folders.secrets(),
    }


def _look_at(file: ConfigFile, *, edited: bool) -> FileRow:
    try:
        document = open_document(file.path, file.format)
    except WizardError as problem:
        return FileRow(file, exists=True, edited=edited, problem=problem)
    exists = document.text is not None
    return FileRow(file, exists, edited, len(document.provider_ids()) if exists else None)


def _as_data(found: FileRow, precedence: int) -> dict[str, Any]:
    """cli.md, JSON shapes; the higher `precedence` wins."""
    problem = found.problem
    return {
        "role": found.file.role,
        "path": str(found.file.path),
        "exists": found.exists,
        "precedence": precedence,
        "error": problem
        and {"code": problem.code, "message": problem.message, "line": problem.line, "column": problem.column},
        "format": found.file.format,
        "providers": found.providers,
        "edited": found.edited,
    }


# For people


def _lists(found: list[FileRow], output: Output) -> str:
    files = [(row.file.role, _state(row), "*" if row.edited else "", shown_path(row.file.path)) for row in found]
    ours = [(name, "" if os.path.lexists(path) else "none yet", shown_path(path)) for name, path in own().items()]
    parts = (
        render_open_table(("Crush's files", "what is there", "", "path"), files, output.width),
        wrap("Later files override earlier ones. * is the one that is edited by default.", output.width),
        render_open_table(("crush-wizard's files", "", "path"), ours, output.width),
    )
    return "\n\n".join(parts)


def _state(found: FileRow) -> str:
    if found.problem:
        return f"broken, line {found.problem.line}" if found.problem.line else "broken"
    if found.providers is None:
        return "no file"
    return {0: "no providers", 1: "1 provider"}.get(found.providers, f"{found.providers} providers")


def _warn(found: FileRow, output: Output) -> None:
    if found.problem:
        output.warning(f"{found.problem.where or found.file.path}: {found.problem.message}")
    elif found.edited and not _writable(found.file.path):
        output.warning(f"{found.file.path} is read-only for you: nothing can be added there")


def _writable(path: Path) -> bool:
    """Whether the file, or where there is none the nearest folder, can be written."""
    nearest = next(place for place in (path, *path.parents) if os.path.lexists(place))
    return os.access(nearest, os.W_OK)
