"""Testing providers live, with what a person sees meanwhile and afterwards."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from msgspec import Struct

from wizard.provider.base_url import BaseUrl
from wizard.shown import command_line
from wizard.ui.progress import STOP, is_drawn, open_progress
from wizard.ui.table import NARROWEST, render_table
from wizard.ui.terminal import terminal_width
from wizard.ui.text import columns, encodes, one_line, wrap
from wizard.words import by_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import TextIO

    from wizard.endpoints.probe import ProbeResult, Step, Verdict
    from wizard.endpoints.wire import Live
    from wizard.ui.output import Output
    from wizard.ui.progress import Progress

TEST_SECONDS = 10.0
"""For each request, where nobody says otherwise."""
CALLED = {
    "resolve": "name",
    "connect": "connection",
    "tls": "TLS",
    "models": "model list",
    "key": "key",
    "chat": "chat",
    "stream": "streaming",
    "tools": "tools",
}
"""The steps in the user's words."""
COLUMNS = {**CALLED, "models": "list", "stream": "stream"}
"""The same above the columns of a table."""
FIRST = "first answer"
"""What is waited for in the beginning: name, connection and TLS are read off it, all at once."""
MARKS = {"ok": "✓", "failed": "✗", "skipped": "–"}
PLAIN_MARKS = {"ok": "+", "failed": "x", "skipped": "-"}
"""For a stream whose encoding has no others."""


class TestedProvider(Struct, frozen=True):
    """What became of one provider. `seconds`: from the start of all tests to its last step.

    `usable` False: nothing was asked, because Crush would not use it, or its key can't be had.
    """

    result: ProbeResult
    seconds: float | None = None
    usable: bool = True

    @property
    def verdict(self) -> Verdict:
        return self.result.verdict if self.usable else "fails"

    @property
    def decisive(self) -> Step | None:
        """The step that tells why no more can be said than the verdict."""
        return _decisive(self.result.steps, self.verdict)


def _decisive(steps: Sequence[Step], verdict: Verdict) -> Step | None:
    """The first that failed; of what is only reachable the first above the connection that proved nothing."""
    failed = next((step for step in steps if step.status == "failed"), None)
    if failed or verdict != "reachable":
        return failed or (steps[0] if steps[0].status == "skipped" else None)
    return next(
        (
            step
            for step in steps
            if step.code in ("model-not-listed", "not-proven", "quick") and step.status == "skipped"
        ),
        None,
    )


def probe_several(
    lives: Sequence[Live],
    output: Output,
    *,
    seconds: float = TEST_SECONDS,
    leave: str = STOP,
    insists: bool = False,
) -> tuple[ProbeResult, ...]:
    """Test providers before they are stored; what Ctrl-C leaves is said to be stopped. `leave`: what that is called.
    `insists`: where an endpoint answers and fails, and there is no cure, the command ends with an error that says why.
    """
    if not lives:
        return ()
    if len(lives) > 1:
        tested = probe_all(lives, output, quick=False, seconds=seconds, leave=leave)
        output.report(report_for(output.stderr, tested))
        say_notes(tested, output)
        return tuple(test.result for test in tested)
    (live,) = lives
    output.once(f"testing {live.id} at {BaseUrl(live.base_url).server or live.base_url} ...")
    (only,) = probe_all(lives, output, quick=False, seconds=seconds, says_ends=False, leave=leave)
    result = only.result
    say_result(result, output, says_why=not (insists and result.reached and result.cure is None))
    return (result,)


def probe_all(
    lives: Sequence[Live],
    output: Output,
    environ: Mapping[str, str] = os.environ,
    *,
    quick: bool,
    seconds: float,
    says_ends: bool = True,
    leave: str = STOP,
) -> tuple[TestedProvider, ...]:
    """Test all providers side by side, with their progress on stderr. `environ` is the one that Crush sends requests
    in; `says_ends` and `leave`: as for open_progress.
    """
    from wizard.endpoints.probe import run_probes

    watch = _Watch([live.id for live in lives], marks_for(output.stderr.encoding), says_why=is_drawn(output))
    with open_progress(output, watch.rows, says_ends=says_ends, leave=leave) as progress:
        results = run_probes(
            lives,
            environ,
            quick=quick,
            seconds=seconds,
            on_step=lambda provider, step: watch.remember(provider, step, progress),
        )
    return tuple(TestedProvider(result, watch.seconds.get(result.provider)) for result in results)


class _Watch:
    """The steps so far, as rows of the progress. `says_why`: also why a provider fails, for rows that go in the end."""

    def __init__(self, providers: Sequence[str], marks: Mapping[str, str], *, says_why: bool) -> None:
        from wizard.ui.progress import Row

        self.seconds: dict[str, float] = {}
        self._says_why = says_why
        self._marks = marks
        self._steps: dict[str, list[Step]] = {provider: [] for provider in providers}
        self._start = time.monotonic()
        self.rows = [Row(provider, len(CALLED), words=FIRST) for provider in providers]

    def remember(self, provider: str, step: Step, progress: Progress) -> None:
        from wizard.ui.progress import Row

        steps = self._steps[provider]
        steps.append(step)
        if step.status != "skipped":
            self.seconds[provider] = time.monotonic() - self._start
        ended = len(steps) == len(CALLED)
        marks = "".join(self._marks[step.status] for step in steps)
        words = in_a_word(steps, says_why=self._says_why) if ended else list(CALLED.values())[len(steps)]
        progress.show(Row(provider, len(CALLED), marks, words, ended))


def in_a_word(steps: Sequence[Step], *, says_why: bool = True) -> str:
    """How a test ended: `works`, or why it does not; `says_why` False: of one that fails only that."""
    from wizard.endpoints.probe import verdict_on

    verdict = verdict_on(steps)
    if verdict == "fails" and not says_why:
        return SAID[verdict]
    why = _decisive(steps, verdict)
    if why is not None and why.code == "quick":
        key = "key accepted; " if any((step.name, step.status) == ("key", "ok") for step in steps) else ""
        return f"reachable, {key}{why.detail}"
    return f"{SAID[verdict]}: {why.detail}" if why else SAID[verdict]


SAID: Mapping[Verdict, str] = {
    "works": "works",
    "fails": "fails",
    "reachable": "reachable, not proven",
    "untested": "not tested",
    "stopped": "stopped",
}


def marks_for(encoding: str) -> Mapping[str, str]:
    """The marks that a stream can show."""
    return MARKS if encodes("".join(MARKS.values()), encoding) else PLAIN_MARKS


# The result


def say_result(result: ProbeResult, output: Output, *, says_why: bool = True) -> None:
    """One line for all steps, then what failed, and the cure; `says_why` False: somebody else says that."""
    marks = marks_for(output.stderr.encoding)
    output.note("  ".join(f"{marks[step.status]} {CALLED[step.name]}" for step in result.steps))
    for step in result.steps:
        if step.status == "failed" and not says_why:
            continue
        if step.status == "failed":
            output.warning(f"{CALLED[step.name]}: {step.detail}")
        elif step.status == "ok" and step.hint:
            output.note(f"{CALLED[step.name]}: {step.detail}")
        if step.hint and step.status != "skipped":
            output.hint(step.hint)
    for note in result.notes:
        output.warning(note)


def report_for(stream: TextIO, tested: Sequence[TestedProvider]) -> str:
    """The report as this stream can show it."""
    return report(tested, terminal_width(stream), marks_for(stream.encoding))


def report(tested: Sequence[TestedProvider], width: int | None, marks: Mapping[str, str] = MARKS) -> str:
    """The table, what went wrong with the cure for it, and the sum, in at most `width` columns (None: no limit)."""
    failures = (wrap("\n".join(_failure(test, marks)), width) for test in tested)
    parts = (_table(tested, width, marks), "\n".join(filter(None, failures)), summary(tested))
    return "\n\n".join(filter(None, parts))


def say_notes(tested: Iterable[TestedProvider], output: Output) -> None:
    """What was noticed on the way, each once."""
    for note in dict.fromkeys(note for test in tested for note in test.result.notes):
        output.warning(note)


def summary(tested: Sequence[TestedProvider]) -> str:
    """`5 of 6 work`, and what became of the others that do not fail."""
    verdicts = [test.verdict for test in tested]
    works, reachable = verdicts.count("works"), verdicts.count("reachable")
    good = f"{reachable} of {len(verdicts)} reachable; to test a chat: {command_line('test')}"
    counts = [good] if reachable and not works else [f"{works} of {len(verdicts)} {by_number(works, 'works', 'work')}"]
    if works and reachable:
        counts.append(f"{reachable} reachable, not proven")
    if untested := verdicts.count("untested"):
        counts.append(f"{untested} not tested")
    if stopped := verdicts.count("stopped"):
        counts.append(f"{stopped} stopped")
    return ", ".join(counts)


def _table(tested: Sequence[TestedProvider], width: int | None, marks: Mapping[str, str]) -> str:
    """A column for each step; where that is too wide, one for all marks, and what they stand for below."""
    names = [max(columns(test.result.provider), len("provider")) for test in tested]
    steps = tuple(COLUMNS.values())
    rest = sum(len(step) + 2 for step in steps) + len("  seconds")
    ticks = (" ".join(marks[step.status] for step in test.result.steps) for test in tested)
    seconds = ("" if test.seconds is None else f"{test.seconds:.1f}" for test in tested)
    rows = list(zip((test.result.provider for test in tested), ticks, seconds, strict=True))
    if width is None or min(max(names), 2 * NARROWEST) + rest <= width:
        wide = [(name, *marked.split(" "), took) for name, marked, took in rows]
        return render_table(("provider", *steps, "seconds"), wide, width)
    legend = wrap(f"The steps: {', '.join(steps)}", width)
    return f"{render_table(('provider', 'steps', 'seconds'), rows, width)}\n\n{legend}"


def _failure(tested: TestedProvider, marks: Mapping[str, str]) -> Iterator[str]:
    """What went wrong with a provider, and every hint that came with a step that was taken."""
    result = tested.result
    why = tested.decisive
    if tested.verdict == "reachable" and why is not None and why.code == "quick":
        return
    if tested.verdict in ("fails", "untested", "reachable") and why is not None:
        place = "" if why.status == "skipped" else f"{CALLED[why.name]}: "
        place = f"{SAID['reachable']}: " if tested.verdict == "reachable" else place
        mark = marks["failed" if tested.verdict == "fails" else "skipped"]
        yield one_line(f"{mark} {result.provider}: {place}{why.detail}")
        if why.hint:
            yield "  " + one_line(f"hint: {why.hint}")
        return
    for step in result.steps:
        if step.status == "ok" and step.hint:
            yield one_line(f"{marks['ok']} {result.provider}: {CALLED[step.name]}: {step.detail}")
            yield "  " + one_line(f"hint: {step.hint}")
