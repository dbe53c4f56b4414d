"""What we say of small crushrc files: the same that a real Crush makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.crush.crushrc_examples import ENV, EXAMPLES, STARTS, STOPS, Example
from wizard.crush.effective import Effective, effective
from wizard.crush.loading import load
from wizard.files.locations import Surroundings
from wizard.provider.builtins import BUILTINS


def outcome(script: str, home: Path, environ: Mapping[str, str]) -> Effective:
    """What we make of a script as the user's crushrc."""
    around = Surroundings(environ, "linux", home, home / ".config" / "crush", home / "data", home, home)
    around.config.mkdir(parents=True, exist_ok=True)
    (around.config / "crushrc").write_text(script, encoding="utf-8")
    return effective(load(around), environ=environ, home=home, exists=Path.exists, builtins=BUILTINS)


def test_the_examples_are_distinct() -> None:
    assert len({example.script for example in EXAMPLES}) == len(EXAMPLES)


@pytest.mark.parametrize("example", STARTS, ids=lambda example: example.script)
def test_a_script_with_which_crush_starts(example: Example, tmp_path: Path) -> None:
    found = outcome(example.script, tmp_path, {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", **ENV})
    assert [problem for problem in found.fatal if problem.code == "F6"] == []
    assert found.uncertain == ()
    kept = {provider.id: provider.model_ids for provider in found.providers if provider.kept and not provider.builtin}
    assert kept == example.models


@pytest.mark.parametrize("example", STOPS, ids=lambda example: example.script)
def test_a_script_that_ends_crush(example: Example, tmp_path: Path) -> None:
    found = outcome(example.script, tmp_path, {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", **ENV})
    (problem,) = [problem for problem in found.fatal if problem.code == "F6"]
    assert example.stops in problem.message
    assert problem.line == example.line
    assert problem.hint
    assert not any(value in problem.message for value in (ENV["KEY"], ENV["URL"]))


@pytest.mark.parametrize("depth", [10, 60, 150])
@pytest.mark.parametrize(("begin", "end"), [("if true; then\n", "fi\n"), ("{\n", "}\n"), ("true &&", "")])
def test_a_script_that_nests_is_read_as_far_as_that_goes(tmp_path: Path, depth: int, begin: str, end: str) -> None:
    nested = f"{begin * depth} option debug\n{end * depth}"
    found = outcome(f"provider add acme --base-url http://x/v1\n{nested}", tmp_path, {"HOME": str(tmp_path)})
    assert [provider.id for provider in found.providers if not provider.builtin] in (["acme"], [])
    assert found.providers or found.fatal
