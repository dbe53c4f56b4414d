"""What the doctor finds, against what a real Crush shows: every F, and every W whose effect can be seen.

The others are held by the comparison itself, which goes by them: the workspace's file that is passed over (W9), a key
that comes to nothing (W10), a variable that is skipped (W14), the small model that is the large one (W19).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.crush.real.comparison import Difference, Place, may_fail
from tests.crush.real.program import Listed
from tests.program import Finished
from wizard.machine.in_force import InForce

Finding = Mapping[str, Any]

SECONDS_TO_REFUSE = 10.0
REFUSALS = {
    "F1": r"permission denied|is a directory",
    "F2": r"invalid JSON|tried all formats",
    "F3": r"tried all formats|cannot unmarshal",
    "F4": r"type mismatch",
    "F5": r"cannot unmarshal",
    "F6": r"shell config",
    "F7": r"header",
    "F8": r"no custom providers",
    "F9": r"hook",
    "F11": r"models",
    "F13": r"panic",
}
"""What Crush says where we give the reason by this code."""


def false_findings(doctor: Finished, ours: InForce, listed: Listed, there: Place) -> Iterator[Difference]:
    """What the doctor has found before Crush listed its models, and is not so; or that Crush stopped at, and it has
    not.
    """
    findings: list[Finding] = doctor.json.get("data", doctor.json).get("findings", [])
    yield from _false_refusals(findings, ours, listed)
    if not listed.starts or ours.effective.uncertain:
        return
    for found in findings:
        seen = _SEEN.get(found["code"])
        contrary = seen(found, ours, listed, there) if seen else ""
        if contrary:
            yield Difference(f"doctor {found['code']}", f"{found['provider']}: {found['message']}", contrary)


def _false_refusals(findings: list[Finding], ours: InForce, listed: Listed) -> Iterator[Difference]:
    fatal = [found["code"] for found in findings if found["code"].startswith("F") and found["severity"] == "error"]
    if bool(fatal) == listed.starts and not (not fatal and may_fail(ours)):
        yield Difference("doctor F", ", ".join(fatal) or "nothing", listed.message or "it starts")
    elif fatal and not any(re.search(REFUSALS[code], listed.message) for code in fatal if code in REFUSALS):
        yield Difference("doctor F reason", ", ".join(fatal), listed.message)


# What a finding says, as Crush shows it: empty, or what it does instead


def _is_listed(found: Finding, ours: InForce, listed: Listed, there: Place) -> str:
    """A provider that Crush drops."""
    del ours, there
    return "lists it" if found["severity"] == "error" and listed.of(found["provider"]) else ""


def _is_configured(found: Finding, ours: InForce, listed: Listed, there: Place) -> str:
    """A built-in whose entry Crush drops: it lists its models all the same, and has none of them when it is asked."""
    del ours
    models = listed.of(found["provider"])
    if found["severity"] != "error" or not models:
        return ""
    complaint = there.crush.ask(there.cwd, f"{found['provider']}/{models[0]}", seconds=SECONDS_TO_REFUSE)
    return "" if "not found" in complaint or "o providers configured" in complaint else f"has it: {complaint or 'asks'}"


def _takes_it(found: Finding, ours: InForce, listed: Listed, there: Place) -> str:
    """A chosen model that Crush replaces, and notes that down."""
    del found, listed
    kept = there.crush.remembered().get("models") or {}
    for chosen in ours.effective.selected.values():
        if chosen.falls_back and chosen.configured and not chosen.doubt:
            noted = kept.get(chosen.slot) or {}
            if (noted.get("provider"), noted.get("model")) == (chosen.configured.provider, chosen.configured.model):
                return f"keeps {chosen.configured.model}"
    return ""


def _has_one(found: Finding, ours: InForce, listed: Listed, there: Place) -> str:
    """No provider at all."""
    del found, ours, listed
    return "" if "o providers configured" in there.crush.ask(there.cwd) else "has a provider"


def _survives(found: Finding, ours: InForce, listed: Listed, there: Place) -> str:
    """A value that Crush crashes on when it first asks the provider."""
    del ours
    models = listed.of(found["provider"])
    if found["severity"] != "warning" or not models:
        return ""
    complaint = there.crush.ask(there.cwd, f"{found['provider']}/{models[0]}", seconds=SECONDS_TO_REFUSE)
    return "" if "panic" in complaint or "Failed to" in complaint else f"goes on: {complaint}"


_SEEN: Mapping[str, Callable[[Finding, InForce, Listed, Place], str]] = {
    **dict.fromkeys(("W1", "W2", "W3", "W4", "W5"), _is_configured),
    **dict.fromkeys(("W6", "W7", "W8"), _is_listed),
    "W16": _takes_it,
    "W17": _has_one,
    "F13": _survives,
}
