"""Reading files that somebody else wrote: bounded, and never held up by what is no file."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING, Any

from wizard.errors import WizardError
from wizard.network.json_answer import NotJson, parse_json

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_FILE = 20 * 1024 * 1024
"""Bytes. Charm's whole catalogue has about one million, models.dev's three."""
_UNBLOCKED = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_NOT_THERE = (errno.ENOENT, errno.ENOTDIR)


def read_json(path: Path) -> Any:
    """The JSON value in a file; None where there is no file.

    Raises WizardError, with the path, for anything else that can't be read.
    """
    content = read_bounded(path)
    if content is None:
        return None
    try:
        return parse_json(content)
    except NotJson as error:
        raise WizardError(f"this is not JSON: {error}", path=path) from error


def read_bounded(path: Path) -> bytes | None:
    """A file's bytes; None where there is no file. Raises WizardError for what is no file, or is too large."""
    try:
        handle = os.open(path, _UNBLOCKED)
    except OSError as error:
        if error.errno in _NOT_THERE:
            return None
        raise _unreadable(path, error) from error
    try:
        with os.fdopen(handle, "rb") as stream:
            return _bytes_of(stream.fileno(), path)
    except OSError as error:
        raise _unreadable(path, error) from error


def _bytes_of(handle: int, path: Path) -> bytes:
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        raise WizardError("this is not a file", path=path)
    parts: list[bytes] = []
    room = LARGEST_FILE + 1
    while room > 0 and (part := os.read(handle, room)):
        parts.append(part)
        room -= len(part)
    if room <= 0:
        raise WizardError(f"this is larger than {LARGEST_FILE // 1024 // 1024} MiB", path=path)
    return b"".join(parts)


def _unreadable(path: Path, error: OSError) -> WizardError:
    return WizardError(f"can't read it: {error.strerror}", path=path)
