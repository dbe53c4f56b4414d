"""A real terminal for tests: the program runs in a pty, and what it draws is rendered as a person would see it."""

from __future__ import annotations

import json
import os
import select
import sys
import termios
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pyte
import pytest

from tests.conftest import NO_SERVERS
from tests.fork_server import InTerminal, fork_server
from tests.program import ROOT

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tests.conftest import SecretService

SIZES = [(80, 24), pytest.param(40, 20, marks=pytest.mark.any_python)]
"""An ordinary window, and a narrow one: how lines break in it is the same on every Python."""
PATIENCE = 15.0
"""Seconds to wait for anything; a slow machine is no failure."""
KEYS = {
    "enter": "\r",
    "esc": "\x1b",
    "tab": "\t",
    "space": " ",
    "backspace": "\x7f",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
}


class Screen(pyte.Screen):
    """Answers the questions that a program asks its terminal (such as ESC[6n, where the cursor is)."""

    def __init__(self, columns: int, rows: int, reply: Callable[[str], None]) -> None:
        super().__init__(columns, rows)
        self._reply = reply

    def write_process_input(self, data: str) -> None:
        self._reply(data)

    def select_graphic_rendition(self, *attrs: int, private: bool = False) -> None:
        """Pyte does not know the private ones, which say nothing about what is shown."""
        if not private:
            super().select_graphic_rendition(*attrs)

    @property
    def shown(self) -> list[str]:
        """The same as `display`, which measures every letter anew: a wide one is followed by an empty cell."""
        rows = (self.buffer[row] for row in range(self.lines))
        return ["".join(row[column].data for column in range(self.columns)) for row in rows]


class Terminal:
    """One program in one terminal window.

    Send keys, wait for what the screen should show, look at the screen. Every wait fails with the whole
    screen in its message. Close to a person's way: wait for a question before you answer it.
    """

    def __init__(self, program: InTerminal, columns: int, rows: int) -> None:
        self._program = program
        self._child = program.child
        self.everything = b""
        self._pyte = Screen(columns, rows, self.send)
        self._stream = pyte.ByteStream(self._pyte)
        self._drawn: str | None = ""

    @property
    def screen(self) -> str:
        """What the window shows now, one line a row, without blanks at the ends."""
        self._read(0.0)
        if self._drawn is None:
            self._drawn = "\n".join(line.rstrip() for line in self._pyte.shown).rstrip()
        return self._drawn

    @property
    def cells(self) -> list[list[pyte.screens.Char]]:
        """The same with its colours, a list a row."""
        self._read(0.0)
        rows = (self._pyte.buffer[row] for row in range(self._pyte.lines))
        return [[row[column] for column in range(self._pyte.columns)] for row in rows]

    @property
    def cooked(self) -> bool:
        """Whether the terminal echoes and edits lines again, as a shell expects it, with a visible cursor."""
        flags = termios.tcgetattr(self._program.terminal)[3]
        return bool(flags & termios.ECHO and flags & termios.ICANON) and not self._pyte.cursor.hidden

    def send(self, text: str) -> None:
        """Type the text."""
        os.write(self._program.terminal, text.encode())

    def key(self, name: str, times: int = 1) -> None:
        """Press a key: one of KEYS, or ctrl-a to ctrl-z."""
        letter = name.removeprefix("ctrl-")
        self.send((KEYS[name] if letter == name else chr(ord(letter) - ord("a") + 1)) * times)

    def paste(self, text: str) -> None:
        """Paste as modern terminals do, between the marks of bracketed paste."""
        self.send(f"\x1b[200~{text}\x1b[201~")

    def wait_for(self, text: str, timeout: float = PATIENCE) -> str:
        """Wait until the screen contains the text, whatever line breaks are in it; gives the screen."""
        self._wait(lambda: flat(text) in flat(self.screen), f"the screen never showed {text!r}", timeout)
        return self.screen

    def wait_until_gone(self, text: str, timeout: float = PATIENCE) -> str:
        """Wait until the screen no longer contains the text; gives the screen."""
        self._wait(lambda: flat(text) not in flat(self.screen), f"the screen kept {text!r}", timeout)
        return self.screen

    def answer(self, question: str, typed: str = "") -> str:
        """Wait for the question, type the answer and press Enter; gives the screen as the question was asked."""
        asked = self.wait_for_question(question)
        self.send(typed + KEYS["enter"])
        self.wait_until_answered(question)
        return asked

    def wait_for_question(self, question: str) -> str:
        """Wait until this is what is asked, whatever else the screen says of it; gives the screen."""
        self._wait(lambda: self._asks(question), f"nobody asked {question!r}", PATIENCE)
        return self.screen

    def wait_until_answered(self, question: str) -> None:
        self._wait(lambda: not self._asks(question), f"it still asks {question!r}", PATIENCE)

    def _asks(self, question: str) -> bool:
        _, asked, text = f"\n{self.screen}".rpartition("\n? ")
        return bool(asked) and flat(question) in flat(text)

    def change(self, value: str) -> None:
        """Answer the summary with "Change something", and pick this value: its question comes next."""
        self.choose("Save?", "Change something")
        self.pick(value, "What do you want to change?")

    def pick(self, label: str, question: str) -> None:
        """Filter the list of this question for the label, and take it."""
        self.wait_for_question(question)
        self.wait_for("type to filter")
        self.send(label)
        self.wait_for(f"❯ {label}")  # the first row that fits; the line of the filter is drawn before it
        self.key("enter")
        self.wait_until_answered(question)

    def move_to(self, row: str) -> None:
        """Go down a list until the cursor is on this row."""
        self.wait_for(row)
        for _ in range(20):
            if flat(f"❯ {row}") in flat(self.screen):
                return
            self._down()
        pytest.fail(f"the list has no {row!r}. The screen:\n{self.screen}")

    def _down(self) -> None:
        before = self._pointed()
        self.key("down")
        self._wait(lambda: self._pointed() not in (before, []), "the cursor never moved", PATIENCE)

    def _pointed(self) -> list[tuple[int, str]]:
        """The row that the cursor is on; none while it is being drawn anew."""
        return [(number, line) for number, line in enumerate(self.screen.splitlines()) if line.startswith(" ❯")]

    def choose(self, question: str, row: str) -> None:
        """Wait for the question, and take this row of its list."""
        self.wait_for_question(question)
        self.move_to(row)
        self.key("enter")
        self.wait_until_answered(question)

    def kill(self, number: signal.Signals) -> None:
        """Send the program a signal."""
        os.kill(self._child.pid, number)

    def wait(self, timeout: float = PATIENCE) -> None:
        """Wait until the program has ended, and read what it still printed."""
        self._wait(lambda: self._child.status is not None, "the program never ended", timeout)
        while self._read(0.02):
            pass

    def exit_code(self, timeout: float = PATIENCE) -> int:
        """Wait for the end; the exit code, or minus the signal that ended the program."""
        self.wait(timeout)
        assert self._child.status is not None
        return self._child.status

    def close(self) -> None:
        """End the program, however it is doing."""
        self._program.close()

    def _wait(self, done: Callable[[], bool], failure: str, timeout: float) -> None:
        end = time.monotonic() + timeout
        while not done():
            if time.monotonic() > end:
                pytest.fail(f"{failure} in {timeout} s. The screen:\n{self.screen}")
            self._read(0.02)

    def _read(self, timeout: float) -> bool:
        """Take in what was printed; False where there was nothing (or the program has ended)."""
        if not select.select([self._program.terminal], [], [], timeout)[0]:
            return False
        try:
            data = os.read(self._program.terminal, 65536)
        except OSError:  # what Linux says at the end
            return False
        self.everything += data
        self._stream.feed(data)
        self._drawn = None
        return True


def flat(text: str) -> str:
    """Without white space: a line that was broken to fit the window reads the same."""
    return "".join(text.split())


class OpenTerminal(Protocol):
    """The `terminal` fixture."""

    def __call__(
        self,
        argv: Sequence[str | Path],
        env: Mapping[str, str | None] = ...,
        columns: int = ...,
        rows: int = ...,
    ) -> Terminal: ...


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[OpenTerminal]:
    """`terminal(argv, env={}, columns=80, rows=24)` starts a program in a terminal of its own.

    `argv[0]` may be "python" for this interpreter. The environment is small: HOME is `tmp_path / "home"`
    (made if missing), TERM xterm-256color; `env` adds to it, and None takes a variable away.
    """
    opened: list[Terminal] = []

    def start(
        argv: Sequence[str | Path],
        env: Mapping[str, str | None] | None = None,
        columns: int = 80,
        rows: int = 24,
    ) -> Terminal:
        program = [sys.executable if part == "python" else str(part) for part in argv]
        started = fork_server().start_in_terminal(program, _environment(tmp_path / "home", env or {}), columns, rows)
        opened.append(Terminal(started, columns, rows))
        return opened[-1]

    yield start
    for window in opened:
        window.close()


def _environment(home: Path, extra: Mapping[str, str | None]) -> dict[str, str]:
    home.mkdir(exist_ok=True)
    base: dict[str, str | None] = {
        "HOME": str(home),
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "PYTHONPATH": str(ROOT),
        **NO_SERVERS,
    }
    return {name: value for name, value in {**base, **extra}.items() if value is not None}


ASK = Path(__file__).with_name("ask.py")


class Asked:
    """A running ask.py: its terminal, and afterwards its answers and what went to stdout."""

    def __init__(self, terminal: Any, result: Path, stdout: Path) -> None:
        self.terminal = terminal
        self._result = result
        self._stdout = stdout

    def answers(self) -> Any:
        """The answers of a run that ended well and left stdout alone."""
        assert self.terminal.exit_code() == 0, self.terminal.screen
        assert self._stdout.read_bytes() == b""
        return json.loads(self._result.read_text())

    def cancelled(self) -> None:
        """The run ended as cancelled, with the terminal as a shell needs it and stdout left alone."""
        self.terminal.wait_for("cancelled, nothing was changed")
        self.terminal.wait()
        assert self.terminal.cooked
        assert self.terminal.exit_code() == 130
        assert self._stdout.read_bytes() == b""


@pytest.fixture
def ask(terminal: Any, tmp_path: Path) -> Callable[..., Asked]:
    """`ask(QUESTION, ..., columns=80, rows=24, env={})` asks them in a terminal."""

    def start(*questions: dict[str, Any], **window: Any) -> Asked:
        result, stdout = tmp_path / "result.json", tmp_path / "stdout.txt"
        argv = ["python", ASK, json.dumps(questions), result, stdout]
        return Asked(terminal(argv, **window), result, stdout)

    return start


HAND_WRITTEN = """\
{
   "$schema" : "https://charm.land/crush.json",
     "options" : { "debug":false , "context_paths": [ "AGENTS.md" ,"docs/\\u00e9t\\u00e9.md" ] },
   "lsp": {
\t"go":     { "command": "gopls", "env": { "GOTOOLCHAIN": "go1.24.5" } },
\t"python": { "command": "pyright-langserver", "args": ["--stdio"] }
   },
   "mcp" : {
      "github": { "type":"http", "url":"https://api.githubcopilot.com/mcp/", "timeout": 1.2e2,
                  "headers": { "Authorization":"Bearer $GH_PAT" } } },
   "models": { "large": { "provider": "acme", "model": "acme-1" }, "small": { "provider": "acme", "model": "acme-1" } },
   "providers" : {
        "acme" : { "name": "Acme", "type": "openai-compat", "base_url": "https://llm.acme.example/v1",
                   "api_key" : "acme-literal-canary-4711",
                   "models" : [
                      { "id":"acme-1", "name":"Acme One", "context_window":128e3, "default_max_tokens":4096,
                        "cost_per_1m_in":0.10, "cost_per_1m_out":0.40, "cost_per_1m_in_cached":0,
                        "cost_per_1m_out_cached":0, "can_reason":false, "supports_attachments":false }
                   ] },
        "deepseek" : { "name": "My DeepSeek", "api_key": "$MY_KEY", "x-note": "mine",
                       "models": [ { "id": "deepseek-v4-flash", "name": "Flash!", "context_window": 64000 } ] }
   },
   "permissions": { "allowed_tools": [ "view", "ls", "grep" ] }
}"""
"""A user's own file: odd indentation, escapes, no final newline, and another provider's literal key."""


class User:
    """Somebody's account: a home folder, and what the program finds in its environment."""

    def __init__(self, env: dict[str, str], terminal: OpenTerminal) -> None:
        self.env = env
        self.home = Path(env["HOME"])
        self.config = Path(env["XDG_CONFIG_HOME"]) / "crush" / "crush.json"
        self._terminal = terminal

    def wizard(
        self, *arguments: str, env: Mapping[str, str | None] | None = None, columns: int = 80, rows: int = 24
    ) -> Terminal:
        """The program in a terminal."""
        return self._terminal(["python", "-m", "wizard", *arguments], {**self.env, **(env or {})}, columns, rows)

    def writes(self, text: str) -> str:
        """Put this into crush.json by hand."""
        self.config.parent.mkdir(parents=True, exist_ok=True)
        self.config.write_bytes(text.encode())
        return text

    @property
    def providers(self) -> dict[str, Any]:
        """The providers that crush.json has now."""
        providers: dict[str, Any] = json.loads(self.config.read_bytes())["providers"]
        return providers

    def snapshot(self) -> dict[str, tuple[object, ...]]:
        """All that is below HOME: kind and mode, time of the last change, content."""
        return {str(path.relative_to(self.home)): _state(path) for path in [self.home, *self.home.rglob("*")]}

    def files_with(self, text: str) -> list[Path]:
        """The files below HOME that contain the text."""
        files = (path for path in self.home.rglob("*") if path.is_file())
        return [path for path in files if text.encode() in path.read_bytes()]


def _state(path: Path) -> tuple[object, ...]:
    status = path.lstat()
    return status.st_mode, status.st_mtime_ns, path.read_bytes() if path.is_file() else None


@pytest.fixture
def user(no_bus: dict[str, str], terminal: OpenTerminal) -> User:
    """Somebody without a keyring (no D-Bus) and with an empty home."""
    return User(no_bus, terminal)


@pytest.fixture
def keyring_user(secret_service: SecretService, terminal: OpenTerminal) -> User:
    """Somebody with an unlocked keyring, which is the fixture `secret_service`, and with an otherwise empty home."""
    return User(secret_service.env, terminal)


@pytest.fixture
def hand_written() -> str:
    """The text of a large crush.json, for `User.writes`."""
    return HAND_WRITTEN
