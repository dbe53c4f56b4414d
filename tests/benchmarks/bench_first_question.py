"""From Enter to the first question on the screen: `python tests/benchmarks/bench_first_question.py [RUNS [PYTHON]]`.

In a terminal of 80 columns, on a machine without a keyring and without Crush; as multiples of a bare
`questionary.select` a moment before, each in turn, medians of nine: once by the clock, once by the time of the
processor, which says the same on a machine that does other things meanwhile. Nothing is asserted: times depend on
what else runs. The wizard is installed for this into a virtual environment of its own; PYTHON is one that has it
already. For Linux and macOS.
"""

from __future__ import annotations

import os
import pty
import select
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.measuring import Spent, installed, median, wizard

RUNS = int(sys.argv[1]) if len(sys.argv) > 1 else 9
LIBRARIES = "import click, msgspec;"
"""What every command of ours needs before its first line."""
BARE = "import questionary; questionary.select('Provider', choices=['DeepSeek', 'Groq', 'Ollama']).ask()"


QUESTION_MARK = b"?\x1b["
"""A question begins with one that has a colour of its own; no terminal's own sequence has it before an escape."""
PATIENCE = 60.0
"""Seconds for a first question to come at all."""


class Start(NamedTuple):
    """What is started, and how many times the bare question's time it may take to its first one."""

    arguments: tuple[str, ...]
    most: float


STARTS = {
    "add-provider": Start(("add-provider",), 1.2),
    "add-provider deepseek": Start(("add-provider", "deepseek"), 1.2),
    "setup": Start((), 1.3),
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        python = Path(sys.argv[2]) if len(sys.argv) > 2 else installed(Path(folder))
        home = Path(folder) / "home"
        home.mkdir()
        bare: list[Spent] = []
        libraries: list[Spent] = []
        times: dict[str, list[Spent]] = {name: [] for name in STARTS}
        for _ in range(RUNS):
            bare.append(_until_asked([str(python), "-c", BARE], home))
            libraries.append(_until_asked([str(python), "-c", LIBRARIES + BARE], home))
            for name, start in STARTS.items():
                times[name].append(_until_asked([wizard(python), *start.arguments], home))
    unit = median(bare)
    print(f"bare questionary.select: {unit.wall * 1000:.0f} ms by the clock, {unit.cpu * 1000:.0f} of the processor")  # noqa: T201
    _print("the same with click and msgspec", libraries, bare)
    for name, start in STARTS.items():
        _print(f"{name} (at most {start.most}x)", times[name], bare)


def _print(name: str, taken: list[Spent], bare: list[Spent]) -> None:
    """Round by round, as a machine may be half as fast a second later."""
    pairs = zip(taken, bare, strict=True)
    ratio = median(Spent(own.wall / unit.wall, own.cpu / unit.cpu) for own, unit in pairs)
    print(f"{name:40} {median(taken).wall * 1000:5.0f} ms {ratio.wall:5.2f}x {ratio.cpu:5.2f}x")  # noqa: T201


def _until_asked(command: list[str], home: Path) -> Spent:
    """What it takes a program to show a question in a terminal of its own; it is ended then."""
    started = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(home)
        os.execve(command[0], command, _environment(home))
    try:
        _wait_for_question(terminal)
        wall = time.perf_counter() - started
    finally:
        os.kill(pid, signal.SIGKILL)
        used = os.wait4(pid, 0)[2]
        os.close(terminal)
    return Spent(wall, used.ru_utime + used.ru_stime)


def _wait_for_question(terminal: int) -> None:
    screen = b""
    while QUESTION_MARK not in screen:
        readable, _, _ = select.select([terminal], [], [], PATIENCE)
        if not readable:
            sys.exit(f"no question came: {screen.decode(errors='replace')}")
        screen += os.read(terminal, 65536)


def _environment(home: Path) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "HOME": str(home), "LANG": "C.UTF-8", "TERM": "xterm-256color", "COLUMNS": "80"}


if __name__ == "__main__":
    main()
