"""What hide and unhide write, in the model picker of a real Crush."""

from __future__ import annotations

import contextlib
import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.crush.test_real_commands import configure, wizard
from tests.terminal.conftest import terminal

if TYPE_CHECKING:
    from tests.crush.real.program import RealCrush
    from tests.terminal.conftest import OpenTerminal

__all__ = ["terminal"]

MODELS = [{"id": "m1", "name": "Model of mine", "context_window": 9000, "default_max_tokens": 900}]
MINE = {"name": "My own endpoint", "base_url": "https://mine.example/v1", "api_key": "k-1", "models": MODELS}


def picker(crush: RealCrush, terminal: OpenTerminal, wanted: str, typed: str = "") -> str:
    """The screen of the picker, filtered by what is typed, once it shows what is wanted."""
    crush.home.joinpath(".crush").mkdir(exist_ok=True)
    crush.home.joinpath(".crush", "init").touch()  # it does not ask about the folder
    window = terminal(["env", "-C", crush.home, crush.program], {**crush.environ, "PYTHONPATH": None}, 100, 80)
    window.wait_for("ctrl+l models")
    while "Switch Model" not in window.screen:
        window.key("ctrl-l")  # Crush may not listen yet
        with contextlib.suppress(pytest.fail.Exception):
            window.wait_for("Switch Model", timeout=3)
    window.send(typed)
    window.wait_for(typed)
    return window.wait_for(wanted)


def test_the_picker_has_only_ones_own(crush: RealCrush, terminal: OpenTerminal) -> None:
    configure(crush, {"providers": {"mine": MINE}})
    before = crush.config_file.read_bytes()
    assert headings(picker(crush, terminal, "Qwen3 32B", "Groq")) == ["Groq", "Hugging Face"]
    assert headings(picker(crush, terminal, "AWS Bedrock US", "Bedrock")) == ["AWS Bedrock US", "AWS Bedrock Europe"]

    assert wizard(crush, "hide", "--others", "--yes").code == 0
    assert headings(picker(crush, terminal, "> Groq", "Groq")) == []
    assert headings(picker(crush, terminal, "> Bedrock", "Bedrock")) == []
    assert headings(picker(crush, terminal, "Model of mine", "Model of")) == ["My own endpoint"]

    assert wizard(crush, "unhide", "groq", "--yes").code == 0
    assert headings(picker(crush, terminal, "Qwen3 32B", "Groq")) == ["Groq"]
    assert wizard(crush, "unhide", "--all", "--yes").code == 0
    assert crush.config_file.read_bytes() == before


def headings(screen: str) -> list[str]:
    """The names of the providers that the picker shows."""
    return re.findall(r"│ (\S.*?)  ──", screen)


def test_a_script_hides_as_well(crush: RealCrush, terminal: OpenTerminal) -> None:
    configure(crush, {"providers": {"mine": MINE}})
    crush.config_file.with_name("crushrc").write_text("true\n")
    done = wizard(crush, "hide", "groq", "--yes", "--format", "crushrc")
    assert done.code == 0, done.err
    assert json.loads(crush.config_file.read_text()) == {"providers": {"mine": MINE}}
    assert headings(picker(crush, terminal, "Hugging Face", "Groq")) == ["Hugging Face"]
