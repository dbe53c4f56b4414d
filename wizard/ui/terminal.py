"""Whether a stream is a terminal, and how wide."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person sees (or types) what goes through this stream."""
    return stream is not None and not stream.closed and stream.isatty()


def wants_plain_lines(environ: Mapping[str, str]) -> bool:
    """Whether nothing is to be redrawn: on a dumb terminal, or for a screen reader."""
    dumb = os.name != "nt" and environ.get("TERM", "dumb") in ("dumb", "")
    return dumb or environ.get("WIZARD_PLAIN") == "1"


def terminal_width(stream: TextIO) -> int | None:
    """The columns of the terminal behind a stream; None where there is none, or where it does not tell."""
    if not is_terminal(stream):
        return None
    return os.get_terminal_size(stream.fileno()).columns or None
