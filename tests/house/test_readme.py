"""README.md's command lines, run as they stand there, in a copy of the tree and with a new HOME."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wizard import __version__

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from tests.conftest import SecretService

ROOT = Path(__file__).parents[2]
HOME = "~/.local/share/crush-wizard"
PROGRAM = f"{HOME}/bin/crush-wizard"
INSTALL = f"python3 -m venv {HOME} && {HOME}/bin/pip install -q . && {PROGRAM}"
JOB = f"{PROGRAM} add-provider deepseek --yes"
LINK = f"mkdir -p ~/.local/bin && ln -s {PROGRAM} ~/.local/bin/"
TESTS = "python3 -m venv .venv && .venv/bin/pip install -q -e '.[test,servers]' && .venv/bin/python -m pytest -n auto"
TOOLS = {"pipx": "pipx install .", "uv": "uv tool install ."}
SHARED = (
    *("man/man1/crush-wizard.1", "bash-completion/completions/crush-wizard", "zsh/site-functions/_crush-wizard"),
    "fish/vendor_completions.d/crush-wizard.fish",
)
KEY = "sk-0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def lines() -> list[str]:
    return [line.strip() for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """What `pip install .` needs of the tree, with a key to bring."""
    folder = tmp_path / "copy"
    folder.mkdir()
    for name in ("pyproject.toml", "setup.cfg", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    for name in ("wizard", "presets", ".share"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "key.txt").write_text(KEY + "\n", encoding="utf-8")
    return folder


def _shell(line: str, folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}:{env['PATH']}"  # python3 is the Python that runs this test
    command = ["bash", "-c", line]
    return subprocess.run(
        command, cwd=folder, env=env | {"PATH": path}, input="", capture_output=True, text=True, check=False
    )


@pytest.mark.any_python  # installing on each is what test_wheel.py does
@pytest.mark.timeout(600)  # installing fetches packages
def test_one_line_installs_and_starts_it_and_one_does_the_job_with_no_terminal(
    lines: list[str], copy: Path, secret_service: SecretService
) -> None:
    started = _shell(_only(lines, INSTALL), copy, secret_service.env)
    assert started.returncode == 3, started.stderr  # it runs; nobody is there to be asked
    assert "crush-wizard add-provider" in started.stderr

    done = _shell(_only(lines, JOB), copy, secret_service.env)
    assert done.returncode == 0, done.stderr
    assert _entry(secret_service.env)["api_key"] == "$DEEPSEEK_API_KEY"

    linked = _shell(f"{_only(lines, LINK)} && ~/.local/bin/crush-wizard --version", copy, secret_service.env)
    assert linked.stdout.startswith(f"crush-wizard {__version__}\n"), linked.stderr

    with_key = _shell(f"{JOB} --merge --api-key-file key.txt", copy, secret_service.env)
    assert with_key.returncode == 0, with_key.stderr
    assert secret_service.get("DEEPSEEK_API_KEY") == KEY


@pytest.mark.any_python
@pytest.mark.timeout(600)
@pytest.mark.parametrize("tool", TOOLS)
def test_pipx_and_uv_put_it_on_the_path_at_once(
    lines: list[str], copy: Path, tmp_path: Path, tool: str, require_real: Callable[[str], NoReturn]
) -> None:
    if not (Path(sys.executable).parent / tool).exists():
        require_real(f"{tool} is not installed")
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "XDG_", "PIPX_", "UV_"))}
    env |= {"HOME": str(tmp_path), "UV_PYTHON": sys.executable, "WIZARD_OFFLINE": "1"}
    installed = _shell(_only(lines, TOOLS[tool]), copy, env)
    assert installed.returncode == 0, installed.stderr
    env["PATH"] = f"{tmp_path / '.local' / 'bin'}:/usr/bin:/bin"
    told = subprocess.run(
        ["bash", "-c", "crush-wizard --version && crush-wizard add-provider deepseek --yes --json"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith(f"crush-wizard {__version__}\n")
    share = tmp_path / ".local" / "share"
    if tool == "uv":
        share /= "uv/tools/crush-wizard/share"  # uv links programs alone
    assert [name for name in SHARED if not (share / name).is_file()] == []


def test_every_fenced_line_is_run_by_one_of_these(lines: list[str]) -> None:
    """Those in tables and sentences are for tests/cli/test_readme_commands.py."""
    fences = [number for number, line in enumerate(lines) if line.startswith("```")]
    fenced = [line for start, end in zip(fences[::2], fences[1::2], strict=True) for line in lines[start + 1 : end]]
    assert sorted(fenced) == sorted((INSTALL, JOB, LINK, TESTS, *TOOLS.values()))


def test_links_lead_somewhere() -> None:
    pages = [ROOT / "README.md", *ROOT.glob(".github/*.md"), *ROOT.glob("wizard/**/*.md")]
    wrong = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)|src=\"([^\"]+)", page.read_text(encoding="utf-8"))
        for target in filter(None, target)
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert wrong == []


def test_one_line_installs_and_runs_the_tests(lines: list[str]) -> None:
    """.ci/run runs it; here it only has to be there, once, so that .ci/run finds it."""
    assert lines.count(TESTS) == 1


def _entry(env: dict[str, str]) -> dict[str, str]:
    config = Path(env["XDG_CONFIG_HOME"]) / "crush" / "crush.json"
    entry: dict[str, str] = json.loads(config.read_text(encoding="utf-8"))["providers"]["deepseek"]
    return entry


def _only(lines: list[str], wanted: str) -> str:
    """The line, which the README must have as it is: people copy it."""
    assert wanted in lines
    return wanted
