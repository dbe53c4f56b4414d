"""`run` without a flag of its own waits for nothing that it does not need, and is read as click would read it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from wizard.cli.app import plain_run
from wizard.cli.command_line import commands
from wizard.cli.run.run import command

if TYPE_CHECKING:
    from tests.cli.conftest import Machine

PLAIN = [
    ["run"],
    ["run", "--"],
    ["run", "--", "--"],
    ["run", "crush"],
    ["run", "crush", "--help"],
    ["run", "crush", "--", "--quiet"],
    ["run", "--", "crush", "--json"],
    ["run", "--", "--strict"],
    ["run", "", "x"],
]
LOADED = (
    "import sys, os; os.execvpe = lambda *_: sys.exit(' '.join(sys.modules)); from wizard.__main__ import main; main()"
)


@pytest.mark.parametrize("arguments", PLAIN, ids=" ".join)
def test_the_words_are_those_that_click_finds(arguments: list[str]) -> None:
    above = click.Context(commands, **commands.context_settings)  # click keeps the help flag of the first context
    words = command.make_context("run", arguments[1:], parent=above).params["words"]
    assert plain_run(arguments) == list(words)


@pytest.mark.parametrize(
    "arguments", [["run", "--strict"], ["run", "--help"], ["run", "-x", "y"], ["run", "-"], ["list"], [], ["--", "run"]]
)
def test_a_flag_is_left_to_click(arguments: list[str]) -> None:
    assert plain_run(arguments) is None


def test_click_is_not_waited_for(machine: Machine) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED, "run", "--", "crush"],
        env=machine.env,
        cwd=machine.home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "wizard.cli.run.start" in done.stderr
    assert "click" not in done.stderr.split()
