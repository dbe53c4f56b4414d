"""Which variables the providers in Crush's files name: what must have a value when Crush runs."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from wizard.documents.crushrc.commands import Computed
from wizard.documents.json.document import JsonDocument
from wizard.documents.json.syntax import read_text
from wizard.errors import WizardError
from wizard.files.writer import read
from wizard.provider.template import needed_variables, variables
from wizard.provider.variable import is_variable_name
from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from wizard.documents.document import Document
    from wizard.files.locations import ConfigFile

_ASSIGNED = regexp(r"^[ \t]*(?:(?:export|local|readonly|declare)[ \t]+(?:-\w+[ \t]+)*)?(\w+)=", re.MULTILINE)
_LOOPED = regexp(r"^[ \t]*for[ \t]+(\w+)[ \t]", re.MULTILINE)


class Use(Struct, frozen=True):
    """A variable that a provider's value names. `line` is 1-based. `needed`: there is no default for it.

    `provider` is empty in those lines of a crushrc that only running it would tell: there only the text is looked at.
    """

    variable: str
    provider: str
    path: Path
    line: int | None
    needed: bool = True


class Usage(Struct, frozen=True):
    """What the files in force use, the weakest file first; and the files that can't be read, with the reason."""

    uses: tuple[Use, ...]
    problems: tuple[WizardError, ...]

    def of(self, variable: str) -> tuple[Use, ...]:
        return tuple(use for use in self.uses if use.variable == variable)

    @property
    def variables(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(use.variable for use in self.uses))

    @property
    def needed(self) -> frozenset[str]:
        """The variables that have no default wherever they are named."""
        return frozenset(use.variable for use in self.uses if use.needed)


def usage(files: Iterable[ConfigFile], texts: Mapping[Path, str | None] = MappingProxyType({})) -> Usage:
    """Look through the files that Crush would read (crush-behaviour 4.1: api_key, base_url, header values).

    `texts` are what some of the files will hold, by path.
    """
    uses: list[Use] = []
    problems: list[WizardError] = []
    for file in files:
        try:
            text = texts[file.path] if file.path in texts else _text(file.path)
            if text:
                uses += _in_script(text, file.path) if file.format == "crushrc" else _in_json(text, file.path)
        except WizardError as problem:
            problems.append(problem)
    return Usage(tuple(uses), tuple(problems))


def _text(path: Path) -> str | None:
    content = read(path)
    return read_text(content, path) if content else None


def _in_json(text: str, path: Path) -> Iterator[Use]:
    return _in_document(JsonDocument(text, path), path)


def _in_document(document: Document, path: Path, own: Collection[str] = ()) -> Iterator[Use]:
    """What the values say that Crush expands. `own`: variables that a script sets before it computes a value."""
    for provider_id in document.provider_ids():
        entry = document.provider(provider_id) or {}
        for field, template in _templates(entry):
            place = document.position(("providers", provider_id, *field))
            uses = _in_text(template, provider_id, path, place[0] if place else None)
            yield from (use for use in uses if not (isinstance(template, Computed) and use.variable in own))


def _templates(entry: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    """The values of an entry that Crush expands, with where they stand in it."""
    for name, value in entry.items():
        if name.lower() in ("api_key", "base_url") and isinstance(value, str):
            yield (name,), value
        elif name.lower() == "extra_headers" and isinstance(value, dict):
            yield from (((name, header), text) for header, text in value.items() if isinstance(text, str))


def _in_text(text: str, provider: str, path: Path, line: int | None) -> Iterator[Use]:
    needed = needed_variables(text)
    yield from (Use(variable, provider, path, line, variable in needed) for variable in variables(text))


def _in_script(text: str, path: Path) -> Iterator[Use]:
    """What its plain commands say about providers, and whatever else its other lines name that may be a key.

    What a variable of the script's own is set from, and what a command behind `if` wants, is only in these lines.
    """
    from wizard.documents.crushrc.document import CrushrcDocument

    document, own = CrushrcDocument(text, path), frozenset(_ASSIGNED.findall(text) + _LOOPED.findall(text))
    plain = tuple(_in_document(document, path, own))
    yield from plain
    seen, known = {(use.variable, use.line) for use in plain}, document.known_lines()
    for number, line in enumerate(text.split("\n"), start=1):
        if number not in known and not re.match(r"\s*#", line):
            foreign = own - set(_ASSIGNED.findall(line))
            uses = (use for use in _in_text(line, "", path, number) if (use.variable, number) not in seen)
            yield from (use for use in uses if use.variable not in foreign and is_variable_name(use.variable))
