"""What large files and long lists cost: `python tests/benchmarks/bench_growth.py [PYTHON]`.

Seconds of the processor for some size and for four times as much, and how often the first fits into the second: about
4 where it grows with the size, 16 where it grows with its square.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PYTHON = sys.argv[1] if len(sys.argv) > 1 else sys.executable
ALL_MODELS = ("add-provider", "openai-compatible", "--id", "big", "--all-models", "--yes", "--no-test")


def main() -> None:
    measure("list, providers", 500, providers, "list")
    measure("doctor, providers", 500, providers, "doctor", "--offline")
    measure("add-provider, providers", 500, providers, "add-provider", "groq", "--yes", "--dry-run")
    measure("add-provider, keys in plain text", 250, keys, "add-provider", "groq", "--yes", "--dry-run")
    measure("adopt, keys in plain text", 100, keys, "secret", "adopt", "--store", "file", "--yes", "--dry-run")
    measure("edit-provider, models", 1250, models, "edit-provider", "big", "--name", "X", "--yes", "--no-test")
    measure("remove-provider, a line of MB", 7, long_line, "remove-provider", "big", "--yes")
    for size in (1250, 5000):
        with tempfile.TemporaryDirectory() as folder:
            base = serve(size)
            first = run(Path(folder), *ALL_MODELS, "--base-url", base)
            again = run(Path(folder), *ALL_MODELS, "--base-url", base, "--merge", "--name", "Bigger")
            print(f"{'add-provider --all-models':<34} {size:>6}: {first:5.1f} s, merged again {again:5.1f} s")  # noqa: T201


def measure(name: str, size: int, config: Any, *command: str) -> None:
    taken = []
    for factor in (1, 4):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / ".config" / "crush" / "crush.json"
            path.parent.mkdir(parents=True)
            path.write_text(json.dumps(config(size * factor), indent=1))
            taken.append(run(Path(folder), *command))
    print(f"{name:<34} {size:>6}: {taken[0]:5.1f} s, {4 * size:>6}: {taken[1]:5.1f} s, x{taken[1] / taken[0]:.1f}")  # noqa: T201


def providers(count: int) -> Any:
    return {"providers": {f"p{number}": entry(f"$KEY_{number}") for number in range(count)}}


def keys(count: int) -> Any:
    return {"providers": {f"p{number}": entry(f"sk-{number}-0123456789{number * 7919}") for number in range(count)}}


def models(count: int) -> Any:
    return {"providers": {"big": {**entry("$KEY"), "models": [{"id": f"m{number}"} for number in range(count)]}}}


def long_line(megabytes: int) -> Any:
    return {"options": {"x": "y" * megabytes * 1_000_000}, "providers": {"big": entry("$KEY"), "p": entry("$KEY")}}


def entry(key: str) -> dict[str, Any]:
    return {"base_url": "https://llm.mine.example/v1", "api_key": key, "models": [{"id": "m"}]}


def serve(count: int) -> str:
    """An endpoint with so many models."""
    listed = [{"id": f"vendor/model-{number}", "context_length": 128_000 + number} for number in range(count)]
    body = json.dumps({"object": "list", "data": listed}).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/v1"


def run(home: Path, *command: str) -> float:
    """Seconds of the processor."""
    env = {"HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "WIZARD_MODEL_SERVERS": ""}
    env |= {"PYTHONPATH": str(Path(__file__).parents[2])}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [PYTHON, "-m", "wizard", *command],
        env=env,
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 1):
        sys.exit(f"{command}: {done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


if __name__ == "__main__":
    main()
