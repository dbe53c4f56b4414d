"""A real Crush in a home of its own: what it says of a configuration, what it sends, what it writes down."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tests.crush.real.internet import Internet

VARIABLE = "WIZARD_TEST_CRUSH"
MISSING = f"needs a real Crush: on PATH, or named by {VARIABLE}"
SECONDS = 60.0
QUIET = {"CRUSH_DISABLE_PROVIDER_AUTO_UPDATE": "1", "CRUSH_DISABLE_METRICS": "1"}
PLAIN_PATH = "/usr/bin:/bin"
"""Programs that every machine has; git is among them where it is installed at all."""


def find_programs() -> tuple[Path, ...]:
    """Those that the variable names, parted as in PATH, else the one on PATH."""
    named = os.environ.get(VARIABLE) or shutil.which("crush") or ""
    return tuple(Path(name).absolute() for name in named.split(os.pathsep) if name)


def find_program() -> Path | None:
    """The first of them: that is the Crush of nearly all tests."""
    return next(iter(find_programs()), None)


@dataclass(frozen=True)
class Listed:
    """What `crush models` said. `message` is its own where it does not start.

    `models` are PROVIDER/MODEL, sorted. Those of a built-in are there whether or not it has a key.
    """

    starts: bool
    message: str
    models: tuple[str, ...]

    def of(self, provider: str) -> tuple[str, ...]:
        """The ids of a provider's models. An id with a slash is none of another provider's only by its beginning."""
        return tuple(model.removeprefix(f"{provider}/") for model in self.models if model.startswith(f"{provider}/"))


@dataclass(frozen=True)
class RealCrush:
    """Where it lives and what it meets. Nothing of the user's own machine is in its sight but the programs of the
    system; `system` is the folder that it takes for /etc/crush, where this machine lets us arrange that.
    """

    program: Path
    home: Path
    env: Mapping[str, str] = field(default_factory=dict)
    internet: Internet | None = None
    system: Path | None = None

    @property
    def environ(self) -> dict[str, str]:
        around = self.internet.environ if self.internet else {}
        return {"HOME": str(self.home), "PATH": PLAIN_PATH, "LANG": "C.UTF-8", **QUIET, **around, **self.env}

    @property
    def config_file(self) -> Path:
        return self.home / ".config" / "crush" / "crush.json"

    @property
    def data_file(self) -> Path:
        return self.home / ".local" / "share" / "crush" / "crush.json"

    def models(self, cwd: Path | None = None) -> Listed:
        """Whether it starts, and what it lists."""
        ended = self.run("models", cwd=cwd)
        lines = tuple(line for line in ended.stdout.splitlines() if line) if ended.returncode == 0 else ()
        return Listed(ended.returncode == 0, "" if ended.returncode == 0 else _one_line(ended.stderr), lines)

    def ask(self, cwd: Path | None = None, model: str = "", seconds: float = SECONDS) -> str:
        """Let it send one prompt, to the large model or to PROVIDER/MODEL; the requests are in `internet` afterwards.

        Returns what it complained of. It tries again and again what can't be sent, and is ended after `seconds`.
        """
        if self.internet:
            self.internet.forget()
        chosen = ("--model", model) if model else ()
        try:
            ended = self.run("run", "--quiet", *chosen, "hello", cwd=cwd, seconds=seconds)
        except subprocess.TimeoutExpired:
            return f"it has not ended after {seconds:g} seconds"
        return _one_line(ended.stderr) if ended.returncode else ""

    def remembered(self) -> dict[str, Any]:
        """What stands in its data file; of equal keys the first, which is the one that Crush changes."""
        if not self.data_file.exists():
            return {}
        text = self.data_file.read_text(encoding="utf-8", errors="replace").strip() or "{}"
        found: dict[str, Any] = json.loads(text, object_pairs_hook=lambda pairs: dict(reversed(pairs)))
        return found

    def run(
        self, *arguments: str, cwd: Path | None = None, seconds: float = SECONDS
    ) -> subprocess.CompletedProcess[str]:
        command = [str(self.program), *arguments]
        return subprocess.run(
            command if self.system is None else in_system(self.system, command),
            cwd=cwd or self.home,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )


def _one_line(text: str) -> str:
    return " ".join(text.replace("ERROR", "", 1).partition("goroutine")[0].split())


def in_system(folder: Path, command: list[str]) -> list[str]:
    """The command with `folder` laid over /etc, in a mount namespace of its own."""
    mount = 'mount -t overlay overlay -o "lowerdir=$0:/etc" /etc && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", mount, str(folder), *command]


@cache
def can_lay_over_system() -> bool:
    """Whether this machine lets a test put files where the system's are."""
    if shutil.which("unshare") is None:
        return False
    tried = subprocess.run(in_system(Path(__file__).parent, ["true"]), capture_output=True, check=False)
    return tried.returncode == 0
