"""Repairs of a text that is nearly JSON: a byte order mark, commas after the last member, comments.

Only if the whole file is JSON afterwards is there a repair at all; nothing else of it is touched.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wizard.doctor.finding import Fix
from wizard.documents.json.reading import JsonReading
from wizard.errors import WizardError
from wizard.files.edit import TextEdit, apply_edits
from wizard.regexp import regexp
from wizard.words import joined

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MARK = "\ufeff"
_TOKEN = regexp(
    r"""
      (?P<string>"(?:[^"\\]|\\.)*")
    | (?P<comment>[ \t]*//[^\r\n]*|/\*.*?\*/)
    | (?P<comma>,)(?=(?:\s|//[^\r\n]*|/\*.*?\*/)*[}\]])
    """,
    re.VERBOSE | re.DOTALL,
)
_WORDS = {"comma": "the comma after the last member", "comment": "the comments", "mark": "the byte order mark"}


def repair_of(path: Path, raw: bytes) -> Fix | None:
    """What would make a text JSON; None where this takes a person. Taking comments out wants a consent of its own."""
    try:
        text = raw.decode("utf-8")
        edits = tuple(_edits(text))
        JsonReading(apply_edits(text, edits).encode(), path)
    except (WizardError, UnicodeDecodeError):
        return None
    if not edits or not text.strip(f"{MARK} \t\r\n"):
        return None
    kinds = list(dict.fromkeys(kind for kind, _ in _places(text)))
    words = joined(_WORDS[kind] for kind in kinds)
    return Fix(f"remove {words}", "comment" not in kinds, path, edits=edits)


def _edits(text: str) -> Iterator[TextEdit]:
    """The last place first, so that each offset holds."""
    for _, (start, end) in sorted(_places(text), key=lambda place: place[1], reverse=True):
        yield TextEdit(start, end - start, "")


def _places(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    if text.startswith(MARK):
        yield "mark", (0, 1)
    for match in _TOKEN.finditer(text):
        if match.lastgroup in ("comment", "comma"):
            yield match.lastgroup, match.span(match.lastgroup)
