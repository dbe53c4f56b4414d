"""Where something is, as people write it: a path with ~ for the home folder, and a line in it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from wizard.crush.problem import Placed
    from wizard.crush.usage import Use


def shown_path(path: Path) -> str:
    """The path as people write it, with ~ for the home folder."""
    home = os.environ.get("HOME", "")
    within = len(home) > 1 and path.is_relative_to(home)
    return str("~" / path.relative_to(home)) if within else str(path)


def place(found: Placed, *, with_column: bool = False) -> str:
    """`~/.config/crush/crush.json:12`, as far as it is known; empty without a path."""
    if found.path is None:
        return ""
    return at_line(found.path, found.line, found.column if with_column else None)


def at_line(path: Path, line: int | None, column: int | None = None) -> str:
    """`~/.config/crush/crush.json:12:3`, as far as it is known."""
    parts = (shown_path(path), line, column if line else None)
    return ":".join(str(part) for part in parts if part is not None)


def used_by(uses: Iterable[Use]) -> str:
    """Who names a variable, and where."""
    places = ((use.provider, at_line(use.path, use.line)) for use in uses)
    return ", ".join(f"{provider} ({where})" if provider else where for provider, where in places)
