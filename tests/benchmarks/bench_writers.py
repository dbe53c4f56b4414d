"""Many `add-provider --yes` at once, on one file: `python tests/benchmarks/bench_writers.py [WRITERS [PYTHON]]`.

Each is a process of its own with a provider of its own. All have to land: the exit codes, the providers in the file
and the undo records are counted. What is measured is the time of all of them against that of one after the other.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

WRITERS = int(sys.argv[1]) if len(sys.argv) > 1 else 50
PYTHON = sys.argv[2] if len(sys.argv) > 2 else sys.executable
SEQUENTIAL = 5
"""So many are measured one after the other."""
FLAGS = ("--base-url", "https://llm.mine.example/v1", "--model", "m", "--yes", "--no-test", "--offline")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        for number in range(SEQUENTIAL):
            start(Path(folder), number).wait()
        apart = (time.perf_counter() - began) / SEQUENTIAL * WRITERS
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        began = time.perf_counter()
        codes = Counter(process.wait() for process in [start(home, number) for number in range(WRITERS)])
        together = time.perf_counter() - began
        providers = json.loads((home / ".config" / "crush" / "crush.json").read_text())["providers"]
        records = len(list((home / ".local" / "state" / "crush-wizard" / "backups").glob("*.json")))
    print(f"{WRITERS} writers: exit codes {dict(codes)}, {len(providers)} providers in the file, {records} records")  # noqa: T201
    print(f"together {together:.1f} s, one after the other {apart:.1f} s")  # noqa: T201


def start(home: Path, number: int) -> subprocess.Popen[bytes]:
    env = {"HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    return subprocess.Popen(
        [PYTHON, "-m", "wizard", "add-provider", "openai-compatible", "--id", f"p{number}", *FLAGS],
        env={**env, "PYTHONPATH": str(Path(__file__).parents[2])},
        cwd=home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


if __name__ == "__main__":
    main()
