"""What a list of thousands costs: counted in rows that are looked at, not in time."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING, Any

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.styles import Style

from wizard.flow.question import Choice
from wizard.ui.picker import ALIGNED, Rows, pick

if TYPE_CHECKING:
    from collections.abc import Sequence

MANY = 5_000
VISIBLE = 24
"""Lines of the window."""


class Counted:
    """Stands in for a choice, and counts how often its label is looked at."""

    looked = 0

    def __init__(self, choice: Choice) -> None:
        self._choice = choice

    def __getattr__(self, name: str) -> Any:
        if name == "label":
            Counted.looked += 1
        return getattr(self._choice, name)


def choices() -> Sequence[Any]:
    return [Counted(Choice(f"v{n % 40}/m-{n}", f"Model {n}", f"{n % 9}k context")) for n in range(MANY)]


async def looked_at(rows: Rows, keys: str) -> list[int]:
    """Labels that are looked at for each key."""
    counts: list[int] = []
    drawn = asyncio.Event()
    screen = Vt100_Output(io.StringIO(), lambda: Size(VISIBLE, 80), enable_cpr=False)
    with create_pipe_input() as keyboard, create_app_session(keyboard, screen):
        app: Any = pick("Which models?", rows, Style([]), lambda _: None)
        app.after_render += lambda _: drawn.set()
        running = asyncio.create_task(app.run_async())
        await drawn.wait()
        for key in keys:
            drawn.clear()
            Counted.looked = 0
            keyboard.send_text(key)
            await drawn.wait()
            counts.append(Counted.looked)
        app.exit()
        await running
    return counts


@pytest.mark.parametrize("picked", [None, ("v0/m-0",)], ids=["choice", "many"])
def test_a_key_costs_as_many_rows_as_are_in_sight(picked: tuple[str, ...] | None) -> None:
    rows = Rows(choices(), picked, back=True)
    for count in asyncio.run(looked_at(rows, "m-4\x7f\x0e\x0e\x10")):
        assert count <= 3 * VISIBLE


def test_drawing_the_list_the_first_time_costs_no_more_than_once_over_it() -> None:
    Counted.looked = 0
    rows = Rows(choices(), (), back=True)
    assert rows.widest == len("Model 999")
    assert Counted.looked <= MANY + ALIGNED
