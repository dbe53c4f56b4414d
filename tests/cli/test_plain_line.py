"""A line without a flag of ours waits for nothing that it does not need, and means what click would read."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import click
import pytest

from wizard.cli.command_line import commands
from wizard.cli.plain_line import plain_call, plain_words
from wizard.cli.provider.add import command as add_provider
from wizard.cli.provider.given import NewProviderFlags
from wizard.cli.run.run import command as run
from wizard.cli.setup.command import command as setup
from wizard.cli.setup.wish import Wish
from wizard.cli.which_file import WhichFile

if TYPE_CHECKING:
    from tests.cli.conftest import Finished, Machine

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


def read_by_click(command: click.Command, *arguments: str) -> dict[str, Any]:
    above = click.Context(commands, **commands.context_settings)  # click keeps the help flag of the first context
    return command.make_context(command.name, [*arguments], parent=above).params


@pytest.mark.parametrize("arguments", PLAIN, ids=" ".join)
def test_the_words_are_those_that_click_finds(arguments: list[str]) -> None:
    assert plain_words(arguments[1:]) == list(read_by_click(run, *arguments[1:])["words"])


LEFT_TO_CLICK = [
    *(["run", "--strict"], ["run", "--help"], ["run", "-x", "y"], ["run", "-"], ["list"], ["--", "run"]),
    *(["setup", "--yes"], ["setup", "groq"], ["--offline"], ["add-provider", "--yes"], ["add-provider", "--", "groq"]),
    *(["add-provider", "groq", "--yes"], ["add-provider", "groq", "ollama"], ["add-provider", "-h"]),
]


@pytest.mark.parametrize("preset", [(), ("groq",), ("",)])
def test_the_flags_of_add_provider_are_those_that_click_finds(preset: tuple[str, ...]) -> None:
    params = read_by_click(add_provider, *preset)
    which = WhichFile(*(params.pop(name) for name in ("scope", "file", "format_")))
    assert NewProviderFlags(**params) == NewProviderFlags(preset=next(iter(preset), None))
    assert which == WhichFile()
    assert plain_call(["add-provider", *preset]) is not None


def test_the_flags_of_setup_are_those_that_click_finds() -> None:
    params = read_by_click(setup)
    which = WhichFile(*(params.pop(name) for name in ("scope", "file", "format_")))
    assert Wish(which, **params) == Wish(WhichFile())
    assert plain_call([]) is not None
    assert plain_call(["setup"]) is not None


@pytest.mark.parametrize("arguments", LEFT_TO_CLICK, ids=" ".join)
def test_a_flag_is_left_to_click(arguments: list[str]) -> None:
    assert plain_call(arguments) is None


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


@pytest.mark.parametrize("line", ["add-provider groqq", "add-provider acme/b", "add-provider azure", "setup", ""])
def test_what_goes_wrong_is_told_as_where_click_reads_the_line(machine: Machine, line: str) -> None:
    """Without a terminal: an unknown preset, and answers that are missing, with the hints that fit the command."""
    plain, read = machine.run(*line.split()), machine.run(*(line or "setup").split(), "--no-color")
    assert plain.code != 0
    assert (plain.code, plain.out, said(plain)) == (read.code, read.out, said(read))


def said(finished: Finished) -> str:
    """The error, without what `setup` found, some of which may take too long to be known."""
    return "".join(finished.err.partition("error: ")[1:])
