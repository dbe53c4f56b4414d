"""Which of the files in force are the current folder's own, and what there is without them."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from wizard.crush.demands import MOVERS, Folder
from wizard.crush.loading import LoadedFile, load, rewritten
from wizard.errors import WizardError
from wizard.files.locations import LOCAL, ConfigFile, config_files
from wizard.files.writer import read

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from wizard.crush.loading import Loaded
    from wizard.files.locations import Format, Surroundings


def folder_of(loaded: Loaded) -> Folder:
    """A `.env` may also move what Crush takes for the user's own files: these are the folder's then, too. A link in the
    folder to a file of the user's leads to the user's.
    """
    around = loaded.around
    own = _own_paths(around)
    files = (file.path for file in loaded.files if os.path.realpath(file.path) not in own)
    set_by_env = frozenset(name for name in around.dotenv if name not in around.environ)
    return Folder(frozenset(files), around.cwd / ".env", _lines(around), set_by_env)


def is_the_users(path: Path, around: Surroundings) -> bool:
    """Whether a config file is one of the user's own, or the system's, and not just one that lies somewhere."""
    return os.path.realpath(path) in _own_paths(around)


def _own_paths(around: Surroundings) -> frozenset[str]:
    files = config_files(_without_dotenv(around))
    return frozenset(os.path.realpath(file.path) for file in files if file.role not in LOCAL)


def with_file(around: Surroundings, path: Path, format_: Format, text: str | None) -> Loaded:
    """The files in force with one as it is; one that Crush does not read here as if it lay in this folder."""
    loaded = load(around)
    if not loaded.counts(path):
        *others, workspace = loaded.files
        loaded = replace(loaded, files=(*others, LoadedFile(ConfigFile("project", path, format_)), workspace))
    return rewritten(loaded, {path: text})


def says_anything(folder: Folder, loaded: Loaded) -> bool:
    return bool(folder.set_by_env) or any(file.path in folder.files for file in loaded.read)


def own_files(loaded: Loaded, folder: Folder) -> Loaded:
    """The files as they would be in force without the folder's own, and without its `.env`."""
    around = _without_dotenv(loaded.around)
    moved = not folder.set_by_env.isdisjoint(MOVERS)
    own = load(around) if moved else replace(loaded, around=around)
    theirs = folder.files | folder_of(own).files
    return replace(own, files=tuple(_passed_over(file) if file.path in theirs else file for file in own.files))


def _passed_over(file: LoadedFile) -> LoadedFile:
    return LoadedFile(file.file, foreign=True)


def _without_dotenv(around: Surroundings) -> Surroundings:
    return replace(around, dotenv={})


def _lines(around: Surroundings) -> dict[str, int]:
    """Where the `.env` sets each of its variables, from 1: the last place counts."""
    try:
        raw = read(around.cwd / ".env") or b""
    except WizardError:  # then it sets none, either
        raw = b""
    lines = raw.decode("utf-8", "replace").splitlines()
    return {name: _line(name, lines) for name in around.dotenv}


def _line(name: str, lines: Iterable[str]) -> int:
    sets = re.compile(rf"\s*(?:export\s+)?{re.escape(name)}\s*[=:]")
    return max((number for number, line in enumerate(lines, start=1) if sets.match(line)), default=1)
