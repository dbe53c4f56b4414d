"""Password managers in a real terminal: one that wants a password gets the terminal, and gives it back."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.canary import CANARY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import NoReturn

    from tests.terminal.conftest import OpenTerminal, Terminal, User

ASKS_ON_TERMINAL = "import getpass; print('key-' + getpass.getpass('Master password: '))"
ASKS_ON_STREAMS = "import sys; sys.stderr.write('Unlock code: '); sys.stderr.flush(); print('key-' + input())"

ASKS_BEHIND_ANOTHER = """
import os, subprocess
tty = open(os.environ["GPG_TTY"], "r+b", 0)
ask = ["sh", "-c", "stty -echo -opost; printf Passphrase:; sleep 5"]
subprocess.run(ask, stdin=tty, stdout=tty, start_new_session=True)
"""
"""As gpg's agent does: a process of another session asks on the terminal that it is told."""


def manager(user: User, name: str, code: str) -> Path:
    program = user.home / name
    program.write_text(f"#!{sys.executable} -I\n{code}\n")
    program.chmod(0o700)
    return program


def measured(name: str) -> str:
    """What tells on the screen that the key has arrived, and not the key."""
    return f"echo ${{#{name}}} characters"


def refer(user: User, **commands: Path | str) -> None:
    """Providers whose keys these commands print."""
    entry = {"type": "openai-compat", "base_url": "https://llm.example/v1", "models": []}
    config = user.home / ".config" / "crush"
    config.mkdir(parents=True)
    providers = {name.lower(): {**entry, "api_key": f"${name}"} for name in commands}
    (config / "crush.json").write_text(json.dumps({"providers": providers}))
    own = user.home / ".config" / "crush-wizard"
    own.mkdir()
    own.joinpath("references.toml").write_text("".join(f'{name} = "{line}"\n' for name, line in commands.items()))
    own.joinpath("references.toml").chmod(0o600)


def show(*names: str) -> str:
    return "; ".join(f"echo {name}=${name}" for name in names)


def run(user: User, terminal: OpenTerminal, script: str) -> Terminal:
    script = f"{script}; stty -a | grep -wo '[-]*echo'"
    return terminal([sys.executable, "-m", "wizard", "run", "--", "sh", "-c", script], user.env)


def test_it_asks_and_what_it_prints_arrives(user: User, terminal: OpenTerminal) -> None:
    refer(user, A_KEY=manager(user, "pwman", ASKS_ON_TERMINAL))
    window = run(user, terminal, show("A_KEY"))
    window.wait_for("pwman (A_KEY) asks:")
    window.wait_for("Master password:")
    window.send("one\r")
    window.wait_for("A_KEY=key-one\necho")
    assert window.exit_code() == 0


def test_two_ask_one_after_the_other(user: User, terminal: OpenTerminal) -> None:
    refer(user, A_KEY=manager(user, "pwman", ASKS_ON_TERMINAL), B_KEY=manager(user, "safe", ASKS_ON_STREAMS))
    window = run(user, terminal, show("A_KEY", "B_KEY"))
    window.wait_for("asks:")
    answers = {"pwman (A_KEY) asks: Master password:": "one", "safe (B_KEY) asks: Unlock code:": "two"}
    for asked in sorted(answers, key=lambda asked: "pwman" in asked and "pwman" not in window.screen):
        window.wait_for(asked)
        window.send(f"{answers[asked]}\r")
    window.wait_for("A_KEY=key-one\nB_KEY=key-two\necho")
    assert window.exit_code() == 0


def test_ctrl_c_at_its_question_ends_everything(user: User, terminal: OpenTerminal) -> None:
    refer(user, A_KEY=manager(user, "pwman", ASKS_ON_TERMINAL))
    window = run(user, terminal, show("A_KEY"))
    window.wait_for("Master password:")
    window.key("ctrl-c")
    assert window.exit_code() == 130
    assert "A_KEY=" not in window.screen
    assert window.cooked


def test_ctrl_c_while_one_is_waited_for_ends_everything(user: User, terminal: OpenTerminal) -> None:
    refer(user, A_KEY=manager(user, "pwman", "import time; time.sleep(600)"))
    window = run(user, terminal, show("A_KEY"))
    window.wait_for("waiting for pwman (A_KEY) ...")
    window.key("ctrl-c")
    assert window.exit_code() == 130


class TestKeePassXC:
    PROMPT = "keepassxc-cli (A_KEY) asks: Enter password to unlock"

    @pytest.fixture
    def asked(self, user: User, terminal: OpenTerminal, require_real: Callable[[str], NoReturn]) -> Terminal:
        if shutil.which("keepassxc-cli") is None:
            require_real("keepassxc-cli is not installed")
        database = user.home / "mine.kdbx"
        for line, typed in (("db-create", "the password"), ("add", CANARY)):
            told, item = f"the password\n{typed}\n", ["Groq"] * (line == "add")
            command = ["keepassxc-cli", line, "-p", str(database), *item]
            subprocess.run(command, env=user.env, input=told, text=True, check=True, capture_output=True)
        refer(user, A_KEY=f"keepassxc-cli show -s -a Password -- {database} Groq")
        window = run(user, terminal, measured("A_KEY"))
        window.wait_for(self.PROMPT)
        return window

    def test_its_password_unlocks_it(self, asked: Terminal) -> None:
        asked.send("the password\r")
        asked.wait_for(f"{len(CANARY)} characters\necho")
        assert asked.exit_code() == 0
        assert CANARY.encode() not in asked.everything

    def test_a_wrong_one_is_told_once(self, asked: Terminal) -> None:
        asked.send("another password\r")
        assert asked.exit_code() == 5
        assert asked.screen.count("Invalid credentials were provided") == 1
        assert "to unlock KeePassXC: keepassxc-cli open DATABASE" in asked.screen
        assert asked.cooked

    def test_ctrl_c_at_it(self, asked: Terminal) -> None:
        asked.key("ctrl-c")
        assert asked.exit_code() == 130
        assert asked.cooked


class TestPass:
    """With a key whose passphrase gpg's agent asks for, on the terminal that it is told."""

    @pytest.fixture
    def asked(
        self, user: User, terminal: OpenTerminal, short_folder: Path, require_real: Callable[[str], NoReturn]
    ) -> Iterator[Terminal]:
        pinentry = shutil.which("pinentry-curses")
        if pinentry is None or shutil.which("pass") is None:
            require_real("pass or pinentry-curses is not installed")
        keys = short_folder / "gpg"
        keys.mkdir(mode=0o700)
        (keys / "gpg-agent.conf").write_text(f"pinentry-program {pinentry}\n")
        env = {**user.env, "GNUPGHOME": str(keys)}
        make = ["gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "the passphrase"]
        for command, typed in (
            ([*make, "--quick-gen-key", "me@example.com", "rsa2048", "encr", "never"], ""),
            (["pass", "init", "me@example.com"], ""),
            (["pass", "insert", "--multiline", "groq"], CANARY),
            (["gpgconf", "--kill", "gpg-agent"], ""),
        ):
            subprocess.run(command, env=env, input=typed, text=True, check=True, capture_output=True)
        refer(user, A_KEY="pass show groq")
        user.env["GNUPGHOME"] = str(keys)
        window = run(user, terminal, measured("A_KEY"))
        window.wait_for("Passphrase:")
        yield window
        subprocess.run(["gpgconf", "--kill", "gpg-agent"], env=env, check=True)

    def test_its_passphrase_unlocks_it(self, asked: Terminal) -> None:
        asked.send("the passphrase\r")
        asked.wait_for(f"{len(CANARY)} characters\necho")
        assert asked.exit_code() == 0
        assert CANARY.encode() not in asked.everything

    def test_a_wrong_one_three_times(self, asked: Terminal) -> None:
        for more in ("try 2 of 3", "try 3 of 3", ""):
            asked.send("another one\r")
            asked.wait_for(more or "error:")
        assert asked.exit_code() == 5
        assert "decryption failed" in asked.screen
        assert "hint: to unlock pass:" in asked.screen
        assert asked.cooked

    def test_ctrl_c_at_it(self, asked: Terminal) -> None:
        asked.key("ctrl-c")
        assert asked.exit_code() == 130


def test_nothing_is_said_while_somebody_else_asks_on_the_terminal(user: User, terminal: OpenTerminal) -> None:
    """What is waited for is said before its question, or not at all."""
    asks = ASKS_BEHIND_ANOTHER.replace("sleep 5", "sleep 3; stty echo opost; printf over") + "print('key-one')"
    refer(user, A_KEY=manager(user, "pwman", asks))
    window = run(user, terminal, show("A_KEY"))
    window.wait_for("A_KEY=key-one\necho")
    _, _, after = window.everything.partition(b"Passphrase:")
    assert after.startswith(b"over")
    assert window.exit_code() == 0


def test_secret_get_has_one_ask(user: User, terminal: OpenTerminal) -> None:
    refer(user, A_KEY=manager(user, "pwman", ASKS_ON_TERMINAL))
    window = terminal([sys.executable, "-m", "wizard", "secret", "get", "A_KEY"], user.env)
    window.wait_for("Master password:")
    window.send("one\r")
    window.wait_for("key-one")
    assert window.exit_code() == 0
    assert window.cooked


def test_what_still_asks_after_ctrl_c_is_told(user: User, terminal: OpenTerminal) -> None:
    refer(user, A_KEY=manager(user, "pwman", ASKS_BEHIND_ANOTHER))
    window = run(user, terminal, show("A_KEY"))
    window.wait_for("Passphrase:")
    window.key("ctrl-c")
    assert window.exit_code() == 130
    assert "Passphrase:\ngpg-agent still asks on this terminal; to end it" in window.screen
    assert window.screen.splitlines()[-1].startswith("cancelled")


def test_what_one_says_is_held_back_until_it_asks(user: User, terminal: OpenTerminal) -> None:
    code = f"import sys; sys.stderr.write('a notice'); print({CANARY!r})"
    refer(user, A_KEY=manager(user, "pwman", code))
    window = terminal([sys.executable, "-m", "wizard", "run", "--", "sh", "-c", "echo started"], user.env)
    window.wait_for("started")
    assert window.exit_code() == 0
    assert "a notice" not in window.screen
    assert CANARY not in window.screen
