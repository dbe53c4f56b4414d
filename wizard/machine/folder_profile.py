"""A folder may name its profile, in a file `.crush-wizard`: with the consent of the user, remembered for the folder.

The file comes with the folder, whoever made it: a cloned repository can't choose whose keys are used by itself.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from msgspec import Struct

from wizard import folders
from wizard.errors import UsageError, WizardError
from wizard.files.plan import sha256
from wizard.files.there import is_there
from wizard.files.writer import read, remove_private, write_private
from wizard.machine.profiles import KeptProfile, checked

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


def _name_in(path: Path) -> str:
    """The first line that is no comment; empty where that is no name."""
    try:
        lines = (read(path) or b"").decode("utf-8", "replace").splitlines()
        return checked(next((line.strip() for line in lines if line.strip() and not line.startswith("#")), ""))
    except (UsageError, WizardError):
        return ""


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
