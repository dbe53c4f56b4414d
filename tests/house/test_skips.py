"""With WIZARD_REQUIRE_REAL=1 no test is skipped quietly: what could have been installed must be there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.servers.conftest import does_not_start

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.any_python

CONFTEST = Path(__file__).parents[1] / "conftest.py"
WAYS_TO_SKIP = {
    "test_by_call.py": "def test_it(): pytest.skip({!r})",
    "test_by_mark.py": "@pytest.mark.skipif(True, reason={!r})\ndef test_it(): pass",
    "test_by_fixture.py": "@pytest.fixture\ndef part(): pytest.skip({!r})\ndef test_it(part): pass",
    "test_by_module.py": "pytest.skip({!r}, allow_module_level=True)\ndef test_it(): pass",
}
EXCUSED = (
    "needs a real Crush on PATH",
    "needs a real LiteLLM proxy",
    "needs macOS",
    "needs Windows",
    "needs another processor",
)


@pytest.fixture
def outcome(tmp_path: Path) -> Callable[..., str]:
    """`outcome(tests, require_real=...)` runs test modules under the real conftest.py; pytest's summary in short."""

    def run(tests: dict[str, str], *, require_real: bool) -> str:
        shutil.copy(CONFTEST, tmp_path)
        for name, code in tests.items():
            (tmp_path / name).write_text(f"import pytest\n{code}\n", encoding="utf-8")
        options = ["-q", "-p", "no:cacheprovider", "-c", os.devnull, "--continue-on-collection-errors"]
        # a folder of its own: among pytest's common ones it would first delete those of earlier runs
        options += [f"--basetemp={tmp_path / 'temporary'}"]
        command = [sys.executable, "-m", "pytest", *options, f"--rootdir={tmp_path}", str(tmp_path)]
        plain = {"PYTEST_ADDOPTS": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # whatever this run was given
        env = os.environ | plain | {"WIZARD_REQUIRE_REAL": "1" if require_real else "0"}
        result = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        summary: str = result.stdout.strip().splitlines()[-1]
        return summary.partition(" in ")[0]

    return run


def _skips(reason: str) -> dict[str, str]:
    return {name: code.format(reason) for name, code in WAYS_TO_SKIP.items()}


def test_a_missing_part_fails_the_run(outcome: Callable[..., str]) -> None:
    assert outcome(_skips("gnome-keyring-daemon is not installed"), require_real=True) == "1 failed, 3 errors"


def test_elsewhere_it_is_a_skip(outcome: Callable[..., str]) -> None:
    assert outcome(_skips("gnome-keyring-daemon is not installed"), require_real=False) == "4 skipped"


def test_what_cannot_be_installed_is_excused_and_an_expected_failure_is_no_skip(outcome: Callable[..., str]) -> None:
    tests = {"test_it.py": "@pytest.mark.xfail\ndef test_it(): assert False"}
    for number, reason in enumerate(EXCUSED):
        tests |= {f"test_{number}_{name}": code for name, code in _skips(reason).items()}
    assert outcome(tests, require_real=True) == f"{len(tests) - 1} skipped, 1 xfailed"


@pytest.mark.parametrize(
    ("ending", "said"), [("kill -ILL $$", "needs another processor"), ("exit 1", "does not start")]
)
def test_a_part_that_this_processor_can_not_run_is_told_from_one_that_is_broken(
    tmp_path: Path, ending: str, said: str
) -> None:
    program = tmp_path / "llama-server"
    program.write_text(f"#!/bin/sh\n{ending}\n")
    program.chmod(0o755)
    code = subprocess.run([program], check=False).returncode
    with pytest.raises(pytest.skip.Exception, match=said):
        does_not_start(code, pytest.skip)
