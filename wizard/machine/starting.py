"""Whether Crush gets its keys by itself when it is started, or only through `crush-wizard run`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wizard.errors import WizardError
from wizard.files.start_file import START_SHELLS, start_file
from wizard.files.writer import read
from wizard.machine.provider_state import key_of
from wizard.regexp import regexp

if TYPE_CHECKING:
    from pathlib import Path

    from wizard.files.locations import Surroundings
    from wizard.machine.in_force import InForce
    from wizard.machine.provider_state import Key

_STARTS = regexp(r"^[^#\n]*(?:crush-wizard|-m wizard)\b.*\s(?:run|env)\b", re.MULTILINE)
"""A line of a start file that makes `crush` start through `run`, or sets the keys: ours, or one of the user's own."""


def need_run(found: InForce) -> tuple[str, ...]:
    """The providers in use whose key is $NAME, kept in our store, and not in the environment: a plain `crush` has none.

    None where a start file of a shell says how `crush` is started.
    """
    ids = tuple(provider.id for provider in found.effective.in_use if _is_handed_out(key_of(provider, found)))
    return () if ids and any(map(_says_how, _start_files(found.around))) else ids


def _is_handed_out(key: Key) -> bool:
    return key.kind == "placeholder" and key.found not in (None, "environment")


def _start_files(around: Surroundings) -> list[Path]:
    return [start_file(shell, around) for shell in START_SHELLS]


def _says_how(path: Path) -> bool:
    try:
        content = read(path)
    except WizardError:  # nobody's start file
        return False
    return content is not None and bool(_STARTS.search(content.decode("utf-8", "replace")))
