"""What a test says about providers in words: verdicts, the table, the sum."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.endpoints.probe import STEPS, ProbeResult, Status, Step, Verdict
from wizard.trial import probing
from wizard.trial.probing import PLAIN_MARKS, marks_for, report, summary
from wizard.ui.text import columns


def outcome(name: str, states: str, *, stopped: bool = False, usable: bool = True) -> probing.TestedProvider:
    """`states`: the first letters of what became of each step, the last of them for all that follow."""
    full: dict[str, Status] = {"o": "ok", "f": "failed", "s": "skipped"}
    letters = states.ljust(len(STEPS), states[-1])
    steps = (
        Step(step, full[letter], detail=f"{step} {full[letter]}", hint="a cure" if letter == "f" else "")
        for step, letter in zip(STEPS, letters, strict=True)
    )
    return probing.TestedProvider(ProbeResult(name, tuple(steps), stopped=stopped), 1.25, usable)


@pytest.mark.parametrize(
    ("one", "verdict"),
    [
        (outcome("a", "oos" + "o"), "works"),
        (outcome("a", "ofs"), "fails"),
        (outcome("a", "s"), "untested"),
        (outcome("a", "s", usable=False), "fails"),
        (outcome("a", "os", stopped=True), "stopped"),
    ],
)
def test_verdicts(one: probing.TestedProvider, verdict: Verdict) -> None:
    assert one.verdict == verdict


def test_the_sum_counts_each_kind() -> None:
    several = [
        outcome("a", "o"),
        outcome("b", "o"),
        outcome("c", "fs"),
        outcome("d", "s"),
        outcome("e", "s", stopped=True),
    ]
    assert summary(several) == "2 of 5 work, 1 not tested, 1 stopped"


def test_only_what_went_wrong_is_explained() -> None:
    said = report([outcome("good", "o"), outcome("bad", "oofs")], None)
    assert "✗ bad: TLS: tls failed\n  hint: a cure" in said
    assert "good:" not in said


outcomes = st.builds(outcome, st.text("abc-", min_size=1, max_size=12), st.sampled_from(["o", "ofs", "s"]))


@given(st.lists(outcomes, min_size=1), st.integers(40, 120))
def test_the_report_fits(several: list[probing.TestedProvider], width: int) -> None:
    assert all(columns(line) <= width for line in report(several, width).splitlines())


@pytest.mark.parametrize("encoding", ["ascii", "iso-8859-1", "no-such-encoding", ""])
def test_marks_that_the_stream_can_not_show_are_replaced(encoding: str) -> None:
    assert marks_for(encoding) == PLAIN_MARKS
    assert "✓" in marks_for("utf-8").values()
