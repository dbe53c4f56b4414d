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
from wizard.doctor.examined import FileState, ReferenceState, Stray
from wizard.doctor.json_repair import repair_of
from wizard.documents.json.reading import JsonReading
from wizard.errors import WizardError
from wizard.expansion.plain_secrets import plain_secrets
from wizard.files.locations import (
    CRUSHRC_NAME,
    GIT,
    GIT_SECONDS,
    JSON_NAME,
    PROJECT_NAMES,
    catalog_folder,
    config_files,
    config_folder,
    data_folder,
)
from wizard.files.managed import chezmoi_source, generated_from
from wizard.files.programs import which
from wizard.files.there import files_in, is_file, is_folder, is_link, is_there
from wizard.files.writer import read
from wizard.flow.toml_positions import locate
from wizard.secrets.reference.line import first_word, manager

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from wizard.catalog.catalog import Catalog
    from wizard.crush.loading import Loaded
    from wizard.files.locations import Surroundings
    from wizard.secrets.reference.file import Reference

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


def is_made_elsewhere(path: Path, around: Surroundings) -> bool:
    """Whether a file is a link, or something makes it of another one: it is not for us to say what it should be."""
    return (
        is_link(path)
        or generated_from(path, around.environ) is not None
        or chezmoi_source(path, around.home, around.environ) is not None
    )


# Commands that print secrets


def reference_states(
    found: Mapping[str, Reference], around: Surroundings, *, used: Collection[str], stored: Mapping[str, str]
) -> tuple[ReferenceState, ...]:
    """`used` are the names that providers use, `stored` the store of those that have a value as well. None is run."""
    texts = {path: (read(path) or b"").decode("utf-8") for path in {reference.path for reference in found.values()}}
    return tuple(
        ReferenceState(
            name,
            reference.path,
            (locate(texts[reference.path], (name,)) or (None,))[0],
            name in used,
            _missing_program(reference.command, around),
            stored.get(name, ""),
        )
        for name, reference in found.items()
    )


def _missing_program(command: str, around: Surroundings) -> str:
    word = os.path.expanduser(first_word(command))  # noqa: PTH111 as long as it is one
    return first_word(command) if manager(command) and not on_path(word, around) else ""


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
_NO_JSON = (".yaml", ".yml", ".toml")
_PROJECT = ("crush.jsonc", ".crush.jsonc", "crush.json5")
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
        if folder not in (users, around.home)
        for name, _ in PROJECT_NAMES
        if is_file(folder / name)
    )


def misplaced(around: Surroundings) -> tuple[Stray, ...]:
    """Files that look like a config, in places where Crush does not look for them."""
    read_here = {file.path for file in config_files(around)}
    return tuple(
        Stray(path, why, _holds_key(path), place, _is_free(path, place))
        for path, why, place in _candidates(around)
        if path not in read_here and is_file(path)
    )


def _candidates(around: Surroundings) -> Iterator[tuple[Path, str, Path | None]]:
    """Where a config may lie by mistake, why it is none there, and where Crush would read it."""
    config, data = config_folder(around), data_folder(around)
    user, script = config / JSON_NAME, config / CRUSHRC_NAME
    for name in _NEARLY:
        place = script if name.endswith(CRUSHRC_NAME) else None if name.endswith(_NO_JSON) else user
        yield config / name, "Crush does not look for a file of this name here", place
    for folder in (around.home / "Library" / "Application Support" / "crush", *_roaming(around)):
        yield folder / JSON_NAME, "Crush does not look into this folder", user
    yield from ((path, "Crush does not read this here", place) for path, place in _at_home(around, user, script))
    yield from (
        (around.cwd / name, "Crush does not look for a file of this name", around.cwd / JSON_NAME) for name in _PROJECT
    )
    yield data / CRUSHRC_NAME, "Crush never runs a crushrc in its data folder", script
    yield (
        around.cwd / ".crush" / CRUSHRC_NAME,
        "Crush never runs a crushrc in a .crush folder",
        around.cwd / CRUSHRC_NAME,
    )


def _roaming(around: Surroundings) -> tuple[Path, ...]:
    return (Path(around.environ["APPDATA"]) / "crush",) if around.environ.get("APPDATA") else ()


def _at_home(around: Surroundings, user: Path, script: Path) -> Iterator[tuple[Path, Path]]:
    """What people put beside the folder of the configuration. Crush's own folder may be there, for work at home."""
    for folder in (around.home, around.home / ".config", around.home / ".crush"):
        names = (JSON_NAME,) if folder.name == ".crush" else (JSON_NAME, f".{JSON_NAME}")
        yield from ((folder / name, user) for name in names if folder.name != ".crush" or _configures(folder / name))
        yield from ((folder / name, script) for name in (CRUSHRC_NAME, f".{CRUSHRC_NAME}"))


def _configures(path: Path) -> bool:
    """Whether a file says more than what Crush keeps there by itself."""
    try:
        return bool({"providers", "options", "mcp"}.intersection(JsonReading(read(path) or b"{}", path).tree))
    except WizardError:
        return True


def _is_free(path: Path, place: Path | None) -> bool:
    """Whether a file can go to a place: nothing is there, and Crush could read it, if need be after a repair."""
    if place is None or is_there(place) or is_link(path):
        return False
    try:
        raw = read(path) or b""
        raw.decode("utf-8")
        if place.name == JSON_NAME and repair_of(path, raw) is None:
            JsonReading(raw, path)
    except (WizardError, UnicodeDecodeError):
        return False
    return True


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
            yield path, "a file that a killed program left behind"


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
    return "" if _is_writable_folder(folder) else f"{folder} can't be written, so Crush can't keep its catalogue there"


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
    return which(program, around.environ.get("PATH", "")) is not None


def catalog_days(catalog: Catalog, today: date | None = None) -> int | None:
    """The age of the freshest model facts, in days; None where no source tells."""
    newest = max((day for date in catalog.dates() if (day := _day(date))), default=None)
    return None if newest is None else ((today or datetime.now(UTC).date()) - newest).days


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
