"""How long people wait where 5,000 models are on offer: `python tests/benchmarks/bench_picker.py [KEYS]`.

From a key to the redrawn list, in a prompt that runs as it does in a terminal; and from the answer before to the
question about models, with every one of them looked up in the catalogue. Milliseconds; nothing is asserted.
"""

from __future__ import annotations

import asyncio
import io
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wizard.files.locations import here
from wizard.flow.driver import Interview
from wizard.flow.facts import Facts
from wizard.flow.offer import Offer
from wizard.flow.preset_library import load_presets
from wizard.flow.question import Choice, Question, Raw
from wizard.machine.catalogs import look_up
from wizard.provider.model_facts import ModelFacts
from wizard.ui.picker import Rows, pick

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYS = int(sys.argv[1]) if len(sys.argv) > 1 else 60
MODELS = 5_000
BUDGET = 50.0
"""Milliseconds from a key to the redrawn list."""
TYPED = ("v", "e", "n", "3", "\x7f", "\x7f", "\x1b[B", "\x7f", "\x7f", " ")
"""Letters that leave many and few, steps back, a step down, and one that picks."""


def main() -> None:
    asked = list(_ask())
    choices = next(choices for key, _, choices in asked if key == "models")
    for columns in (80, 40):
        times = asyncio.run(_redraws(choices, columns))
        median, worst = statistics.median(times), max(times)
        print(f"key to redraw, {columns} columns  {median:5.1f} ms  at most {worst:5.1f} ms  (budget {BUDGET:.0f})")  # noqa: T201
    for key, taken, _ in asked:
        if key in ("models", "large"):
            print(f"until the question `{key}`      {taken:5.0f} ms")  # noqa: T201 the result


async def _redraws(choices: tuple[Choice, ...], columns: int) -> list[float]:
    """Milliseconds from each key to the end of the drawing that follows it."""
    from prompt_toolkit.application import create_app_session
    from prompt_toolkit.data_structures import Size
    from prompt_toolkit.input import create_pipe_input
    from prompt_toolkit.output.vt100 import Vt100_Output
    from prompt_toolkit.styles import Style

    times: list[float] = []
    drawn = asyncio.Event()
    screen = Vt100_Output(io.StringIO(), lambda: Size(24, columns), enable_cpr=False)
    with create_pipe_input() as keyboard, create_app_session(keyboard, screen):
        prompt = pick("Which models?", Rows(choices, ("vendor1/model-1",), back=True), Style([]), lambda _: None)
        app: Any = prompt
        app.after_render += lambda _: drawn.set()
        running = asyncio.create_task(app.run_async())
        await drawn.wait()
        for count in range(KEYS):
            drawn.clear()
            started = time.perf_counter()
            keyboard.send_text(TYPED[count % len(TYPED)])
            await drawn.wait()
            times.append((time.perf_counter() - started) * 1000)
        keyboard.send_text("\r")
        await running
    return times


def _ask() -> Iterator[tuple[str, float, tuple[Choice, ...]]]:
    """Every question of `add-provider` with the milliseconds until it came, and its choices."""
    presets, _ = load_presets(Path("no presets of the user"))
    offer = Offer(tuple(_model(number) for number in range(MODELS)))
    facts = Facts(presets, look_at_models=lambda _: offer, picks=True, look_up=look_up(here()))
    person = _Person()
    Interview(facts, {}, person).run()
    return iter(person.asked)


def _model(number: int) -> ModelFacts:
    return ModelFacts(
        f"vendor{number % 40}/model-{number}",
        f"Vendor {number % 40}: Model {number}",
        context_window=1_000 * (number % 200 + 8),
        cost_per_1m_in=number % 50 / 10,
        cost_per_1m_out=float(number % 70),
        can_reason=number % 3 == 0,
        tools=number % 5 > 0,
    )


class _Person:
    """Answers at once, and looks at the clock."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, float, tuple[Choice, ...]]] = []
        self._answered = time.perf_counter()
        self._answers: dict[str, Raw] = {
            "preset": "openai-compatible",
            "base_url": "http://localhost:9/v1",
            "key_source": "none",
            "headers": (),
            "models": ("vendor3/model-3", "vendor4/model-4"),
        }

    def ask(self, question: Question, *, can_go_back: bool) -> Raw:
        self.asked.append((question.key, (time.perf_counter() - self._answered) * 1000, question.choices))
        answer = self._answers.get(question.key, question.default)
        assert answer is not None, question.key
        self._answered = time.perf_counter()
        return answer

    def show(self, text: str, style: str) -> None: ...


if __name__ == "__main__":
    main()
