"""How keys get to Crush after add-provider: run, the shell's start file, lookup."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.canary import CANARY

if TYPE_CHECKING:
    from tests.cli.conftest import Machine


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A PATH folder with crush-wizard itself, and a crush that prints the key that it finds."""
    import sys

    folder = tmp_path / "bin"
    folder.mkdir()
    wizard = folder / "crush-wizard"
    wizard.write_text(f'#!/bin/sh\nexec {sys.executable} -m wizard "$@"\n')
    crush = folder / "crush"
    crush.write_text('#!/bin/sh\n[ "$1" = --version ] && echo crush version 0.90.0 || echo "key=$DEEPSEEK_API_KEY"\n')
    for program in (wizard, crush):
        program.chmod(0o755)
    return folder


@pytest.fixture
def ready(machine_with_keyring: Machine, programs: Path) -> Machine:
    machine_with_keyring.env["PATH"] = f"{programs}:{os.environ['PATH']}"
    return machine_with_keyring


def test_run_is_what_is_said_first(ready: Machine) -> None:
    done = ready.run("add-provider", "deepseek", "--yes", "--api-key-stdin", stdin=CANARY)
    assert done.code == 0, done.err
    assert "\n  crush-wizard run\n" in done.err
    assert ready.entries["deepseek"]["api_key"] == "$DEEPSEEK_API_KEY"
    assert ready.run("run").out == f"key={CANARY}\n"


def test_lookup_lets_plain_crush_find_the_key(ready: Machine) -> None:
    done = ready.run("add-provider", "deepseek", "--yes", "--api-key-stdin", "--placeholder", "lookup", stdin=CANARY)
    assert done.code == 0, done.err
    template = ready.entries["deepseek"]["api_key"]
    assert template == "${DEEPSEEK_API_KEY:-$(crush-wizard secret get DEEPSEEK_API_KEY)}"
    expanded = subprocess.run(
        ["bash", "-c", f'printf %s "{template}"'], env=ready.env, capture_output=True, text=True, check=True
    )
    assert expanded.stdout == CANARY
    assert "by itself" in done.err


def test_it_is_remembered(ready: Machine) -> None:
    ready.run("add-provider", "deepseek", "--yes", "--api-key-stdin", "--placeholder", "lookup", stdin=CANARY)
    done = ready.run("add-provider", "groq", "--yes", "--api-key-stdin", stdin="gsk_123456")
    assert done.code == 0, done.err
    assert ready.entries["groq"]["api_key"] == "${GROQ_API_KEY:-$(crush-wizard secret get GROQ_API_KEY)}"


def test_an_old_crush_can_not_look_up(ready: Machine, programs: Path) -> None:
    (programs / "crush").write_text("#!/bin/sh\necho crush version 0.66.1\n")
    done = ready.run("add-provider", "deepseek", "--yes", "--api-key-stdin", "--placeholder", "lookup", stdin=CANARY)
    assert done.code == 2
    assert "0.67" in done.err
    assert not ready.config.exists()


def test_a_line_in_the_start_file_and_back(ready: Machine) -> None:
    bashrc = ready.home / ".bashrc"
    bashrc.write_text("alias ll='ls -l'\nPS1='$ '")
    flags = ("--api-key-stdin", "--set", "keys=shell")
    done = ready.run("add-provider", "deepseek", "--yes", *flags, stdin=CANARY, env={"SHELL": "/bin/bash"})
    assert done.code == 0, done.err
    assert bashrc.read_text().startswith("alias ll='ls -l'\nPS1='$ '\n# >>> crush-wizard >>>\n")
    shell = subprocess.run(
        ["bash", "--rcfile", str(bashrc), "-ic", "crush"], env=ready.env, capture_output=True, text=True, check=True
    )
    assert shell.stdout == f"key={CANARY}\n"
    assert ready.run("undo", "--yes").code == 0
    assert bashrc.read_text() == "alias ll='ls -l'\nPS1='$ '"
    assert not ready.config.exists()


def test_the_encrypted_file_without_any_keyring(machine: Machine, programs: Path) -> None:
    machine.env["PATH"] = f"{programs}:{os.environ['PATH']}"
    done = machine.run("add-provider", "deepseek", "--yes", "--api-key-stdin", "--secret-store", "file", stdin=CANARY)
    assert done.code == 0, done.err
    assert machine.run("run").out == f"key={CANARY}\n"
    for path in machine.home.rglob("*"):
        assert not path.is_file() or CANARY.encode() not in path.read_bytes(), path
    again = machine.run("add-provider", "groq", "--yes", "--api-key-stdin", stdin="gsk_123456")
    assert again.code == 0, again.err
    assert machine.run("secret", "get", "GROQ_API_KEY").out == "gsk_123456\n"
    assert machine.run("undo", "--yes").code == 0
    assert machine.run("secret", "get", "GROQ_API_KEY").code == 5


def test_a_key_that_was_stored_before_is_used(ready: Machine) -> None:
    assert ready.run("secret", "set", "DEEPSEEK_API_KEY", "--stdin", stdin=CANARY).code == 0
    done = ready.run("add-provider", "deepseek", "--yes")
    assert done.code == 0, done.err
    assert "no value yet" not in done.err
    assert "crush-wizard run" in done.err
    assert ready.run("run").out == f"key={CANARY}\n"


def test_a_new_choice_of_store_says_what_it_leaves_behind(ready: Machine) -> None:
    assert ready.run("secret", "set", "DEEPSEEK_API_KEY", "--stdin", stdin=CANARY).code == 0
    flags = ("--api-key-stdin", "--secret-store", "file")
    done = ready.run("add-provider", "groq", "--yes", *flags, stdin="gsk_123456")
    assert done.code == 0, done.err
    assert "DEEPSEEK_API_KEY: still in the keyring, which is no longer used" in done.err


def test_list_and_doctor_say_which_keys_only_run_hands_out(ready: Machine) -> None:
    """And nothing once a start file, the environment or the config itself sees to it."""
    said = "start Crush with the key of deepseek: crush-wizard run"

    def told() -> list[bool]:
        listed, looked = ready.run("list"), ready.run("doctor", "--offline")
        assert (listed.code, looked.code) == (0, 0), looked.out
        return [said in listed.err, said in looked.err]

    assert ready.run("add-provider", "deepseek", "--yes", "--api-key-stdin", stdin=CANARY).code == 0
    assert told() == [True, True]
    assert ready.run("list", "--json").json["data"]["need_run"] == ["deepseek"]
    ready.env["DEEPSEEK_API_KEY"] = CANARY
    assert told() == [False, False]
    del ready.env["DEEPSEEK_API_KEY"]
    start = ready.home / ".zshrc"
    start.write_text("alias crush='crush-wizard run --'\n")
    assert told() == [False, False]
    start.write_text('# crush-wizard run is not for me\neval "$(crush-wizard completion zsh)"\n')
    assert told() == [True, True]
    assert ready.run("edit-provider", "deepseek", "--placeholder", "lookup", "--yes").code == 0
    assert told() == [False, False]


def test_lookup_says_where_it_is_chosen_that_it_will_not_find_us(machine: Machine) -> None:
    done = machine.run("add-provider", "deepseek", "--yes", "--placeholder", "lookup")
    assert done.err.count("`crush-wizard`, which is not on your PATH") == 1, done.err


@pytest.mark.parametrize("in_environment", ["sk-another-0123456789abcdef", CANARY])
def test_a_stored_key_waits_behind_another_one_in_the_environment(ready: Machine, in_environment: str) -> None:
    ready.env["DEEPSEEK_API_KEY"] = in_environment
    done = ready.run("add-provider", "deepseek", "--yes", "--api-key-stdin", stdin=CANARY)
    assert done.code == 0, done.err
    warned = "unset $DEEPSEEK_API_KEY: while it is set, Crush uses its key instead of the stored one" in done.err
    assert warned == (ready.run("run").out != f"key={CANARY}\n")
