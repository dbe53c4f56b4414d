"""How long a large crush.json takes, as multiples of json.loads on the same text.

python tests/benchmarks/bench_json.py
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[2]))

from wizard.change.diff import unified_diff
from wizard.documents.document import PutProvider
from wizard.documents.json.document import JsonDocument
from wizard.files.plan import FileEdit

if TYPE_CHECKING:
    from collections.abc import Callable

MODEL = {"id": "m", "name": "Model", "cost_per_1m_in": 0.25, "context_window": 128000, "can_reason": True}


def large_file(providers: int = 1_000, models: int = 50) -> str:
    """About 9 MB."""
    entry = {"base_url": "http://localhost/v1", "models": [MODEL | {"id": f"m{index}"} for index in range(models)]}
    return json.dumps({"providers": {f"p{index}": entry for index in range(providers)}}, indent=2)


def seconds(work: Callable[[], object], rounds: int = 3) -> float:
    """The best of some rounds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    text = large_file()
    document = JsonDocument(text, "crush.json")
    new = [PutProvider("new", {"type": "openai", "models": [MODEL]})]
    changed = [PutProvider("p500", {"name": "P", "models": [{"id": "m7", "can_reason": False}, MODEL]})]
    edit = FileEdit(Path("crush.json"), text, document.edits(changed), masked={"some-secret-value": "<redacted>"})
    base = seconds(lambda: json.loads(text))
    print(f"{len(text) / 1e6:.1f} MB, json.loads {base * 1000:.0f} ms")  # noqa: T201 - what a benchmark is for
    for name, work in (
        ("read", lambda: JsonDocument(text, "crush.json")),
        ("add a provider", lambda: document.edits(new)),
        ("merge three changes", lambda: document.edits(changed)),
        ("diff", lambda: unified_diff(edit)),
    ):
        print(f"{name:20} x{seconds(work) / base:.1f}")  # noqa: T201 - what a benchmark is for


if __name__ == "__main__":
    main()
