"""`--version`: for scripts the first line, for people what it knows, for programs JSON."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from typing import TYPE_CHECKING

import pytest

from tests.program import ROOT
from wizard import __version__
from wizard.catalog.catalog import open_catalog
from wizard.catalog.shipped import snapshot_date
from wizard.provider.milestones import MILESTONES, NEWEST

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Machine

FACTS = snapshot_date()
NEWEST_CRUSH = "0.90.0"


@pytest.mark.parametrize("flags", [("--version",), ("-V",), ("--profile", "none", "--version")])
def test_the_version_the_day_of_the_facts_and_the_newest_crush(machine: Machine, flags: tuple[str, ...]) -> None:
    told = machine.run(*flags)
    assert (told.code, told.err) == (0, "")
    assert told.out == f"crush-wizard {__version__}\nmodel facts of {FACTS}, Crush up to {NEWEST_CRUSH}\n"


def test_as_json(machine: Machine) -> None:
    data = {"version": __version__, "facts": FACTS, "newest_crush": NEWEST_CRUSH}
    document = {"version": 1, "command": "--version", "ok": True, "data": data, "messages": []}
    assert machine.run("--version", "--json").json == document == machine.run("--json", "--version").json


def test_the_day_is_the_one_in_the_snapshot(tmp_path: Path) -> None:
    date.fromisoformat(FACTS)
    assert open_catalog(None, tmp_path).dates() == (FACTS,)


def test_it_knows_a_crush_with_all_that_it_asks_for() -> None:
    assert max(MILESTONES.values()) <= NEWEST


@pytest.mark.any_python
def test_it_waits_for_no_library() -> None:
    code = "import sys; from wizard.__main__ import main; main(); print(*sys.modules, file=sys.stderr)"
    command = [sys.executable, "-S", "-c", code, "--version"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert {"click", "msgspec", "json", "re", "pathlib", "typing"}.isdisjoint(told.stderr.split())
