"""A command line that prints a secret: the program that it starts. Light on purpose: `list` shows it."""

from __future__ import annotations

import os

from wizard.regexp import regexp

LONGEST_STAND_IN = 15
"""Characters of what a manager prints in the place of a secret. A key is longer: it need not be looked up."""
_PLAIN_NAME = regexp(r"[\w.+-]+")
_SHELL_WORDS = frozenset(("bash", "cat", "cd", "command", "echo", "env", "eval", "exec", "if", "printf", "sh", "test"))
"""What starts a line, and does not tell who keeps the key."""


def program(command: str) -> str:
    """The program that a command line starts, as far as that can be told."""
    return os.path.basename(first_word(command))  # noqa: PTH119 as long as it is one


def first_word(command: str) -> str:
    """The word that names the program, behind variables that are set for it."""
    words = command.split()
    return next((word for word in words if "=" not in word), "".join(words[:1]))


def manager(command: str) -> str:
    """The password manager, in a word; empty where the line begins with what only a shell knows."""
    name = program(command)
    return name if _PLAIN_NAME.fullmatch(name) and name not in _SHELL_WORDS else ""
