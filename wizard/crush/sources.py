"""Where the values of the merged configuration are written: file, line and column, and what they overrule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wizard.crush.loading import Loaded, LoadedFile
    from wizard.crush.merging import KeyInFile, Merged
    from wizard.documents.json.draft import KeyPath
    from wizard.files.locations import Format, Role


class Source(Struct, frozen=True):
    """A place in a file. `key_path` is spelled as that file spells it; line and column count from 1.

    `shadowed` are the places with values of the same field that this one overrules, the weakest first.
    """

    path: Path
    role: Role
    format: Format
    line: int | None
    column: int | None
    key_path: KeyPath
    shadowed: tuple[Source, ...] = ()


class Sources:
    """Finds sources by the paths of the effective configuration. `spelled` turns these into the merged tree's."""

    def __init__(self, loaded: Loaded, merged: Merged, spelled: Callable[[KeyPath], KeyPath]) -> None:
        self._files = {file.path: file for file in loaded.files}
        self._merged = merged
        self._spelled = spelled

    def all(self, key_path: KeyPath) -> tuple[Source, ...]:
        """Every place that says something about a value, the weakest first."""
        return self.as_written(self._spelled(key_path))

    def as_written(self, key_path: KeyPath) -> tuple[Source, ...]:
        """The same for a path in the merged tree's own spelling."""
        return tuple(map(self.at, self._merged.origins(key_path)))

    def deciding(self, key_path: KeyPath) -> Source | None:
        """The place that counts most, with the ones that it overrules; None if no file says it."""
        *shadowed, last = self.all(key_path) or (None,)
        return replace(last, shadowed=tuple(source for source in shadowed if source)) if last else None

    def at(self, origin: KeyInFile) -> Source:
        """A place in a file, with its line and column."""
        file = self._files[origin.path]
        line, column = _position(file, origin.key_path)
        return Source(origin.path, file.file.role, file.file.format, line, column, origin.key_path)


def _position(file: LoadedFile, key_path: KeyPath) -> tuple[int | None, int | None]:
    """The place of a key; in a crushrc perhaps that of the command around it."""
    for length in range(len(key_path), 0, -1):
        found = file.content.position(key_path[:length]) if file.content else None
        if found:
            return found
    return None, None
