"""Secrets that are piped in or read from a file, never typed as arguments."""

from __future__ import annotations

import os
import stat
import struct
import sys
from typing import TYPE_CHECKING

from wizard.errors import UsageError
from wizard.redaction import SecretText

if TYPE_CHECKING:
    from pathlib import Path


def from_stdin(flag: str, largest: int) -> SecretText:
    """All of stdin. Raises UsageError for a terminal, for more than `largest` bytes, and for what is no UTF-8."""
    if sys.stdin is None:  # it was closed
        return SecretText("")
    if sys.stdin.isatty():
        raise UsageError(
            f"{flag} reads from a pipe, and stdin is a terminal, which would show the value",
            hint="leave out the flag to type the value without showing it",
        )
    return SecretText(_decoded(sys.stdin.buffer.read(largest + 1), "stdin", largest))


def is_waiting() -> bool:
    """Whether a file or a pipe at stdin has something to read. It is left there, and not waited for."""
    if sys.stdin is None or sys.platform == "win32":
        return False
    try:
        handle = sys.stdin.fileno()
        kind = os.fstat(handle)
    except (OSError, ValueError):  # none of the system's, or closed
        return False
    if stat.S_ISREG(kind.st_mode):
        return os.lseek(handle, 0, os.SEEK_CUR) < kind.st_size
    return stat.S_ISFIFO(kind.st_mode) and _bytes_in(handle) > 0


def _bytes_in(pipe: int) -> int:
    import fcntl
    import termios

    (waiting,) = struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))
    return int(waiting)


def from_file(flag: str, path: Path, largest: int) -> SecretText:
    """All of a file. Raises UsageError as `from_stdin`, and when it can't be read."""
    try:
        with path.open("rb") as file:
            return SecretText(_decoded(file.read(largest + 1), str(path), largest))
    except OSError as error:
        raise UsageError(f"{flag}: {path} can't be read: {error.strerror}") from error


def without_final_newline(text: str) -> str:
    """The text less one final newline, which echo and editors add."""
    return text.removesuffix("\r\n") if text.endswith("\r\n") else text.removesuffix("\n")


def _decoded(content: bytes, where: str, largest: int) -> str:
    if len(content) > largest:
        raise UsageError(f"{where} is too large: more than {largest} bytes")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{where} is not text") from None  # the cause would quote it
