"""Crush's files here: which it reads, which of them a path names, and which it writes itself.

Where Crush looks is in wizard.files.locations, what the files say in wizard.crush.loading, and the one that a
command edits in wizard.machine.target.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec.structs import replace

from wizard.errors import WizardError
from wizard.files.locations import ConfigFile, config_files, format_of, here, is_foreign
from wizard.files.writer import read

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from wizard.files.locations import Surroundings
    from wizard.files.plan import Plan

_DATA_DIRECTORY = {"json": (b"data_directory", b"\\u"), "crushrc": (b"option",)}
"""What a file holds, in any letter case, that may say where the workspace's file is."""


def files_in_force(around: Surroundings | None = None) -> tuple[ConfigFile, ...]:
    """Every file that Crush would read from here, there or not, the weakest first; the last is the workspace's.

    The files are read only where one of them may move the workspace's, for that takes a while.
    """
    around = around or here()
    files = config_files(around)
    if not any(map(_may_move_the_workspace, files)):
        return files
    from wizard.crush.loading import load

    return tuple(file.file for file in load(around).files)


def files_that_count(around: Surroundings | None = None) -> tuple[ConfigFile, ...]:
    """The same without those that Crush passes over because of their owner: they say nothing."""
    around = around or here()
    return tuple(file for file in files_in_force(around) if not is_foreign(file, around))


def _may_move_the_workspace(file: ConfigFile) -> bool:
    try:
        content = read(file.path)
    except WizardError:  # it says nothing; whoever needs to know finds out when it is loaded
        return False
    lower = (content or b"").lower()
    return any(word in lower for word in _DATA_DIRECTORY[file.format])


def file_of(path: Path, files: Iterable[ConfigFile]) -> ConfigFile | None:
    """The one of Crush's files that a path names, whatever links lead there."""
    real = os.path.realpath(path)
    return next((file for file in files if file.path == path or os.path.realpath(file.path) == real), None)


def unread_file(path: Path, format_: str = "auto") -> ConfigFile:
    """A file that Crush does not read from here, as if it were the user's own."""
    is_script = (format_of(path) if format_ == "auto" else format_) == "crushrc"
    return ConfigFile("user-crushrc", path, "crushrc") if is_script else ConfigFile("user-json", path, "json")


def shared_with_crush(plan: Plan) -> Plan:
    """The plan with those edits marked whose file Crush writes as well, so that its lock is taken."""
    written = [file for file in files_in_force() if file.is_written_by_crush]
    files = (replace(edit, shared=file_of(edit.path, written) is not None) for edit in plan.files)
    return replace(plan, files=tuple(files))
