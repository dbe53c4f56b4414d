"""The wizard in a virtual environment of its own, as a user would have it: an editable install slows every Python."""

from __future__ import annotations

import shutil
import subprocess
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]


def installed(folder: Path) -> Path:
    """The Python of a new virtual environment in `folder` with the wizard in it; takes a minute, and pip's packages.

    It is built from a copy: a build leaves traces.
    """
    source, python = folder / "source", folder / "venv" / "bin" / "python"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".*", "build", "tests", "*.egg-info", "__pycache__"))
    venv.create(folder / "venv", symlinks=True, with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "-q", source], check=True)
    return python


def wizard(python: Path) -> str:
    """The program beside that Python."""
    return str(python.with_name("crush-wizard"))
