"""A home folder with the files of other tools in it, and what is found there."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from wizard.errors import WizardError
from wizard.files.locations import Surroundings
from wizard.transfer.origins.found import FoundSetup, look_for

SAMPLES = Path(__file__).with_name("samples")


@dataclass(frozen=True)
class Home:
    """One user's machine. `platform` is spelled as in sys.platform."""

    folder: Path
    platform: str = "linux"
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def around(self) -> Surroundings:
        config, data = self.folder / ".config" / "crush", self.folder / ".local" / "share" / "crush"
        return Surroundings(self.environ, self.platform, self.folder, config, data, self.folder, self.folder)

    def put(self, sample: str, place: str) -> Path:
        """A copy of a sample file or folder."""
        target = self.folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        source = SAMPLES / sample
        shutil.copytree(source, target, dirs_exist_ok=True) if source.is_dir() else shutil.copy(source, target)
        return target

    def database(self, sample: str, place: str) -> Path:
        """An SQLite database that the statements of a sample make."""
        target = self.folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(target)
        database.executescript((SAMPLES / sample).read_text(encoding="utf-8"))
        database.close()
        return target

    def write(self, place: str, text: str) -> Path:
        target = self.folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        return target

    def found(self, tool: str, path: Path | None = None) -> FoundSetup:
        """What is there of one tool, all of it readable."""
        (found,), errors = look_for([tool], self.around, path)
        assert errors == ()
        return found

    def refused(self, tool: str, path: Path | None = None) -> WizardError:
        """Why nothing of a tool could be read."""
        found, (error,) = look_for([tool], self.around, path)
        assert found == ()
        return error


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def entries(found: FoundSetup) -> dict[str, dict[str, Any]]:
    """The entries by id."""
    return {provider.id: dict(provider.entry) for provider in found.profile.providers}


@pytest.fixture(name="entries")
def entries_of() -> Any:
    return entries
