"""Job control over commands that may ask the person at the terminal for something, each in its own process group."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING

from msgspec import Struct

from wizard.errors import Cancelled
from wizard.private import Private

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

LARGEST = 64 * 1024
"""Bytes of what a command may print: no key is longer. What prints more is ended."""
_TICK = 0.02
"""Seconds between two looks at the jobs: nothing else tells without a signal handler that one was stopped."""
_GRACE = 0.5
"""Seconds between asking a job to end, and ending it."""
_QUIET = 2.0
"""Seconds after which it is said what is waited for."""


class Ended(Private, Struct, frozen=True):
    """How a command ended. `code` is negative for a signal. `is_late`, `is_too_long`: why it was ended.
    `is_told`: the person has seen the complaint already."""

    output: bytes
    complaint: bytes
    code: int
    is_late: bool = False
    is_too_long: bool = False
    is_told: bool = False


def run_jobs(
    titles: Mapping[str, str],
    environ: Mapping[str, str],
    *,
    asks: bool,
    say: Callable[[str], None],
    seconds: float,
    largest: int = LARGEST,
) -> dict[str, Ended]:
    """Run the commands side by side. `titles`: what each is called in `say`. Raises Cancelled, and leaves none behind.

    `seconds` bounds each, not counting while it has the terminal or waits for it; what prints more than
    `largest` bytes is ended.
    """
    with _terminal(asks=asks) as terminal:
        jobs: list[_Job] = []
        try:
            jobs += (_Job(command, title, environ, terminal, largest) for command, title in titles.items())
            _Watch(jobs, terminal, say, seconds).until_all_ended()
        except (KeyboardInterrupt, Cancelled):
            _end(jobs)
            if terminal and terminal.is_taken:
                terminal.take_back()  # a question may be drawn with other modes, in which lines would begin anywhere
                _pass_on(b"\n")
                say("gpg-agent still asks on this terminal; to end it, in another one: gpgconf --kill gpg-agent")
            raise
        finally:
            _end(jobs)
    return {job.command: job.ended() for job in jobs}


class _Watch:
    def __init__(
        self, jobs: Iterable[_Job], terminal: _Terminal | None, say: Callable[[str], None], seconds: float
    ) -> None:
        self._running = list(jobs)
        self._queue: list[_Job] = []
        """Those that have the terminal (the first one) or want it."""
        self._terminal = terminal
        self._say = say
        self._seconds = seconds
        self._started = self._looked = time.monotonic()
        self._asked = 0.0
        """Seconds in which somebody else has asked on the terminal."""
        self._has_said = False

    def until_all_ended(self) -> None:
        while self._running:
            for job in self._running:
                if job.wants_terminal() and self._terminal:
                    self._line_up(job)
            self._let_go_of_ended()
            self._end_too_late()
            time.sleep(_TICK)

    def _line_up(self, job: _Job) -> None:
        """A job that has been given the terminal is stopped again only by its user (Ctrl-Z): it goes on."""
        if job not in self._queue:
            self._queue.append(job)
        if job is self._queue[0]:
            self._hand_over()

    def _hand_over(self) -> None:
        job = self._queue[0]
        if not job.is_shown:
            self._say(f"{job.title} asks:")
        job.show()
        if self._terminal:
            self._terminal.give_to(job)

    def _let_go_of_ended(self) -> None:
        self._running = [job for job in self._running if job.code is None]
        if not self._queue or self._queue[0].code is None:
            return
        if self._terminal:
            self._terminal.take_back()
        if self._queue.pop(0).code in (-signal.SIGINT, 128 + signal.SIGINT):
            raise Cancelled
        if self._queue:
            self._hand_over()

    def _end_too_late(self) -> None:
        now = time.monotonic()
        if self._terminal and self._terminal.is_taken:
            self._asked += now - self._looked
        self._looked = now
        passed = now - self._started - self._asked
        waited_for = [job for job in self._running if job not in self._queue]
        if passed > _QUIET and waited_for and not self._has_said:
            self._has_said = True
            self._say(f"waiting for {', '.join(job.title for job in waited_for)} ...")
        for job in waited_for:
            job.is_late = passed > self._seconds
        _end(job for job in waited_for if job.is_late or job.has_printed_too_much)


class _Job:
    """A command that runs, and what it prints. Its streams are read by threads: a pipe may stay open behind it."""

    def __init__(
        self, command: str, title: str, environ: Mapping[str, str], terminal: _Terminal | None, largest: int
    ) -> None:
        import subprocess

        self.command = command
        self.title = title
        self._largest = largest
        self.code: int | None = None
        self.is_late = False
        self.is_shown = False
        self._process = subprocess.Popen(  # noqa: S602 the user's own line, for a shell as Crush has one
            command,
            shell=True,
            cwd=_folder(),
            env={**environ, **(terminal.variables if terminal else {})},
            stdin=terminal.handle if terminal and os.isatty(0) else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=terminal is None,  # it then has no terminal
            process_group=0 if terminal else None,  # which the terminal can be given to
        )
        self._output = bytearray()
        self._complaint = bytearray()
        self._readers = (
            threading.Thread(target=self._read_output, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._read_complaint, args=(self._process.stderr,), daemon=True),
        )
        for reader in self._readers:
            reader.start()

    @property
    def group(self) -> int:
        """The id of its process group."""
        return int(self._process.pid)

    @property
    def has_printed_too_much(self) -> bool:
        return len(self._output) > self._largest

    def wants_terminal(self) -> bool:
        """Whether the system has stopped it since the last look. Notices its end as well."""
        if sys.platform == "win32":
            self.code = self._process.poll()
            return False
        if self.code is not None:
            return False
        ended, status = os.waitpid(self.group, os.WNOHANG | os.WUNTRACED)
        if ended and os.WIFSTOPPED(status):
            return True
        if ended:
            self.code = self._process.returncode = os.waitstatus_to_exitcode(status)
        return False

    def show(self) -> None:
        """What it says goes to the person from now on, beginning with what it has said."""
        if not self.is_shown:
            self.is_shown = True
            _pass_on(bytes(self._complaint))

    def signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            if sys.platform == "win32":
                self._process.terminate()
            else:
                os.killpg(self.group, number)

    def ended(self) -> Ended:
        for reader in self._readers:
            reader.join(_GRACE)  # what it has left running may keep a pipe open
        code, told = self.code or 0, self.is_shown
        return Ended(bytes(self._output), bytes(self._complaint), code, self.is_late, self.has_printed_too_much, told)

    def _read_output(self, stream: IO[bytes]) -> None:
        while part := _part(stream):
            if not self.has_printed_too_much:
                self._output += part

    def _read_complaint(self, stream: IO[bytes]) -> None:
        while part := _part(stream):
            self._complaint = (self._complaint + part)[-LARGEST:]
            if self.is_shown:
                _pass_on(part)


def _folder() -> Path:
    """The home folder, which some accounts of services do not have. Never a project's."""
    home = Path.home()
    return home if home.is_dir() else Path(home.anchor)


def _part(stream: IO[bytes]) -> bytes:
    return os.read(stream.fileno(), 4096)


def _pass_on(part: bytes) -> None:
    """Unbuffered and as it is: it is a prompt."""
    sys.stderr.flush()
    with contextlib.suppress(OSError):
        os.write(2, part)


def _end(jobs: Iterable[_Job]) -> None:
    """End those that still run, with all that they have started."""
    running = [job for job in jobs if job.code is None]
    for number in (signal.SIGTERM, signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM):
        for job in running:
            job.signal(number)
            job.signal(signal.SIGCONT if sys.platform != "win32" else number)
        until = time.monotonic() + _GRACE
        while time.monotonic() < until and any(job.code is None for job in running):
            for job in running:
                job.wants_terminal()
            time.sleep(_TICK)


# The terminal


class _Terminal:
    """The controlling terminal, which we have: who gets it is its foreground process group."""

    def __init__(self, handle: int) -> None:
        import termios

        self.handle = handle
        self._modes = termios.tcgetattr(handle)
        self._is_given = False

    @property
    def variables(self) -> dict[str, str]:
        """For GnuPG, whose agent asks on the terminal that is named."""
        return {} if os.environ.get("GPG_TTY") else {"GPG_TTY": os.ttyname(self.handle)}

    def give_to(self, job: _Job) -> None:
        self._is_given = True
        with contextlib.suppress(ProcessLookupError, PermissionError):  # it has just ended
            self._set_foreground(job.group)
        job.signal(signal.SIGCONT)

    @property
    def is_taken(self) -> bool:
        """Whether somebody asks on it who is no job of ours: gpg's agent sets its modes."""
        import termios

        return not self._is_given and termios.tcgetattr(self.handle) != self._modes

    def take_back(self) -> None:
        """With the modes that it had: who is ended at a password leaves it without an echo."""
        import termios

        if self._is_given or self.is_taken:
            self._is_given = False
            self._set_foreground(os.getpgrp())
            with _unstopped():
                termios.tcsetattr(self.handle, termios.TCSADRAIN, self._modes)

    def _set_foreground(self, group: int) -> None:
        with _unstopped():
            os.tcsetpgrp(self.handle, group)


@contextlib.contextmanager
def _unstopped() -> Iterator[None]:
    """Who sets a terminal that another group has is stopped, unless it blocks the signal."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _terminal(*, asks: bool) -> Iterator[_Terminal | None]:
    """The terminal, if somebody there can be asked, and if it is ours to give."""
    handle = _opened() if asks and sys.platform != "win32" else None
    if handle is None:
        yield None
        return
    terminal = _Terminal(handle)
    try:
        yield terminal
    finally:
        terminal.take_back()
        os.close(handle)


def _opened() -> int | None:
    """The terminal that we are in the foreground of, by its own name: gpg's agent has another `/dev/tty`, or none."""
    for name in (*_names(), "/dev/tty"):
        with contextlib.suppress(OSError):
            handle = os.open(name, os.O_RDWR | os.O_CLOEXEC | os.O_NOCTTY)
            with contextlib.suppress(OSError):  # it is not the one that controls us
                if os.tcgetpgrp(handle) == os.getpgrp():
                    return handle
            os.close(handle)
    return None


def _names() -> Iterator[str]:
    for stream in range(3):
        with contextlib.suppress(OSError):
            yield os.ttyname(stream)
