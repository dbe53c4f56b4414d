"""Each command once in a process of its own; the other tests call it in theirs, and that must make no difference."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wizard.cli.commands import COMMANDS

if TYPE_CHECKING:
    from tests.cli.conftest import Machine
    from tests.program import Finished

CALLS = {
    "setup": ("--yes", "--dry-run"),
    "add-provider": ("groq", "--yes", "--dry-run"),
    "edit-provider": ("work", "--name", "Wörk", "--yes", "--dry-run"),
    "remove-provider": ("work", "--yes"),
    "hide": ("groq", "--yes"),
    "unhide": ("--all", "--yes"),
    "list": (),
    "show": ("work",),
    "use": ("large", "work/w-1", "--yes"),
    "models": ("work",),
    "test": ("--curl", "work"),
    "doctor": (),
    "presets": ("show", "deepseek"),
    "run": ("--", "echo", "it runs"),
    "env": ("--names", "--json"),
    "secret": ("set", "GROQ_API_KEY", "--stdin", "--store", "file"),
    "export": ("-", "--skip-literals"),
    "import": ("-", "--yes", "--dry-run"),
    "convert": ("--to", "crushrc", "--yes", "--dry-run"),
    "undo": ("--yes",),
    "catalog": (),
    "paths": (),
    "completion": ("bash",),
    "profile": ("list",),
}
PROFILE = 'profile = 1\n[providers.mine]\ntype = "openai-compat"\nbase_url = "https://llm.mine.example/v1"\n'
STDIN = {"secret": "gsk-canary-5f7a", "import": PROFILE}


def test_no_command_is_missing() -> None:
    assert CALLS.keys() == COMMANDS.keys()


@pytest.fixture(params=COMMANDS)
def command(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_alone_and_inside_are_the_same(machine: Machine, rich_config: str, command: str) -> None:
    arguments, stdin = (command, *CALLS[command]), STDIN.get(command, "")
    machine.write_config(rich_config)
    alone = machine.run_alone(*arguments, stdin=stdin)
    shutil.rmtree(machine.home)
    machine.home.mkdir()
    machine.write_config(rich_config)
    inside = machine.run(*arguments, stdin=stdin)
    assert without_keyring(alone) == without_keyring(inside)
    assert "Traceback" not in alone.err


def without_keyring(done: Finished) -> Finished:
    """The greeting does not wait long for the keyring: whether it has answered by then is the machine's business."""
    lines = (line for line in done.err.splitlines(keepends=True) if not (line[0] in "✓–" and "keyring" in line))
    return replace(done, err="".join(lines))


def test_what_is_printed_before_anything_is_loaded(machine: Machine) -> None:
    for arguments in (("--version",), ("--help",), ("no-such-command",)):
        assert machine.run_alone(*arguments) == machine.run(*arguments)


def test_the_test_process_is_left_as_it_was(machine: Machine, tmp_path: Path) -> None:
    """Else one test would decide how another one ends."""

    def state() -> tuple[object, ...]:
        handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE)]
        streams = (sys.stdin, sys.stdout, sys.stderr, sys.argv)
        return (dict(os.environ), Path.cwd(), streams, handlers, threading.enumerate())

    before = state()
    machine.run("doctor", "--no-such-flag")
    machine.run("list", cwd=tmp_path)
    assert state() == before


LOADED = """\
import sys
from wizard.__main__ import main

try:
    main()
except SystemExit:
    pass
sys.stderr.write(" ".join(sys.modules))
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ("list",),
        ("show", "work"),
        ("use",),
        ("paths",),
        ("doctor", "--offline"),
        ("add-provider", "groq", "--yes", "--dry-run"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_what_uses_no_network_loads_none_of_it(machine: Machine, rich_config: str, arguments: tuple[str, ...]) -> None:
    machine.write_config(rich_config)
    command = [sys.executable, "-c", LOADED, *arguments]
    done = subprocess.run(command, env=machine.env, cwd=machine.home, capture_output=True, text=True, check=False)
    loaded = set(done.stderr.splitlines()[-1].split())
    assert "wizard.cli.app" in loaded
    assert loaded & {"wizard.network.client", "asyncio"} == set()


def test_whoever_changes_the_same_file_at_the_same_time_lands(machine: Machine) -> None:
    """Each of them has to plan anew, or to wait, several times."""
    flags = ("--base-url", "https://llm.mine.example/v1", "--model", "m", "--yes", "--no-test")
    ids = [f"p{number}" for number in range(8)]
    started = [machine.start("add-provider", "openai-compatible", "--id", id_, *flags) for id_ in ids]
    ended = [(process.communicate(), process.returncode) for process in started]
    assert [code for _, code in ended] == [0] * len(ids), ended
    assert sorted(machine.entries) == ids
