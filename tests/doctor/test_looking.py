"""What the system tells about files: modes, links, git, strays."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from tests.doctor.conftest import Machine, found
from wizard.catalog.catalog import open_catalog
from wizard.doctor import looking

UNIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
SECRET = {"providers": {"a": {"base_url": "https://llm.example/v1", "api_key": "sk-abcdefghijklmnopqrstuvwx"}}}


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


@UNIX
def test_a_key_that_others_may_read(doctored: Machine) -> None:
    path = doctored.write("user", SECRET)
    path.chmod(0o644)
    (finding,) = found(doctored.examine(), "D10")
    assert "other users can read the file (mode 644)" in finding.message
    path.chmod(0o600)
    (finding,) = found(doctored.examine(), "D10")
    assert "others" not in finding.message


def test_a_key_that_git_would_take_along(doctored: Machine) -> None:
    doctored.write("project", SECRET)
    (doctored.around.cwd / ".git").rmdir()
    git(doctored.around.cwd, "init", "-q")
    (finding,) = found(doctored.examine(), "D10")
    assert "git would commit the file" in finding.message
    (doctored.around.cwd / ".gitignore").write_text("crush.json\n")
    (finding,) = found(doctored.examine(), "D10")
    assert "git" not in finding.message
    git(doctored.around.cwd, "add", "-f", "crush.json")
    (finding,) = found(doctored.examine(), "D10")
    assert "git would commit the file" in finding.message


def test_a_key_in_crushs_own_file_is_no_warning(doctored: Machine) -> None:
    doctored.write("data", SECRET)
    assert [one.severity for one in found(doctored.examine(), "D10")] == ["info"]


@UNIX
def test_a_link_in_the_place_of_crushs_own_file(doctored: Machine) -> None:
    target = doctored.write("dotfiles/crush.json", "{}")
    link = doctored.path("data")
    link.parent.mkdir(parents=True)
    link.symlink_to(target)
    assert [one.path for one in found(doctored.examine(), "D25")] == [link]
    link.unlink()
    doctored.write("data", "{}")
    assert found(doctored.examine(), "D25") == []


@UNIX
def test_a_data_folder_that_is_closed(doctored: Machine) -> None:
    folder = doctored.path("data").parent
    folder.mkdir(parents=True)
    folder.chmod(0o500)
    may_anything = os.geteuid() == 0
    assert bool(looking.unwritable(doctored.around)) is not may_anything
    folder.chmod(0o700)
    assert looking.unwritable(doctored.around) == ""


def test_a_file_where_the_data_folder_should_be(doctored: Machine) -> None:
    folder = doctored.path("data").parent
    doctored.write("AppData/Local/crush", "no folder")
    assert looking.unwritable(doctored.around) == f"{folder} can't be written"


def test_a_broken_catalogue_of_crush(doctored: Machine) -> None:
    path = doctored.write("AppData/Local/crush/providers.json", "[]")
    assert str(path) in looking.cache_problem(doctored.around)
    path.unlink()
    assert looking.cache_problem(doctored.around) == ""


def test_what_a_killed_program_left(doctored: Machine) -> None:
    path = doctored.write("AppData/Local/crush/crush.json.123.tmp", "{}")
    assert [one.path for one in looking.leftovers(doctored.around)] == [path]


def test_the_age_of_the_model_facts(doctored: Machine) -> None:
    catalog = open_catalog(None, doctored.around.home)
    days = looking.catalog_days(catalog, date(2100, 1, 1))
    assert days is not None
    assert days > 25_000
    assert looking.catalog_days(catalog, date(2100, 1, 2)) == days + 1


@UNIX
def test_a_secret_file_that_others_may_read(doctored: Machine) -> None:
    path = doctored.write("secrets/secrets.age", "x")
    path.parent.chmod(0o700)
    assert looking.open_own(path.parent) == ()
    path.chmod(0o640)
    assert looking.open_own(path.parent) == (path,)


def test_a_program_on_the_path(doctored: Machine, tmp_path: Path) -> None:
    from msgspec.structs import replace

    around = replace(doctored.around, environ={"PATH": str(tmp_path)})
    assert not looking.on_path("crush-wizard", around)
    program = tmp_path / "crush-wizard"
    program.touch(0o755)
    assert looking.on_path("crush-wizard", around) is (sys.platform != "win32")
