"""Commands in the user's own config, `$(op read ...)`, and what becomes of them where a reference takes their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from wizard.crush.outgoing import expanded_fields
from wizard.documents.crushrc.commands import Computed
from wizard.documents.document import PutValue
from wizard.errors import UsageError
from wizard.expansion.expand import expand
from wizard.provider.template import placeholder
from wizard.provider.variable import variable_for
from wizard.regexp import regexp
from wizard.secrets.reference.file import check_command
from wizard.transfer.adoption import joined_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from wizard.crush.outgoing import FieldPath
    from wizard.documents.document import Document

_DEFAULTED = regexp(r"\$\{(?P<name>[A-Za-z_]\w*):?-\Z")
_PLAIN = regexp(r"[\w .:-]*")
COMPUTED = "the script itself runs it: write it in single quotes, or give $NAME by hand"
MIXED = "there is more around it than can be told apart"


class ConfigCommand(Struct, frozen=True):
    """A command that prints a key or a header's value. `variable`: the one that it is the default of.

    `before` is what stands in front of it in the value. `reason`: why it is left where it is; empty if it can move.
    """

    provider: str
    field: FieldPath
    path: Path
    line: int | None
    command: str
    before: str = ""
    variable: str = ""
    reason: str = ""

    def put(self, name: str) -> PutValue:
        """The change of the file that has the variable in its place."""
        return PutValue(("providers", self.provider, *self.field), self.before + placeholder(name))


class Moved(Struct, frozen=True):
    """The places of a command that get the same name."""

    name: str
    command: str
    places: tuple[ConfigCommand, ...]


def commands_in(document: Document, path: Path) -> Iterator[ConfigCommand]:
    """Those in keys and headers of the file's providers. None is run."""
    for provider in document.provider_ids():
        for field, text in expanded_fields(document.provider(provider) or {}):
            if field == ("base_url",):
                continue
            position = document.position(("providers", provider, *field))
            line = position[0] if position else None
            if isinstance(text, Computed):
                if "$(" in text:
                    yield ConfigCommand(provider, field, path, line, "", reason=COMPUTED)
            elif commands := expand(text, {}, lambda _: None).commands:
                yield _taken_apart(ConfigCommand(provider, field, path, line, commands[0]), text)


def moves(
    commands: Iterable[ConfigCommand], usual: Mapping[str, str], is_free: Callable[[str, str], bool]
) -> list[Moved]:
    """A name for each that can move; the same for the same command of a provider.

    `is_free`: whether a name may come to mean a command without meaning anything else.
    """
    given: dict[str, ConfigCommand] = {}
    places: dict[str, list[ConfigCommand]] = {}
    for found in commands:
        if found.reason:
            continue
        name = next(name for name in _names(found, usual) if _fits(name, found, given, is_free))
        given.setdefault(name, found)
        places.setdefault(name, []).append(found)
    return [Moved(name, given[name].command, tuple(several)) for name, several in places.items()]


def _fits(
    name: str, found: ConfigCommand, given: Mapping[str, ConfigCommand], is_free: Callable[[str, str], bool]
) -> bool:
    if name in given:
        return (given[name].command, given[name].provider) == (found.command, found.provider)
    return name == found.variable or is_free(name, found.command)


def _names(found: ConfigCommand, usual: Mapping[str, str]) -> Iterator[str]:
    first = found.variable or usual.get(found.provider) or variable_for(found.provider)
    if found.field[0] == "extra_headers" and not found.variable and found.field[1].casefold() != "authorization":
        first = joined_name(found.provider, found.field[1])
    yield first
    yield from (f"{first}_{number}" for number in range(2, 1000))


def _taken_apart(found: ConfigCommand, text: str) -> ConfigCommand:
    whole = f"$({found.command})"
    before, separator, after = text.rpartition(whole)
    if separator and (match := _DEFAULTED.search(before)) and after == "}":
        found = replace(found, before=before[: match.start()], variable=match["name"])
    elif separator and not after:
        found = replace(found, before=before)
    else:
        return replace(found, reason=MIXED)
    if not _PLAIN.fullmatch(found.before):
        return replace(found, reason=MIXED)
    try:
        return replace(found, command=check_command(found.command))
    except UsageError as error:
        return replace(found, reason=error.message)
