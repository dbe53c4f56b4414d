"""The examples in .github/CONTRIBUTING.md, put where the page says, do what it says."""

from __future__ import annotations

import inspect
import re
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.conftest import Machine as Shell
from tests.cli.conftest import machine_in
from tests.doctor.conftest import Machine, read_setup
from tests.program import ROOT
from tests.secrets import test_contract
from tests.transfer.origins.conftest import Home, entries
from wizard.doctor.check import Check
from wizard.errors import StoreUnavailable
from wizard.files.locations import Surroundings
from wizard.transfer.origins import found

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

pytestmark = pytest.mark.any_python

PAGE = (ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
LONGEST = 45
"""Lines of an example."""


def examples(title: str) -> dict[str, str]:
    """The blocks below a heading, by their language."""
    (part,) = re.findall(rf"(?ms)^### {title}$(.*?)(?=^### |\Z)", PAGE)
    return dict(re.findall(r"(?ms)^```(\w+)\n(.*?)^```$", part))


def module(title: str) -> Any:
    """The Python of an example, as a module."""
    made = ModuleType("example")
    exec(compile(examples(title)["python"], f"CONTRIBUTING.md, {title}", "exec"), made.__dict__)
    return made


@pytest.mark.parametrize("title", ["A preset", "A check of the doctor", "An origin", "A store"])
def test_an_example_is_short(title: str) -> None:
    assert all(text.count("\n") <= LONGEST for text in examples(title).values())


def test_the_preset_is_good_and_sets_a_provider_up(tmp_path: Path) -> None:
    machine: Shell = machine_in(tmp_path)
    file = machine.home / ".config" / "crush-wizard" / "presets" / "acme.toml"
    file.parent.mkdir(parents=True)
    file.write_text(examples("A preset")["toml"], encoding="utf-8")
    checked = machine.run("presets", "check", str(file))
    assert (checked.code, "warning" in checked.err) == (0, False), checked.err
    done = machine.run("add-provider", "acme", "--yes")
    assert done.code == 0, done.err
    assert machine.entries["acme"]["api_key"] == "$ACME_API_KEY"
    assert [model["id"] for model in machine.entries["acme"]["models"]] == ["acme-large", "acme-small"]


def test_the_check_finds_its_setup_and_its_fix_cures_it(tmp_path: Path) -> None:
    (check,) = module("A check of the doctor").CHECKS
    assert isinstance(check, Check)
    file = tmp_path / "d99-nameless.toml"
    file.write_text(examples("A check of the doctor")["toml"], encoding="utf-8")
    setup = read_setup(file)
    machine = Machine(Surroundings({}, "win32", tmp_path, tmp_path / "config", tmp_path / "data", tmp_path, tmp_path))
    for name, text in setup.files.items():
        machine.write(name, text)
    (finding,) = check.run(machine.examine(setup.environ))
    (expected,) = setup.expected
    seen = {name: getattr(finding, name) for name in expected if name != "path"}
    assert seen | {"path": "user"} == expected
    assert finding.code == setup.code
    assert finding.path == machine.path("user")
    assert finding.fix is not None
    assert '"name": "Acme"' in machine.repaired(finding.fix)
    assert list(check.run(machine.examine(setup.environ))) == []


def test_the_origin_is_found_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    acme = module("An origin")
    tools = {**found.TOOLS, "acme": found.Tool("acme", "Acme", acme.NAMES, acme.places, acme.read)}
    monkeypatch.setattr(found, "TOOLS", tools)
    home = Home(tmp_path)
    known = '"endpoint": "https://api.acme.example/v1", "key_variable": "ACME_KEY", "model": "acme-large"'
    home.write(".config/acme/acme.json", f'{{{known}, "theme": "x"}}')
    setup = home.found("acme")
    (entry,) = entries(setup).values()
    assert (entry["base_url"], entry["api_key"]) == ("https://api.acme.example/v1", "$ACME_KEY")
    assert [model["id"] for model in entry["models"]] == ["acme-large"]
    assert setup.profile.selected["large"]["model"] == "acme-large"
    assert any("theme" in sentence for sentence in setup.unsupported)


def test_the_store_passes_the_contract(tmp_path: Path) -> None:
    mounted = module("A store").MountedStore

    def make(values: Mapping[str, str]) -> Any:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        for name, value in values.items():
            (folder / name).write_text(value, encoding="utf-8", newline="")
        return mounted(folder)

    contract = [test for _, test in inspect.getmembers(test_contract, inspect.isfunction) if _takes_a_maker(test)]
    assert len(contract) >= 5
    for test in contract:
        test(make)
    with pytest.raises(StoreUnavailable):
        make({}).set("GROQ_API_KEY", "gsk_1")


def _takes_a_maker(test: Any) -> bool:
    return test.__name__.startswith("test_") and list(inspect.signature(test).parameters) == ["make"]
