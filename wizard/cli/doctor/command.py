"""`doctor`: everything that can be wrong, found without running anything of the config, and the cures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from wizard.cli.doctor.text import crush_text, listing
from wizard.cli.flags import allow_hosts, changing, common
from wizard.cli.result import Result
from wizard.errors import Cancelled, UsageError
from wizard.machine.consent import Consent
from wizard.network.offline import is_offline
from wizard.ui.prompter import open_prompter
from wizard.ui.text import wrap
from wizard.words import counted, joined

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wizard.doctor.examined import Examined
    from wizard.doctor.finding import Finding
    from wizard.ui.output import Output


def _codes(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    from wizard.doctor.table import CODES

    return [code for code in CODES if code.startswith(incomplete.upper())]


@click.command("doctor")
@click.option("--fix", is_flag=True, help="Fix what can be fixed, after showing the diff; ask where there is a choice.")
@click.option("--explain", metavar="CODE", shell_complete=_codes, help="Explain the code of a finding, such as W8.")
@click.option("--report", is_flag=True, help="Print a report for a bug tracker, without keys and private names.")
@allow_hosts
@changing
@common
@click.pass_obj
def command(
    output: Output,
    /,
    fix: bool,
    explain: str | None,
    report: bool,
    allow_hosts: bool,
    dry_run: bool,
    yes: bool,
) -> Result:
    """Find everything that keeps Crush or a provider from working, with the cure.

    Nothing of the config is run. Endpoints are asked for their models, as Crush does, unless --offline: a password
    manager is asked for their keys.
    A key of yours that only this folder's files would send somewhere is asked about first. Exit code 1 if an error or
    a warning is left.
    """
    if explain is not None:
        return _explain(explain, output)
    if (dry_run or yes) and not fix:
        raise UsageError("--dry-run and --yes need --fix", hint="add --fix, or leave them out")
    if report and fix:
        raise UsageError("--report and --fix can't be used together", hint="run one after the other")
    return _examine(output, fix=fix, report=report, dry_run=dry_run, yes=yes, allow_hosts=allow_hosts)


def _explain(wanted: str, output: Output) -> Result:
    from wizard.doctor.page import explanation
    from wizard.doctor.table import CODES

    code = CODES.get(wanted.strip().upper())
    if code is None:
        raise UsageError(f"unknown code {wanted!r}", hint=f"the codes are: {', '.join(CODES)}")
    fields = ("code", "severity", "title", "explanation", "cure")
    return Result(
        lambda: {"code": {field: getattr(code, field) for field in fields}},
        lambda: output.data(wrap(explanation(code), output.width)),
    )


def _examine(output: Output, *, fix: bool, report: bool, dry_run: bool, yes: bool, allow_hosts: bool) -> Result:
    from wizard.change.delivery import say_need_run
    from wizard.cli.doctor.examination import examine
    from wizard.doctor.table import diagnose
    from wizard.machine.starting import need_run

    consent = Consent(output, None if yes else open_prompter(output), allow_hosts)
    looked = examine(output, consent, online=not (is_offline() or report))
    examined = looked.examined
    findings = diagnose(examined)
    more: Mapping[str, Any] = {}
    if report:
        from wizard.cli.doctor.report import report_on

        text = report_on(looked, findings)
        return Result(lambda: {"report": text}, lambda: output.data(text))
    if fix:
        from wizard.cli.doctor.fix import put_right

        fixed = put_right(looked, findings, output, dry_run=dry_run, yes=yes)
        findings, examined, more = fixed.left, fixed.examined, fixed.data
    findings = tuple(replace(finding, cure=output.reworded(finding.cure)) for finding in findings)
    code = Cancelled.exit_code if looked.stopped else exit_code(findings)
    ids = need_run(looked.in_force)

    def show() -> None:
        if not dry_run:
            _tell(findings, examined, output, fixing=fix)

    def below() -> None:
        if looked.stopped:
            output.note("stopped before all endpoints answered")
        if ids:
            say_need_run(ids, output)

    def data() -> dict[str, Any]:
        return {"findings": [_as_data(it) for it in findings], **more, "need_run": list(ids)}

    return Result(data, show, below, code)


def exit_code(findings: Sequence[Finding]) -> int:
    """1 when an error or a warning is left."""
    return int(any(finding.severity != "info" for finding in findings))


def _as_data(finding: Finding) -> dict[str, Any]:
    """cli.md, JSON shapes."""
    from wizard.machine.provider_state import coded_data

    return {
        **coded_data(finding),
        "cure": finding.cure or None,
        "fix": finding.fix and {"description": finding.fix.description, "automatic": finding.fix.automatic},
    }


# For people


def _tell(findings: Sequence[Finding], examined: Examined, output: Output, *, fixing: bool) -> None:
    if findings:
        output.data(listing(findings, output.width))
    looked_at = _looked_at(examined)
    if not findings:
        output.done(f"no problems: {looked_at}")
        return
    output.note(f"{_counted(findings)}: {looked_at}" + (f" (profile {output.profile})" if output.profile else ""))
    automatic = sum(1 for finding in findings if finding.fix and finding.fix.automatic)
    asked = sum(1 for finding in findings if finding.fix and not finding.fix.automatic)
    if (automatic or asked) and not fixing:
        offers = [f"fixes {automatic}"] if automatic else []
        offers += [f"asks about {asked}"] if asked else []
        output.hint(f"`crush-wizard doctor --fix` {joined(offers)}")


def _counted(findings: Sequence[Finding]) -> str:
    words = {"error": "error", "warning": "warning", "info": "note"}
    counts = {word: sum(1 for finding in findings if finding.severity == severity) for severity, word in words.items()}
    return ", ".join(counted(count, word) for word, count in counts.items() if count)


def _looked_at(examined: Examined) -> str:
    files, providers = len(examined.loaded.looked_at), len(examined.effective.providers)
    looked_at = joined([counted(files, "file"), counted(providers, "provider")])
    return f"checked {looked_at}, {crush_text(examined.crush)}"
