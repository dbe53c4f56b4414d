"""What is left of a script without commands: comments, and lines that only say how it is to be run."""

from __future__ import annotations

import re

from wizard.files.start_file import BEGIN, END
from wizard.regexp import regexp

_FOR_TOOLS = regexp(rf"\s*(?:#!.*|# shellcheck\b.*|{re.escape(BEGIN)}|{re.escape(END)})\s*")
_HOW_IT_RUNS = regexp(r"\s*(?:set( [-+]\w+| pipefail)+|true|:|(?:exit|return)( 0)?)?\s*(?:#.*)?")
_COMMENT = regexp(r"(?:^|\s)#")
"""In a script with more in it this may be a part of a text."""


def is_bare(script: str) -> bool:
    """Whether no line is a command that does anything."""
    return all(map(_HOW_IT_RUNS.fullmatch, script.splitlines()))


def has_comments(script: str) -> bool:
    """Whether there are comments of a person."""
    return any(_COMMENT.search(line) and not _FOR_TOOLS.fullmatch(line) for line in script.splitlines())
