"""How long `doctor --offline` takes: `python tests/benchmarks/bench_doctor.py [RUNS [PYTHON]]`.

Medians in milliseconds, against budgets: 150 ms for an ordinary setup, 2 s for one with 1,000 providers. The
machine has no Crush, no git repository and no keyring of its own, so what is measured is the wizard.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

RUNS = int(sys.argv[1]) if len(sys.argv) > 1 else 9
PYTHON = sys.argv[2] if len(sys.argv) > 2 else sys.executable
ORDINARY_MS = 150
MANY_MS = 2000


def main() -> None:
    for name, count, budget in (("ordinary", 3, ORDINARY_MS), ("1,000 providers", 1000, MANY_MS)):
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            write(home, count)
            taken = statistics.median(run(home) for _ in range(RUNS))
        print(f"{name:<16} {taken:7.0f} ms  (budget {budget} ms)")  # noqa: T201


def write(home: Path, count: int) -> None:
    path = home / ".config" / "crush" / "crush.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"providers": {f"p{number}": provider(number) for number in range(count)}}, indent=2))


def provider(number: int) -> dict[str, Any]:
    models = [
        {"id": f"m{index}", "name": f"M{index}", "context_window": 128_000, "default_max_tokens": 4096}
        for index in range(5)
    ]
    return {"base_url": f"https://host{number}.example/v1", "api_key": f"$KEY_{number}", "models": models}


def run(home: Path) -> float:
    start = time.perf_counter()
    subprocess.run(
        [PYTHON, "-m", "wizard", "doctor", "--offline"],
        env={
            "HOME": str(home),
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(Path(__file__).parents[2]),
        },
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main()
