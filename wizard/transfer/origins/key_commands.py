"""Commands that print a key, as other tools run them: what Crush is told instead."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from wizard.credential import is_key, names_a_secret
from wizard.expansion.plain_secrets import without_secrets
from wizard.regexp import regexp
from wizard.transfer.origins.described import NoEqual

if TYPE_CHECKING:
    from collections.abc import Iterator

_ECHO = regexp(
    r"""(?:echo|printf)\s+(?:-n\s+|['"]?%s(?:\\n)?['"]?\s+)?(?P<quote>['"]?)(?P<text>[^\s'"`$;&|<>()\\]+)(?P=quote)"""
)
"""A command that holds the key itself."""
_GIVEN = regexp(r"(?P<name>[\w-]+)=(?P<text>\S+)")
_SENT = regexp(r"(?:bearer|basic|token)\s+(?P<text>[^\s'\"$]+)", re.IGNORECASE)


def echoed(command: str) -> str:
    """The key that a command only repeats; empty where it gets one from somewhere."""
    match = _ECHO.fullmatch(command.strip())
    return match["text"] if match else ""


def printed_by(command: str) -> str:
    """A template for which Crush runs the command, at each start. Raises NoEqual, which never quotes it."""
    if "\n" in command or not _is_whole(command):
        raise NoEqual("its command has several lines, or opens what it does not close")
    if without_secrets(command) != command or any(_keys_in(command)):
        raise NoEqual("its command contains a plain-text key")
    return f"$({command.strip()})"


def _is_whole(command: str) -> bool:
    """Whether nothing that is opened in it stays open behind it."""
    try:
        words = shlex.split(command, comments=True)
    except ValueError:
        return False
    return words == shlex.split(command) and bool(words) and command.count("(") == command.count(")")


def _keys_in(command: str) -> Iterator[str]:
    yield from (match["text"] for match in _SENT.finditer(command) if is_key(match["text"]))
    given = (match for match in _GIVEN.finditer(command) if names_a_secret(match["name"]))
    yield from (match["text"] for match in given if is_key(match["text"].strip("'\"")))
