"""How long people wait: `python tests/benchmarks/bench_startup.py [RUNS [PYTHON]]`.

Medians in milliseconds, and multiples of a Python that does nothing (`python -I -c pass`), which say the same
on every machine. Nothing is asserted: times depend on what else runs. PYTHON is the one that has the wizard
installed; an editable install slows the start of every Python program there, and so flatters the multiples.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pexpect

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

RUNS = int(sys.argv[1]) if len(sys.argv) > 1 else 15
PYTHON = sys.argv[2] if len(sys.argv) > 2 else sys.executable
WIZARD = [PYTHON, "-m", "wizard"]
NOTHING = [PYTHON, "-I", "-c", "pass"]
COMPLETE = {"_CRUSH_WIZARD_COMPLETE": "bash_complete", "COMP_WORDS": "crush-wizard ", "COMP_CWORD": "1"}
FIRST_QUESTION = {(): b"Which provider", ("deepseek",): b"Where is the API key"}
"""Arguments of add-provider, and what is then asked first."""


def main() -> None:
    measured: dict[str, Callable[[Path], float]] = {
        "nothing": lambda _: _until_end(NOTHING),
        "--version": lambda home: _wizard(home, "--version"),
        "--help": lambda home: _wizard(home, "--help"),
        "completion of commands": lambda home: _wizard(home, environ=COMPLETE),
        "presets list": lambda home: _wizard(home, "presets", "list"),
        "add-provider deepseek --yes": lambda home: _wizard(home, "add-provider", "deepseek", "--yes"),
        "first question": lambda home: _until_question(home),
        "first question, deepseek": lambda home: _until_question(home, "deepseek"),
    }
    times: dict[str, list[float]] = {name: [] for name in measured}
    for _ in range(RUNS):  # in turn, so that a slow moment of the machine hits all of them
        for name, measure in measured.items():
            with tempfile.TemporaryDirectory() as home:
                times[name].append(measure(Path(home)))
    unit = statistics.median(times["nothing"])
    for name, values in times.items():
        median = statistics.median(values)
        print(f"{name:28} {median * 1000:6.1f} ms  x{median / unit:.1f}")  # noqa: T201 the result


def _wizard(home: Path, *arguments: str, environ: Mapping[str, str] | None = None) -> float:
    return _until_end([*WIZARD, *arguments], _environment(home) | dict(environ or {}))


def _until_end(command: list[str], environ: Mapping[str, str] | None = None) -> float:
    started = time.perf_counter()
    subprocess.run(command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    return time.perf_counter() - started


def _until_question(home: Path, *arguments: str) -> float:
    """In a terminal of its own; the program is ended as soon as the question is drawn."""
    started = time.perf_counter()
    child = pexpect.spawn(WIZARD[0], [*WIZARD[1:], "add-provider", *arguments], env=_environment(home), timeout=30)
    child.expect(FIRST_QUESTION[arguments])
    taken = time.perf_counter() - started
    child.close(force=True)
    return taken


def _environment(home: Path) -> dict[str, str]:
    """A machine where nothing is configured; the keyring is the one of whoever runs this, if there is one, and their
    model servers make no difference.
    """
    bus = {name: value for name, value in os.environ.items() if name == "DBUS_SESSION_BUS_ADDRESS"}
    bus |= {"WIZARD_MODEL_SERVERS": ""}
    return bus | {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "TERM": "xterm-256color"}


if __name__ == "__main__":
    main()
