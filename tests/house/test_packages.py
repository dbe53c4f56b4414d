"""setup.cfg lists the packages by name: a folder that is missing there would be missing from the wheel."""

from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path

import pytest

pytestmark = pytest.mark.any_python

ROOT = Path(__file__).parents[2]
DATA = {"wizard.presets", "wizard.secrets.reference.managers"}
"""Packages of data alone, or of another folder."""


def test_the_packages_are_those_of_the_tree() -> None:
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    folders = {file.parent.relative_to(ROOT) for file in ROOT.glob("wizard/**/*.py")}
    listed = setup["options"]["packages"].split()
    assert listed == sorted(DATA | {".".join(folder.parts) for folder in folders})


def test_every_room_says_in_a_line_what_it_is_for() -> None:
    for folder in {file.parent for file in ROOT.glob("wizard/**/*.py")} | {ROOT / "presets"}:
        assert (folder / "__init__.py").read_text(encoding="utf-8").startswith('"""'), folder
