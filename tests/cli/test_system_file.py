"""The file that Crush reads for everybody on a machine: a new one can be read by all, one that is there stays closed.

The program runs with an /etc of its own, a folder of the test's that is mounted there for it alone.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Machine

KEY = "made-up-key-0123456789"
PROFILE = 'profile = 1\n[providers.p]\nbase_url = "https://p.example/v1"\napi_key = "$P_KEY"\nmodels = [{id = "m"}]\n'
ADD = ("add-provider", "openai-compatible", "--id", "x", "--base-url", "https://x.example/v1", "--model", "m")
TARGET = ("--file", "/etc/crush/crush.json", "--yes")
_IN_NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]


@dataclass(frozen=True)
class WithEtc:
    """A machine, and the folder that its programs find at /etc."""

    machine: Machine
    etc: Path

    @property
    def config(self) -> Path:
        return self.etc / "crush" / "crush.json"

    @property
    def modes(self) -> tuple[str, str]:
        return oct(self.config.parent.stat().st_mode)[-3:], oct(self.config.stat().st_mode)[-3:]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The program, with a umask that leaves nothing to anybody else."""
        script = f'umask 077; mount --bind "{self.etc}" /etc && exec "$0" -m wizard "$@"'
        return subprocess.run(
            [*_IN_NAMESPACE, script, sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=self.machine.home,
            env={**self.machine.env, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            timeout=60,
            check=False,
        )


@pytest.fixture
def system(machine: Machine, tmp_path: Path) -> WithEtc:
    etc = tmp_path / "etc"
    etc.mkdir(mode=0o755)
    for name in ("ld.so.cache", "ld.so.conf"):
        if Path("/etc", name).is_file():
            shutil.copy(Path("/etc", name), etc)
    probe = [*_IN_NAMESPACE, f'mount --bind "{etc}" /etc']
    if shutil.which("unshare") is None or subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("this user can't have an /etc of their own")
    return WithEtc(machine, etc)


@pytest.fixture
def profile(tmp_path: Path) -> str:
    path = tmp_path / "p.toml"
    path.write_text(PROFILE, encoding="utf-8")
    return str(path)


def test_everybody_can_read_a_new_one(system: WithEtc, profile: str) -> None:
    done = system.run("import", profile, *TARGET)
    assert done.returncode == 0, done.stderr
    assert system.modes == ("755", "644")
    assert "chmod" not in done.stderr
    assert list(json.loads(system.config.read_text(encoding="utf-8"))["providers"]) == ["p"]
    assert system.run("undo", "--yes").returncode == 0
    assert not system.config.exists()


def test_so_it_is_for_every_command(system: WithEtc) -> None:
    done = system.run(*ADD, "--no-api-key", *TARGET)
    assert done.returncode == 0, done.stderr
    assert system.modes == ("755", "644")


def test_one_that_is_closed_stays_so_and_that_is_said(system: WithEtc, profile: str) -> None:
    system.config.parent.mkdir(mode=0o700)
    system.config.write_text("{}", encoding="utf-8")
    system.config.chmod(0o600)
    done = system.run("import", profile, *TARGET)
    assert done.returncode == 0, done.stderr
    assert system.modes == ("700", "600")
    assert "chmod a+x /etc/crush && chmod a+r /etc/crush/crush.json" in done.stderr


def test_a_key_that_everybody_could_read_is_not_taken(system: WithEtc) -> None:
    done = system.run(*ADD, "--no-api-key", "--extra-body", json.dumps({"token": KEY}), *TARGET)
    assert done.returncode == 2
    assert "it contains a key, which would be in the config in plain text" in done.stderr
    assert not system.config.exists()
    assert KEY not in done.stdout + done.stderr
