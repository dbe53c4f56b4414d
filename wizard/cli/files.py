"""Which config file a command is about, and what Crush's other files say."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.config.json_document import JsonDocument
from wizard.config.json_syntax import read_text
from wizard.config.locations import Scope, config_files, here, target_file
from wizard.config.writer import read
from wizard.errors import WizardError
from wizard.provider.model import SLOTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.config.locations import ConfigFile, Surroundings


@dataclass(frozen=True)
class Target:
    """The file that is edited, and the place from which Crush would look for its others."""

    around: Surroundings
    document: JsonDocument

    @property
    def path(self) -> Path:
        return Path(self.document.path)


def open_target(scope: Scope, file: Path | None) -> Target:
    """The target as it is now. Raises InvalidConfig, with the place, for a file that Crush would not take."""
    around = here()
    path = target_file(around, scope, file)
    return Target(around, open_document(path))


def open_document(path: Path) -> JsonDocument:
    """A JSON config file; absent and empty ones are simply new."""
    content = read(path)
    return JsonDocument(None if content is None else read_text(content, path), path)


@dataclass(frozen=True)
class Selection:
    """A model slot that is already chosen, and the file that says so."""

    slot: str
    provider: str
    model: str
    file: ConfigFile


def others(target: Target) -> tuple[list[Selection], list[WizardError]]:
    """The slots chosen in the other JSON files that Crush reads here, the weakest first; and what is wrong there."""
    found: list[Selection] = []
    problems: list[WizardError] = []
    for file in _read_beside(target):
        try:
            document = open_document(file.path)
        except WizardError as problem:
            problems.append(problem)
            continue
        found += _selections(document, file)
    return found, problems


def _read_beside(target: Target) -> Iterator[ConfigFile]:
    for file in config_files(target.around):
        if file.format == "json" and file.path != target.path and os.path.lexists(file.path):
            yield file


def _selections(document: JsonDocument, file: ConfigFile) -> Iterator[Selection]:
    for slot in SLOTS:
        chosen = document.selection(slot) or {}
        if chosen.get("model"):
            yield Selection(slot, str(chosen.get("provider", "")), str(chosen["model"]), file)
