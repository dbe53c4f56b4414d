"""Which variables the providers in Crush's files name: what must have a value when Crush runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wizard.config.json_document import JsonDocument
from wizard.config.json_syntax import read_text
from wizard.config.writer import read
from wizard.errors import WizardError
from wizard.provider.template import variables

if TYPE_CHECKING:
    from wizard.config.locations import ConfigFile


@dataclass(frozen=True)
class Use:
    """A variable that a provider's value names. `line` is 1-based; `provider` is empty in a crushrc, which is
    a script: there only the text is looked at.
    """

    variable: str
    provider: str
    path: Path
    line: int | None


@dataclass(frozen=True)
class Usage:
    """What the files in force use, the weakest file first; and the files that can't be read, with the reason."""

    uses: tuple[Use, ...]
    problems: tuple[WizardError, ...]

    def of(self, variable: str) -> tuple[Use, ...]:
        return tuple(use for use in self.uses if use.variable == variable)

    @property
    def variables(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(use.variable for use in self.uses))


def usage(files: Iterable[ConfigFile]) -> Usage:
    """Look through the files that Crush would read (crush-behaviour 4.1: api_key, base_url, header values)."""
    uses: list[Use] = []
    problems: list[WizardError] = []
    for file in files:
        try:
            content = read(file.path)
            if content:
                text = read_text(content, file.path)
                uses += _in_script(text, file.path) if file.format == "crushrc" else _in_json(text, file.path)
        except WizardError as problem:
            problems.append(problem)
    return Usage(tuple(uses), tuple(problems))


def _in_json(text: str, path: Path) -> Iterator[Use]:
    document = JsonDocument(text, path)
    for provider_id in document.provider_ids():
        entry = document.provider(provider_id) or {}
        for field, template in _templates(entry):
            place = document.position(("providers", provider_id, *field))
            for variable in variables(template):
                yield Use(variable, provider_id, path, place[0] if place else None)


def _templates(entry: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    """The values of an entry that Crush expands, with where they stand in it."""
    for name, value in entry.items():
        if name.lower() in ("api_key", "base_url") and isinstance(value, str):
            yield (name,), value
        elif name.lower() == "extra_headers" and isinstance(value, dict):
            yield from (((name, header), text) for header, text in value.items() if isinstance(text, str))


def _in_script(text: str, path: Path) -> Iterator[Use]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not re.match(r"\s*#", line):
            yield from (Use(variable, "", path, number) for variable in variables(line))
