"""Presets of the user that can't be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wizard.errors import WizardError
    from wizard.ui.output import Output


def warn_of_broken(problems: Iterable[WizardError], output: Output) -> None:
    """A preset of the user that is broken hides nothing else, but is not passed over in silence."""
    for problem in problems:
        output.warning(f"left out: {problem.where}: {problem.message}")
