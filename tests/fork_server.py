"""Python programs in processes of their own, without the start of a Python: each is a fork of a server that has
imported what they need, which costs a quarter. Any other program, and a Python whose environment says something that is
read at its start, is started as it is.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
import termios
import threading
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from prompt_toolkit.application import application
from prompt_toolkit.styles import style

import wizard
from tests.program import ERROR_HANDLERS, IMPORTS, LOCALE, ROOT, exit_code, said_at_start
from wizard.catalog.catalog import open_catalog
from wizard.catalog.matching import match
from wizard.flow.preset_library import SHIPPED, load_shipped
from wizard.secrets.child import CHILD
from wizard.ui.terminal_prompter import keep_key_bindings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LIBRARIES = """
    anyio._backends._asyncio anyio.streams.tls asyncio ctypes encodings.idna filelock httpcore jeepney.io.blocking
    keyring prompt_toolkit.input.vt100 prompt_toolkit.key_binding.bindings.search prompt_toolkit.output.vt100
    prompt_toolkit.shortcuts pyrage questionary secretstorage tomlkit truststore wcwidth yaml
""".split()
"""What wizard's modules import when they need it, not all of them everywhere."""
LARGEST_REQUEST = 1 << 20
CLOSING_SECONDS = 1.0
MOST_FILES = 4
STORE_CHILD = ["-I", "-c", CHILD]
"""What a store starts Python with."""
SIZE = 4
"""Bytes of a number."""


class Child:
    """A program that was started. `ending` tells its number, and how it ended."""

    def __init__(self, ending: socket.socket) -> None:
        self._ending = ending
        self.pid = self._said()
        self._status: int | None = None

    @property
    def status(self) -> int | None:
        """The exit code, or minus the signal that ended it; None while it runs."""
        if self._status is None and select.select([self._ending], [], [], 0)[0]:
            self._status = os.waitstatus_to_exitcode(self._said())
        return self._status

    def ends_within(self, seconds: float | None) -> bool:
        """Wait for the end, so long at most."""
        return self._status is not None or bool(select.select([self._ending], [], [], seconds)[0])

    def end(self, patience: float) -> None:
        """Wait for the end; what has not come to it after so many seconds is ended."""
        if not self.ends_within(patience):
            os.kill(self.pid, signal.SIGKILL)
        if self._status is None:
            self._status = os.waitstatus_to_exitcode(self._said())
        self._ending.close()

    def _said(self) -> int:
        said = self._ending.recv(SIZE)
        assert len(said) == SIZE, "the fork server has ended"
        return int.from_bytes(said)


@dataclass
class InTerminal:
    """`terminal` is the outer end, where a person sits."""

    child: Child
    terminal: int

    def close(self) -> None:
        """Close the window; what does not care is ended."""
        os.close(self.terminal)
        self.child.end(CLOSING_SECONDS)


class ForkingPopen(subprocess.Popen[Any]):
    """The children to which wizard.secrets gives work are forks, and everything else is what it is."""

    _fork: Child | None = None

    def _execute_child(self, args: Any, *how: Any) -> None:
        if not isinstance(args, list) or args[1:] != STORE_CHILD:
            super()._execute_child(args, *how)  # type: ignore[misc]
            return
        env, theirs = how[5], (how[9], how[12], how[14])
        self._fork = fork_server().start(args, env, Path.cwd(), theirs)
        self.pid, self._child_created = self._fork.pid, True
        for stream in theirs:
            os.close(stream)

    def _internal_poll(self, *how: Any, **also: Any) -> int | None:
        if self._fork is None:
            return super()._internal_poll(*how, **also)  # type: ignore[misc, no-any-return]
        self.returncode = self._fork.status
        return self.returncode

    def _wait(self, timeout: float | None) -> int:
        if self._fork is None:
            return super()._wait(timeout)  # type: ignore[misc, no-any-return]
        if not self._fork.ends_within(timeout):
            assert timeout is not None
            raise subprocess.TimeoutExpired(self.args, timeout)
        return self._internal_poll()  # type: ignore[return-value]  # it has ended


@cache
def fork_server() -> ForkServer:
    """One for all tests of this process, as long as it lives."""
    server = ForkServer()
    atexit.register(server.stop)
    return server


class ForkServer:
    def __init__(self) -> None:
        self._requests, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.fork_server", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                cwd=ROOT,
                env={"PATH": os.defpath, **LOCALE, **IMPORTS},
                start_new_session=True,  # Ctrl-C is for pytest, and ends this one by ending that one
            )

    def start_in_terminal(self, argv: Sequence[str], env: Mapping[str, str], columns: int, rows: int) -> InTerminal:
        """`argv`: of a Python program, `[sys.executable, "-m", MODULE, ...]` or `[sys.executable, FILE, ...]`."""
        outer, inner = os.openpty()
        termios.tcsetwinsize(inner, (rows, columns))
        child = self.start(argv, env, ROOT, [inner])
        os.close(inner)
        return InTerminal(child, outer)

    def start(self, argv: Sequence[str], env: Mapping[str, str], cwd: Path, streams: Sequence[int]) -> Child:
        """`streams`: a terminal, or what are to be stdin, stdout and stderr; without a terminal then."""
        ending, theirs = socket.socketpair()
        request = json.dumps({"argv": list(argv), "env": dict(env), "cwd": str(cwd)}).encode() + b"\n"
        with theirs:
            socket.send_fds(self._requests, [request], [theirs.fileno(), *streams])
        return Child(ending)

    def stop(self) -> None:
        self._requests.close()
        self._process.wait()


def _serve(requests: socket.socket) -> None:
    """Until nobody can ask any more."""
    while True:
        data, (*files,), _, _ = socket.recv_fds(requests, LARGEST_REQUEST, MOST_FILES)
        if not data:
            return
        while not data.endswith(b"\n"):
            data += requests.recv(LARGEST_REQUEST)
        if not os.fork():
            requests.close()
            _watch(json.loads(data), *files)
        for file in files:
            os.close(file)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _watch(request: dict[str, Any], ending: int, *streams: int) -> NoReturn:
    """The program's parent, which tells its number and how it ended."""
    child = os.fork()
    if not child:
        os.close(ending)
        _take(streams)
        os.chdir(request["cwd"])
        _become(request["argv"], request["env"])
    for stream in streams:
        os.close(stream)
    os.write(ending, child.to_bytes(SIZE))
    os.write(ending, os.waitpid(child, 0)[1].to_bytes(SIZE))
    os._exit(0)


def _take(streams: Sequence[int]) -> None:
    if len(streams) == 1:
        os.login_tty(streams[0])
        return
    os.setsid()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)


def _become(argv: list[str], env: dict[str, str]) -> NoReturn:
    if argv[0] != sys.executable or said_at_start(env):
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them
            signal.signal(number, signal.SIG_DFL)
        os.execvpe(argv[0], argv, env)
    os.environ.clear()
    os.environ.update(env)
    _open_streams()
    code = exit_code(lambda: _run(argv))
    _end_threads()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)  # to take down all that was imported would cost more than the rest


def _run(argv: list[str]) -> None:
    if argv[1:] == STORE_CHILD:
        exec(CHILD, {"__name__": "__main__"})
    elif argv[1] == "-m":
        sys.argv = argv[2:]
        runpy.run_module(argv[2], run_name="__main__", alter_sys=True)
    else:
        sys.argv = argv[1:]
        runpy.run_path(argv[1], run_name="__main__")


def _end_threads() -> None:
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()


def _open_streams() -> None:
    """As Python does at its start."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        stream = open(number, mode, encoding="utf-8", errors=ERROR_HANDLERS[number], closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _import_all() -> None:
    for module in pkgutil.walk_packages(wizard.__path__, "wizard."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in LIBRARIES:
        with suppress(ImportError):
            importlib.import_module(name)
    _read_what_is_shipped()
    keep_key_bindings()
    application.load_key_bindings()  # type: ignore[attr-defined]
    style._parse_style_str = cache(style._parse_style_str)  # each question parses all rules of its screen anew
    sys.modules.pop("wizard.__main__", None)  # else runpy warns of it


def _read_what_is_shipped() -> None:
    for preset_id in SHIPPED:
        load_shipped(preset_id)
    nowhere = Path(os.devnull)
    match(open_catalog(None, nowhere), None, None, "a model that nobody has")


if __name__ == "__main__":
    _import_all()
    gc.freeze()
    _serve(socket.socket(fileno=int(sys.argv[1])))
