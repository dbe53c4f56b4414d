"""Our own folders on this machine. Crush's folders are in wizard.files.locations."""

from __future__ import annotations

from pathlib import Path

import platformdirs

NAME = "crush-wizard"


def presets() -> Path:
    """The user's own presets, one <id>.toml each."""
    return _config() / "presets"


def settings() -> Path:
    """What the user decided once: a small TOML file that they may edit."""
    return _config() / "settings.toml"


def state() -> Path:
    """What the wizard remembers between runs."""
    return Path(platformdirs.user_state_dir(NAME, appauthor=False))


def catalog() -> Path:
    """Model facts that were refreshed from the network."""
    return Path(platformdirs.user_cache_dir(NAME, appauthor=False)) / "catalog"


def secrets() -> Path:
    """The encrypted file for machines without a keyring, and the identity that opens it."""
    return state() / "secrets"


def backups() -> Path:
    """What each change replaced, so that `undo` can put it back."""
    return state() / "backups"


def _config() -> Path:
    return Path(platformdirs.user_config_dir(NAME, appauthor=False))
