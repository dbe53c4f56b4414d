"""The presets there are here, without those of the user that can't be read."""

from __future__ import annotations

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
    """The only one, which is quick. Raises UnknownPreset and InvalidPreset."""
    from wizard.flow.preset_library import load_preset

    preset, broken = load_preset(preset_id, folders.presets())
    _warn(broken, output)
    return preset


def _warn(broken: Iterable[WizardError], output: Output) -> None:
    for problem in broken:
        output.warning(f"skipped: {problem.where}: {problem.message}")
