"""What we tell people to type is a command of ours, with flags that this command has."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from wizard.cli.command_line import commands
from wizard.cli.hints import fitting

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PROGRAM = "crush-wizard"
_CALL = re.compile(rf"{PROGRAM} (?P<words>[^`;:()\n]*)")
_FLAG = re.compile(r"--[a-z][a-z-]*|-[a-z]")


def told() -> Iterator[tuple[str, str]]:
    """Every call of ours that stands in a text of the program, or of its pages, with where it does."""
    for path in sorted((ROOT / "wizard").rglob("*.py")):
        where = str(path.relative_to(ROOT))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            yield from ((where, call) for call in _calls(node))
    for path in (ROOT / "README.md", *sorted((ROOT / "wizard").rglob("*.md"))):
        text = path.read_text(encoding="utf-8")
        yield from ((str(path.relative_to(ROOT)), found["words"]) for found in _CALL.finditer(text))


def _calls(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "command_line":
        yield " ".join(_text(argument) or "X" for argument in node.args)
    elif text := _text(node):
        yield from (found["words"] for found in _CALL.finditer(text))


def _text(node: ast.AST) -> str:
    """A string as it is written, with a word in the place of each value."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


@pytest.fixture(scope="module")
def calls() -> list[tuple[str, str]]:
    return sorted({(where, call.strip()) for where, call in told() if call.strip()})


def _command(words: list[str]) -> tuple[click.Command | None, list[str]]:
    """The command that the first words name, and the others; None for words that name none."""
    found: click.Command = commands
    while isinstance(found, click.Group) and words:
        inner = found.get_command(click.Context(found), words[0])
        if inner is None:
            break
        found, words = inner, words[1:]
    return (None if found is commands else found), words


def _words(call: str) -> list[str]:
    try:
        return shlex.split(call)
    except ValueError:  # a quote of the sentence around it
        return call.replace('"', " ").replace("'", " ").split()


def test_a_call_has_the_flags_that_it_is_told_with(calls: list[tuple[str, str]]) -> None:
    assert [(where, call, flags) for where, call in calls if (flags := _unknown_flags(call))] == []


def _unknown_flags(call: str) -> set[str]:
    command, words = _command(_words(call))
    if command is None:  # the program's name in a sentence
        return set()
    known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)} | {"-h", "--help"}
    flags = [word.partition("=")[0] for word in _before_another_program(words)]
    return {flag for flag in flags if _FLAG.fullmatch(flag)} - known


def _before_another_program(words: list[str]) -> list[str]:
    """What stands before a `--`, or the end of the command in a sentence."""
    for number, word in enumerate(words):
        if word in ("--", "&&", "|", "#", "<", ">"):
            return words[:number]
    return words


def test_there_are_such_calls(calls: list[tuple[str, str]]) -> None:
    assert len(calls) > 80
    assert any("--refresh" in call for _, call in calls)


MOVED = "leave it, or move it: crush-wizard convert --to json"
UNLOCKED = "log in to the desktop, or gnome-keyring-daemon --unlock, then run this again"


@pytest.mark.parametrize(
    ("command", "hint", "fits"),
    [
        ("undo", "edit the file by hand, or use --format json", "edit the file by hand"),
        ("use", "edit the file by hand, or use --format json", "edit the file by hand, or use --format json"),
        ("undo", "name another file with --file", ""),
        ("undo", MOVED, MOVED),
        ("run", UNLOCKED, UNLOCKED),
        ("import", "nothing was changed; use a key instead: --recipient", "nothing was changed"),
        ("undo", "use --format json, or update Crush first; else wait", "update Crush first; else wait"),
        ("list", "pip install shfmt-py, or use --replace", "pip install shfmt-py"),
    ],
)
def test_a_way_out_by_a_flag_is_told_where_the_command_has_it(command: str, hint: str, fits: str) -> None:
    found, _ = _command([command])
    assert found is not None
    assert fitting(hint, found, commands) == fits
