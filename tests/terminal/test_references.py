"""Password managers in a real terminal: one that wants a password gets the terminal, and gives it back."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from tests.canary import CANARY

if TYPE_CHECKING:
    from pathlib import Path

    from tests.terminal.conftest import OpenTerminal, Terminal, User

ASKS_ON_TERMINAL = "import getpass; print('key-' + getpass.getpass('Master password: '))"
ASKS_ON_STREAMS = "import sys; sys.stderr.write('Unlock code: '); sys.stderr.flush(); print('key-' + input())"


def manager(user: User, name: str, code: str) -> Path:
    program = user.home / name
    program.write_text(f"#!{sys.executable} -I\n{code}\n")
    program.chmod(0o700)
    return program


def refer(user: User, **commands: Path) -> None:
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


def run(user: User, terminal: OpenTerminal, *shown: str) -> Terminal:
    script = "; ".join(f"echo {name}=${name}" for name in shown) + "; stty -a | grep -wo '[-]*echo'"
    return terminal([sys.executable, "-m", "wizard", "run", "--", "sh", "-c", script], user.env)


def test_it_asks_and_what_it_prints_arrives(user: User, terminal: OpenTerminal) -> None:
    refer(user, A_KEY=manager(user, "pwman", ASKS_ON_TERMINAL))
    window = run(user, terminal, "A_KEY")
    window.wait_for("pwman (A_KEY) asks:")
    window.wait_for("Master password:")
    window.send("one\r")
    window.wait_for("A_KEY=key-one\necho")
    assert window.exit_code() == 0


def test_two_ask_one_after_the_other(user: User, terminal: OpenTerminal) -> None:
    refer(user, A_KEY=manager(user, "pwman", ASKS_ON_TERMINAL), B_KEY=manager(user, "safe", ASKS_ON_STREAMS))
    window = run(user, terminal, "A_KEY", "B_KEY")
    window.wait_for("asks:")
    answers = {"pwman (A_KEY) asks: Master password:": "one", "safe (B_KEY) asks: Unlock code:": "two"}
    for asked in sorted(answers, key=lambda asked: "pwman" in asked and "pwman" not in window.screen):
        window.wait_for(asked)
        window.send(f"{answers[asked]}\r")
    window.wait_for("A_KEY=key-one\nB_KEY=key-two\necho")
    assert window.exit_code() == 0


def test_ctrl_c_at_its_question_ends_everything(user: User, terminal: OpenTerminal) -> None:
    refer(user, A_KEY=manager(user, "pwman", ASKS_ON_TERMINAL))
    window = run(user, terminal, "A_KEY")
    window.wait_for("Master password:")
    window.key("ctrl-c")
    assert window.exit_code() == 130
    assert "A_KEY=" not in window.screen
    assert window.cooked


def test_ctrl_c_while_one_is_waited_for_ends_everything(user: User, terminal: OpenTerminal) -> None:
    refer(user, A_KEY=manager(user, "pwman", "import time; time.sleep(600)"))
    window = run(user, terminal, "A_KEY")
    window.wait_for("waiting for pwman (A_KEY) ...")
    window.key("ctrl-c")
    assert window.exit_code() == 130


def test_what_one_says_is_held_back_until_it_asks(user: User, terminal: OpenTerminal) -> None:
    code = f"import sys; sys.stderr.write('a notice'); print({CANARY!r})"
    refer(user, A_KEY=manager(user, "pwman", code))
    window = terminal([sys.executable, "-m", "wizard", "run", "--", "sh", "-c", "echo started"], user.env)
    window.wait_for("started")
    assert window.exit_code() == 0
    assert "a notice" not in window.screen
    assert CANARY not in window.screen
