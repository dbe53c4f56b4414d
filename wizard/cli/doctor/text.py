"""Findings in words, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.provider.milestones import spelled
from wizard.ui.place import place
from wizard.ui.text import one_line, wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wizard.crush.program import CrushProgram
    from wizard.doctor.finding import Finding


def listing(findings: Sequence[Finding], width: int | None) -> str:
    """Each finding with its place and its cure, in at most `width` columns (None: no limit)."""
    return "\n\n".join(wrap(finding_text(finding), width) for finding in findings)


def finding_text(finding: Finding) -> str:
    """A finding in two or three lines: what, where, and the cure, which is a fix where there is one."""
    where = place(finding, with_column=True)
    provider = f"{finding.provider}: " if finding.provider else ""
    lines = [f"{finding.severity} {finding.code} {provider}{finding.message}"]
    lines += [f"  {where}"] if where else []
    lines.append(f"  fix: {finding.fix.description}" if finding.fix else f"  hint: {finding.cure}")
    return lines_of(lines)


def lines_of(lines: Iterable[str]) -> str:
    """The lines below each other, each of which stays one; their indents are kept."""
    return "\n".join(line[: len(line) - len(line.lstrip(" "))] + one_line(line) for line in lines)


def crush_text(crush: CrushProgram) -> str:
    """`Crush 0.90.0`, as far as it is known."""
    if crush.path is None:
        return "Crush not found"
    return (
        f"Crush {spelled(crush.version) if isinstance(crush.version, tuple) else crush.version or '(version unknown)'}"
    )
