"""Whether a stream is a terminal, and how wide."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person sees (or types) what goes through this stream."""
    return stream is not None and not stream.closed and stream.isatty()


def terminal_width(stream: TextIO) -> int | None:
    """The columns of the terminal behind a stream; None where there is none, or where it does not tell."""
    if not is_terminal(stream):
        return None
    return os.get_terminal_size(stream.fileno()).columns or None
