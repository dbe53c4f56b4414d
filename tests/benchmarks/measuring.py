"""What benchmarks share: the wizard installed as a user has it, and what a process costs."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import time
import venv
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ROOT = Path(__file__).parents[2]


class Spent(NamedTuple):
    """Seconds of one process: by the clock, and of the processor."""

    wall: float
    cpu: float


def median(spent: Iterable[Spent]) -> Spent:
    return Spent(*map(statistics.median, zip(*spent, strict=True)))


def spent(command: Sequence[str | Path], env: Mapping[str, str], cwd: Path) -> Spent:
    """What a process costs from its start to its end, with its children. Its output goes nowhere."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    used = os.wait4(process.pid, 0)[2]
    process.returncode = 0
    return Spent(time.perf_counter() - started, used.ru_utime + used.ru_stime)


NOT_BUILT = (".git", ".venv", ".*_cache", ".hypothesis", "build", "tests", "*.egg-info", "__pycache__")


def installed(folder: Path) -> Path:
    """The Python of a new virtual environment in `folder` with the wizard in it; takes a minute, and pip's packages.

    An editable install would slow every Python down. It is built from a copy: a build leaves traces.
    """
    source, python = folder / "source", folder / "venv" / "bin" / "python"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(*NOT_BUILT))
    venv.create(folder / "venv", symlinks=True, with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "-q", source], check=True)
    return python


def wizard(python: Path) -> str:
    """The program beside that Python."""
    return str(python.with_name("crush-wizard"))
