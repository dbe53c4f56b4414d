"""What is odd about a machine is said in words, with the exit code that fits, and never called a bug of ours."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.fault_injection import run_with_fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Finished, Machine

CONFIG = {
    "providers": {
        "mine": {"base_url": "https://llm.mine.example/v1", "api_key": "$K", "models": [{"id": "m-1"}, {"id": "m-2"}]}
    }
}
COMMANDS = {
    "list": ("list",),
    "show": ("show", "mine"),
    "use": ("use", "small", "mine/m-2", "--yes"),
    "doctor": ("doctor", "--offline"),
    "add": ("add-provider", "groq", "--yes", "--no-test"),
    "models": ("models", "mine", "--add", "m-3", "--yes", "--offline"),
    "adopt": ("secret", "adopt", "--yes", "--store", "file"),
    "secrets": ("secret", "list"),
    "undo": ("undo", "--yes"),
    "convert": ("convert", "--to", "crushrc", "--yes"),
    "import": ("import", "--from", "auto", "--yes", "--dry-run"),
    "export": ("export", "-"),
}
FULL = Path("/dev/full")
START = (sys.executable, "-m", "wizard")
STRIDE = 1 if os.environ.get("WIZARD_FAULTS") == "all" else 11
"""One in so many calls that read fails."""
KNOWN = (0, 1, 2, 3, 4, 5)


@pytest.fixture
def owner(machine: Machine) -> Machine:
    machine.write_config(json.dumps(CONFIG))
    return machine


def config_is_a_folder(machine: Machine) -> None:
    machine.config.unlink()
    machine.config.mkdir()


def config_is_a_pipe(machine: Machine) -> None:
    machine.config.unlink()
    os.mkfifo(machine.config)


def config_is_endless(machine: Machine) -> None:
    machine.config.unlink()
    machine.config.symlink_to("/dev/zero")


def config_is_a_circle(machine: Machine) -> None:
    machine.config.unlink()
    machine.config.symlink_to(machine.config.name)


def config_folder_is_a_file(machine: Machine) -> None:
    shutil.rmtree(machine.config.parent)
    machine.config.parent.write_text("x")


def state_is_a_file(machine: Machine) -> None:
    (machine.home / ".local").write_text("x")


def home_is_unknown(machine: Machine) -> None:
    del machine.env["HOME"]


def home_is_relative(machine: Machine) -> None:
    machine.env["HOME"] = "here"


def home_is_a_file(machine: Machine) -> None:
    machine.env["HOME"] = str(machine.config)


def home_is_too_long(machine: Machine) -> None:
    machine.env["HOME"] += "/" + 5000 * "x"


def a_record_with_a_zero_byte(machine: Machine, ending: str = ".json") -> None:
    folder = machine.home / ".local" / "state" / "crush-wizard" / "backups"
    folder.mkdir(parents=True)
    name = "20261128T114852562811-d73e51"
    file = {"path": "/tmp/a\0b", "format": "json", "action": "update", "before": "x", "after": "y", "mode": None}
    record = {"version": 1, "id": name, "time": "2026-11-28T11:48:52Z", "command": "a\0b", "secrets": []}
    (folder / f"{name}{ending}").write_text(json.dumps({**record, "files": [{**file, "edits": []}]}))


def a_begun_record_with_a_zero_byte(machine: Machine) -> None:
    a_record_with_a_zero_byte(machine, ".begun")


def a_record_of_an_unknown_store(machine: Machine) -> None:
    folder = machine.home / ".local" / "state" / "crush-wizard" / "backups"
    folder.mkdir(parents=True)
    name = "20261128T114852562811-d73e51"
    secret = {"name": "K", "store": "elsewhere", "action": "store", "kept": "K@1"}
    record = {"version": 1, "id": name, "time": "2026-11-28T11:48:52Z", "command": "x", "files": []}
    (folder / f"{name}.json").write_text(json.dumps({**record, "secrets": [secret]}))


def absurd_numbers(machine: Machine) -> None:
    numbers = (
        '"cost_per_1m_in": 1e17, "cost_per_1m_out": -1e300, "context_window": 1e30, "default_max_tokens": ' + "9" * 30
    )
    machine.write_config(machine.config.read_text().replace('"id": "m-1"', f'"id": "m-1", {numbers}'))


ODD = (
    config_is_a_folder,
    config_is_a_pipe,
    config_is_endless,
    config_is_a_circle,
    config_folder_is_a_file,
    state_is_a_file,
    home_is_unknown,
    home_is_relative,
    home_is_a_file,
    home_is_too_long,
    a_record_with_a_zero_byte,
    a_begun_record_with_a_zero_byte,
    a_record_of_an_unknown_store,
    absurd_numbers,
)


def assert_clear(done: Finished) -> None:
    assert done.code in KNOWN
    for text in (done.out, done.err):
        assert "unexpected error" not in text
        assert "Traceback" not in text
    assert done.code in (0, 1) or "error: " in done.err


@pytest.mark.parametrize("odd", ODD)
def test_each_command_says_what_is_the_matter(owner: Machine, odd: Callable[[Machine], None]) -> None:
    odd(owner)
    for command in COMMANDS.values():
        assert_clear(owner.run(*command))


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("reason", [errno.EIO, errno.EACCES])
def test_whatever_can_not_be_read_is_said(owner: Machine, tmp_path: Path, command: str, reason: int) -> None:
    number, is_over = len(command) % STRIDE, False
    while not is_over:
        ended = run_with_fault(owner, COMMANDS[command], "", reason, number, tmp_path / "notes.json", reads=True)
        assert ended.code in KNOWN, ended
        assert "unexpected error" not in ended.err, ended
        number += STRIDE
        is_over = not ended.struck
    assert number > STRIDE


@pytest.mark.skipif(not FULL.exists(), reason="needs another system: there is no /dev/full here")
@pytest.mark.parametrize("command", [("list",), ("list", "--json"), ("--help",), ("show", "other", "--json")])
def test_a_full_disk_behind_stdout_is_said_and_is_a_failure(owner: Machine, command: tuple[str, ...]) -> None:
    with FULL.open("w") as full:
        done = subprocess.run(
            [*START, *command], stdout=full, stderr=subprocess.PIPE, env=owner.env, cwd=owner.home, check=False
        )
    said = done.stderr.decode()
    assert done.returncode == (2 if "other" in command else 1)
    assert "no space left on device" in said
    assert "Exception ignored" not in said
    assert "unexpected error" not in said


@pytest.mark.skipif(not FULL.exists(), reason="needs another system: there is no /dev/full here")
def test_a_full_disk_behind_stderr_keeps_nobody_from_the_work(owner: Machine) -> None:
    with FULL.open("w") as full:
        command = [*START, "use", "small", "mine/m-2", "--yes"]
        done = subprocess.run(command, stderr=full, env=owner.env, cwd=owner.home, check=False)
    assert done.returncode == 0
    assert json.loads(owner.config.read_text())["models"]["small"]["model"] == "m-2"


def test_a_folder_that_is_gone_is_no_reason_to_fail(owner: Machine) -> None:
    gone = owner.home / "gone"
    gone.mkdir()
    script = 'rmdir "$PWD"; exec "$@"'
    command = ["sh", "-c", script, "sh", *START, "list"]
    done = subprocess.run(command, capture_output=True, env=owner.env, cwd=gone, text=True, check=False)
    assert done.returncode in (0, 4)
    assert "unexpected error" not in done.stderr
