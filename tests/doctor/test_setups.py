"""Broken setups, one a code: each is found, with its place; what can be put right is; and a cured one is not found."""

from __future__ import annotations

import pytest

from tests.doctor.conftest import Machine, Setup, all_setups, found, given
from wizard.doctor.finding import Finding
from wizard.doctor.table import CODES, diagnose

EVERY = pytest.mark.parametrize("setup", all_setups(), ids=lambda setup: setup.name)
NEEDS_ANOTHER_WAY = {
    "D33": "test_needless: a catalogue of the Crush here",
    "D25": "test_looking: links",
    "F10": "nothing outside Crush could tell",
    "F11": "test_more_checks: a catalogue without models",
    "W11": "test_more_checks: a live endpoint's answer",
    "W15": "test_more_checks: a catalogue without the default model",
}
"""Codes without a file of their own, and where they are tested."""


def write(machine: Machine, setup: Setup) -> None:
    for name, content in setup.files.items():
        machine.write(name, content)


def of_setup(machine: Machine, setup: Setup) -> list[Finding]:
    return found(machine.examine(setup.environ, **setup.given()), setup.code)


@EVERY
def test_it_is_found_where_it_is(doctored: Machine, setup: Setup) -> None:
    write(doctored, setup)
    findings = of_setup(doctored, setup)
    assert len(findings) == len(setup.expected)
    for finding, expected in zip(findings, setup.expected, strict=True):
        assert finding.message
        assert finding.cure
        if "path" in expected:
            assert finding.path == doctored.path(expected["path"])
        for name in ("provider", "line", "severity"):
            if name in expected:
                assert getattr(finding, name) == expected[name]


@pytest.mark.parametrize("setup", [one for one in all_setups() if one.after], ids=lambda setup: setup.name)
def test_automatic_fixes_put_it_right(doctored: Machine, setup: Setup) -> None:
    write(doctored, setup)
    fixes = [one.fix for one in of_setup(doctored, setup) if one.fix and one.fix.automatic]
    texts = doctored.after(fixes)
    assert texts == {doctored.path(name): text for name, text in setup.after.items()}
    assert of_setup(doctored, setup) == []


@pytest.mark.parametrize("setup", [one for one in all_setups() if one.cured], ids=lambda setup: setup.name)
def test_once_cured_it_is_not_found(doctored: Machine, setup: Setup) -> None:
    files = {**setup.files, **setup.cured.get("files", {})}
    for name, content in files.items():
        doctored.write(name, content)
    machine = given(setup.cured["machine"]) if "machine" in setup.cured else setup.given()
    examined = doctored.examine({**setup.environ, **setup.cured.get("environ", {})}, **machine)
    assert found(examined, setup.code) == []


@EVERY
def test_every_fix_that_is_offered_helps(doctored: Machine, setup: Setup) -> None:
    """Also those that are asked for: after each of them its own finding is gone."""
    write(doctored, setup)
    for finding in of_setup(doctored, setup)[:1]:
        if finding.fix:
            doctored.after([finding.fix])
            left = of_setup(doctored, setup)
            assert (finding.line, finding.message) not in [(one.line, one.message) for one in left]


def test_a_setup_is_cured_one_way_or_the_other() -> None:
    assert [one.name for one in all_setups() if not (one.after or one.cured)] == []


def test_every_code_has_a_setup() -> None:
    assert sorted({one.code for one in all_setups()} | set(NEEDS_ANOTHER_WAY)) == sorted(CODES)


@EVERY
def test_no_key_is_told(doctored: Machine, setup: Setup) -> None:
    write(doctored, setup)
    for finding in diagnose(doctored.examine(setup.environ, **setup.given())):
        assert "abcdefghijklmnop" not in repr(finding)
