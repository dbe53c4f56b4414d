"""The Crush that is on PATH, and its version (crush-behaviour 9)."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Version = tuple[int, int, int] | Literal["devel"]

ANSWER = re.compile(r"crush version (?:v?(\d+)\.(\d+)\.(\d+)|devel)")
OUTPUT_LIMIT = 64 * 1024
SECONDS = 2.0


@dataclass(frozen=True)
class CrushProgram:
    """`path` None: not installed. `version` "devel": built from source; None: unknown, `problem` says why."""

    path: Path | None = None
    version: Version | None = None
    problem: str = ""


def crush_version(environ: Mapping[str, str]) -> Version | None:
    """The version of the Crush on PATH, if there is one that tells it. Never raises."""
    return find_crush(environ).version


def find_crush(environ: Mapping[str, str], seconds: float = SECONDS) -> CrushProgram:
    """Find `crush` on PATH and ask it for its version, for no longer than `seconds`. Never raises."""
    found = shutil.which("crush", path=environ.get("PATH", ""))
    if found is None:
        return CrushProgram(problem="crush is not on PATH")
    path = Path(found)
    if not path.is_absolute():  # whatever lies in the current folder is not the user's Crush
        return CrushProgram(problem=f"PATH names crush by a relative path ({found})")
    try:
        answer = _run(path, environ, seconds)
    except TimeoutError:
        return CrushProgram(path, problem=f"crush --version did not answer within {seconds:g} seconds")
    except (OSError, ValueError) as error:
        return CrushProgram(path, problem=f"crush can't be run: {error}")
    version = parse_version(answer)
    return CrushProgram(path, version, "" if version else "crush --version printed no version that we know")


def parse_version(output: str) -> Version | None:
    """The version in the output of `crush --version`: the last one, for a picture may precede it."""
    matches = list(ANSWER.finditer(output))
    if not matches:
        return None
    major, minor, patch = matches[-1].groups()
    return (int(major), int(minor), int(patch)) if major else "devel"


def _run(path: Path, environ: Mapping[str, str], seconds: float) -> str:
    """What it prints, up to the limit. Raises TimeoutError, or OSError when it can't be started."""
    process = subprocess.Popen(
        [path, "--version"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        env=dict(environ),
        cwd=path.anchor,  # Crush loads a .env file from the folder that it starts in
        start_new_session=True,  # no terminal to draw on, and a group to end as a whole
    )
    output = bytearray()
    reader = threading.Thread(target=_read, args=(process, output), daemon=True)
    reader.start()
    reader.join(seconds)
    late = reader.is_alive()
    _end(process)
    if late:
        raise TimeoutError
    return output.decode(errors="replace")


def _read(process: subprocess.Popen[bytes], output: bytearray) -> None:
    assert process.stdout is not None  # noqa: S101 - asked for in Popen
    with process.stdout as stream:
        while len(output) < OUTPUT_LIMIT and (chunk := stream.read(OUTPUT_LIMIT - len(output))):
            output += chunk


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the program and what it started."""
    if sys.platform == "win32":
        process.kill()
    else:
        # The group may be gone; macOS calls that a matter of permission.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
