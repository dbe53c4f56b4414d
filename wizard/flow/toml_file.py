"""A TOML text that people write, checked strictly: presets, managers and profiles say in tables what one may say."""

from __future__ import annotations

import re
import tomllib
from math import isfinite
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from wizard.flow.toml_positions import KeyPath, locate
from wizard.near import did_you_mean
from wizard.provider.identifier import PATTERN
from wizard.provider.variable import is_variable_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from wizard.errors import Refused


class Misfit(Struct, frozen=True):
    """What is wrong with the value at `key`, and what would be right."""

    key: KeyPath
    message: str
    hint: str = ""


class ValueKind(Struct, frozen=True):
    """A single value: `kind` says in a message what it must be."""

    kind: str
    fits: Callable[[Any], bool]
    choices: tuple[str, ...] = ()


class ListOf(Struct, frozen=True):
    item: Shape


class MapOf(Struct, frozen=True):
    """A table whose keys are the author's own."""

    item: Shape


class Table(Struct, frozen=True):
    fields: Mapping[str, Shape]
    required: tuple[str, ...] = ()


Shape = ValueKind | ListOf | MapOf | Table


def _is_json(value: object) -> bool:
    if isinstance(value, dict):
        return all(map(_is_json, value.values()))
    if isinstance(value, list):
        return all(map(_is_json, value))
    return isinstance(value, str | int) or (isinstance(value, float) and isfinite(value))


def matching(kind: str, pattern: str) -> ValueKind:
    return ValueKind(kind, lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None)


def one_of(*choices: str) -> ValueKind:
    return ValueKind(f"one of {', '.join(choices)}", lambda value: value in choices, choices)


TEXT = ValueKind("a text", lambda value: isinstance(value, str))
WORDS = ValueKind("a text that is not empty", lambda value: isinstance(value, str) and value.strip() != "")
YES_OR_NO = ValueKind("true or false", lambda value: isinstance(value, bool))
ID = matching("an id of lower-case letters, digits, - and _", PATTERN.pattern)
JSON = ValueKind("a value that JSON can have: no date, inf or nan", _is_json)
NAME = matching("a name of letters, digits and _", r"[A-Za-z]\w*")
PAGE = matching("a URL with http:// or https://", r"https?://\S+")
VARIABLE = ValueKind(
    "the name of an environment variable that can hold a key",
    lambda value: isinstance(value, str) and is_variable_name(value),
)


def parsed(text: str, path: Path, refusal: type[Refused]) -> dict[str, Any]:
    """What the text holds. Raises `refusal` with the place where it is not TOML."""
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise refusal("the values are nested too deeply", path=path) from error
    except tomllib.TOMLDecodeError as error:
        reason, _, place = str(error).partition(" (at ")
        line, column = _place(place) or (text.count("\n") + 1, len(text) - text.rfind("\n"))
        raise refusal(
            f"this is not TOML: {reason}", hint="see https://toml.io", path=path, line=line, column=column
        ) from error


def _place(words: str) -> tuple[int, int] | None:
    """tomllib tells the place in words only: `line 3, column 7)` or `end of document)`."""
    match = re.match(r"line (\d+), column (\d+)", words)
    return (int(match[1]), int(match[2])) if match else None


def refused(problem: Misfit, text: str, path: Path, refusal: type[Refused]) -> Refused:
    """The problem as an error, with its place as far as known."""
    line, column = locate(text, problem.key) or (None, None)
    message = f"{_dotted(problem.key)}: {problem.message}"
    return refusal(message, hint=problem.hint, path=path, line=line, column=column)


def _dotted(key: KeyPath) -> str:
    """`question.choices.base_url`: the place in the file tells which of several it is."""
    return ".".join(part for part in key if isinstance(part, str))


def misfits(value: Any, shape: Shape, key: KeyPath) -> Iterator[Misfit]:
    """Where `value` does not have the shape that the tables above give it."""
    match shape:
        case ValueKind():
            if not shape.fits(value):
                yield Misfit(key, f"must be {shape.kind}", did_you_mean(str(value), shape.choices))
        case ListOf():
            if not isinstance(value, list):
                yield Misfit(key, "must be a list", "put it in [ ], or a table in [[ ]]")
                return
            for place, item in enumerate(value):
                yield from misfits(item, shape.item, (*key, place))
        case MapOf() | Table():
            if not isinstance(value, dict):
                yield Misfit(key, "must be a table")
                return
            if isinstance(shape, Table):
                yield from _unknown_or_missing(value, shape, key)
            for name, item in value.items():
                inner = shape.item if isinstance(shape, MapOf) else shape.fields.get(name)
                if inner:
                    yield from misfits(item, inner, (*key, name))


def _unknown_or_missing(value: dict[str, Any], table: Table, key: KeyPath) -> Iterator[Misfit]:
    for name in value:
        if name not in table.fields:
            hint = did_you_mean(name, table.fields) or f"known here: {', '.join(table.fields)}"
            yield Misfit((*key, name), "unknown key", hint)
    for name in table.required:
        if name not in value:
            yield Misfit((*key, name), "this key is missing")
