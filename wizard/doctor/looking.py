"""Looking around for what the checks need to know of the system: modes, links, git, stray files. Nothing is changed."""

from __future__ import annotations

import os
import stat
import sys
from codecs import BOM_UTF8
from datetime import UTC, date, datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.catalog.charm import CACHE_NAME, read_crush_cache
from wizard.doctor.examined import FileState, Stray
from wizard.errors import WizardError
from wizard.expansion.plain_secrets import plain_secrets
from wizard.files.locations import (
    CRUSHRC_NAME,
    GIT,
    GIT_SECONDS,
    JSON_NAME,
    PROJECT_NAMES,
    catalog_folder,
    config_folder,
    data_folder,
)
from wizard.files.there import files_in, is_file, is_folder, is_link, is_there
from wizard.files.writer import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wizard.catalog.catalog import Catalog
    from wizard.crush.loading import Loaded
    from wizard.files.locations import Surroundings

# The files in force


def file_states(loaded: Loaded, with_secrets: Iterable[Path]) -> tuple[FileState, ...]:
    """The files that are there. Of those `with_secrets` git is asked whether it would take them along."""
    there = [file.path for file in loaded.files if os.path.lexists(file.path)]
    wanted = [path for path in there if path in set(with_secrets)]
    committed = _committed(wanted) if wanted else frozenset()
    return tuple(_state(path, committed=path in committed) for path in there)


def _state(path: Path, *, committed: bool) -> FileState:
    try:
        mode = None if sys.platform == "win32" else stat.S_IMODE(path.stat().st_mode)
    except OSError:  # a link that leads nowhere
        mode = None
    lies = _behind_links(path)
    return FileState(path, mode, is_link(path), committed, _has_mark(path), lies if lies != path else None)


def _behind_links(path: Path) -> Path:
    """Where it really lies; links may also go in a circle."""
    return Path(os.path.realpath(path))


def _has_mark(path: Path) -> bool:
    try:
        return (read(path) or b"").startswith(BOM_UTF8)
    except WizardError:
        return False


def _committed(paths: Iterable[Path]) -> frozenset[Path]:
    """The files that lie in a work tree, through whatever links, and are not ignored there."""
    lying = {path: _behind_links(path) for path in paths}
    return frozenset(
        path
        for path, lies in lying.items()
        if _git(lies, "rev-parse", "--is-inside-work-tree") == 0 and _is_taken(lies)
    )


def _is_taken(path: Path) -> bool:
    return (
        _git(path, "ls-files", "--error-unmatch", "--", path.name) == 0
        or _git(path, "check-ignore", "-q", path.name) == 1
    )


def _git(path: Path, *arguments: str) -> int | None:
    """The exit code of git in a file's folder; None where it gives none in time."""
    import subprocess

    try:
        ended = subprocess.run(
            [*GIT, *arguments],
            cwd=path.parent,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return ended.returncode


# Files that nobody reads

_NEARLY = (
    "crush.jsonc",
    "crush.json5",
    "crush.yaml",
    "crush.yml",
    "crush.toml",
    "config.json",
    ".crushrc",
    ".crush.json",
)
"""Names that Crush does not look for in its config folder (crush-behaviour 1.1)."""
_COPIES = (
    "crush.json~",
    "crush.json.bak",
    "crush.json.orig",
    "crush.json.old",
    "crush.json.save",
    "crushrc~",
    "crushrc.bak",
)


def in_work_tree(around: Surroundings) -> bool:
    return around.top != around.cwd or is_there(around.top / ".git")


def out_of_reach(around: Surroundings) -> tuple[Path, ...]:
    """Project files in the folders above the one at which Crush stops looking."""
    users = config_folder(around)
    return tuple(
        folder / name
        for folder in around.top.parents
        if folder != users
        for name, _ in PROJECT_NAMES
        if is_file(folder / name)
    )


def misplaced(around: Surroundings) -> tuple[Stray, ...]:
    """Files that look like a config, in places where Crush does not look for them."""
    config, data = config_folder(around), data_folder(around)
    mac = around.home / "Library" / "Application Support" / "crush"
    roaming = [Path(around.environ["APPDATA"]) / "crush"] if around.environ.get("APPDATA") else []
    candidates = [
        *((config / name, "Crush looks for no file of this name here") for name in _NEARLY),
        (data / CRUSHRC_NAME, "Crush never runs a crushrc in its data folder"),
        (around.cwd / ".crush" / CRUSHRC_NAME, "Crush never runs a crushrc in a .crush folder"),
        *((folder / JSON_NAME, "Crush does not look into this folder") for folder in (mac, *roaming)),
    ]
    read_anyway = {around.cwd / name for name, _ in PROJECT_NAMES}
    return tuple(
        Stray(path, why, _holds_key(path)) for path, why in candidates if path not in read_anyway and is_file(path)
    )


def leftovers(around: Surroundings) -> tuple[Stray, ...]:
    """Copies of config files, and what a killed program did not clean up."""
    folders = dict.fromkeys((config_folder(around), data_folder(around), around.cwd, around.top))
    return tuple(Stray(path, why, _holds_key(path)) for folder in folders for path, why in _left_in(folder))


def _left_in(folder: Path) -> Iterator[tuple[Path, str]]:
    for name in _COPIES:
        if is_file(folder / name):
            yield folder / name, "a copy of a config file, which Crush does not read"
    for pattern in (f"{JSON_NAME}.*.tmp", ".crush-wizard-*.tmp"):
        for path in (path for path in files_in(folder) if fnmatch(path.name, pattern)):
            yield path, "what a program that was killed has left"


def _holds_key(path: Path) -> bool:
    try:
        text = (read(path) or b"").decode("utf-8", "replace")
    except WizardError:
        return False
    return bool(plain_secrets(text.split('"')) or plain_secrets(text.split()))


# Crush's folders, programs, model facts


def unwritable(around: Surroundings) -> str:
    """Why Crush can't write its own file, as the end of a sentence; empty if it can."""
    path = data_folder(around) / JSON_NAME
    folder = _nearest_folder(path)
    if not _is_writable_folder(folder):
        return f"{folder} can't be written"
    return f"{path} can't be read" if is_there(path) and not os.access(path, os.R_OK) else ""


def cache_problem(around: Surroundings) -> str:
    """What is wrong with Crush's copy of its catalogue; empty if nothing is."""
    path = catalog_folder(around) / CACHE_NAME
    try:
        read_crush_cache(path)
    except WizardError as error:
        return f"{path}: {error.message}"
    folder = _nearest_folder(path)
    return "" if _is_writable_folder(folder) else f"{folder} can't be written, and so Crush keeps no catalogue there"


def open_own(folder: Path) -> tuple[Path, ...]:
    """The files of our encrypted store, and their folder, as far as others may read them."""
    if sys.platform == "win32" or not is_folder(folder):
        return ()
    return tuple(path for path in (folder, *files_in(folder)) if stat.S_IMODE(path.lstat().st_mode) & 0o077)


def _nearest_folder(path: Path) -> Path:
    """The folder of a file; where there is none yet, the one in which it would be made."""
    return next(folder for folder in path.parents if os.path.lexists(folder))


def _is_writable_folder(folder: Path) -> bool:
    return is_folder(folder) and os.access(folder, os.W_OK)


def on_path(program: str, around: Surroundings) -> bool:
    import shutil

    return shutil.which(program, path=around.environ.get("PATH", "")) is not None


def catalog_days(catalog: Catalog, today: date | None = None) -> int | None:
    """The age of the freshest model facts, in days; None where no source tells."""
    newest = max((day for date in catalog.dates() if (day := _day(date))), default=None)
    return None if newest is None else ((today or datetime.now(UTC).date()) - newest).days


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
