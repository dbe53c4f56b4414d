"""What the user has allowed the files of a folder to have done: asked once for each folder and content.

A file for each thing that was allowed lies in our state folder; its name is a hash of the place and the content.
Without these files everything is asked for again.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wizard import folders
from wizard.errors import WizardError
from wizard.files.plan import sha256
from wizard.files.there import is_there
from wizard.files.writer import read, write_private
from wizard.namespace import profile_in_force
from wizard.ui.demands import demand_line

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from wizard.crush.demands import Demand
    from wizard.machine.in_force import InForce


def is_allowed(demand: Demand) -> bool:
    return is_there(_memory(demand))


def still_open(demands: Iterable[Demand]) -> tuple[Demand, ...]:
    """Those that nobody has allowed."""
    return tuple(demand for demand in demands if not is_allowed(demand))


def unallowed_keys(in_force: InForce, provider: str | None = None) -> tuple[Demand, ...]:
    """The keys that nobody has allowed to go where a folder's file sends them; of one provider, or of all."""
    keys = [demand for demand in in_force.demands if demand.kind == "key"]
    return still_open(demand for demand in keys if provider in (None, demand.provider))


def allow(demands: Iterable[Demand]) -> None:
    """Remember it. Raises FileLocked and Unwritable."""
    for demand in demands:
        write_private(_memory(demand), f"{demand_line(demand)}\n".encode())


def _memory(demand: Demand) -> Path:
    origin = str(demand.origin.path) if demand.origin else ""
    said: tuple[object, ...] = (
        demand.kind,
        demand.path,
        demand.provider,
        demand.what,
        demand.host,
        demand.of,
        origin,
        _content(demand),
    )
    if profile := profile_in_force():  # the key of the same name is another one there
        said = (*said, profile)
    return folders.allowed() / sha256(json.dumps([str(part) for part in said]).encode())


def _content(demand: Demand) -> str:
    """Of a script all of it is what was allowed."""
    if demand.kind != "script":
        return ""
    try:
        return sha256(read(demand.path) or b"")
    except WizardError:
        return ""
