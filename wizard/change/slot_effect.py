"""What comes of choosing a model for a slot: another file may win, and older settings may stay behind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wizard.change.provider_change import say_left_out, say_remarks
from wizard.documents.document import SelectModel
from wizard.shown import command_line
from wizard.ui.place import place, shown_path
from wizard.words import by_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.change.slot_choice import SlotChoice
    from wizard.crush.sources import Source
    from wizard.machine.in_force import InForce
    from wizard.provider.model import Slot


def say_effect(choice: SlotChoice, after: InForce, *, cleared: bool) -> None:
    """What the user should know about the choice before it is made."""
    change = SelectModel(choice.slot, choice.wanted.provider, choice.wanted.model)
    say_left_out([(choice.document, [change])], choice.output)
    say_remarks([(choice.document, [change])], choice.output)
    if counts(choice, after):
        for leftover in _leftovers(choice, after):
            choice.output.warning(leftover)
    else:
        say_winner(choice, after)
    if cleared:
        choice.output.note("restart Crush if it is running: it keeps its choice until then")


def counts(choice: SlotChoice, after: InForce) -> bool:
    """Whether Crush will take the model that is wanted, and not just fall back on it."""
    now = after.effective.selected.get(choice.slot)
    if now is None or now.falls_back:
        return False
    return (now.provider, now.model) == (choice.wanted.provider, choice.wanted.model)


def say_winner(choice: SlotChoice, after: InForce, clearing: str = "add --clear to remove that choice") -> None:
    """Another file that wins, or that this one does not count here at all.

    `clearing` is what to do where Crush's own file wins.
    """
    own = Path(choice.document.path)
    if not after.loaded.counts(own):
        choice.output.warning(f"Crush does not read {shown_path(own)} in this folder: the choice counts elsewhere")
        return
    winner = next((source for source in _deciding(choice.slot, after) if source.path != own), None)
    if winner is None:
        return
    now = after.effective.selected.get(choice.slot)
    chosen = after.effective.config["models"][choice.slot]
    what = f"the {choice.slot} model is still" if now is None or now.falls_back else "Crush still uses"
    model = f"{chosen.get('provider', '')}/{chosen.get('model', '')}"
    choice.output.warning(f"{what} {model} here: {place(winner)} wins{_ROLES[winner.role]}")
    choice.output.hint(_cure(choice, winner, clearing))


_ROLES = {
    "system": "",
    "user-json": "",
    "user-crushrc": "",
    "data": ", where Crush saves what you pick in it",
    "project": " in this project",
    "workspace": " in this folder",
}
"""What the winning file is."""


def _deciding(slot: Slot, found: InForce) -> Iterator[Source]:
    for name in ("model", "provider"):
        if source := found.effective.source("models", slot, name):
            yield source


def _cure(choice: SlotChoice, winner: Source, clearing: str) -> str:
    if winner.role == "data":
        return clearing
    if winner.role == "project":
        return f"for this project: {command_line('use', choice.slot, str(choice.wanted), '--scope', 'project')}"
    return command_line("use", choice.slot, str(choice.wanted), "--file", str(winner.path))


def _leftovers(choice: SlotChoice, after: InForce) -> Iterator[str]:
    """Settings that were made for another model and stay with the slot (crush-behaviour 7.2)."""
    before = choice.found.effective.selected.get(choice.slot)
    if before and (before.provider, before.model) == (choice.wanted.provider, choice.wanted.model):
        return
    merged = after.effective.config.get("models", {}).get(choice.slot, {})
    places: dict[Path, dict[str, Source]] = {}
    for name in merged:
        source = after.effective.source("models", choice.slot, name)
        if source and name not in ("provider", "model"):
            places.setdefault(source.path, {})[name] = source
    for sources in places.values():
        stays, counts_ = by_number(len(sources), "stays", "stay"), by_number(len(sources), "counts", "count")
        where = place(next(iter(sources.values())))
        yield f"{', '.join(sources)} in {where} {stays}, and now {counts_} for {choice.wanted}"
