"""Something in the files that keeps Crush from starting, or that it passes over in silence (crush-behaviour 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from pathlib import Path

    from wizard.errors import WizardError


class Placed(Protocol):
    """Whatever knows its place in a file, such as a Source or a Problem."""

    @property
    def path(self) -> Path | None: ...

    @property
    def line(self) -> int | None: ...

    @property
    def column(self) -> int | None: ...


Severity = Literal["error", "warning", "info"]

NOT_READ = ("F1", "F2", "F3", "F6")
"""The codes of a file that can't be read (crush-behaviour 10.1): what it says is not known."""
DOES_NOT_FIT = ("F4", "F5")
"""The codes of a value that Crush stops at, in one file or in several together."""


class Problem(Struct, frozen=True):
    """`code` is the one of crush-behaviour 10.

    `error`: Crush does not start, or an entry or a file can't work as it is written.
    `line` and `column` count from 1, as far as they are known. No text here holds a secret.
    """

    code: str
    severity: Severity
    message: str
    provider: str = ""
    path: Path | None = None
    line: int | None = None
    column: int | None = None
    hint: str = ""

    @property
    def is_fatal(self) -> bool:
        """Whether Crush does not start."""
        return self.code.startswith("F") and self.severity == "error"


def fatal(code: str, error: WizardError, path: Path) -> Problem:
    """What keeps a file from being read, with its place."""
    return Problem(code, "error", error.message, path=path, line=error.line, column=error.column, hint=error.hint)


def ignored(path: Path, why: str, place: tuple[int | None, int | None], hint: str) -> Problem:
    """Why Crush passes over the workspace's file, at a line and column (crush-behaviour 10.2, W9)."""
    message = f"Crush ignores this file: {why}"
    return Problem("W9", "error", message, path=path, line=place[0], column=place[1], hint=hint)
