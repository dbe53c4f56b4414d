"""Whether the network is to be left alone: --offline, or WIZARD_OFFLINE=1."""

from __future__ import annotations

import os
from contextvars import ContextVar

_offline = ContextVar("_offline", default=False)


def leave_network_alone(*, wanted: bool = True) -> None:
    """For the command that runs from now on."""
    _offline.set(wanted)


def is_offline() -> bool:
    """Whether the command that runs was told to leave the network alone."""
    return _offline.get() or os.environ.get("WIZARD_OFFLINE") == "1"
