"""What is wrong with the configuration in force, said on stderr: first what keeps Crush from starting."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wizard.crush.program import crush_version
from wizard.machine.allowed import still_open
from wizard.machine.provider_state import way_out
from wizard.ui.demands import CODES, demand_line
from wizard.ui.place import at_line, place, shown_path
from wizard.words import joined

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wizard.crush.demands import Demand
    from wizard.crush.problem import Problem
    from wizard.machine.in_force import InForce
    from wizard.ui.output import Output

MOST = 20
"""More of one kind are counted, not told."""


def say_fatal(in_force: InForce, output: Output) -> None:
    """Crush does not start, and why."""
    fatal = in_force.effective.fatal
    if fatal:
        output.error("Crush does not start with this config")
    for problem in fatal[:MOST]:
        output.error(problem_line(problem))
        if problem.hint:
            output.hint(problem.hint)
    _say_rest(len(fatal), "error", output)


def say_own(in_force: InForce, output: Output) -> None:
    """Which file of our own can't be read, so that nothing is known of it."""
    if problem := in_force.own_problem:
        output.warning(f"{problem.where}: {problem.message}")
        if problem.hint:
            output.hint(problem.hint)


def say_problems(problems: Iterable[Problem], in_force: InForce, output: Output) -> None:
    """What Crush passes over in silence, those first that cost a provider, each with the cure."""
    worth_it = [problem for problem in problems if problem.severity != "info"]
    worth_it.sort(key=lambda problem: (not problem.provider, problem.severity != "error"))
    for problem in worth_it[:MOST]:
        output.warning(problem_line(problem))
        if hint := problem.hint or _cure(problem, in_force):
            output.hint(hint)
    _say_rest(len(worth_it), "warning", output)


def say_unread(in_force: InForce, output: Output) -> None:
    """What is not told for certain: files of others, and what a script may set when it runs."""
    for file in in_force.effective.files:
        if file.foreign:
            output.warning(f"{shown_path(file.path)}: Crush ignores it: another user owns it")
    for uncertain in in_force.effective.uncertain[:MOST]:
        output.warning(f"{at_line(uncertain.path, uncertain.line)}: {uncertain.message}")
    say_unread_scripts(in_force, output)


def say_unread_scripts(in_force: InForce, output: Output) -> None:
    """That nothing in a crushrc counts, where the Crush on PATH is too old for one. It is asked for its version."""
    scripts = [file.path for file in in_force.loaded.read if file.file.format == "crushrc"]
    if not scripts:
        return
    from wizard.machine.target import unread_crushrc

    if why := unread_crushrc(crush_version(os.environ)):
        output.warning(f"{joined(map(shown_path, scripts))}: {why}")


def say_demands(demands: Iterable[Demand], output: Output) -> None:
    """What only the folder's files would have done, and nobody has allowed."""
    open_ = still_open(demand for demand in demands if not demand.mild)
    for demand in open_[:MOST]:
        output.warning(demand_line(demand))
    if open_:
        output.hint(f"only this folder's files say so: crush-wizard doctor --explain {CODES[open_[0].kind]}")
    _say_rest(len(open_), "warning", output)


def say_literals(providers: tuple[str, ...], output: Output) -> None:
    """Keys in plain text, and the way out."""
    if providers:
        named = ", ".join(providers[:MOST]) + (" ..." if len(providers) > MOST else "")
        output.warning(f"{named}: plain-text key")
        output.hint("move it to the store: crush-wizard secret adopt")


def problem_line(problem: Problem) -> str:
    """The problem with its place and its provider."""
    where = place(problem, with_column=True)
    provider = f"{problem.provider}: " if problem.provider and problem.provider not in problem.message else ""
    return f"{where}: {provider}{problem.message}" if where else provider + problem.message


def _cure(problem: Problem, in_force: InForce) -> str:
    provider = in_force.effective.provider(problem.provider)
    return way_out(provider, in_force) if provider else ""


def _say_rest(count: int, kind: str, output: Output) -> None:
    if count > MOST:
        output.note(f"{count - MOST} more {kind}s; --json lists all")
