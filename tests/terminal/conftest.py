"""A real terminal for tests: the program runs in a pty, and what it draws is rendered as a person would see it."""

from __future__ import annotations

import os
import sys
import termios
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pexpect
import pyte
import pytest

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Iterator, Mapping, Sequence

ROOT = Path(__file__).parents[2]
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


class Terminal:
    """One program in one terminal window.

    Send keys, wait for what the screen should show, look at the screen. Every wait fails with the whole
    screen in its message. Close to a person's way: wait for a question before you answer it.
    """

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], columns: int, rows: int) -> None:
        self.child: pexpect.spawn[bytes] = pexpect.spawn(
            argv[0], list(argv[1:]), env=dict(env), dimensions=(rows, columns), cwd=str(ROOT), timeout=PATIENCE
        )
        self.child.delaybeforesend = None
        self.everything = b""
        self._pyte = Screen(columns, rows, self.send)
        self._stream = pyte.ByteStream(self._pyte)

    @property
    def screen(self) -> str:
        """What the window shows now, one line a row, without blanks at the ends."""
        self._read(0.0)
        return "\n".join(line.rstrip() for line in self._pyte.display).rstrip()

    @property
    def cooked(self) -> bool:
        """Whether the terminal echoes and edits lines again, as a shell expects it, with a visible cursor."""
        flags = termios.tcgetattr(self.child.child_fd)[3]
        return bool(flags & termios.ECHO and flags & termios.ICANON) and not self._pyte.cursor.hidden

    def send(self, text: str) -> None:
        """Type the text."""
        self.child.send(text.encode())

    def key(self, name: str, times: int = 1) -> None:
        """Press a key: one of KEYS, or ctrl-a to ctrl-z."""
        letter = name.removeprefix("ctrl-")
        self.send((KEYS[name] if letter == name else chr(ord(letter) - ord("a") + 1)) * times)

    def paste(self, text: str) -> None:
        """Paste as modern terminals do, between the marks of bracketed paste."""
        self.send(f"\x1b[200~{text}\x1b[201~")

    def wait_for(self, text: str, timeout: float = PATIENCE) -> str:
        """Wait until the screen contains the text, whatever line breaks are in it; gives the screen."""
        self._wait(lambda: _flat(text) in _flat(self.screen), f"the screen never showed {text!r}", timeout)
        return self.screen

    def wait_until_gone(self, text: str, timeout: float = PATIENCE) -> str:
        """Wait until the screen no longer contains the text; gives the screen."""
        self._wait(lambda: _flat(text) not in _flat(self.screen), f"the screen kept {text!r}", timeout)
        return self.screen

    def kill(self, number: signal.Signals) -> None:
        """Send the program a signal."""
        assert self.child.pid is not None
        os.kill(self.child.pid, number)

    def wait(self, timeout: float = PATIENCE) -> None:
        """Wait until the program has ended, and read what it still printed."""
        self._wait(lambda: not self.child.isalive(), "the program never ended", timeout)
        while self._read(0.02):
            pass

    def exit_code(self, timeout: float = PATIENCE) -> int:
        """Wait for the end; the exit code, or minus the signal that ended the program."""
        self.wait(timeout)
        return self.child.exitstatus if self.child.exitstatus is not None else -int(self.child.signalstatus or 0)

    def close(self) -> None:
        """End the program, however it is doing."""
        self.child.close(force=True)

    def _wait(self, done: Callable[[], bool], failure: str, timeout: float) -> None:
        end = time.monotonic() + timeout
        while not done():
            if time.monotonic() > end:
                pytest.fail(f"{failure} in {timeout} s. The screen:\n{self.screen}")
            self._read(0.02)

    def _read(self, timeout: float) -> bool:
        """Take in what was printed; False where there was nothing (or the program has ended)."""
        try:
            data = self.child.read_nonblocking(65536, timeout)
        except (pexpect.TIMEOUT, pexpect.EOF):
            return False
        self.everything += data
        self._stream.feed(data)
        return True


def _flat(text: str) -> str:
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
        opened.append(Terminal(program, _environment(tmp_path / "home", env or {}), columns, rows))
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
    }
    return {name: value for name, value in {**base, **extra}.items() if value is not None}
