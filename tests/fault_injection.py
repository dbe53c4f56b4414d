"""A command in a child process, in which one call that changes something on the disk fails, or is its last."""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests import program

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.cli.conftest import Machine

KILL = "kill"
FAULTS = (KILL, errno.ENOSPC, errno.EIO, errno.EROFS, errno.EACCES)
CALLS = frozenset({"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.link", "os.truncate"})
"""Audit events of calls that change the folder whose path is their first argument."""
LOOKING = frozenset({"open", "os.listdir", "os.scandir"})
"""The same of calls that read it."""
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


@dataclass(frozen=True)
class Ended:
    """`code` None: it was killed. `struck`: the fault took place, at `call`, so there may be one call more."""

    code: int | None
    struck: bool
    call: str = ""
    err: str = ""


@dataclass
class Fault:
    """An audit hook. Strikes at the call with this number, and never again; with `reads` at calls that only look."""

    what: str | int
    number: int
    folder: str
    seen: int = 0
    call: str = ""
    reads: bool = False

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._changes(event, arguments):
            self.seen += 1
            if self.seen - 1 == self.number:
                self.call = f"{event}{arguments}"
                self._strike()

    @property
    def struck(self) -> bool:
        return self.seen > self.number

    def _changes(self, event: str, arguments: tuple[Any, ...]) -> bool:
        if self.reads:
            return event in LOOKING and self._is_inside(arguments[0])
        if event == "fcntl.flock":
            return True
        is_writing = event == "open" and isinstance(arguments[2], int) and bool(arguments[2] & WRITING)
        return (event in CALLS or is_writing) and self._is_inside(arguments[0])

    def _is_inside(self, path: object) -> bool:
        return isinstance(path, str | bytes | os.PathLike) and os.fsdecode(path).startswith(self.folder)

    def _strike(self) -> None:
        if self.what == KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        raise OSError(self.what, os.strerror(int(self.what)))


def run_with_fault(
    machine: Machine,
    arguments: Sequence[str],
    stdin: str,
    what: str | int,
    number: int,
    notes: Path,
    *,
    reads: bool = False,
) -> Ended:
    """`notes`: a file outside of the machine's home."""
    notes.unlink(missing_ok=True)
    child = os.fork()
    if not child:
        fault = Fault(what, number, str(machine.home), reads=reads)
        sys.addaudithook(fault)
        done = program.run_inside(arguments, stdin, machine.home, machine.env)
        ended = {"code": done.code, "struck": fault.struck, "call": fault.call, "err": done.err}
        notes.write_text(json.dumps(ended), encoding="utf-8")
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status == -signal.SIGKILL:
        return Ended(None, struck=True)
    assert status == 0, "the test's own process ended otherwise"
    return Ended(**json.loads(notes.read_text(encoding="utf-8")))
