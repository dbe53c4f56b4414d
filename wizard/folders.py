"""Our own folders on this machine. Crush's folders are in wizard.files.locations."""

from __future__ import annotations

import os
import sys
from pathlib import Path

NAME = "crush-wizard"
MARKER = "profile.toml"
"""The file that makes a folder in `profiles` one."""
_XDG = {
    "config": ("XDG_CONFIG_HOME", ".config"),
    "state": ("XDG_STATE_HOME", ".local/state"),
    "cache": ("XDG_CACHE_HOME", ".cache"),
}
"""The variable that names each kind of folder, and where it is below the home folder without."""


def presets() -> Path:
    """The user's own presets, one <id>.toml each."""
    return _own("config") / "presets"


def managers() -> Path:
    """The password managers that the user has described, one <id>.toml each."""
    return _own("config") / "managers"


def settings() -> Path:
    """What the user decided once: a small TOML file that they may edit."""
    return _own("config") / "settings.toml"


def references(profile: str = "") -> Path:
    """The commands that print secrets: those of a profile, or those that all share."""
    return (profiles() / profile if profile else _own("config")) / "references.toml"


def state() -> Path:
    """What the wizard remembers between runs."""
    return _own("state")


def catalog() -> Path:
    """Model facts that were refreshed from the network."""
    return _own("cache") / "catalog"


def secrets() -> Path:
    """The encrypted file for machines without a keyring, and the identity that opens it."""
    return state() / "secrets"


def profiles() -> Path:
    """The configuration of each profile, a folder of its own."""
    return _own("config") / "profiles"


def profile_data() -> Path:
    """What Crush itself writes in each profile (sign-ins, choices), a folder of its own."""
    return state() / "profile-data"


def allowed() -> Path:
    """What the files of a folder may do with what is the user's, one file for each thing that was allowed."""
    return state() / "allowed"


def backups() -> Path:
    """What each change replaced, so that `undo` can put it back."""
    return state() / "backups"


def writing() -> Path:
    """Where files are being written that no record tells of, one note for each."""
    return state() / "writing"


def _own(kind: str) -> Path:
    if sys.platform in ("darwin", "win32"):
        import platformdirs

        return Path(getattr(platformdirs, f"user_{kind}_dir")(NAME, appauthor=False))
    variable, usual = _XDG[kind]
    named = Path(os.environ.get(variable, ""))
    return (named if named.is_absolute() else Path.home() / usual) / NAME
