"""A preset's TOML text, checked strictly and turned into a Preset.

What a file may say is the table `PRESET`; what must hold between its keys are the functions in `RULES`.
A new field of a preset is a line in that table, a new rule a function in that list.
"""

from __future__ import annotations

import datetime
import re
import tomllib
from math import inf, isfinite
from typing import TYPE_CHECKING, Any, get_args

from msgspec import Struct

from wizard.errors import Refused
from wizard.flow.preset import KeyNeed, Listing, Preset, PresetChoice, PresetKey, PresetQuestion, Source, When
from wizard.flow.toml_positions import KeyPath, locate
from wizard.near import did_you_mean
from wizard.provider.identifier import PATTERN as PROVIDER_ID
from wizard.provider.model_facts import ModelFacts
from wizard.provider.types import TYPES
from wizard.provider.variable import is_variable_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path


class InvalidPreset(Refused):
    """A preset's file does not say what a preset must say; the message names the key."""

    code = "invalid-preset"


class PresetProblem(Struct, frozen=True):
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


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_price(value: object) -> bool:
    return _is_count(value) or (isinstance(value, float) and isfinite(value) and value >= 0)


def _is_json(value: object) -> bool:
    if isinstance(value, dict):
        return all(map(_is_json, value.values()))
    if isinstance(value, list):
        return all(map(_is_json, value))
    return isinstance(value, str | int) or (isinstance(value, float) and isfinite(value))


def _is_regex(value: object) -> bool:
    try:
        re.compile(value if isinstance(value, str) else "(")
    except re.error:
        return False
    return True


def _matching(kind: str, pattern: str) -> ValueKind:
    return ValueKind(kind, lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None)


def one_of(*choices: str) -> ValueKind:
    return ValueKind(f"one of {', '.join(choices)}", lambda value: value in choices, choices)


TEXT = ValueKind("a text", lambda value: isinstance(value, str))
WORDS = ValueKind("a text that is not empty", lambda value: isinstance(value, str) and value.strip() != "")
YES_OR_NO = ValueKind("true or false", lambda value: isinstance(value, bool))
JSON = ValueKind("a value that JSON can have: no date, inf or nan", _is_json)
PROVIDER = _matching("an id of lower-case letters, digits, - and _", PROVIDER_ID.pattern)
NAME = _matching("a name of letters, digits and _", r"[A-Za-z]\w*")
URL = _matching(
    "a URL with http:// or https://, and without ?, # or a slash at the end", r"https?://[^\s/?#]+(/[^\s?#]*)?(?<!/)"
)
PAGE = _matching("a URL with http:// or https://", r"https?://\S+")
VARIABLE = ValueKind(
    "the name of an environment variable that can hold a key",
    lambda value: isinstance(value, str) and is_variable_name(value),
)
REGEX = ValueKind("a regular expression", _is_regex)
GROUPED = ValueKind(
    "a regular expression with a group", lambda value: _is_regex(value) and re.compile(value).groups > 0
)
TYPE = one_of(*TYPES)
VERSION = _matching("a version such as 0.78.0", r"\d+\.\d+\.\d+")
DATE = ValueKind("a date such as 2026-08-21, without quotes", lambda value: type(value) is datetime.date)
TOKENS = ValueKind("a number of tokens, 0 or more", _is_count)
WINDOW = ValueKind("a number of tokens above 0", lambda value: _is_count(value) and value > 0)
PRICE = ValueKind("a price in USD per million tokens, 0 or more", _is_price)

MODEL = Table(
    {
        "id": WORDS,
        "name": WORDS,
        "cost_per_1m_in": PRICE,
        "cost_per_1m_out": PRICE,
        "cost_per_1m_in_cached": PRICE,
        "cost_per_1m_out_cached": PRICE,
        "context_window": WINDOW,
        "default_max_tokens": TOKENS,
        "can_reason": YES_OR_NO,
        "reasoning_levels": ListOf(one_of("none", "minimal", "low", "medium", "high", "xhigh", "max")),
        "default_reasoning_effort": TEXT,
        "supports_attachments": YES_OR_NO,
        "supports_vision": YES_OR_NO,
        "supports_function_calling": YES_OR_NO,
    },
    required=("id",),
)
CHOICE = Table(
    {
        "value": WORDS,
        "label": WORDS,
        "base_url": URL,
        "env": VARIABLE,
        "need": one_of(*get_args(KeyNeed)),
        "command": WORDS,
        "catalog": PROVIDER,
        "builtin": PROVIDER,
        "provider_id": PROVIDER,
        "models": ListOf(WORDS),
        "large": WORDS,
        "small": WORDS,
        "note": WORDS,
    },
    required=("value", "label"),
)
QUESTION = Table(
    {
        "key": NAME,
        "text": WORDS,
        "help": TEXT,
        "kind": one_of("text", "choice", "many"),
        "choices": ListOf(CHOICE),
        "default": TEXT,
        "pattern": REGEX,
        "message": TEXT,
        "extract": GROUPED,
        "fills": one_of("base_url", "models", "env", "refresh"),
        "variable": VARIABLE,
        "quiet": YES_OR_NO,
        "when": Table({"key": NAME, "value": WORDS}, required=("key", "value")),
    },
    required=("key", "text"),
)
KEY = Table(
    {
        "need": one_of(*get_args(KeyNeed)),
        "env": VARIABLE,
        "prefixes": ListOf(WORDS),
        "dummy": WORDS,
        "command": WORDS,
        "page": PAGE,
    }
)
PRESET = Table(
    {
        "id": PROVIDER,
        "name": WORDS,
        "description": WORDS,
        "type": TYPE,
        "base_url": URL,
        "old_type": TYPE,
        "crush": VERSION,
        "docs": PAGE,
        "builtin": PROVIDER,
        "provider_id": PROVIDER,
        "catalog": PROVIDER,
        "local": YES_OR_NO,
        "listing": one_of(*get_args(Listing)),
        "server": URL,
        "large": WORDS,
        "small": WORDS,
        "checked": DATE,
        "facts_from": WORDS,
        "cannot": ListOf(one_of("tools", "images")),
        "notes": ListOf(WORDS),
        "key": KEY,
        "headers": MapOf(TEXT),
        "body": MapOf(JSON),
        "question": ListOf(QUESTION),
        "models": ListOf(WORDS),
        "model": ListOf(MODEL),
    },
    required=("id", "name", "description", "type"),
)


def read_preset(text: str, path: Path, source: Source) -> Preset:
    """The preset that a file's text holds; its id must be the name of the file without `.toml`.

    Raises InvalidPreset with the place, as far as known, of the first thing that is wrong.
    """
    data = _parsed(text, path)
    problem = next(_problems(data, path.stem), None)
    if problem:
        line, column = locate(text, problem.key) or (None, None)
        named = _dotted(problem.key)
        raise InvalidPreset(f"{named}: {problem.message}", hint=problem.hint, path=path, line=line, column=column)
    return _preset(data, source)


def read_shipped(text: str, path: Path) -> Preset:
    """One that comes with the wizard: tests have checked it, which takes longer than reading it."""
    return _preset(_parsed(text, path), "shipped")


def _parsed(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise InvalidPreset("the values are nested too deeply", path=path) from error
    except tomllib.TOMLDecodeError as error:
        reason, _, place = str(error).partition(" (at ")
        line, column = _place(place) or (text.count("\n") + 1, len(text) - text.rfind("\n"))
        raise InvalidPreset(
            f"this is not TOML: {reason}",
            hint="see https://toml.io",
            path=path,
            line=line,
            column=column,
        ) from error


def _place(words: str) -> tuple[int, int] | None:
    """tomllib tells the place in words only: `line 3, column 7)` or `end of document)`."""
    match = re.match(r"line (\d+), column (\d+)", words)
    return (int(match[1]), int(match[2])) if match else None


def _dotted(key: KeyPath) -> str:
    """`question.choices.base_url`: the place in the file tells which of several it is."""
    return ".".join(part for part in key if isinstance(part, str))


def _problems(data: dict[str, Any], stem: str) -> Iterator[PresetProblem]:
    """Everything wrong with a file; what must hold between keys is looked at once every key is right by itself."""
    found = tuple(misfits(data, PRESET, ()))
    yield from found
    if not found:
        if data["id"] != stem:
            hint = f'write id = "{stem}", or rename the file'
            yield PresetProblem(("id",), f"`{data['id']}` is not the name of the file", hint)
        for rule in RULES:
            yield from rule(data)


def misfits(value: Any, shape: Shape, key: KeyPath) -> Iterator[PresetProblem]:
    """Where `value` does not have the shape that the tables above give it."""
    match shape:
        case ValueKind():
            if not shape.fits(value):
                yield PresetProblem(key, f"must be {shape.kind}", did_you_mean(str(value), shape.choices))
        case ListOf():
            if not isinstance(value, list):
                yield PresetProblem(key, "must be a list", "put it in [ ], or a table in [[ ]]")
                return
            for place, item in enumerate(value):
                yield from misfits(item, shape.item, (*key, place))
        case MapOf() | Table():
            if not isinstance(value, dict):
                yield PresetProblem(key, "must be a table")
                return
            if isinstance(shape, Table):
                yield from _unknown_or_missing(value, shape, key)
            for name, item in value.items():
                inner = shape.item if isinstance(shape, MapOf) else shape.fields.get(name)
                if inner:
                    yield from misfits(item, inner, (*key, name))


def _unknown_or_missing(value: dict[str, Any], table: Table, key: KeyPath) -> Iterator[PresetProblem]:
    for name in value:
        if name not in table.fields:
            hint = did_you_mean(name, table.fields) or f"known here: {', '.join(table.fields)}"
            yield PresetProblem((*key, name), "unknown key", hint)
    for name in table.required:
        if name not in value:
            yield PresetProblem((*key, name), "this key is missing")


def _fields_are_asked(data: dict[str, Any]) -> Iterator[PresetProblem]:
    keys = [question["key"] for question in data.get("question", ())]
    for name in re.findall(r"\{([^{}]*)\}", data.get("base_url", "")):
        if name not in keys:
            hint = did_you_mean(name, keys) or f'add a [[question]] with key = "{name}"'
            yield PresetProblem(("base_url",), f"no question fills {{{name}}}", hint)


def _questions_make_sense(data: dict[str, Any]) -> Iterator[PresetProblem]:
    asked: dict[str, tuple[str, ...]] = {}
    for place, question in enumerate(data.get("question", ())):
        here: KeyPath = ("question", place)
        values = tuple(choice["value"] for choice in question.get("choices", ()))
        if question["key"] in asked:
            yield PresetProblem((*here, "key"), f"`{question['key']}` is asked twice")
        yield from _choices_make_sense(question, values, here)
        if question.get("fills") == "env" and "variable" not in question:
            yield PresetProblem((*here, "variable"), "this key is missing", "name the variable that the answer sets")
        if when := question.get("when"):
            yield from _when_can_come_true(when, asked, (*here, "when"))
        asked[question["key"]] = values


def _choices_make_sense(question: dict[str, Any], values: tuple[str, ...], here: KeyPath) -> Iterator[PresetProblem]:
    kind, default = question.get("kind", "text"), question.get("default")
    if kind == "choice" and not values:
        yield PresetProblem((*here, "choices"), "this key is missing", 'a question of kind = "choice" needs choices')
    if kind == "text" and values:
        yield PresetProblem(
            (*here, "choices"), "a question of kind text can't have choices", 'add kind = "choice" or kind = "many"'
        )
    for repeated in _repeated(values):
        yield PresetProblem((*here, "choices", repeated, "value"), f"`{values[repeated]}` is offered twice")
    if values and default is not None and default not in values:
        hint = did_you_mean(default, values) or f"the choices are {', '.join(values)}"
        yield PresetProblem((*here, "default"), f"`{default}` is not among the choices", hint)


def _when_can_come_true(
    when: dict[str, str], asked: dict[str, tuple[str, ...]], here: KeyPath
) -> Iterator[PresetProblem]:
    key, value = when["key"], when["value"]
    if key not in asked:
        yield PresetProblem(
            (*here, "key"), f"no question before this one has the key `{key}`", did_you_mean(key, asked)
        )
    elif asked[key] and value not in asked[key]:
        hint = did_you_mean(value, asked[key]) or f"the choices are {', '.join(asked[key])}"
        yield PresetProblem((*here, "value"), f"`{value}` is not among the choices of `{key}`", hint)


def _models_make_sense(data: dict[str, Any]) -> Iterator[PresetProblem]:
    ids, places = _model_ids(data), _model_places(data)
    for repeated in _repeated(ids):
        yield PresetProblem(places[repeated], f"`{ids[repeated]}` is listed twice")
    for place, model in enumerate(data.get("model", ())):
        yield from _facts_agree(model, ("model", place))
    for slot in ("large", "small"):
        if slot in data and data[slot] not in ids:
            yield PresetProblem((slot,), f"`{data[slot]}` is not among the models", did_you_mean(data[slot], ids))


def _model_ids(data: dict[str, Any]) -> tuple[str, ...]:
    """Those of which only the id is named, then those with facts."""
    return (*data.get("models", ()), *(model["id"] for model in data.get("model", ())))


def _model_places(data: dict[str, Any]) -> tuple[KeyPath, ...]:
    named: list[KeyPath] = [("models", place) for place, _ in enumerate(data.get("models", ()))]
    return (*named, *(("model", place, "id") for place, _ in enumerate(data.get("model", ()))))


def _choices_name_models(data: dict[str, Any]) -> Iterator[PresetProblem]:
    ids = _model_ids(data)
    for place, question in enumerate(data.get("question", ())):
        for number, choice in enumerate(question.get("choices", ())):
            here: KeyPath = ("question", place, "choices", number)
            offered = choice.get("models", ids)
            for model_id in offered:
                if model_id not in ids:
                    yield PresetProblem(
                        (*here, "models"), f"`{model_id}` is not among the models", did_you_mean(model_id, ids)
                    )
            for slot in ("large", "small"):
                if slot in choice and choice[slot] not in offered:
                    hint = did_you_mean(choice[slot], offered)
                    yield PresetProblem((*here, slot), f"`{choice[slot]}` is not among the models of this choice", hint)


def _facts_agree(model: dict[str, Any], here: KeyPath) -> Iterator[PresetProblem]:
    levels, effort = model.get("reasoning_levels", []), model.get("default_reasoning_effort", "")
    if model.get("default_max_tokens", 0) > model.get("context_window", inf):
        yield PresetProblem((*here, "default_max_tokens"), "must not be more than the context window")
    if effort and effort not in levels:
        hint = did_you_mean(effort, levels)
        yield PresetProblem((*here, "default_reasoning_effort"), f"`{effort}` is not among the reasoning_levels", hint)


def _repeated(values: tuple[str, ...]) -> list[int]:
    return [place for place, value in enumerate(values) if value in values[:place]]


RULES: tuple[Callable[[dict[str, Any]], Iterator[PresetProblem]], ...] = (
    _fields_are_asked,
    _questions_make_sense,
    _models_make_sense,
    _choices_name_models,
)


def _preset(data: dict[str, Any], source: Source) -> Preset:
    """A checked file as a Preset: its keys are the fields' names, its lists become tuples."""
    plain = {name: _frozen(value) for name, value in data.items() if name not in ("key", "question", "models", "model")}
    return Preset(
        **plain,
        key=PresetKey(**_frozen(data.get("key", {}))),
        questions=tuple(_question(question) for question in data.get("question", ())),
        models=_model_ids(data),
        facts={model["id"]: _facts(model) for model in data.get("model", ())},
        source=source,
    )


def _question(data: dict[str, Any]) -> PresetQuestion:
    choices = tuple(PresetChoice(**_frozen(choice)) for choice in data.get("choices", ()))
    when = When(**data["when"]) if "when" in data else None
    return PresetQuestion(**data | {"choices": choices, "when": when})


def _facts(data: dict[str, Any]) -> ModelFacts:
    """The documented fields that Crush does not read become what they mean (crush-behaviour 2.2); 0 tokens nothing."""
    fields = {name: value for name, value in _frozen(data).items() if value or name != "default_max_tokens"}
    tools, vision = fields.pop("supports_function_calling", None), fields.pop("supports_vision", None)
    return ModelFacts(**{"supports_attachments": vision, **fields, "tools": tools})


def _frozen(value: Any) -> Any:
    """Lists as tuples, in tables too: a preset is never changed."""
    if isinstance(value, dict):
        return {name: _frozen(item) for name, item in value.items()}
    if isinstance(value, list):
        return tuple(_frozen(item) for item in value)
    return value
