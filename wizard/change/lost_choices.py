"""Choices for a slot that come from elsewhere, and that Crush would not follow here: which, why, and the way out.

Crush takes another model for such a slot and writes that into its own file, which wins from then on
(crush-behaviour 7.3). So it is said before Crush starts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.crush.selected import named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wizard.crush.selection import SlotModel
    from wizard.machine.in_force import InForce
    from wizard.provider.model import Slot
    from wizard.ui.output import Output


def say_lost_choices(chosen: Mapping[Slot, SlotModel], after: InForce, output: Output) -> None:
    """Warn of each choice that does not hold with the files as they will be."""
    ways = dict.fromkeys(_warned_of(chosen, after, output))
    for way_out in ways:
        output.hint(way_out)


def _warned_of(chosen: Mapping[Slot, SlotModel], after: InForce, output: Output) -> Iterator[str]:
    for slot, wanted in chosen.items():
        if instead := _instead(slot, wanted, after):
            output.warning(f"the {slot} model {wanted.provider}/{wanted.model}: {_why(wanted, after)}; {instead}")
            yield _way_out(slot, wanted, after)


def _instead(slot: Slot, wanted: SlotModel, after: InForce) -> str:
    """What Crush does in the place of it; empty where it may follow, or where another file has the say."""
    found = after.effective
    if now := found.selected.get(slot):
        falls_back = now.falls_back and now.configured == wanted
        return f"Crush will use {named(now)}, and save that in its own file" if falls_back else ""
    return "" if found.fatal or found.uncertain else "Crush will ask for one"


def _why(wanted: SlotModel, after: InForce) -> str:
    provider = after.effective.provider(wanted.provider)
    if provider is None:
        built_in = wanted.provider in after.builtins
        return "this built-in provider is not set up here" if built_in else "there is no such provider here"
    if provider.status == "disabled":
        return f"{provider.id} is hidden"
    return "the provider has no such model" if provider.kept else f"Crush drops {provider.id}: {provider.reason}"


def _way_out(slot: Slot, wanted: SlotModel, after: InForce) -> str:
    """To give the provider what it lacks; else to choose another model."""
    from wizard.machine.provider_state import cure, key_of

    provider = after.effective.provider(wanted.provider)
    if provider is None and wanted.provider in after.builtins:
        return "set it up before Crush starts: crush-wizard add-provider"
    if provider and not provider.kept and (lacking := cure(provider, key_of(provider, after))):
        return f"before Crush starts, {lacking}"
    return f"choose another: crush-wizard use {slot} PROVIDER/MODEL"
