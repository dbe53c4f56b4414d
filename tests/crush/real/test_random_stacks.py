"""A few random stacks of each kind; `differential.py` gives as many as one likes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crush.real.command_comparison import command_differences
from tests.crush.real.comparison import Known, differences
from tests.crush.real.internet import Internet
from tests.crush.real.program import RealCrush
from tests.crush.real.random_stacks import random_stack
from tests.crush.real.stack import Json, Script, Stack, smaller, spelled


@pytest.fixture
def known(crush: RealCrush, internet: Internet, catalogue: Path) -> Known:
    return Known(crush.program, internet, catalogue)


@pytest.mark.parametrize("seed", range(12))
def test_we_say_what_crush_does(seed: int, known: Known, tmp_path: Path) -> None:
    stack = random_stack(seed)
    (tmp_path / "stack").mkdir()
    found = list(differences(stack, tmp_path / "stack", known))
    assert not found, "\n".join([*map(str, found), stack.text()])


@pytest.mark.parametrize("seed", range(9))
def test_a_command_does_what_it_says(seed: int, known: Known, tmp_path: Path) -> None:
    stack = random_stack(seed)
    (tmp_path / "stack").mkdir()
    found = list(command_differences(stack, seed, tmp_path / "stack", known))
    assert not found, "\n".join([*map(str, found), stack.text()])


# The tools themselves need no Crush


def test_a_seed_gives_one_stack() -> None:
    assert random_stack(7) == random_stack(7)
    assert random_stack(7) != random_stack(8)


def test_a_key_may_come_twice() -> None:
    assert spelled(Json((("a", 1), ("a", [None, "ü"])))) == '{"a": 1, "a": [null, "ü"]}'


def test_smaller_ones_lack_something_everywhere() -> None:
    stack = Stack(
        files={"f": Json((("a", Json((("b", "text"),))),)), "s": Script(("one two",))}, env={"K": "v"}, git=True
    )
    texts = {less.text() for less in smaller(stack)}
    assert stack.text() not in texts
    for part in ('{"a": {}}', "{}", '{"a": {"b": "te"}}', "--- s\ntwo\n"):
        assert any(part in text for text in texts), part
