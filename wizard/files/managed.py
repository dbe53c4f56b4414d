"""Files that something else makes: what is changed there is lost, or can't be changed at all.

A link into the store of Nix, or to any other place that can't be written, is refused with the name of that place.
A file that chezmoi copies is changed, and its source is named. A link into a folder that can be written (stow, yadm,
a bare repository of git) needs no word.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.files.there import files_in, is_file, is_folder, is_link
from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Mapping

STORE = "/nix/store"
_ATTRIBUTES = (
    *("after_", "before_", "create_", "empty_", "encrypted_", "exact_", "executable_", "external_", "literal_"),
    *("modify_", "once_", "onchange_", "private_", "readonly_", "remove_", "run_"),
)
"""What chezmoi puts before a name."""
_ENDINGS = (".tmpl", ".age", ".asc")


def generated_from(path: Path, environ: Mapping[str, str] = os.environ) -> Path | None:
    """The file behind a link that nobody can change there: it is in the store of Nix, or in another read-only place."""
    target = Path(os.path.realpath(path))
    if target == path or not is_file(target):
        return None
    in_store = target.is_relative_to(environ.get("NIX_STORE_DIR") or STORE)
    return target if in_store or (_is_behind_link(path) and not os.access(target, os.W_OK)) else None


def _is_behind_link(path: Path) -> bool:
    return is_link(path) or any(is_link(parent) for parent in path.parents[:2])


def chezmoi_source(path: Path, home: Path, environ: Mapping[str, str] = os.environ) -> Path | None:
    """The file from which chezmoi would write this one again; None if there is none, or if it is that file itself."""
    folder = _source_folder(home, environ)
    if not is_folder(folder) or not path.is_relative_to(home):
        return None
    if Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
        return None
    source: Path | None = _root(folder)
    for name in path.relative_to(home).parts:
        source = source and next((entry for entry in files_in(source) if _target_name(entry.name) == name), None)
    return source if source and is_file(source) else None


def _source_folder(home: Path, environ: Mapping[str, str]) -> Path:
    """Where chezmoi has its sources: where its own configuration says, else at the usual place."""
    settings = _xdg("XDG_CONFIG_HOME", home / ".config", environ) / "chezmoi"
    for ending in _SETTINGS:
        with suppress(OSError, ValueError):
            if said := _SOURCE_DIR.search((settings / f"chezmoi.{ending}").read_text(encoding="utf-8")):
                return _expanded(said[1].strip(), home)
    return _xdg("XDG_DATA_HOME", home / ".local" / "share", environ) / "chezmoi"


_SETTINGS = ("toml", "yaml", "yml", "json", "jsonc")
_SOURCE_DIR = regexp(r"""^[\s{]*["']?sourceDir["']?[ \t]*[:=][ \t]*["']?([^"'\r\n#,}]+)""", re.MULTILINE)
"""In each of these formats it is a line, at the top level."""


def _xdg(name: str, default: Path, environ: Mapping[str, str]) -> Path:
    folder = Path(environ.get(name) or "")
    return folder if folder.is_absolute() else default


def _expanded(folder: str, home: Path) -> Path:
    return home / folder.removeprefix("~").lstrip("/") if folder.startswith("~") else home / folder


def _root(folder: Path) -> Path:
    """The source may begin in a folder of the repository."""
    try:
        below = (folder / ".chezmoiroot").read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return folder
    return folder / below


def _target_name(name: str) -> str:
    """What chezmoi calls the file that it makes of this one."""
    while begins := next((attribute for attribute in _ATTRIBUTES if name.startswith(attribute)), ""):
        name = name[len(begins) :]
        if begins == "literal_":
            return name
    for ending in _ENDINGS:
        name = name.removesuffix(ending)
    return f".{name.removeprefix('dot_')}" if name.startswith("dot_") else name
