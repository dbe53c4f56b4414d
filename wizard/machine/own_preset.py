"""The preset of one name, be it only Crush's own list that knows it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wizard.crush.program import CrushProgram, crush_on_path
from wizard.files.locations import here
from wizard.flow.own_preset import preset_of
from wizard.flow.preset_library import UnknownPreset
from wizard.machine.presets import one_preset

if TYPE_CHECKING:
    from wizard.flow.preset import Preset
    from wizard.ui.output import Output


def preset_here(name: str, output: Output) -> Preset:
    """Quick for all but what no preset knows: then Crush is asked. Raises UnknownPreset and InvalidPreset."""
    try:
        return one_preset(name, output)
    except UnknownPreset:
        if (own := listed_by_crush(name)) is None:
            raise
        return own


def listed_by_crush(name: str) -> Preset | None:
    """None for what the Crush here does not have, and for what takes no key."""
    from wizard.crush.loading import load
    from wizard.machine.own_catalogue import own_catalogue

    own = own_catalogue(load(here()), None, CrushProgram(crush_on_path(os.environ))).providers.get(name)
    return preset_of(name, own) if own else None
