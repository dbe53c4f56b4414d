"""Where tools keep their files, by the habits of each system.

Only folders of the user count: a tool's file in the current folder may have come with somebody else's repository,
so it is read when it is named, and never looked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from wizard.files.locations import Surroundings


def named(around: Surroundings, variable: str) -> Path | None:
    """The path in an environment variable; an empty variable is none."""
    value = around.environ.get(variable)
    return around.cwd / value if value else None


def xdg_config(around: Surroundings) -> Path:
    """Where a tool keeps its configuration that follows XDG on every system."""
    return named(around, "XDG_CONFIG_HOME") or around.home / ".config"


def xdg_data(around: Surroundings) -> Path:
    """Where a tool keeps its data that follows XDG on every system."""
    return named(around, "XDG_DATA_HOME") or around.home / ".local" / "share"


def native_config(around: Surroundings) -> Path:
    """Where a tool keeps its configuration that follows the system."""
    if around.platform == "win32":
        return named(around, "APPDATA") or around.home / "AppData" / "Roaming"
    if around.platform == "darwin":
        return around.home / "Library" / "Application Support"
    return xdg_config(around)


def is_there(path: Path) -> bool:
    """Whether a file is there, or may be: reading one in a closed folder says what is wrong."""
    try:
        return path.exists()
    except OSError:
        return True
