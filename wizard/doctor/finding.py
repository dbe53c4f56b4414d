"""What the doctor has found, where, and what can be done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from wizard.documents.document import Change, DropValue, PutProvider, PutValue

if TYPE_CHECKING:
    from pathlib import Path

    from wizard.crush.problem import Placed, Severity
    from wizard.crush.sources import Source
    from wizard.files.edit import TextEdit

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
"""The worst first. Crush does not start or a provider does not work; it works otherwise than meant; good to know."""


class Place(Struct, frozen=True):
    """A file, and as far as it is known the line and column in it, from 1."""

    path: Path | None
    line: int | None = None
    column: int | None = None


class Fix(Struct, frozen=True):
    """What would put one file right; `description` is a command to oneself: "take the comma out".

    `automatic`: it deletes nothing and changes no meaning, so one look at the diff is enough; the others are asked
    for one by one. `edits` are for a text that can't be read yet, `changes` for all others. `move_to`: the file goes
    there as it is.
    """

    description: str
    automatic: bool
    path: Path
    changes: tuple[Change, ...] = ()
    edits: tuple[TextEdit, ...] = ()
    move_to: Path | None = None


class Seen(Struct, frozen=True):
    """What one check has seen; the table adds its code. `severity` None: the usual one. No text holds a secret."""

    message: str
    provider: str = ""
    place: Placed | None = None
    cure: str = ""
    fix: Fix | None = None
    severity: Severity | None = None


class Finding(Struct, frozen=True):
    """Something that is wrong. `cure` says what to do, mostly as a command; `line` and `column` count from 1."""

    code: str
    severity: Severity
    message: str
    provider: str = ""
    path: Path | None = None
    line: int | None = None
    column: int | None = None
    cure: str = ""
    fix: Fix | None = None


def put(source: Source | None, value: object, description: str, *, automatic: bool = False) -> Fix | None:
    """Another value at a place; None where that can't be edited."""
    if source is None:
        return None
    if source.format == "crushrc" and len(source.key_path) > 3:
        return None  # models are declared as a whole there
    return Fix(description, automatic, source.path, (PutValue(source.key_path, value),))


def put_field(source: Source | None, name: str, value: object, description: str) -> Fix | None:
    """A field that a provider's entry lacks."""
    if source is None:
        return None
    return Fix(description, False, source.path, (PutValue((*source.key_path, name), value),))


def put_fields(
    source: Source | None, model_id: str, fields: dict[str, object], description: str, *, automatic: bool = False
) -> Fix | None:
    """Other values in a model whose place is known."""
    if source is None:
        return None
    if source.format == "crushrc":
        entry = {"models": [{"id": model_id, **fields}]}
        change = PutProvider(str(source.key_path[1]), entry, "merge")
        return Fix(description, automatic, source.path, (change,))
    changes = tuple(PutValue((*source.key_path, name), value) for name, value in fields.items())
    return Fix(description, automatic, source.path, changes)


def drop(source: Source | None, description: str) -> Fix | None:
    """Nothing at a place."""
    if source is None or (source.format == "crushrc" and len(source.key_path) > 3):
        return None
    return Fix(description, False, source.path, (DropValue(source.key_path),))
