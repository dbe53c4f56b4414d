"""What users get: the built wheel and sdist, an editable install and a bare checkout, run from another folder."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.timeout(600)  # building and installing fetch packages


def _run(
    *command: str | Path, cwd: Path, env: dict[str, str] | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    result = subprocess.run(command, cwd=cwd, env=env, input=stdin, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return result


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree as git knows it: nothing that is ignored, no leftovers of earlier builds."""
    copy = tmp_path_factory.mktemp("checkout")
    listed = _run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((ROOT / name).read_bytes())
    return copy


@pytest.fixture(scope="module")
def built(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the sdist, and with the wheel that was built from that sdist."""
    folder = tmp_path_factory.mktemp("dist")
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}  # which is told
    told = _run(sys.executable, "-m", "build", "--outdir", folder, checkout, cwd=folder, env=env)
    assert "warning" not in (told.stdout + told.stderr).lower(), told
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


def _in_the_wheel(checkout: Path) -> set[str]:
    """The names that the packages have in a wheel, from those that they have in the tree."""
    files = [file.relative_to(checkout).as_posix() for file in (checkout / "wizard").rglob("*") if file.is_file()]
    presets = [f"wizard/presets/{file.name}" for file in (checkout / "presets").iterdir()]
    return {*files, *presets}


def test_the_wheel_has_all_of_the_tree_and_nothing_else(wheel: Path, checkout: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    metadata = {name for name in names if ".dist-info/" in name}
    data = {name.partition(".data/data/")[2] for name in names if ".data/data/" in name}
    assert {name for name in names - metadata if ".data/" not in name} == _in_the_wheel(checkout)
    shared = {file for file in (checkout / ".share").rglob("*") if file.is_file() and file.suffix != ".py"}
    assert data == {f"share/{file.relative_to(checkout / '.share')}" for file in shared}
    assert any(name.endswith("/licenses/LICENSE") for name in metadata)


def test_the_wheel_says_the_version_of_the_source(wheel: Path, checkout: Path) -> None:
    code = (checkout / "wizard" / "__init__.py").read_text(encoding="utf-8")
    version = re.search(r'__version__ = "(.+)"', code)
    assert version is not None
    assert wheel.name == f"crush_wizard-{version[1]}-py3-none-any.whl"


def test_the_sdist_can_be_built_and_tested(built: Path, checkout: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    parts = [checkout / part for part in ("wizard", "presets", "tests", ".catalog", ".github", ".screen", ".share")]
    assert {path.relative_to(checkout).as_posix() for part in parts for path in part.rglob("*")} <= names
    assert {"pyproject.toml", "setup.cfg", "README.md", "LICENSE"} <= names
    assert not [name for name in names if "node_modules" in name or name.endswith(".pyc")]


# Each way to have the program, as the command that starts it and the folder to start it in


@pytest.fixture(scope="module")
def from_wheel(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], Path]:
    """In a fresh environment, with only what the wheel asks for."""
    folder = tmp_path_factory.mktemp("fresh")
    _run(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    pip = (sys.executable, "-m", "pip", "--python", folder / "venv" / "bin" / "python")
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}  # which is not installed there
    _run(*pip, "install", "-q", wheel, cwd=folder, env=env)
    return [str(folder / "venv" / "bin" / "crush-wizard")], folder


@pytest.fixture(scope="module")
def from_module(from_wheel: tuple[list[str], Path]) -> tuple[list[str], Path]:
    """The same installation as `python -m wizard`."""
    _, folder = from_wheel
    return [str(folder / "venv" / "bin" / "python"), "-m", "wizard"], folder


@pytest.fixture(scope="module")
def from_editable(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], Path]:
    venv = _with_our_libraries(tmp_path_factory.mktemp("editable"))
    install = ("install", "-q", "--no-deps", "--ignore-installed", "-e", checkout)
    _run(sys.executable, "-m", "pip", "--python", venv / "bin" / "python", *install, cwd=venv)
    return [str(venv / "bin" / "crush-wizard")], venv


@pytest.fixture(scope="module")
def from_checkout(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], Path]:
    venv = _with_our_libraries(tmp_path_factory.mktemp("libraries"))
    return [str(venv / "bin" / "python"), "-m", "wizard"], checkout


def _with_our_libraries(folder: Path) -> Path:
    """An environment with the libraries of this one, but without the editable install that this one may have."""
    _run(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    (packages,) = folder.glob("venv/lib/python*/site-packages")
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return folder / "venv"


class Program:
    """The program, had in one of these ways, on a machine where nothing is configured."""

    def __init__(self, start: Sequence[str], folder: Path, home: Path) -> None:
        self.home = home
        self._start, self._folder = start, folder
        self._env = {"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}

    def __call__(self, *arguments: str) -> str:
        return _run(*self._start, *arguments, cwd=self._folder, env=self._env).stdout

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "--json"))["data"]


@pytest.fixture(params=["from_wheel", "from_module", "from_editable", "from_checkout"])
def program(request: pytest.FixtureRequest, tmp_path: Path) -> Program:
    start, folder = request.getfixturevalue(request.param)
    return Program(start, folder, tmp_path)


def test_it_says_its_version(program: Program, wheel: Path) -> None:
    assert program("--version").splitlines()[0] == f"crush-wizard {wheel.name.split('-')[1]}"


def test_it_brings_its_presets(program: Program) -> None:
    listed = program.json("presets", "list")["presets"]
    assert {preset["id"] for preset in listed} == {file.stem for file in (ROOT / "presets").glob("*.toml")}


def test_it_adds_a_provider(program: Program) -> None:
    data = program.json("add-provider", "deepseek", "--yes")
    (config,) = (Path(change["path"]) for change in data["changes"])
    written = json.loads(config.read_text(encoding="utf-8"))["providers"]["deepseek"]
    preset = tomllib.loads((ROOT / "presets" / "deepseek.toml").read_text(encoding="utf-8"))
    assert config.is_relative_to(program.home)
    assert written["api_key"] == "$DEEPSEEK_API_KEY"
    assert [model["id"] for model in written["models"]] == preset["models"]
