"""The shell that this program was called from."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.files.shell import shell_of

if TYPE_CHECKING:
    from wizard.files.shell import Shell


def calling_shell() -> Shell:
    return shell_of(_parent(), os.environ, sys.platform)


def _parent() -> str:
    """The name of the process that called us, where the system has it in a file."""
    try:
        return Path(f"/proc/{os.getppid()}/comm").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
