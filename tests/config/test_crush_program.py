"""Asking real programs named crush for their version (crush-behaviour 9)."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import pytest

from wizard.config.crush_program import crush_version, find_crush, parse_version

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Install = Callable[[str], dict[str, str]]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts")


@pytest.fixture
def install(tmp_path: Path) -> Install:
    """Puts a script on PATH as `crush` and returns the environment."""

    def put(script: str) -> dict[str, str]:
        program = tmp_path / "crush"
        program.write_text(script)
        program.chmod(0o755)
        return {"PATH": f"{tmp_path}:{os.environ['PATH']}"}

    return put


@pytest.mark.parametrize(
    ("output", "version"),
    [
        ("crush version 0.90.0", (0, 90, 0)),
        ("crush version v0.90.0\n", (0, 90, 0)),
        ("crush version v0.90.0+dirty", (0, 90, 0)),
        ("crush version v0.91.0-0.20260821-abcdef", (0, 91, 0)),
        ("crush version devel", "devel"),
        ("crush version 1.0.0 (a picture)\ncrush version 0.96.1", (0, 96, 1)),
        ("", None),
        ("candy crush", None),
        ("crush version ?", None),
    ],
)
def test_the_version_is_read_from_the_output(output: str, version: object) -> None:
    assert parse_version(output) == version


def test_a_release(install: Install, tmp_path: Path) -> None:
    found = find_crush(install("#!/bin/sh\necho crush version 0.90.0\n"))
    assert (found.path, found.version, found.problem) == (tmp_path / "crush", (0, 90, 0), "")


def test_no_crush(tmp_path: Path) -> None:
    found = find_crush({"PATH": str(tmp_path)})
    assert (found.path, found.version) == (None, None)
    assert "not on PATH" in found.problem
    assert crush_version({}) is None


@pytest.mark.parametrize(
    "script",
    ["#!/no/such/interpreter\n", "not a program \0\n", "#!/bin/sh\nexit 1\n", "#!/bin/sh\nprintf '\\377\\376'\n"],
)
def test_a_broken_crush_has_no_version_and_a_problem(script: str, install: Install) -> None:
    found = find_crush(install(script))
    assert found.path
    assert found.version is None
    assert found.problem


@pytest.mark.parametrize("script", ["#!/bin/sh\nsleep 60\n", "#!/bin/sh\nsleep 60 &\necho crush version 1.2.3\n"])
def test_one_that_hangs_is_ended_with_all_that_it_started(script: str, install: Install) -> None:
    began = time.monotonic()
    found = find_crush(install(script), seconds=0.3)
    assert time.monotonic() - began < 5
    assert "did not answer" in found.problem


def test_a_flood_is_cut(install: Install) -> None:
    found = find_crush(install("#!/bin/sh\nexec yes crush version 1.2.3\n"))
    assert found.version == (1, 2, 3)


def test_it_reads_nothing_from_us_and_sees_no_terminal(install: Install) -> None:
    script = "#!/bin/sh\ncat\n[ -t 0 ] || [ -t 1 ] || (: </dev/tty) 2>/dev/null || echo crush version 1.2.3\n"
    assert crush_version(install(script)) == (1, 2, 3)


def test_the_env_file_of_the_current_folder_is_out_of_its_sight(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("OPENAI_API_KEY=x")
    monkeypatch.chdir(tmp_path)
    assert crush_version(install("#!/bin/sh\n[ -e .env ] || echo crush version 1.2.3\n")) == (1, 2, 3)


def test_a_crush_in_the_current_folder_is_not_run(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    monkeypatch.chdir(tmp_path)
    assert "relative" in find_crush({"PATH": "."}).problem
    assert not (tmp_path / "ran").exists()
