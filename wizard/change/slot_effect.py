"""What comes of choosing a model for a slot: another file may win, and older settings may stay behind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wizard.documents.document import SelectModel
from wizard.ui.place import place, shown_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.change.slot_change import Job
    from wizard.crush.sources import Source
    from wizard.machine.in_force import InForce
    from wizard.provider.model import Slot


def say_effect(job: Job, after: InForce, *, cleared: bool) -> None:
    """What the user should know about the choice before it is made."""
    change = [SelectModel(job.slot, job.wanted.provider, job.wanted.model)]
    for warning in job.document.left_out(change):
        job.output.warning(warning)
    for remark in job.document.remarks(change):
        job.output.note(remark)
    if counts(job, after):
        for leftover in _leftovers(job, after):
            job.output.warning(leftover)
    else:
        say_winner(job, after)
    if cleared:
        job.output.note("a Crush that is running keeps its own choice until it is started anew")


def counts(job: Job, after: InForce) -> bool:
    """Whether Crush will take the model that is wanted."""
    now = after.effective.selected.get(job.slot)
    return now is not None and (now.provider, now.model) == (job.wanted.provider, job.wanted.model)


def say_winner(job: Job, after: InForce, clearing: str = "add --clear to take that choice out") -> None:
    """Another file that wins, or that this one does not count here at all.

    `clearing` is what to do where Crush's own file wins.
    """
    own = Path(job.document.path)
    if own not in {one.path for one in after.loaded.files if not one.foreign}:
        job.output.warning(f"Crush does not read {shown_path(own)} in this folder: the choice counts elsewhere")
        return
    now = after.effective.selected.get(job.slot)
    winner = next((source for source in _deciding(job.slot, after) if source.path != own), None)
    if now is None or winner is None:
        return
    job.output.warning(f"Crush still takes {now.provider}/{now.model} here: {place(winner)} wins{_ROLES[winner.role]}")
    job.output.hint(_cure(job, winner, clearing))


_ROLES = {
    "system": "",
    "user-json": "",
    "user-crushrc": "",
    "data": ", where Crush keeps what was picked in it",
    "project": " in this project",
    "workspace": " in this folder",
}
"""What the winning file is."""


def _deciding(slot: Slot, found: InForce) -> Iterator[Source]:
    for name in ("model", "provider"):
        if source := found.effective.source("models", slot, name):
            yield source


def _cure(job: Job, winner: Source, clearing: str) -> str:
    if winner.role == "data":
        return clearing
    if winner.role == "project":
        return f"for this project: crush-wizard use {job.slot} {job.wanted} --scope project"
    return f"crush-wizard use {job.slot} {job.wanted} --file {winner.path}"


def _leftovers(job: Job, after: InForce) -> Iterator[str]:
    """Settings that were made for another model and stay with the slot (crush-behaviour 7.2)."""
    before = job.found.effective.selected.get(job.slot)
    if before and (before.provider, before.model) == (job.wanted.provider, job.wanted.model):
        return
    merged = after.effective.config.get("models", {}).get(job.slot, {})
    places: dict[Path, dict[str, Source]] = {}
    for name in merged:
        source = after.effective.source("models", job.slot, name)
        if source and name not in ("provider", "model"):
            places.setdefault(source.path, {})[name] = source
    for sources in places.values():
        one = len(sources) == 1
        yield (
            f"{', '.join(sources)} in {place(next(iter(sources.values())))} {'stays' if one else 'stay'}, "
            f"and now {'counts' if one else 'count'} for {job.wanted}"
        )
