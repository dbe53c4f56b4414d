"""What hide and unhide write, in the model picker of a real Crush."""

from __future__ import annotations

import contextlib
import json
import re
import time
from typing import TYPE_CHECKING

import pytest

from tests.crush.test_real_commands import configure, wizard
from tests.terminal.conftest import PATIENCE, terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.crush.real.program import RealCrush
    from tests.terminal.conftest import OpenTerminal

__all__ = ["terminal"]

MODELS = [{"id": "m1", "name": "Model of mine", "context_window": 9000, "default_max_tokens": 900}]
MINE = {"name": "My own endpoint", "base_url": "https://mine.example/v1", "api_key": "k-1", "models": MODELS}


@pytest.fixture
def offers(crush: RealCrush, terminal: OpenTerminal) -> Callable[..., None]:
    """`offers(TYPED, PROVIDER, ...)`: Crush's picker, filtered by a text, comes to show just these providers."""

    def look(typed: str, *providers: str) -> None:
        crush.home.joinpath(".crush").mkdir(exist_ok=True)
        crush.home.joinpath(".crush", "init").touch()  # it does not ask about the folder
        window = terminal(["env", "-C", crush.home, crush.program], {**crush.environ, "PYTHONPATH": None}, 100, 40)
        window.wait_for("ctrl+l models")
        while "Switch Model" not in window.screen:
            window.key("ctrl-l")  # Crush may not listen yet
            with contextlib.suppress(pytest.fail.Exception):
                window.wait_for("Switch Model", timeout=3)
        window.send(typed)
        window.wait_for(f"> {typed}")
        end = time.monotonic() + PATIENCE
        while headings(window.screen) != list(providers):
            assert time.monotonic() < end, window.screen
            time.sleep(0.05)

    return look


def headings(screen: str) -> list[str]:
    """The names of the providers that the picker shows."""
    return re.findall(r"│ (\S.*?)  ──", screen)


def test_the_picker_has_only_ones_own(crush: RealCrush, offers: Callable[..., None]) -> None:
    configure(crush, {"providers": {"mine": MINE}})
    before = crush.config_file.read_bytes()
    offers("Groq", "Groq", "Hugging Face")

    assert wizard(crush, "hide", "--others", "--yes").code == 0
    offers("Groq")
    offers("Azure")
    offers("Bedrock")
    offers("Model of", "My own endpoint")

    assert wizard(crush, "unhide", "groq", "--yes").code == 0
    offers("Groq", "Groq")
    assert wizard(crush, "unhide", "--all", "--yes").code == 0
    assert crush.config_file.read_bytes() == before


def test_a_script_hides_as_well(crush: RealCrush, offers: Callable[..., None]) -> None:
    configure(crush, {"providers": {"mine": MINE}})
    crush.config_file.with_name("crushrc").write_text("true\n")
    done = wizard(crush, "hide", "groq", "--yes", "--format", "crushrc")
    assert done.code == 0, done.err
    assert json.loads(crush.config_file.read_text()) == {"providers": {"mine": MINE}}
    offers("Groq", "Hugging Face")
