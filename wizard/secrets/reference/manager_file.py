"""A manager's TOML text, checked strictly and turned into a Manager. `MANAGER` says what a file may say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, get_args

from wizard.errors import Refused
from wizard.flow.manager import Field, Listing, Manager, Trouble, What
from wizard.flow.toml_file import (
    ID,
    NAME,
    PAGE,
    TEXT,
    WORDS,
    YES_OR_NO,
    ListOf,
    MapOf,
    Misfit,
    Table,
    ValueKind,
    misfits,
    one_of,
    parsed,
    refused,
)
from wizard.near import did_you_mean
from wizard.secrets.reference.line import LONGEST_STAND_IN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


class InvalidManager(Refused):
    """A manager's file does not say what it must say; the message names the key."""

    code = "invalid-manager"


def _is_pattern(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(re.compile(value).groupindex)
    except re.error:
        return False


WHAT = one_of(*get_args(What))
FORMAT = ValueKind("json or lines", lambda value: value in ("json", "lines"), ("json", "lines"))
SYSTEM = ValueKind("linux, darwin or win32", lambda value: value in ("linux", "darwin", "win32"))
CODE = ValueKind("an exit code from 1 to 255", lambda value: type(value) is int and 0 < value < 256)
PRINTED = ValueKind(
    f"a text of at most {LONGEST_STAND_IN} characters",
    lambda value: isinstance(value, str) and len(value) <= LONGEST_STAND_IN,
)
GROUPED = ValueKind("a regular expression with a named group", _is_pattern)
FIELD = Table(
    {
        "key": NAME,
        "text": WORDS,
        "example": WORDS,
        "default": WORDS,
        "flag": WORDS,
        "find": WORDS,
        "optional": YES_OR_NO,
        "file": YES_OR_NO,
    },
    required=("key", "text"),
)
LISTING = Table(
    {
        "command": WORDS,
        "format": FORMAT,
        "item": WORDS,
        "label": WORDS,
        "pattern": GROUPED,
        "read": MapOf(MapOf(TEXT)),
    },
    required=("command", "format"),
)
TROUBLE = Table(
    {
        "what": WHAT,
        "words": ListOf(WORDS),
        "codes": ListOf(CODE),
        "printed": ListOf(PRINTED),
        "then": WORDS,
        "source": WORDS,
    },
    required=("what", "source"),
)
MANAGER = Table(
    {
        "id": ID,
        "name": WORDS,
        "program": WORDS,
        "item": WORDS,
        "example": WORDS,
        "command": WORDS,
        "page": PAGE,
        "splits_item": YES_OR_NO,
        "scheme": WORDS,
        "systems": ListOf(SYSTEM),
        "fields": ListOf(FIELD),
        "listing": LISTING,
        "troubles": ListOf(TROUBLE),
    },
    required=("id", "name", "program", "item", "example", "command", "page"),
)


def read_manager(text: str, path: Path) -> Manager:
    """The manager that a file's text holds; its id is the name of the file without `.toml`.

    Raises InvalidManager with the place, as far as known, of the first thing that is wrong.
    """
    data = parsed(text, path, InvalidManager)
    if problem := next(_problems(data, path.stem), None):
        raise refused(problem, text, path, InvalidManager)
    return _manager(data)


def read_shipped(text: str, path: Path) -> Manager:
    """One that comes along: tests have checked it."""
    return _manager(parsed(text, path, InvalidManager))


def _problems(data: dict[str, Any], stem: str) -> Iterator[Misfit]:
    """What must hold between keys is looked at once every key is right by itself."""
    found = tuple(misfits(data, MANAGER, ()))
    yield from found
    if found:
        return
    if data["id"] != stem:
        hint = f'write id = "{stem}", or rename the file'
        yield Misfit(("id",), f"`{data['id']}` is not the name of the file", hint)
    if "{item}" not in data["command"]:
        yield Misfit(("command",), "needs {item}, the place of what is asked for")
    yield from _unfilled(data)


def _unfilled(data: Mapping[str, Any]) -> Iterator[Misfit]:
    """Places in the commands that nothing fills."""
    fields = [field["key"] for field in data.get("fields", ())]
    listing = data.get("listing", {}).get("command", "")
    for key, template, filled in (
        (("command",), data["command"], ["item", "options", *fields]),
        (("listing", "command"), listing, ["options", *fields]),
    ):
        for name in re.findall(r"\{(\w+)\}", template):
            if name not in filled:
                hint = did_you_mean(name, filled) or f'add [[fields]] with key = "{name}"'
                yield Misfit(key, f"no field fills {{{name}}}", hint)


def _manager(data: dict[str, Any]) -> Manager:
    """A checked file as a Manager: its keys are the fields' names, its lists become tuples."""
    listing = Listing(**data["listing"]) if "listing" in data else None
    fields = tuple(Field(**field) for field in data.get("fields", ()))
    troubles = tuple(Trouble(**_frozen(trouble)) for trouble in data.get("troubles", ()))
    return Manager(**_frozen(data) | {"listing": listing, "fields": fields, "troubles": troubles})


def _frozen(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
