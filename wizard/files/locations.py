"""Where Crush looks for its configuration (crush-behaviour 1.1 to 1.3).

Looking around happens once, in `here`; everything else is a rule over what was seen.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from wizard.errors import Refused, WizardError
from wizard.expansion.dotenv import read_dotenv
from wizard.files.there import is_link, is_there
from wizard.files.writer import read
from wizard.private import Private

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Role = Literal["system", "user-json", "user-crushrc", "data", "project", "workspace"]
Format = Literal["json", "crushrc"]
FormatChoice = Literal["auto", "json", "crushrc"]
Scope = Literal["user", "project"]

SYSTEM_FILE = Path("/etc/crush/crush.json")
JSON_NAME = "crush.json"
CRUSHRC_NAME = "crushrc"
PROJECT_NAMES: tuple[tuple[str, Format], ...] = (
    ("crush.json", "json"),
    (".crush.json", "json"),
    ("crushrc", "crushrc"),
    (".crushrc", "crushrc"),
)
"""The names of project files in one folder, the strongest last."""

GIT = ("git", "-c", "core.fsmonitor=false")
"""Without the program that a repository's own configuration may have it run."""
GIT_SECONDS = 2.0


LOCAL: tuple[Role, ...] = ("project", "workspace")
"""The roles of files that come with a folder, whoever made it."""


class ConfigFile(Struct, frozen=True):
    """A file that Crush reads if it is there. `path` is absolute."""

    role: Role
    path: Path
    format: Format

    @property
    def is_written_by_crush(self) -> bool:
        """Whether Crush itself changes it, too (crush-behaviour 1.6)."""
        return self.role in ("data", "workspace")


class Surroundings(Private, Struct, frozen=True):
    """What decides where Crush looks. All paths are absolute.

    `config` and `data` are Crush's folders when no variable says otherwise on a Unix system;
    `top` is the folder at which Crush's walk up from `cwd` ends: the git work tree's, else `cwd` itself. `dotenv` is
    what the `.env` in `cwd` sets: Crush, and nobody else, has these variables where `environ` lacks them.
    """

    environ: Mapping[str, str]
    platform: str
    home: Path
    config: Path
    data: Path
    cwd: Path
    top: Path
    dotenv: Mapping[str, str] = MappingProxyType({})


def here(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Surroundings:
    """Look around: environment, home, current folder, its `.env`, and git. `platform` is spelled as in sys.platform.

    Raises Refused when there is no home folder or no current folder.
    """
    try:
        home, cwd = Path.home(), Path.cwd()
    except RuntimeError as error:
        raise Refused("can't tell where your home folder is", hint="set HOME to an absolute path") from error
    except FileNotFoundError as error:
        raise Refused("the current folder no longer exists", hint="change to another folder") from error
    config, data = home / ".config" / "crush", home / ".local" / "share" / "crush"
    return Surroundings(environ, platform, home, config, data, cwd, work_tree(cwd) or cwd, dotenv_in(cwd))


def dotenv_in(folder: Path) -> dict[str, str]:
    """What the `.env` of a folder sets; Crush, too, says nothing about one that it can't read (crush-behaviour 1.8)."""
    try:
        raw = read(folder / ".env")
    except WizardError:
        return {}
    return read_dotenv(raw.decode("utf-8", "replace")) if raw else {}


def work_tree(cwd: Path) -> Path | None:
    """The top of the git work tree around `cwd`; None without git, outside a tree, or after two seconds."""
    if "GIT_DIR" not in os.environ and not any(os.path.lexists(folder / ".git") for folder in (cwd, *cwd.parents)):
        return None  # git would not find any, either
    import subprocess

    command = [*GIT, "rev-parse", "--show-toplevel"]
    try:
        answer = subprocess.run(
            command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, timeout=GIT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):  # Crush, too, takes a git that does not answer as no git
        return None
    top = os.fsdecode(answer.stdout).removesuffix("\n").removesuffix("\r")
    return Path(top) if answer.returncode == 0 and top else None


def config_folder(around: Surroundings) -> Path:
    """The folder of the user's crush.json and crushrc, the same on every system."""
    folder = _named(around, "CRUSH_GLOBAL_CONFIG") or _below(around, "XDG_CONFIG_HOME") or around.config
    return _as_crush_joins(around, folder)


def data_folder(around: Surroundings) -> Path:
    """The folder of the crush.json that Crush itself writes."""
    return _as_crush_joins(around, _named(around, "CRUSH_GLOBAL_DATA") or catalog_folder(around))


def catalog_folder(around: Surroundings) -> Path:
    """The folder of Crush's providers.json, which CRUSH_GLOBAL_DATA does not move (crush-behaviour 1.6)."""
    return _as_crush_joins(around, _below(around, "XDG_DATA_HOME") or _default_data(around))


def _as_crush_joins(around: Surroundings, folder: Path | str) -> Path:
    """The absolute path. Go takes `..` out by the text alone, wherever a symbolic link leads."""
    return Path(os.path.normpath(around.cwd / folder))


def _default_data(around: Surroundings) -> Path:
    if around.platform != "win32":
        return around.data
    return _below(around, "LOCALAPPDATA") or around.home / "AppData" / "Local" / "crush"


def _named(around: Surroundings, variable: str) -> Path | None:
    """The folder that a variable names, relative ones included; an empty variable is no variable."""
    value = around.environ.get(variable, around.dotenv.get(variable))
    return Path(value) if value else None


def _below(around: Surroundings, variable: str) -> Path | None:
    folder = _named(around, variable)
    return folder / "crush" if folder else None


def config_files(
    around: Surroundings, data_directory: str | None = None, is_folder: Callable[[Path], bool] = os.path.isdir
) -> tuple[ConfigFile, ...]:
    """Every file that Crush would read, there or not, the weakest first.

    `data_directory` is the value of `options.data_directory` in the files before the workspace's.
    """
    user = config_folder(around)
    return (
        *_system_files(around),
        ConfigFile("user-json", user / JSON_NAME, "json"),
        ConfigFile("user-crushrc", user / CRUSHRC_NAME, "crushrc"),
        ConfigFile("data", data_folder(around) / JSON_NAME, "json"),
        *_project_files(around),
        ConfigFile("workspace", workspace_folder(around, data_directory, is_folder) / JSON_NAME, "json"),
    )


def _system_files(around: Surroundings) -> tuple[ConfigFile, ...]:
    return () if around.platform == "win32" else (ConfigFile("system", SYSTEM_FILE, "json"),)


def is_system_wide(path: Path) -> bool:
    """Whether it is the file that Crush reads for everybody on this machine, by whatever name."""
    return os.path.realpath(path) == os.path.realpath(SYSTEM_FILE)


def _project_files(around: Surroundings) -> tuple[ConfigFile, ...]:
    return tuple(
        ConfigFile("project", folder / name, format_)
        for folder in reversed(project_folders(around))
        for name, format_ in PROJECT_NAMES
    )


def is_foreign(file: ConfigFile, around: Surroundings, owner: Callable[[Path], int] | None = None) -> bool:
    """Whether Crush passes a project's file over: it belongs to somebody else than the folder that we are in.

    `owner` tells the user id that a file or folder belongs to.
    """
    owner_of = owner or _owner
    try:
        return file.role == "project" and owner_of(file.path) != owner_of(around.cwd)
    except OSError:  # absent, or in a folder that is closed to us: reading it will tell
        return False


def would_be_foreign(file: ConfigFile, around: Surroundings) -> bool:
    """The same for a file that we have yet to make."""
    if around.platform == "win32" or file.role != "project":
        return False
    try:
        return _owner(around.cwd) != os.geteuid()
    except OSError:
        return False


def _owner(path: Path) -> int:
    return path.stat().st_uid


def project_folders(around: Surroundings) -> tuple[Path, ...]:
    """The folders in which Crush looks for project files, the nearest (and strongest) first."""
    upwards = (around.cwd, *around.cwd.parents)
    return upwards[: upwards.index(around.top) + 1] if around.top in upwards else (around.cwd,)


def workspace_folder(
    around: Surroundings, data_directory: str | None = None, is_folder: Callable[[Path], bool] = os.path.isdir
) -> Path:
    """The folder of Crush's workspace file: as configured, else the nearest `.crush`, else one in `cwd`.

    A `.crush` in the home folder counts only for the home folder itself.
    """
    if data_directory:
        return _as_crush_joins(around, data_directory)
    found = (
        folder / ".crush"
        for folder in project_folders(around)
        if (folder == around.cwd or folder != around.home) and is_folder(folder / ".crush")
    )
    return next(found, around.cwd / ".crush")


def normal(path: Path) -> Path:
    """An absolute path without `..`: what the system opens by it, under the name that it was given.

    Only a symbolic link that a `..` follows is resolved.
    """
    plain = Path(path.anchor)
    for part in path.parts[1:]:
        if part == "..":
            plain = (Path(os.path.realpath(plain)) if is_link(plain) else plain).parent
        else:
            plain /= part
    return plain


def format_of(path: Path, wanted: FormatChoice = "auto") -> Format:
    """The format of a config file: the wanted one, else by its name."""
    if wanted != "auto":
        return wanted
    return "crushrc" if path.name.endswith(CRUSHRC_NAME) else "json"


def target_file(
    around: Surroundings,
    scope: Scope = "user",
    file: Path | None = None,
    exists: Callable[[Path], bool] = os.path.exists,
    wanted: FormatChoice = "auto",
) -> Path:
    """The file that a command edits when nothing speaks for another one.

    `file` names any; scope user is the user's crush.json or crushrc; scope project the strongest file of the
    nearest folder that has one, else one at the top of the work tree; never one that Crush passes over because of its
    owner. Of both formats in one folder `auto` takes JSON, and the crushrc where it is alone.
    """
    if file is not None:
        return around.cwd / file
    return _file_there(around, scope, exists, wanted) or new_file(around, scope, wanted, exists)


def is_configured(around: Surroundings, scope: Scope) -> bool:
    """Whether a scope has a file of its own, of either format; a link that leads nowhere yet is one."""
    return is_there(new_file(around, scope, "json")) or _file_there(around, scope, os.path.exists, "auto") is not None


def _file_there(
    around: Surroundings, scope: Scope, exists: Callable[[Path], bool], wanted: FormatChoice
) -> Path | None:
    folders = (config_folder(around),) if scope == "user" else project_folders(around)
    candidates = (folder / name for folder in folders for name in _names(scope, wanted))
    return next(
        (path for path in candidates if exists(path) and not (scope == "project" and _is_passed_over(path, around))),
        None,
    )


def _is_passed_over(path: Path, around: Surroundings) -> bool:
    return is_foreign(ConfigFile("project", path, format_of(path)), around)


def new_file(
    around: Surroundings, scope: Scope, wanted: FormatChoice, exists: Callable[[Path], bool] = os.path.exists
) -> Path:
    """One that is not there yet: a file of somebody else may have the usual name. `auto` is JSON."""
    folder = config_folder(around) if scope == "user" else around.top
    usual = folder / (CRUSHRC_NAME if wanted == "crushrc" else JSON_NAME)
    hidden = usual.with_name(f".{usual.name}")
    return next((path for path in (usual, hidden) if not exists(path)), usual)


def file_beside(path: Path, scope: Scope) -> Path | None:
    """The file of the other format that Crush reads from the same folder; None if there is none."""
    other: Format = "json" if format_of(path) == "crushrc" else "crushrc"
    return next((beside for name in _names(scope, other) if is_there(beside := path.with_name(name))), None)


def _names(scope: Scope, wanted: FormatChoice) -> tuple[str, ...]:
    """The names of files in one folder, the one that is to be preferred first."""
    known = ((JSON_NAME, "json"), (CRUSHRC_NAME, "crushrc")) if scope == "user" else PROJECT_NAMES
    strongest_first = tuple(reversed(known))
    return tuple(
        name
        for format_ in ("json", "crushrc")
        for name, known in strongest_first
        if known == format_ and wanted in (format_, "auto")
    )
