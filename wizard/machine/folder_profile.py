"""A folder may name its profile, in a file `.crush-wizard`: with the consent of the user, remembered for the folder.

The file comes with the folder, whoever made it: a cloned repository can't choose whose keys are used by itself.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from msgspec import Struct

from wizard import folders
from wizard.errors import Refused, WizardError
from wizard.files.edit import TextEdit
from wizard.files.plan import FileEdit, sha256
from wizard.files.there import is_link, is_there
from wizard.files.writer import read, remove_private, write_private
from wizard.machine.profiles import KeptProfile, checked
from wizard.regexp import regexp

FILE = ".crush-wizard"


class FolderProfile(Struct, frozen=True):
    """`path` is the file that names the profile."""

    path: Path
    profile: KeptProfile


def named_by_folder() -> FolderProfile | None:
    """The nearest file from the current folder up to the top of its work tree that names a profile, there or not."""
    found = ((path, _name_in(path)) for path in map(_file, _folders()) if is_there(path))
    return next((FolderProfile(path, KeptProfile(name)) for path, name in found if name), None)


def _file(folder: Path) -> Path:
    return folder / FILE


def _folders() -> tuple[Path, ...]:
    """As far up as Crush looks for project files, told without asking git."""
    try:
        cwd = Path.cwd()
    except FileNotFoundError:
        return ()
    upwards = (cwd, *cwd.parents)
    top = next((number for number, folder in enumerate(upwards) if os.path.lexists(folder / ".git")), 0)
    return upwards[: top + 1]


_FIRST_LINE = regexp(r"(?m)^(?!#)[^\S\n]*(\S(?:[^\n]*\S)?)")
"""The first line that is no comment, without the space around it."""


def _name_in(path: Path) -> str:
    """The first line that is no comment; empty where that is no name."""
    try:
        line = _FIRST_LINE.search((read(path) or b"").decode("utf-8", "replace"))
        return checked(line[1]) if line else ""
    except WizardError:
        return ""


def naming_edit(found: FolderProfile) -> FileEdit:
    """The change that makes its file name the profile. Raises Refused for a file that is there for something else.

    Also for a link: whoever made the folder may have it lead to any file of the user's.
    """
    path = found.path
    if is_link(path):
        raise Refused("this is a link to another file", path=path, hint="delete the link first")
    before = _text(path)
    line = _FIRST_LINE.search(before or "")
    if line and not _name_in(path):
        raise Refused("this file is for something else than a profile", path=path, hint="move it away first")
    offset, end = line.span(1) if line else (len(before or ""),) * 2
    edit = TextEdit(offset, end - offset, found.profile.name if line else f"{found.profile.name}\n")
    return FileEdit(path, before, (edit,), format="text")


def _text(path: Path) -> str | None:
    """Raises Refused for what is no text."""
    content = read(path)
    try:
        return None if content is None else content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused("this is not UTF-8", path=path, hint="delete it first") from error


def is_allowed(found: FolderProfile) -> bool | None:
    """What the user has said to this name in this file; None: nothing yet."""
    return next((answer for answer in (True, False) if is_there(_memory(found, answer))), None)


def allow(found: FolderProfile, answer: bool) -> None:
    """Remember it. Raises FileLocked and Unwritable."""
    remove_private(_memory(found, not answer))
    write_private(_memory(found, answer), f"{found.path}: profile {found.profile.name}: {answer}\n".encode())


def _memory(found: FolderProfile, answer: bool) -> Path:
    said = ("profile", str(found.path), found.profile.name, answer)
    return folders.allowed() / sha256(json.dumps(said).encode())
