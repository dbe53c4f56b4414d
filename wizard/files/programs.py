"""Which program a name stands for. shutil finds it, too, but takes longer to import than most commands run."""

from __future__ import annotations

import os


def which(name: str, path: str | None = None) -> str | None:
    """The program of this name in a folder of `path` (by default PATH), as a shell finds it; None: there is none."""
    if os.name == "nt":
        import shutil

        return shutil.which(name, path=path)
    if "/" in name:
        return name if _is_program(name) else None
    folders = os.environ.get("PATH", os.defpath) if path is None else path
    found = (f"{folder or os.curdir}/{name}" for folder in folders.split(os.pathsep)) if folders else ()
    return next(filter(_is_program, found), None)


def _is_program(path: str) -> bool:
    return os.access(path, os.X_OK) and not os.path.isdir(path)  # noqa: PTH112 pathlib is slower
