"""The program as scripts call it: in a process of its own, or in the test's process, which costs a quarter."""

from __future__ import annotations

import atexit
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack, chdir, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from unittest import mock

from wizard import __main__ as program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

ROOT = Path(__file__).parents[1]
LOCALE = {"LANG": "C.UTF-8"}
# On Python 3.11 a child imports from its working directory only with -m; an absolute path works everywhere.
IMPORTS = {"PYTHONPATH": str(ROOT)}
ERROR_HANDLERS = ("surrogateescape", "surrogateescape", "backslashreplace")
"""What Python gives stdin, stdout and stderr in the locale C.UTF-8."""
SECONDS = 60


@cache
def without_crush(path: str) -> str:
    """A PATH with all that this one has, but for a Crush: no test depends on what the machine has of that.

    A folder that has one gives way to a folder with links to everything else in it.
    """
    return os.pathsep.join(map(_folder_without_crush, path.split(os.pathsep)))


@cache
def _folder_without_crush(folder: str) -> str:
    if not folder or not (Path(folder) / "crush").exists():
        return folder
    links = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, links)
    for program_ in Path(folder).iterdir():
        if program_.name != "crush":
            (links / program_.name).symlink_to(program_.absolute())
    return str(links)


SYSTEM_PATH = without_crush("/usr/bin:/bin")
"""Programs that every machine has."""


@dataclass(frozen=True)
class Finished:
    """A run that ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.out)
        return document


def start(arguments: Sequence[str], cwd: Path, env: Mapping[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "wizard", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        env=env,
    )


def run_alone(arguments: Sequence[str], stdin: str, cwd: Path, env: Mapping[str, str]) -> Finished:
    """In a process of its own."""
    with start(arguments, cwd, env) as process:
        out, err = process.communicate(stdin, timeout=SECONDS)
    return Finished(process.returncode, out, err)


def run(arguments: Sequence[str], stdin: str, cwd: Path, env: Mapping[str, str]) -> Finished:
    """In this process wherever that can make no difference."""
    if said_at_start(env) or not _in_main_thread():
        return run_alone(arguments, stdin, cwd, env)
    return (run_forked if _takes_over_the_process(arguments) else run_inside)(arguments, stdin, cwd, env)


def run_forked(arguments: Sequence[str], stdin: str, cwd: Path, env: Mapping[str, str]) -> Finished:
    """In a process of its own, without the start of a Python."""
    from tests.fork_server import fork_server

    with _files(stdin) as (given, out, err):
        streams = [file.fileno() for file in (given, out, err)]
        child = fork_server().start([sys.executable, "-m", "wizard", *arguments], env, cwd, streams)
        child.end(SECONDS)
        assert child.status is not None
        return Finished(child.status, _text(out), _text(err))


def run_inside(arguments: Sequence[str], stdin: str, cwd: Path, env: Mapping[str, str]) -> Finished:
    """In this process, which is afterwards as it was before."""
    from tests.fork_server import ForkingPopen

    with _files(stdin) as (given, out, err):
        with (
            _signals_kept(),
            _limits_kept(),
            chdir(cwd),
            mock.patch.dict(os.environ, env, clear=True),
            mock.patch.object(tempfile, "tempdir", None),
            mock.patch.object(subprocess, "Popen", ForkingPopen),
            mock.patch.object(sys, "argv", [str(program.__file__), *arguments]),
            _streams(given, out, err),
            _no_thread_left(),
        ):
            code = exit_code(program.main)
        return Finished(code, _text(out), _text(err))


@contextmanager
def _files(stdin: str) -> Iterator[tuple[IO[bytes], IO[bytes], IO[bytes]]]:
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(stdin.encode())
        given.seek(0)
        yield given, out, err


def _takes_over_the_process(arguments: Sequence[str]) -> bool:
    """`run` becomes another program; the short way of `secret get` takes the alarm clock, which pytest-timeout has."""
    return "run" in arguments or list(arguments[:2]) == ["secret", "get"]


def said_at_start(env: Mapping[str, str]) -> bool:
    """Whether the environment says something that Python reads at its start only."""
    said = {name: value for name, value in env.items() if name.startswith(("PYTHON", "LANG", "LC_", "TZ", "MALLOC"))}
    return said != LOCALE | IMPORTS


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def exit_code(run: Callable[[], object]) -> int:
    """As the interpreter makes it of what `run` ends with."""
    try:
        run()
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return (end.code or 0) & 0xFF
        sys.stderr.write(f"{end.code}\n")
        return 1
    return 0


@contextmanager
def _signals_kept() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE, signal.SIGXFSZ)
    before = {number: signal.getsignal(number) for number in numbers}
    umask = os.umask(0o022)
    os.umask(umask)
    try:
        yield
    finally:
        os.umask(umask)
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _limits_kept() -> Iterator[None]:
    """A program that holds secrets allows no core dumps."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)


@contextmanager
def _streams(*files: IO[bytes]) -> Iterator[None]:
    """The three streams, as Python's objects and as the numbers that child processes get."""
    kept = [os.dup(number) for number in range(3)]
    names, modes = ("stdin", "stdout", "stderr"), ("r", "w", "w")
    try:
        for number, file in enumerate(files):
            os.dup2(file.fileno(), number)
        with ExitStack() as stack:
            for number, (name, mode, errors) in enumerate(zip(names, modes, ERROR_HANDLERS, strict=True)):
                stream = open(number, mode, encoding="utf-8", errors=errors, closefd=False)  # noqa: SIM115
                stack.enter_context(mock.patch.object(sys, name, stack.enter_context(stream)))
            yield
    finally:
        for number, copy in enumerate(kept):
            os.dup2(copy, number)
            os.close(copy)


@contextmanager
def _no_thread_left() -> Iterator[None]:
    """A process that ends takes its threads along. Here they are waited for, else they would see the next test's
    environment. Threads of servers that the test runs are no business of ours.
    """
    ours = [threading.current_thread()]
    start_thread = threading.Thread.start

    def noticed(thread: threading.Thread) -> None:
        if threading.current_thread() in ours:
            ours.append(thread)
        start_thread(thread)

    with mock.patch.object(threading.Thread, "start", noticed):
        try:
            yield
        finally:
            for thread in ours:  # the list grows when one of them starts another
                if thread is not threading.current_thread():
                    thread.join(SECONDS)
                    assert not thread.is_alive(), f"{thread} goes on after the command has ended"


def _text(file: IO[bytes]) -> str:
    """What was written, with every end of line as \\n."""
    file.seek(0)
    return file.read().decode("utf-8").replace("\r\n", "\n")
