"""The Crush that is on PATH: its version, and what it says about a configuration (crush-behaviour 9)."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from wizard.files.programs import which
from wizard.private import Private
from wizard.provider.login import platforms_in
from wizard.regexp import regexp
from wizard.shown import without_escapes

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping
    from typing import IO

Version = tuple[int, int, int] | Literal["devel"]

ANSWER = regexp(r"crush version (?:v?(\d+)\.(\d+)\.(\d+)|devel)")
OUTPUT_LIMIT = 64 * 1024
"""Bytes of either stream that are read of `crush --version`."""
SECONDS = 2.0

MODELS_LIMIT = 4 * 1024 * 1024
"""The same of `crush models`, which lists the whole catalogue: some 100 kB."""
MODELS_SECONDS = 60.0
"""Crush may ask several endpoints for their models, and runs the commands in the configuration."""
MESSAGE_LENGTH = 500
QUIET = {"CRUSH_DISABLE_PROVIDER_AUTO_UPDATE": "1", "CRUSH_DISABLE_METRICS": "1"}

CATALOGUE_LIMIT = 16 * 1024 * 1024
"""Bytes that are read of a catalogue: it has some 500 kB."""
_READ_SECONDS = 1.0
"""How long a pipe is read on after the program has ended: a process that left its group may hold it open."""


class CrushProgram(Struct, frozen=True):
    """`path` None: not installed. `version` "devel": built from source; None: unknown, `problem` says why."""

    path: Path | None = None
    version: Version | None = None
    problem: str = ""


class StartVerdict(Struct, frozen=True):
    """What Crush says about the configuration of a folder.

    `ok` True: it starts, and lists `models` as PROVIDER/MODEL; False: it refuses to start, `message` is its own;
    None: it gave no answer, `message` says why. A message is one line without control characters.
    """

    ok: bool | None
    models: tuple[str, ...] = ()
    message: str = ""


class _Ended(Private, Struct, frozen=True):
    """How a run ended. `code` None: it printed more than the limit and was ended for it."""

    code: int | None
    out: bytes
    err: bytes


def crush_version(environ: Mapping[str, str]) -> Version | None:
    """The version of the Crush on PATH, if there is one that tells it. Never raises."""
    return find_crush(environ).version


def find_crush(environ: Mapping[str, str], seconds: float = SECONDS) -> CrushProgram:
    """Find `crush` on PATH and ask it for its version, for no longer than `seconds`. Never raises."""
    path = _on_path(environ)
    if path is None:
        return CrushProgram(problem="crush is not on PATH")
    if not path.is_absolute():
        return CrushProgram(problem=f"PATH names crush by a relative path ({path})")
    try:
        # Crush loads a .env file from the folder that it starts in
        ended = _run([path, "--version"], environ, Path(path.anchor), seconds, OUTPUT_LIMIT)
    except TimeoutError:
        return CrushProgram(path, problem=f"crush --version did not answer within {seconds:g} seconds")
    except (OSError, ValueError) as error:
        return CrushProgram(path, problem=f"crush can't be run: {error}")
    version = parse_version(ended.out.decode(errors="replace"))
    return CrushProgram(path, version, "" if version else "crush --version printed no known version")


def crush_on_path(environ: Mapping[str, str]) -> Path | None:
    """The Crush on PATH, which is not asked for anything."""
    path = _on_path(environ)
    return path if path and path.is_absolute() else None  # what lies in the current folder is not the user's Crush


def _on_path(environ: Mapping[str, str]) -> Path | None:
    found = which("crush", environ.get("PATH", ""))
    return Path(found) if found else None


def login_platforms(program: Path, environ: Mapping[str, str], seconds: float = SECONDS) -> tuple[str, ...]:
    """What this Crush can sign in to, by its own words for it; nothing where it can't tell. Never raises."""
    try:
        ended = _run([program, "login", "--help"], environ, Path(program.anchor), seconds, OUTPUT_LIMIT)
    except (OSError, ValueError):  # TimeoutError is one
        return ()
    return platforms_in(without_escapes(ended.out.decode(errors="replace")))


def embedded_catalogue(program: Path, environ: Mapping[str, str], seconds: float = SECONDS) -> bytes:
    """The catalogue that this Crush brings along, in the format of its cache; empty where it can't tell. Never raises.

    It writes it into a home of its own, which is gone afterwards; nothing is read there, and nobody is asked.
    """
    from tempfile import TemporaryDirectory

    try:
        with TemporaryDirectory(prefix="crush-wizard-") as folder:
            homes = ("HOME", "USERPROFILE", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")
            folders = dict.fromkeys((*homes, "LOCALAPPDATA", "CRUSH_GLOBAL_CONFIG", "CRUSH_GLOBAL_DATA"), folder)
            around = {**environ, **QUIET, **folders}
            _run([program, "update-providers", "embedded"], around, Path(folder), seconds, OUTPUT_LIMIT)
            with Path(folder, "crush", "providers.json").open("rb") as written:
                return written.read(CATALOGUE_LIMIT)
    except (OSError, ValueError):  # TimeoutError is one
        return b""


def parse_version(output: str) -> Version | None:
    """The version in the output of `crush --version`: the last one, for a picture may precede it."""
    matches = list(ANSWER.finditer(output))
    if not matches:
        return None
    major, minor, patch = matches[-1].groups()
    return (int(major), int(minor), int(patch)) if major else "devel"


def ask_crush(program: Path, environ: Mapping[str, str], cwd: Path, seconds: float = MODELS_SECONDS) -> StartVerdict:
    """Let Crush load the configuration that counts in `cwd`, by `crush models`. Never raises.

    This runs the commands in the configuration and asks endpoints for their models: only with the user's consent.
    """
    try:
        ended = _run([program, "models"], {**environ, **QUIET}, cwd, seconds, MODELS_LIMIT)
    except TimeoutError:
        return StartVerdict(None, message=f"crush models did not answer within {seconds:g} seconds")
    except (OSError, ValueError) as error:
        return StartVerdict(None, message=f"crush can't be run: {_one_line(str(error))}")
    if ended.code is None:
        return StartVerdict(None, message="crush models printed too much")
    if ended.code < 0:
        return StartVerdict(None, message=f"crush models was ended by signal {-ended.code}")
    if ended.code:
        printed = _one_line((ended.err or ended.out).decode(errors="replace"))
        return StartVerdict(False, message=printed or f"crush models ended with exit code {ended.code}")
    lines = ended.out.decode(errors="replace").splitlines()
    return StartVerdict(True, tuple(model for line in lines if "/" in (model := _one_line(line))))


def _one_line(text: str) -> str:
    """The text without escape sequences and control characters, on one line, cut where it gets long."""
    plain = "".join(character if character.isprintable() else " " for character in without_escapes(text))
    line = " ".join(plain.split())
    return line if len(line) <= MESSAGE_LENGTH else line[: MESSAGE_LENGTH - 1].rstrip() + "…"


def _run(command: list[Path | str], environ: Mapping[str, str], cwd: Path, seconds: float, limit: int) -> _Ended:
    """Run it to its end, with no input. Raises TimeoutError, or OSError when it can't be started."""
    import subprocess

    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        env=dict(environ),
        cwd=cwd,
        start_new_session=True,  # no terminal to draw on, and a group to end as a whole
    )
    readers = [_Reader(process, stream, limit) for stream in (process.stdout, process.stderr) if stream]
    try:
        code = process.wait(seconds)
    except subprocess.TimeoutExpired:
        raise TimeoutError from None
    finally:
        _end(process)
    for reader in readers:
        reader.join(_READ_SECONDS)
    out, err = (bytes(reader.output) for reader in readers)
    return _Ended(None if any(reader.flooded for reader in readers) else code, out, err)


class _Reader(threading.Thread):
    """Reads a stream of the process up to the limit, and ends the process if there is more."""

    def __init__(self, process: subprocess.Popen[bytes], stream: IO[bytes], limit: int) -> None:
        super().__init__(daemon=True)
        self.output = bytearray()
        self.flooded = False
        self._process, self._stream, self._limit = process, stream, limit
        self.start()

    def run(self) -> None:
        with self._stream as stream:
            while chunk := stream.read(min(OUTPUT_LIMIT, self._limit + 1 - len(self.output))):
                self.output += chunk
                if len(self.output) > self._limit:
                    self.flooded = True
                    self._end_the_program()
                    return

    def _end_the_program(self) -> None:
        if self._process.returncode is None:  # else it has ended, and what it left in the pipe is read
            _kill(self._process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the program and what it started."""
    _kill(process)
    process.wait()


def _kill(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        # The group may be gone; macOS calls that a matter of permission.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
