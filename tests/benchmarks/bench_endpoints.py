"""How long 50 providers take together, as a multiple of the slowest one alone, which answers after 300 ms.

Each has an origin of its own, as in life: connections, and what is known of them, are kept for each origin. On Linux
every address of 127.0.0.0/8 is this machine; elsewhere they share one.

python tests/benchmarks/bench_endpoints.py
"""

from __future__ import annotations

import json
import multiprocessing
import statistics
import sys
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[2]))

from wizard.endpoints.probe import run_probes
from wizard.endpoints.wire import Live

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.queues import Queue

PROVIDERS = 50
ANSWER_SECONDS = 0.3
BUDGET = 1.5


def main(runs: int = 5) -> None:
    with endpoint() as port:
        lives = [
            Live(f"p{number}", "openai-compat", f"http://{_host(number)}:{port}/v1", models=("m1",))
            for number in range(PROVIDERS)
        ]
        for quick in (True, False):
            timed(lives[:1], quick=quick)  # imports are no part of it
            alone = statistics.median(timed(lives[:1], quick=quick) for _ in range(runs))
            together = statistics.median(timed(lives, quick=quick) for _ in range(runs))
            factor = together / alone
            what = "--quick" if quick else "all steps"
            verdict = "" if factor < BUDGET else f"  over the budget of x{BUDGET}"
            print(f"{what:9}  1: {alone:.2f} s  {len(lives)}: {together:.2f} s  x{factor:.2f}{verdict}")  # noqa: T201 the result


def _host(number: int) -> str:
    return f"127.0.0.{number + 2}" if sys.platform == "linux" else "127.0.0.1"


def timed(lives: list[Live], *, quick: bool) -> float:
    started = time.perf_counter()
    results = run_probes(lives, {}, quick=quick, seconds=30, on_step=lambda *_: None)
    seconds = time.perf_counter() - started
    assert all(result.ok for result in results), results
    return seconds


class Slow(BaseHTTPRequestHandler):
    """Answers OpenAI's calls, each after ANSWER_SECONDS."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(json.dumps({"data": [{"id": "m1"}]}), "application/json")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if body.get("stream"):
            choices = ({"delta": {"content": "OK"}}, {"delta": {}, "finish_reason": "stop"})
            lines = "".join(f"data: {json.dumps({'choices': [choice]})}\n\n" for choice in choices)
            self._answer(f"{lines}data: [DONE]\n\n", "text/event-stream")
        else:
            choice = {"message": {"content": "OK"}, "finish_reason": "stop"}
            self._answer(json.dumps({"choices": [choice]}), "application/json")

    def _answer(self, text: str, kind: str) -> None:
        time.sleep(ANSWER_SECONDS)
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args: object) -> None: ...


class Server(ThreadingHTTPServer):
    request_queue_size = 2 * PROVIDERS
    daemon_threads = True


@contextmanager
def endpoint() -> Iterator[int]:
    """Its port; in a process of its own, so that its work does not count."""
    context = multiprocessing.get_context("spawn")
    ports = context.Queue()
    process = context.Process(target=serve, args=(ports,), daemon=True)
    process.start()
    yield ports.get()
    process.kill()


def serve(ports: Queue[int]) -> None:
    everywhere = "" if sys.platform == "linux" else "127.0.0.1"
    with Server((everywhere, 0), Slow) as server:
        ports.put(server.server_port)
        server.serve_forever()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
