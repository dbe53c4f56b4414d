"""From chosen fixes to the changes of each file, in an order in which they do not get into each other's way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from wizard.documents.document import DropValue

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from wizard.doctor.finding import Fix
    from wizard.documents.document import Change
    from wizard.files.edit import TextEdit


class Repair(Struct, frozen=True):
    """All that is to be done to one file: `edits` where it can't be read yet, else `changes`. `move_to`: as it is."""

    path: Path
    changes: tuple[Change, ...]
    edits: tuple[TextEdit, ...]
    move_to: Path | None = None


def repairs(fixes: Iterable[Fix]) -> tuple[Repair, ...]:
    """One repair a file. What is taken out of a list goes last, its end first: until then all indexes hold."""
    by_path: dict[Path, list[Fix]] = {}
    for fix in fixes:
        by_path.setdefault(fix.path, []).append(fix)
    return tuple(_repair(path, several) for path, several in by_path.items())


def _repair(path: Path, fixes: Iterable[Fix]) -> Repair:
    several = list(fixes)
    changes = _each_once(change for fix in several for change in fix.changes)
    drops = [change for change in changes if isinstance(change, DropValue)]
    puts = [change for change in changes if not isinstance(change, DropValue)]
    drops.sort(
        key=lambda change: [(isinstance(key, int), key if isinstance(key, int) else 0) for key in change.key_path]
    )
    edits = next((fix.edits for fix in several if fix.edits), ())
    move_to = next((fix.move_to for fix in several if fix.move_to), None)
    return Repair(path, (*puts, *reversed(drops)), edits, move_to)


def _each_once(changes: Iterable[Change]) -> list[Change]:
    once: list[Change] = []
    for change in changes:
        if change not in once:
            once.append(change)
    return once
