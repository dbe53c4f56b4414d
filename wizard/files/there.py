"""What is at a path, asked so that no answer is an error: what is out of reach, or has no possible name, is not there.

Python's own paths raise for a folder that is closed to us, and for a zero byte.
"""

from __future__ import annotations

import os
from pathlib import Path


def is_there(path: Path) -> bool:
    """Whether a file or a folder is there; a link that leads nowhere is none."""
    return os.path.exists(path)  # noqa: PTH110


def is_file(path: Path) -> bool:
    return os.path.isfile(path)  # noqa: PTH113


def is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112


def is_taken(path: Path) -> bool:
    """Whether there is something: an empty folder is nothing to one that comes in its place."""
    return is_there(path) and not _is_empty_folder(path)


def _is_empty_folder(path: Path) -> bool:
    try:
        return not (is_link(path) or os.listdir(path))  # noqa: PTH208
    except OSError:
        return False


def is_link(path: Path) -> bool:
    return os.path.islink(path)  # noqa: PTH114


def files_in(folder: Path) -> tuple[Path, ...]:
    """What a folder holds, sorted; nothing where it can't be read."""
    try:
        return tuple(Path(folder) / name for name in sorted(os.listdir(folder)))  # noqa: PTH208
    except (OSError, ValueError):
        return ()
