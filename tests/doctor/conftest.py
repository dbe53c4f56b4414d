"""Machines as the doctor finds them, each written down in a file of its own below `setups`."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from wizard.catalog.catalog import open_catalog
from wizard.crush.demands import Whole, demands
from wizard.crush.effective import Effective, effective
from wizard.crush.loading import Loaded, load
from wizard.crush.program import CrushProgram, parse_version
from wizard.crush.sign_ins import sign_ins
from wizard.doctor import looking
from wizard.doctor.examined import Examined, FailedTest, ReferenceState, StoreState
from wizard.doctor.finding import Finding, Fix
from wizard.doctor.repairs import repairs
from wizard.doctor.table import diagnose
from wizard.documents.document import Document
from wizard.documents.json.document import JsonDocument
from wizard.errors import InvalidConfig
from wizard.files.edit import apply_edits
from wizard.files.locations import Surroundings, dotenv_in
from wizard.flow.preset_library import load_presets
from wizard.machine.folder import folder_of, own_files
from wizard.machine.vendors import vendor_pairs
from wizard.provider.builtins import BUILTINS
from wizard.transfer.plain_keys import scan

SETUPS = Path(__file__).with_name("setups")
URL = "https://llm.example/v1"
PRESETS, _ = load_presets(SETUPS / "none")


@dataclass
class Machine:
    """A home with a project in it. No /etc/crush counts here: Crush has none on Windows, and all else is given."""

    around: Surroundings

    def path(self, name: str) -> Path:
        """Where a file of a setup is: one of Crush's by its role, any other below the home folder."""
        home, cwd = self.around.home, self.around.cwd
        roles = {
            "user": self.around.config / "crush.json",
            "crushrc": self.around.config / "crushrc",
            "data": home / "AppData" / "Local" / "crush" / "crush.json",
            "project": cwd / "crush.json",
            "workspace": cwd / ".crush" / "crush.json",
            ".env": cwd / ".env",
        }
        return roles.get(name, home / name)

    def write(self, name: str, content: object) -> Path:
        path = self.path(name)
        if content == "(a folder)":
            path.mkdir(parents=True)
            return path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8", newline="")
        path.chmod(0o600)
        return path

    def examine(self, environ: Mapping[str, str] | None = None, **given: Any) -> Examined:
        """As the command does it, with everything about the machine `given`."""
        environ = environ or {}
        around = replace(self.around, environ=environ, dotenv=dotenv_in(self.around.cwd))
        loaded = load(around)
        folder, found = folder_of(loaded), _effective(loaded)
        whole = Whole(found, _effective(own_files(loaded, folder)), folder, lambda name: bool(environ.get(name)))
        keys = scan(file.file for file in loaded.files if not file.foreign).findings
        looked: dict[str, Any] = {
            "catalog": open_catalog(Path(__file__).with_name("catalogue"), around.home / "none"),
            "crush": CrushProgram(Path("/usr/bin/crush"), (0, 90, 0)),
            "files": looking.file_states(loaded, [key.path for key in keys if key.path]),
            "in_work_tree": looking.in_work_tree(around),
            "out_of_reach": looking.out_of_reach(around),
            "misplaced": looking.misplaced(around),
            "leftovers": looking.leftovers(around),
            "plain_keys": keys,
            "sign_ins": sign_ins(found.in_use, found, around.home),
            "demands": demands(whole, lambda: frozenset(vendor_pairs())),
        }
        return Examined(loaded, found, environ, BUILTINS, PRESETS, **{**looked, **given})

    def repaired(self, fix: Fix) -> str:
        """What a file would hold after the fixes."""
        return self.after([fix])[fix.path]

    def after(self, fixes: list[Fix]) -> dict[Path, str]:
        """What each file holds after the fixes, which are written."""
        texts: dict[Path, str] = {}
        for repair in repairs(fixes):
            text = repair.path.read_bytes().decode("utf-8")
            document: Document = _document(text, repair.path) if not repair.edits else JsonDocument("{}", repair.path)
            edits = repair.edits or document.edits(repair.changes)
            texts[repair.path] = apply_edits(text, edits)
            repair.path.write_text(texts[repair.path], encoding="utf-8", newline="")
        return texts


def _effective(loaded: Loaded) -> Effective:
    around = loaded.around
    return effective(
        loaded, environ=around.environ, home=around.home, exists=Path.exists, builtins=BUILTINS, secret=lambda _: None
    )


def _document(text: str, path: Path) -> Document:
    if path.name.endswith("crushrc"):
        from wizard.documents.crushrc.document import CrushrcDocument

        return CrushrcDocument(text, path)
    return JsonDocument(text, path)


@dataclass(frozen=True)
class Setup:
    """One broken setup. `after` is what automatic fixes make of its files; `cured` what a person would."""

    name: str
    code: str
    about: str
    files: Mapping[str, str]
    environ: Mapping[str, str]
    machine: Mapping[str, Any]
    expected: tuple[Mapping[str, Any], ...]
    after: Mapping[str, str]
    cured: Mapping[str, Any]

    def given(self) -> dict[str, Any]:
        """What is given about the machine, in the words of Examined."""
        return given(self.machine)


def given(machine: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = dict(machine)
    if "crush" in made:
        version = parse_version(f"crush version {made['crush']}")
        known = CrushProgram(Path("/usr/bin/crush"), version, "" if version else "it printed no version that we know")
        made["crush"] = known if made["crush"] != "none" else CrushProgram(problem="crush is not on PATH")
    if "store" in made:
        made["store"] = StoreState(**{**made["store"], "gone": tuple(made["store"].get("gone", ()))})
    if "tested" in made:
        made["tested"] = tuple(FailedTest(**one) for one in made["tested"])
    if "references" in made:
        made["references"] = tuple(ReferenceState(**{**one, "path": Path(one["path"])}) for one in made["references"])
    if "open_own" in made:
        made["open_own"] = tuple(map(Path, made["open_own"]))
    if "could_be_crushrc" in made:
        made["could_be_crushrc"] = Path(made["could_be_crushrc"])
    if "own_problem" in made:
        made["own_problem"] = InvalidConfig(made["own_problem"], path=Path("settings.toml"), hint="repair it")
    return made


def read_setup(path: Path) -> Setup:
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    return Setup(
        path.stem,
        raw["code"],
        raw["about"],
        raw.get("files", {}),
        raw.get("environ", {}),
        raw.get("machine", {}),
        tuple(raw["expected"]),
        raw.get("after", {}),
        raw.get("cured", {}),
    )


def all_setups() -> list[Setup]:
    return [read_setup(path) for path in sorted(SETUPS.glob("*.toml"))]


def codes(findings: tuple[Finding, ...]) -> list[str]:
    return [one.code for one in findings]


def found(examined: Examined, code: str) -> list[Finding]:
    return [one for one in diagnose(examined) if one.code == code]


@pytest.fixture
def doctored(tmp_path: Path) -> Machine:
    home = tmp_path / "home"
    cwd = home / "work" / "project"
    (cwd / ".git").mkdir(parents=True)
    return Machine(Surroundings({}, "win32", home, home / "config", home / "data", cwd, cwd))
