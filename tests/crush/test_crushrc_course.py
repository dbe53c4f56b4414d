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


ACME = "provider add acme --base-url http://x/v1"


@pytest.mark.parametrize(
    ("script", "line", "why"),
    [
        (f"{ACME}\n(exit 3)", 2, "a command that may fail"),
        (f"{ACME}\nX=$(false)", 2, "a command that may fail"),
        (f"f() {{ no-such; }}\n{ACME}\nf", 3, "a command that may fail"),
        (f'{ACME} --flat-rate "$(echo x)"\ntrue', 1, "what this command gets"),
        (f"{ACME} --name $(echo x)", 1, "what this command gets"),
        ("(exit 3) || option\ntrue", 1, "needs something after it"),
        ('eval "$X"\nmodel add acme/m\ntrue', 2, "acme may not be declared"),
    ],
)
def test_whether_crush_starts_is_left_open(script: str, line: int, why: str, tmp_path: Path) -> None:
    """Only running the script would tell, which is said, with the line."""
    found = outcome(script, tmp_path, {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"})
    (problem,) = [problem for problem in found.problems if problem.code == "F6"]
    assert problem.severity == "info"
    assert why in problem.message
    assert problem.line == line
    assert not found.fatal


@pytest.mark.parametrize(
    "script",
    [
        f'{ACME} --api-key "$(echo x)"\nmodel add acme/m --name "$(echo x)"',
        f"{ACME}\nX=$(false)\ntrue",
        f'export X="$(false)"\n{ACME}',
        f"{ACME}\nmodel add acme/m\n(exit 3) || true",
    ],
)
def test_what_cannot_fail_is_not_left_open(script: str, tmp_path: Path) -> None:
    found = outcome(script, tmp_path, {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"})
    assert not [problem for problem in (*found.fatal, *found.problems) if problem.code == "F6"]


def test_a_command_whose_words_are_lost_sets_nothing(tmp_path: Path) -> None:
    """Its next flag would be taken for the key."""
    script = "provider add acme --api-key $UNSET --base-url http://x/v1\nmodel add acme/m"
    found = outcome(script, tmp_path, {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"})
    assert [problem.code for problem in (*found.fatal, *found.problems)] == ["F6"]
    assert not [provider for provider in found.providers if not provider.builtin]


@pytest.mark.parametrize("depth", [10, 60, 150])
@pytest.mark.parametrize(("begin", "end"), [("if true; then\n", "fi\n"), ("{\n", "}\n"), ("true &&", "")])
def test_a_script_that_nests_is_read_as_far_as_that_goes(tmp_path: Path, depth: int, begin: str, end: str) -> None:
    nested = f"{begin * depth} option debug\n{end * depth}"
    found = outcome(f"provider add acme --base-url http://x/v1\n{nested}", tmp_path, {"HOME": str(tmp_path)})
    assert [provider.id for provider in found.providers if not provider.builtin] in (["acme"], [])
    assert found.providers or found.fatal
