"""The presets there are here, without those of the user that can't be read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wizard import folders

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wizard.errors import WizardError
    from wizard.flow.preset import Preset
    from wizard.ui.output import Output


def all_presets(output: Output | None = None) -> Mapping[str, Preset]:
    """All by id. `output` hears of the broken ones; without it somebody else tells about them."""
    from wizard.flow.preset_library import load_presets

    presets, broken = load_presets(folders.presets())
    if output is not None:
        _warn(broken, output)
    return presets


def one_preset(preset_id: str, output: Output) -> Preset:
    """The only one, which is quick, or what the Crush here lists. Raises UnknownPreset and InvalidPreset."""
    from wizard.flow.preset_library import UnknownPreset, load_preset

    try:
        preset, broken = load_preset(preset_id, folders.presets())
    except UnknownPreset:
        if (own := _own_of_crush(preset_id)) is None:
            raise
        return own
    _warn(broken, output)
    return preset


def _own_of_crush(preset_id: str) -> Preset | None:
    from wizard.crush.loading import load
    from wizard.crush.program import CrushProgram, crush_on_path
    from wizard.files.locations import here
    from wizard.flow.own_preset import preset_of
    from wizard.machine.own_catalogue import own_catalogue

    own = own_catalogue(load(here()), None, CrushProgram(crush_on_path(os.environ))).providers.get(preset_id)
    return preset_of(preset_id, own) if own else None


def _warn(broken: Iterable[WizardError], output: Output) -> None:
    for problem in broken:
        output.warning(f"skipped: {problem.where}: {problem.message}")
