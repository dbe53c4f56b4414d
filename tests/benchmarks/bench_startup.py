"""How long people wait for a command: `python tests/benchmarks/bench_startup.py [RUNS [PYTHON]]`.

Whole processes, as multiples of a Python that does nothing (`python -I -c pass`) in the same run: once by the clock,
once by the time of the processor, which says the same on a machine that does other things meanwhile. Medians of nine.
The last column is what defining values (structs) takes of it. Nothing is asserted: times depend on what else runs.

The wizard is installed for this into a virtual environment of its own, as a user would, which takes a minute and
pip's usual way to packages: an editable install slows every Python there down. PYTHON is one that has it already.
For Linux and macOS.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.measuring import Spent, installed, median, spent, wizard

RUNS = int(sys.argv[1]) if len(sys.argv) > 1 else 9
COMPLETE = {"_CRUSH_WIZARD_COMPLETE": "bash_complete", "COMP_WORDS": "crush-wizard ", "COMP_CWORD": "1"}
ADD = ("add-provider", "deepseek", "--yes")
COMMANDS: dict[str, tuple[tuple[str, ...], int]] = {
    "--version": (("--version",), 2),
    "--help": (("--help",), 5),
    "completion of commands": ((), 5),
    "presets list": (("presets", "list"), 7),
    "paths": (("paths",), 7),
    "list": (("list",), 9),
    "show": (("show", "deepseek"), 9),
    "use": (("use",), 9),
    "doctor --offline": (("doctor", "--offline"), 9),
    "add-provider --dry-run": ((*ADD, "--dry-run"), 12),
}
"""Arguments, and how many times the time of nothing the command may take."""
MOST_FOR_VALUES = 10
"""Milliseconds for defining all values on any command's way."""
DEFINING = """
import atexit, builtins, sys, time
plain, taken = builtins.__build_class__, []
def timed(*arguments, **keywords):
    started = time.process_time()
    made = plain(*arguments, **keywords)
    if type(made).__name__ == "StructMeta":
        taken.append(time.process_time() - started)
    return made
builtins.__build_class__ = timed
atexit.register(lambda: print(sum(taken), len(taken), file=sys.stderr))
from wizard.__main__ import main
main()
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        python = Path(sys.argv[2]) if len(sys.argv) > 2 else installed(Path(folder))
        home = Path(folder) / "home"
        home.mkdir()
        subprocess.run([wizard(python), *ADD], env=_environment("", home), capture_output=True, check=True)
        _print(*_measured(python, home), python, home)


def _measured(python: Path, home: Path) -> tuple[list[Spent], dict[str, list[Spent]]]:
    """A Python that does nothing, and each command; in turn, so that a slow moment of the machine hits all of them."""
    nothing: list[Spent] = []
    commands: dict[str, list[Spent]] = {name: [] for name in COMMANDS}
    for _ in range(RUNS):
        nothing.append(spent([python, "-I", "-c", "pass"], _environment("", home), home))
        for name, (arguments, _most) in COMMANDS.items():
            commands[name].append(spent([wizard(python), *arguments], _environment(name, home), home))
    return nothing, commands


def _print(nothing: list[Spent], commands: dict[str, list[Spent]], python: Path, home: Path) -> None:
    unit = median(nothing)
    print(f"nothing: {unit.wall * 1000:.1f} ms by the clock, {unit.cpu * 1000:.1f} of the processor")  # noqa: T201
    print(f"{'':24} {'clock':>8} {'':>6} {'cpu':>6} {'most':>5}   values")  # noqa: T201
    for name, times in commands.items():
        taken, most = median(times), COMMANDS[name][1]
        seconds, count = _defining(python, name, home)
        print(  # noqa: T201
            f"{name:24} {taken.wall * 1000:5.0f} ms {taken.wall / unit.wall:5.1f}x {taken.cpu / unit.cpu:5.1f}x"
            f" {most:4}x   {count:3} in {seconds * 1000:.1f} ms (at most {MOST_FOR_VALUES})"
        )


def _defining(python: Path, name: str, home: Path) -> tuple[float, int]:
    """Seconds of the processor that defining structs took, and how many there were. Median of all runs."""
    command = [str(python), "-c", DEFINING, *COMMANDS[name][0]]
    told = [
        subprocess.run(command, env=_environment(name, home), cwd=home, capture_output=True, text=True).stderr.split()
        for _ in range(RUNS)
    ]
    return statistics.median(float(words[-2]) for words in told), int(told[0][-1])


def _environment(name: str, home: Path) -> dict[str, str]:
    """A machine with one provider and no keyring; no network is asked, so that none is measured."""
    completing = COMPLETE if name == "completion of commands" else {}
    return {"PATH": "/usr/bin:/bin", "HOME": str(home), "LANG": "C.UTF-8", "WIZARD_OFFLINE": "1", **completing}


if __name__ == "__main__":
    main()
