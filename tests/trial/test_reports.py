"""REPORTS.md beside this file is what a user reads in the situations that people have reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.trial.programs import running
from tests.trial.reports import REPORTS, Report
from wizard.endpoints.probe import run_probes
from wizard.endpoints.wire import Live
from wizard.trial.probing import CALLED

TABLE = Path(__file__).with_name("REPORTS.md")
HEAD = """\
# What people have reported, and what is read now

Each row is a public report, rebuilt in `reports.py` as a server that answers as theirs did, with their configuration.
`test_reports.py` runs them and holds this table: `{command}` writes it anew.

| reported | where | what `crush-wizard test` says now |
|---|---|---|
"""
COMMAND = "python -m tests.trial.test_reports"


def read_now(report: Report) -> str:
    """What a test of the provider says, with the server's address left out."""
    with running(report.program) as root:
        live = Live("mine", report.type, root + report.path, report.key, models=report.models, variable="MINE_API_KEY")
        (result,) = run_probes([live], {}, quick=False, seconds=10, on_step=lambda *_: None)
    if result.failure is None:
        return result.verdict
    failure = result.failure
    said = f"{CALLED[failure.name]}: {failure.detail}. Hint: {failure.hint}"
    return said.replace(root, "http://server").replace("|", "\\|")


def row(report: Report, now: str) -> str:
    number = "/".join(report.source.split("/")[3:]).replace("/issues/", "#").replace("/pull/", "#")
    return f"| {report.what} | [{number}]({report.source}) | {now} |"


@pytest.mark.parametrize("report", REPORTS, ids=[report.what for report in REPORTS])
def test_a_report_reads_as_the_table_says(report: Report) -> None:
    now = read_now(report)
    assert (now == "works") is report.works
    assert report.works or not now.endswith("Hint: ")
    assert row(report, now) in TABLE.read_text(encoding="utf-8").splitlines()


def test_the_table_has_every_report_once() -> None:
    rows = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if "](https://" in line]
    assert len(rows) == len(REPORTS) == len({report.source for report in REPORTS})
    assert len(REPORTS) >= 40


if __name__ == "__main__":
    TABLE.write_text(
        HEAD.format(command=COMMAND) + "".join(f"{row(report, read_now(report))}\n" for report in REPORTS),
        encoding="utf-8",
    )
