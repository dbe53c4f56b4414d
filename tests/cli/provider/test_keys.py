"""Keys by flags, with a real Secret Service: where they go, and where they must never be."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.canary import CANARY
from wizard.cli.secret.input import is_waiting

if TYPE_CHECKING:
    from tests.cli.conftest import Machine
    from tests.conftest import SecretService


def _nowhere(home: Path, *streams: str, secret: str = CANARY) -> None:
    for stream in streams:
        assert secret not in stream
    for path in home.rglob("*"):
        assert secret not in str(path)
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path


@pytest.mark.parametrize("way", ["stdin", "file"])
def test_a_key_goes_into_the_keyring_and_nowhere_else(
    machine_with_keyring: Machine, secret_service: SecretService, way: str, tmp_path: Path
) -> None:
    machine = machine_with_keyring
    file = tmp_path / "key.txt"
    file.write_text(f"export DEEPSEEK_API_KEY='{CANARY}'\r\n")
    flags = ["--api-key-stdin"] if way == "stdin" else ["--api-key-file", str(file)]
    done = machine.run("add-provider", "deepseek", "--yes", "--json", *flags, stdin=f"  Bearer {CANARY}\n")
    assert done.code == 0, done.err
    assert done.json["data"]["secrets"] == [{"name": "DEEPSEEK_API_KEY", "store": "keyring", "action": "store"}]
    assert secret_service.get("DEEPSEEK_API_KEY") == CANARY
    assert machine.entries["deepseek"]["api_key"] == "$DEEPSEEK_API_KEY"
    _nowhere(machine.home, done.out, done.err)


def test_undo_takes_the_key_back(machine_with_keyring: Machine, secret_service: SecretService) -> None:
    machine = machine_with_keyring
    machine.run("add-provider", "deepseek", "--yes", "--api-key-stdin", stdin=CANARY)
    undone = machine.run("undo", "--yes", "--json")
    assert undone.code == 0, undone.err
    assert undone.json["data"]["secrets"] == [{"name": "DEEPSEEK_API_KEY", "store": "keyring", "action": "delete"}]
    assert secret_service.get("DEEPSEEK_API_KEY") is None
    assert not machine.config.exists()


def test_undo_brings_the_key_before_back(machine_with_keyring: Machine, secret_service: SecretService) -> None:
    machine = machine_with_keyring
    machine.run("add-provider", "deepseek", "--yes", "--api-key-stdin", stdin="sk-the-first-key")
    machine.run("add-provider", "deepseek", "--yes", "--merge", "--api-key-stdin", stdin=CANARY)
    assert secret_service.get("DEEPSEEK_API_KEY") == CANARY
    assert machine.run("undo", "--yes").code == 0
    assert secret_service.get("DEEPSEEK_API_KEY") == "sk-the-first-key"


def test_a_file_that_can_not_be_written_stores_no_key(
    machine_with_keyring: Machine, secret_service: SecretService
) -> None:
    machine = machine_with_keyring
    flags = ("--api-key-stdin", "--file", "/proc/crush.json")
    done = machine.run("add-provider", "deepseek", "--yes", *flags, stdin=CANARY)
    assert done.code == 4
    assert secret_service.get("DEEPSEEK_API_KEY") is None
    _nowhere(machine.home, done.out, done.err)


def test_a_locked_keyring_is_said_before_anything_happens(
    machine_with_keyring: Machine, secret_service: SecretService
) -> None:
    machine = machine_with_keyring
    secret_service.lock()
    done = machine.run("add-provider", "deepseek", "--yes", "--json", "--api-key-stdin", stdin=CANARY)
    assert done.code == 5
    assert done.json["error"]["code"] == "secret-store-locked"
    assert "or gnome-keyring-daemon --unlock; to keep the key in an encrypted file" in done.json["error"]["hint"]
    assert not machine.config.exists()
    _nowhere(machine.home, done.out, done.err)


def test_no_keyring_names_what_helps(machine: Machine) -> None:
    done = machine.run("add-provider", "deepseek", "--yes", "--api-key-stdin", stdin=CANARY)
    assert done.code == 5
    assert "to keep the key in an encrypted file: --secret-store file" in done.err
    assert "to see why: crush-wizard secret status" in done.err
    assert machine.snapshot() == {}
    _nowhere(machine.home, done.out, done.err)


def test_a_silent_keyring_ends_in_time(machine: Machine, silent_secret_service: dict[str, str]) -> None:
    machine.env.update({"DBUS_SESSION_BUS_ADDRESS": silent_secret_service["DBUS_SESSION_BUS_ADDRESS"]})
    done = machine.run("add-provider", "deepseek", "--yes", "--api-key-stdin", stdin=CANARY)
    assert done.code == 5
    assert "did not answer" in done.err
    assert not machine.config.exists()


def test_a_key_that_is_no_key_is_not_repeated(machine_with_keyring: Machine) -> None:
    broken = f"{CANARY}\u00e9x"
    done = machine_with_keyring.run("add-provider", "deepseek", "--yes", "--api-key-stdin", stdin=broken)
    assert done.code == 2
    assert "U+00E9" in done.err
    _nowhere(machine_with_keyring.home, done.out, done.err)


def test_a_dry_run_touches_not_even_the_keyring(machine: Machine, short_folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bus:
        bus.bind(str(short_folder / "bus"))
        bus.listen()
        bus.setblocking(False)
        machine.env["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={short_folder}/bus"
        done = machine.run("add-provider", "deepseek", "--dry-run", "--api-key-stdin", "--json", stdin=CANARY)
        assert done.code == 0, done.err
        with pytest.raises(BlockingIOError):  # nobody waits to be let in
            bus.accept()
    assert machine.snapshot() == {}
    _nowhere(machine.home, done.out, done.err)


def test_a_variable_that_is_set_needs_no_key(machine: Machine) -> None:
    done = machine.run("add-provider", "deepseek", "--yes", env={"DEEPSEEK_API_KEY": CANARY})
    assert done.code == 0
    assert "no value yet" not in done.err
    _nowhere(machine.home, done.out, done.err)


def test_debug_shows_a_traceback_without_the_key(machine_with_keyring: Machine) -> None:
    machine = machine_with_keyring
    flags = ("--api-key-stdin", "--file", "/proc/crush.json")
    done = machine.run("add-provider", "deepseek", "--yes", *flags, stdin=CANARY, env={"WIZARD_DEBUG": "1"})
    assert "Traceback" in done.err
    _nowhere(machine.home, done.out, done.err)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_the_key_is_awaited_leaves_no_trace(machine: Machine, number: signal.Signals) -> None:
    process = machine.start("add-provider", "deepseek", "--yes", "--api-key-stdin")
    _wait_until_it_reads(process.pid)
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    assert machine.snapshot() == {}


def _wait_until_it_reads(pid: int) -> None:
    """Until the program sleeps in a read of its stdin: that is where a signal must find it."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        wchan = Path(f"/proc/{pid}/wchan").read_text()
        if "pipe" in wchan:
            return
        time.sleep(0.02)
    raise AssertionError("it never read stdin")


def test_the_key_is_in_no_process_argument(machine_with_keyring: Machine) -> None:
    process = machine_with_keyring.start("add-provider", "deepseek", "--yes", "--api-key-stdin")
    assert process.stdin
    canary = f"{CANARY}-{time.time_ns()}"  # tests that run beside this one hand CANARY out, too
    process.stdin.write(canary)
    process.stdin.close()
    seen = 0
    while process.poll() is None:
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                seen += _looked_at(entry, canary)
    assert seen > 0
    assert process.returncode == 0


def _looked_at(process: Path, canary: str) -> int:
    try:
        arguments = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
    except OSError:
        return 0
    assert canary.encode() not in arguments
    return 1


def test_values_are_masked_in_the_result_of_a_merge(machine: Machine, rich_config: str) -> None:
    machine.write_config(rich_config)
    done = machine.run(
        *("add-provider", "openai-compatible", "--id", "work", "--merge", "--yes", "--json"),
        *("--base-url", "https://llm.work.example/v1", "--model", "w-3"),
    )
    assert done.code == 0, done.err
    assert "sk-literal-of-another-provider-1" not in json.dumps(done.json)


# What was piped in, and not asked for


def test_a_key_that_is_piped_in_without_the_flag_is_missed(machine: Machine) -> None:
    said = "warning: stdin was not read; to take the key from it: --api-key-stdin"
    done = machine.run("add-provider", "groq", "--yes", "--no-test", stdin=f"{CANARY}\n")
    assert (done.code, said in done.err) == (0, True)
    assert CANARY not in done.err
    for flags, given in ((("--api-key-env", "GROQ_API_KEY"), CANARY), ((), "")):
        again = machine.run("add-provider", "groq", "--merge", "--yes", "--no-test", *flags, stdin=given)
        assert (again.code, "stdin" in again.err) == (0, False)


def test_a_pipe_is_looked_at_without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    with open(reading) as stdin, open(writing, "w") as pipe:  # noqa: PTH123 - of a number
        monkeypatch.setattr(sys, "stdin", stdin)
        assert not is_waiting()
        pipe.write(CANARY)
        pipe.flush()
        assert is_waiting()
