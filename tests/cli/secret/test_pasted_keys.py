"""A key comes the same way through every door: cleaned of what came along with it, or refused, and never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Finished, Machine

NAME = "DEEPSEEK_API_KEY"
CANARY = "sk-canary-5d0c1f2e9b"
STORE = ("--secret-store", "file")


def set_stdin(machine: Machine, text: str) -> Finished:
    return machine.run("secret", "set", NAME, *STORE, "--stdin", stdin=text)


def set_file(machine: Machine, text: str) -> Finished:
    path = machine.home / "key.txt"
    path.write_bytes(text.encode("utf-8"))
    done = machine.run("secret", "set", NAME, *STORE, "--file", str(path))
    path.unlink()
    return done


def add_stdin(machine: Machine, text: str) -> Finished:
    return machine.run("add-provider", "deepseek", "--yes", "--no-test", *STORE, "--api-key-stdin", stdin=text)


def add_file(machine: Machine, text: str) -> Finished:
    path = machine.home / "key.txt"
    path.write_bytes(text.encode("utf-8"))
    done = machine.run("add-provider", "deepseek", "--yes", "--no-test", *STORE, "--api-key-file", str(path))
    path.unlink()
    return done


DOORS = [set_stdin, set_file, add_stdin, add_file]
doors = pytest.mark.parametrize("door", DOORS, ids=[door.__name__ for door in DOORS])


def _shown_nowhere(machine: Machine, done: Finished) -> None:
    assert CANARY not in done.out + done.err
    assert CANARY[:-4] not in done.out + done.err
    assert not [path for path in machine.home.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]


@doors
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'"{CANARY}"\n', "took quotes off the key"),
        (f"\ufeff{CANARY}\n", "took a byte order mark off the key"),
        (f"Bearer {CANARY}", "took `Bearer` off the key"),
        (f"DEEPSEEK_API_KEY={CANARY}\n", "took `DEEPSEEK_API_KEY=` off the key"),
        (f"export DEEPSEEK_API_KEY='{CANARY}'\n", "took `export DEEPSEEK_API_KEY=` and quotes off the key"),
        (f"\u200b{CANARY}\u2060", "took invisible characters off the key"),
    ],
)
def test_what_came_along_is_taken_off(
    machine: Machine, door: Callable[[Machine, str], Finished], text: str, said: str
) -> None:
    done = door(machine, text)
    assert done.code == 0, done.err
    assert f"{said}: it is sk-...2e9b (20 characters)" in " ".join(done.err.split())
    assert machine.run("secret", "get", NAME).out == f"{CANARY}\n"
    _shown_nowhere(machine, done)


@doors
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{CANARY[:9]} {CANARY[9:]}", "U+0020 (space)"),
        (f"{CANARY}\n{CANARY}\n", "U+000A (control character)"),
        (f"{CANARY[:9]}\u200b{CANARY[9:]}", "U+200B (zero width space)"),
        ("$OTHER_KEY", "a placeholder, not a key"),
        ("{env:OTHER_KEY}", "OpenCode's way to name a variable, not a key"),
        ("${env:OTHER_KEY}", "the way of VS Code and PowerShell to name a variable, not a key"),
        ("env:OTHER_KEY", "another tool's way to name a variable, not a key"),
        ("os.environ/OTHER_KEY", "LiteLLM's way to name a variable, not a key"),
        ("%OTHER_KEY%", "the way of Windows to name a variable, not a key"),
        ("OTHER_API_KEY", "the name of a variable, not a key"),
        ("{file:~/.keys/one}", "OpenCode's way to name a file, not a key"),
        ("{cred:one}", "the name of a stored secret, not a key"),
        ("keychain://one", "the name of an entry in a keyring, not a key"),
        ("op://Private/One/key", "1Password's way to name a secret, not a key"),
        ("<YOUR_API_KEY>", "a text to be replaced by the key, not a key"),
        ("your_api_key", "a text to be replaced by the key, not a key"),
        ("sk-xxxxxxxxxxxx", "a key that was cut short or masked, not a key"),
    ],
)
def test_what_is_no_key_is_refused_and_nothing_is_stored(
    machine: Machine, door: Callable[[Machine, str], Finished], text: str, said: str
) -> None:
    done = door(machine, text)
    assert done.code == 2
    assert said in " ".join(done.err.split())
    assert not list(machine.home.rglob("secrets.age"))
    assert not machine.config.exists()
    _shown_nowhere(machine, done)


@pytest.mark.parametrize("text", ["$OTHER_KEY", "{env:OTHER_KEY}"])
def test_the_hint_says_where_a_variable_belongs(machine: Machine, text: str) -> None:
    assert "hint: $OTHER_KEY is how a config names a variable" in set_stdin(machine, text).err
    assert "--api-key-env OTHER_KEY" in add_stdin(machine, text).err
