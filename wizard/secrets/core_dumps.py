"""No core dump of a process that holds a value."""

from __future__ import annotations

import sys


def leave_no_core() -> None:
    """Lower the soft limit only, so that a command that we start can raise it again.

    1 byte and not 0: where cores are piped to a program Linux ignores 0, and takes 1 for none (core(5)).
    """
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    if soft in (0, 1):
        return
    most = 1 if hard == resource.RLIM_INFINITY else min(1, hard)
    resource.setrlimit(resource.RLIMIT_CORE, (most, hard))
