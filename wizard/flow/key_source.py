"""Where a key may come from: the answers to the question of that name."""

from __future__ import annotations

KEYRING = "keyring"
FILE = "file"
STORES = (KEYRING, FILE)
AUTO = "auto"
"""Whichever store is in use."""
STORED = "stored"
"""A store holds it already."""
COMMAND = "command"
"""A command prints it, such as a password manager's; only the command is kept."""
ENVIRONMENT = "environment"
"""A variable that the user sets."""
KEEP = "keep"
"""Whatever the entry has, or has not."""
NO_KEY = "none"


class CommandLine(str):
    """What was given in the place of a key: the command that prints it."""

    __slots__ = ()
