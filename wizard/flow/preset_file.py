"""A preset's TOML text, checked strictly and turned into a Preset.

What a file may say is the table `PRESET`; what must hold between its keys are the functions in `RULES`.
A new field of a preset is a line in that table, a new rule a function in that list.
"""

from __future__ import annotations

import datetime
import re
from math import inf, isfinite
from typing import TYPE_CHECKING, Any, get_args

from wizard.errors import Refused
from wizard.flow.preset import KeyNeed, Listing, Preset, PresetChoice, PresetKey, PresetQuestion, Source, Title, When
from wizard.flow.toml_file import (
    ID,
    JSON,
    NAME,
    PAGE,
    TEXT,
    VARIABLE,
    WORDS,
    YES_OR_NO,
    ListOf,
    MapOf,
    Misfit,
    Table,
    ValueKind,
    matching,
    misfits,
    one_of,
    parsed,
    refused,
)
from wizard.near import did_you_mean
from wizard.provider.model_facts import ModelFacts
from wizard.provider.types import TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from wizard.flow.toml_positions import KeyPath


class InvalidPreset(Refused):
    """A preset's file does not say what a preset must say; the message names the key."""

    code = "invalid-preset"


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_price(value: object) -> bool:
    return _is_count(value) or (isinstance(value, float) and isfinite(value) and value >= 0)


def _is_regex(value: object) -> bool:
    try:
        re.compile(value if isinstance(value, str) else "(")
    except re.error:
        return False
    return True


URL = matching(
    "a URL with http:// or https://, and without ?, # or a slash at the end", r"https?://[^\s/?#]+(/[^\s?#]*)?(?<!/)"
)
REGEX = ValueKind("a regular expression", _is_regex)
GROUPED = ValueKind(
    "a regular expression with a group", lambda value: _is_regex(value) and re.compile(value).groups > 0
)
TYPE = one_of(*TYPES)
VERSION = matching("a version such as 0.78.0", r"\d+\.\d+\.\d+")
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
        "catalog": ID,
        "builtin": ID,
        "provider_id": ID,
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
        "fills": one_of("base_url", "models", "env", "refresh", "host"),
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
        "id": ID,
        "name": WORDS,
        "description": WORDS,
        "type": TYPE,
        "base_url": URL,
        "old_type": TYPE,
        "crush": VERSION,
        "docs": PAGE,
        "builtin": ID,
        "provider_id": ID,
        "catalog": ID,
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
    data = parsed(text, path, InvalidPreset)
    if problem := next(_problems(data, path.stem), None):
        raise refused(problem, text, path, InvalidPreset)
    return _preset(data, source)


def read_shipped(text: str, path: Path) -> Preset:
    """One that comes with the wizard: tests have checked it, which takes longer than reading it."""
    return _preset(parsed(text, path, InvalidPreset), "shipped")


def read_title(text: str, path: Path) -> Title:
    """Of one that comes with the wizard, which begins with its title; the rest is not read."""
    return Title(**parsed(text.partition("\ntype =")[0], path, InvalidPreset))


def _problems(data: dict[str, Any], stem: str) -> Iterator[Misfit]:
    """Everything wrong with a file; what must hold between keys is looked at once every key is right by itself."""
    found = tuple(misfits(data, PRESET, ()))
    yield from found
    if not found:
        if data["id"] != stem:
            hint = f'write id = "{stem}", or rename the file'
            yield Misfit(("id",), f"`{data['id']}` is not the name of the file", hint)
        for rule in RULES:
            yield from rule(data)


def _fields_are_asked(data: dict[str, Any]) -> Iterator[Misfit]:
    keys = [question["key"] for question in data.get("question", ())]
    for name in re.findall(r"\{([^{}]*)\}", data.get("base_url", "")):
        if name not in keys:
            hint = did_you_mean(name, keys) or f'add a [[question]] with key = "{name}"'
            yield Misfit(("base_url",), f"no question fills {{{name}}}", hint)


def _questions_make_sense(data: dict[str, Any]) -> Iterator[Misfit]:
    asked: dict[str, tuple[str, ...]] = {}
    for place, question in enumerate(data.get("question", ())):
        here: KeyPath = ("question", place)
        values = tuple(choice["value"] for choice in question.get("choices", ()))
        if question["key"] in asked:
            yield Misfit((*here, "key"), f"`{question['key']}` is asked twice")
        yield from _choices_make_sense(question, values, here)
        if question.get("fills") == "host" and "base_url" not in data:
            yield Misfit((*here, "fills"), "there is no base_url whose host it could be")
        if question.get("fills") == "env" and "variable" not in question:
            yield Misfit((*here, "variable"), "this key is missing", "name the variable that the answer sets")
        if when := question.get("when"):
            yield from _when_can_come_true(when, asked, (*here, "when"))
        asked[question["key"]] = values


def _choices_make_sense(question: dict[str, Any], values: tuple[str, ...], here: KeyPath) -> Iterator[Misfit]:
    kind, default = question.get("kind", "text"), question.get("default")
    if kind == "choice" and not values:
        yield Misfit((*here, "choices"), "this key is missing", 'a question of kind = "choice" needs choices')
    if kind == "text" and values:
        yield Misfit(
            (*here, "choices"), "a question of kind text can't have choices", 'add kind = "choice" or kind = "many"'
        )
    for repeated in _repeated(values):
        yield Misfit((*here, "choices", repeated, "value"), f"`{values[repeated]}` is offered twice")
    if values and default is not None and default not in values:
        hint = did_you_mean(default, values) or f"the choices are {', '.join(values)}"
        yield Misfit((*here, "default"), f"`{default}` is not among the choices", hint)


def _when_can_come_true(when: dict[str, str], asked: dict[str, tuple[str, ...]], here: KeyPath) -> Iterator[Misfit]:
    key, value = when["key"], when["value"]
    if key not in asked:
        yield Misfit((*here, "key"), f"no question before this one has the key `{key}`", did_you_mean(key, asked))
    elif asked[key] and value not in asked[key]:
        hint = did_you_mean(value, asked[key]) or f"the choices are {', '.join(asked[key])}"
        yield Misfit((*here, "value"), f"`{value}` is not among the choices of `{key}`", hint)


def _models_make_sense(data: dict[str, Any]) -> Iterator[Misfit]:
    ids, places = _model_ids(data), _model_places(data)
    for repeated in _repeated(ids):
        yield Misfit(places[repeated], f"`{ids[repeated]}` is listed twice")
    for place, model in enumerate(data.get("model", ())):
        yield from _facts_agree(model, ("model", place))
    for slot in ("large", "small"):
        if slot in data and data[slot] not in ids:
            yield Misfit((slot,), f"`{data[slot]}` is not among the models", did_you_mean(data[slot], ids))


def _model_ids(data: dict[str, Any]) -> tuple[str, ...]:
    """Those of which only the id is named, then those with facts."""
    return (*data.get("models", ()), *(model["id"] for model in data.get("model", ())))


def _model_places(data: dict[str, Any]) -> tuple[KeyPath, ...]:
    named: list[KeyPath] = [("models", place) for place, _ in enumerate(data.get("models", ()))]
    return (*named, *(("model", place, "id") for place, _ in enumerate(data.get("model", ()))))


def _choices_name_models(data: dict[str, Any]) -> Iterator[Misfit]:
    ids = _model_ids(data)
    for place, question in enumerate(data.get("question", ())):
        for number, choice in enumerate(question.get("choices", ())):
            here: KeyPath = ("question", place, "choices", number)
            offered = choice.get("models", ids)
            for model_id in offered:
                if model_id not in ids:
                    yield Misfit(
                        (*here, "models"), f"`{model_id}` is not among the models", did_you_mean(model_id, ids)
                    )
            for slot in ("large", "small"):
                if slot in choice and choice[slot] not in offered:
                    hint = did_you_mean(choice[slot], offered)
                    yield Misfit((*here, slot), f"`{choice[slot]}` is not among the models of this choice", hint)


def _facts_agree(model: dict[str, Any], here: KeyPath) -> Iterator[Misfit]:
    levels, effort = model.get("reasoning_levels", []), model.get("default_reasoning_effort", "")
    if model.get("default_max_tokens", 0) > model.get("context_window", inf):
        yield Misfit((*here, "default_max_tokens"), "must not be more than the context window")
    if effort and effort not in levels:
        hint = did_you_mean(effort, levels)
        yield Misfit((*here, "default_reasoning_effort"), f"`{effort}` is not among the reasoning_levels", hint)


def _repeated(values: tuple[str, ...]) -> list[int]:
    return [place for place, value in enumerate(values) if value in values[:place]]


RULES: tuple[Callable[[dict[str, Any]], Iterator[Misfit]], ...] = (
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
