"""A profile as TOML text, which PROFILE.md describes: written for people to read, read strictly.

What a file may say is the table `PROFILE`; what must hold between its keys are the functions in `RULES`.
"""

from __future__ import annotations

import re
import tomllib
from math import isfinite
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from wizard.credential import keys_in
from wizard.crush.builtin_rules import CLOUD_SETTINGS, cloud_settings
from wizard.errors import Refused
from wizard.expansion.plain_secrets import field_holds_secret, holds_secret
from wizard.flow.toml_file import (
    JSON,
    TEXT,
    VARIABLE,
    WORDS,
    YES_OR_NO,
    ListOf,
    MapOf,
    Misfit,
    Table,
    ValueKind,
    misfits,
)
from wizard.flow.toml_positions import KeyPath, locate
from wizard.private import Private
from wizard.redaction import SecretText
from wizard.regexp import regexp
from wizard.transfer.hidden_characters import hidden_characters, shown
from wizard.transfer.profile import Profile, ProfileProvider

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

VERSION = 1
LARGEST = 4 * 1024 * 1024
"""Bytes of a profile's text; a thousand models take a quarter of it."""
LONGEST_VALUE = 64 * 1024
"""Characters of one secret."""
LONGEST_ID = 100
"""Characters of a provider's id."""
LONGEST_MODEL_ID = 1000
LONGEST_COMMAND = 4096
LONGEST_SETTING = 200
MOST_PROVIDERS = 200
MOST_MODELS = 5000
"""Of all providers together."""
LARGEST_INTEGER = 2**63
DEEPEST = 200
"""Keys and places in lists that may lead to a value."""
TOO_DEEP = "the values are nested too deeply"

_SAYS_SO = regexp(r"^[ \t\ufeff]*profile[ \t]*=[ \t]*\d+[ \t\r]*(?:#.*)?$", re.MULTILINE)
_MARK = "\ufeff"
"""What some editors put before a text in UTF-8; it says nothing."""
_PLACE = regexp(r" \(at line (?P<line>\d+), column (?P<column>\d+)\)")

TOKENS = ValueKind(
    "a whole number of tokens", lambda value: type(value) is int and -LARGEST_INTEGER <= value < LARGEST_INTEGER
)
"""Crush takes a negative limit, and leaves it out of its requests."""
NUMBER = ValueKind("a number", lambda value: type(value) in (int, float) and isfinite(value))
FORMAT = ValueKind(f"{VERSION}, the version of the format", lambda value: type(value) is int and value == VERSION)
MODEL_ID = ValueKind(
    f"a text that is not empty, of at most {LONGEST_MODEL_ID} characters",
    lambda value: isinstance(value, str) and value.strip() != "" and len(value) <= LONGEST_MODEL_ID,
)
COMMAND = ValueKind(
    f"a command line of at most {LONGEST_COMMAND} characters",
    lambda value: isinstance(value, str) and value.strip() != "" and len(value) <= LONGEST_COMMAND,
)
SETTING = ValueKind(
    f"a text that is not empty, of at most {LONGEST_SETTING} characters",
    lambda value: isinstance(value, str) and value.strip() != "" and len(value) <= LONGEST_SETTING,
)
SAMPLING = dict.fromkeys(("temperature", "top_p", "top_k", "frequency_penalty", "presence_penalty"), NUMBER)
MODEL = Table(
    {
        "id": MODEL_ID,
        "name": TEXT,
        "cost_per_1m_in": NUMBER,
        "cost_per_1m_out": NUMBER,
        "cost_per_1m_in_cached": NUMBER,
        "cost_per_1m_out_cached": NUMBER,
        "context_window": TOKENS,
        "default_max_tokens": TOKENS,
        "can_reason": YES_OR_NO,
        "reasoning_levels": ListOf(TEXT),
        "default_reasoning_effort": TEXT,
        "supports_attachments": YES_OR_NO,
        "supports_vision": YES_OR_NO,
        "supports_function_calling": YES_OR_NO,
        "options": Table({**SAMPLING, "provider_options": MapOf(JSON)}),
    },
    required=("id",),
)
PROVIDER = Table(
    {
        "name": TEXT,
        "type": TEXT,
        "base_url": TEXT,
        "api_key": TEXT,
        "disable": YES_OR_NO,
        "flat_rate": YES_OR_NO,
        "discover_models": YES_OR_NO,
        "system_prompt_prefix": TEXT,
        "aws_auth_refresh": TEXT,
        "extra_headers": MapOf(TEXT),
        "extra_body": MapOf(JSON),
        "provider_options": MapOf(JSON),
        "models": ListOf(MODEL),
    }
)
SELECTED = Table(
    {
        "provider": WORDS,
        "model": MODEL_ID,
        "reasoning_effort": TEXT,
        "think": YES_OR_NO,
        "max_tokens": TOKENS,
        **SAMPLING,
        "provider_options": MapOf(JSON),
    },
    required=("provider", "model"),
)
PROFILE = Table(
    {
        "profile": FORMAT,
        "secrets": ListOf(VARIABLE),
        "references": MapOf(COMMAND),
        "env": MapOf(SETTING),
        "selected": Table({"large": SELECTED, "small": SELECTED}),
        "machine_bound": MapOf(ListOf(TEXT)),
        "providers": MapOf(PROVIDER),
        "values": MapOf(TEXT),
    },
    required=("profile",),
)
"""The fields of crush-behaviour 2.1, 2.2 and 7.1. `oauth` is none of them: a login belongs to one machine."""


class InvalidProfile(Refused):
    """A profile does not say what a profile must say; the message names the key."""

    code = "invalid-profile"


class Read(Private, Struct, frozen=True):
    """What a profile's text holds. `values` are secrets by name: only what was encrypted should have some."""

    profile: Profile
    values: Mapping[str, str] = field(default_factory=dict)


# Reading


def read_profile(text: str, path: Path | str) -> Read:
    """Raises InvalidProfile with the place, as far as known, of the first thing that is wrong. Never quotes a value."""
    text = text.removeprefix(_MARK)
    data = _parsed(text, path)
    try:
        problem = next(_problems(data), None)
        place = locate(text, problem.key) if problem else None
    except RecursionError:
        raise InvalidProfile(TOO_DEEP, path=path) from None
    if problem:
        line, column = place or (None, None)
        raise InvalidProfile(_message(problem), hint=problem.hint, path=path, line=line, column=column)
    return Read(_profile(data), {name: SecretText(value) for name, value in data.get("values", {}).items()})


def looks_like_profile(text: str) -> bool:
    """Whether it says that it is one, right or wrong."""
    return _SAYS_SO.search(text) is not None


def _message(problem: Misfit) -> str:
    """What is wrong, with the key; of the profile as a whole no key is to be named."""
    named = ".".join(part if isinstance(part, str) else str(part + 1) for part in problem.key)
    return f"{shown(named)}: {problem.message}" if problem.key else problem.message


def _parsed(text: str, path: Path | str) -> dict[str, Any]:
    if len(text.encode("utf-8", "surrogatepass")) > LARGEST:
        raise InvalidProfile(f"this is too large for a profile: more than {LARGEST // 2**20} MiB", path=path)
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise InvalidProfile(TOO_DEEP, path=path) from None
    except ValueError as error:  # TOMLDecodeError is one, and so is what a number of 5,000 digits raises
        line, column = _place(str(error), text)
        message = "this is not a profile: it is not TOML"
        hint = "write one with `crush-wizard export`"
        raise InvalidProfile(message, hint=hint, path=path, line=line, column=column) from None


def _place(words: str, text: str) -> tuple[int | None, int | None]:
    """Line and column out of tomllib's words: `(at line 3, column 7)` or `(at end of document)`."""
    if found := _PLACE.search(words):
        return int(found["line"]), int(found["column"])
    at_end = "(at end of document)" in words
    return (text.count("\n") + 1, len(text) - text.rfind("\n")) if at_end else (None, None)


def _problems(data: dict[str, Any]) -> Iterator[Misfit]:
    """Everything that is wrong; what must hold between keys is looked at once every key is right by itself."""
    if "profile" not in data:
        yield Misfit(("profile",), "this key is missing", f"a profile begins with the line: profile = {VERSION}")
    elif isinstance(data["profile"], int) and data["profile"] > VERSION:
        hint = "update crush-wizard to read it"
        yield Misfit(
            ("profile",),
            f"this is version {data['profile']} of the format, but this crush-wizard reads version {VERSION}",
            hint,
        )
    if _is_deep(data, DEEPEST):
        yield Misfit((), TOO_DEEP)
        return
    unfit = [*_hidden(data), *_large_numbers(data, ()), *misfits(data, PROFILE, ())]
    yield from unfit
    if not unfit:
        for rule in RULES:
            yield from rule(data)


def _is_deep(value: Any, left: int) -> bool:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return left < 0 or any(_is_deep(child, left - 1) for child in children)


def _hidden(data: dict[str, Any]) -> Iterator[Misfit]:
    for key, what in hidden_characters(data):
        yield Misfit(key, f"{what}, which a profile can't contain")


def _large_numbers(value: Any, key: KeyPath) -> Iterator[Misfit]:
    match value:
        case dict():
            for name, item in value.items():
                yield from _large_numbers(item, (*key, name))
        case list():
            for place, item in enumerate(value):
                yield from _large_numbers(item, (*key, place))
        case int() if abs(value) >= LARGEST_INTEGER:
            yield Misfit(key, "this number is too large")


def _counts_are_in_bounds(data: dict[str, Any]) -> Iterator[Misfit]:
    """More than anybody has would only keep the machine busy."""
    providers = data.get("providers", {})
    if len(providers) > MOST_PROVIDERS:
        yield Misfit(("providers",), f"{len(providers)} providers, but a profile has at most {MOST_PROVIDERS}")
    models = sum(len(entry.get("models", ())) for entry in providers.values())
    if models > MOST_MODELS:
        yield Misfit(("providers",), f"{models} models, but a profile has at most {MOST_MODELS}")


def _providers_are_named(data: dict[str, Any]) -> Iterator[Misfit]:
    """Crush's own file becomes invalid by an id of digits only (crush-behaviour 1.6); other odd ids do less harm."""
    for provider in data.get("providers", {}):
        key = ("providers", provider)
        if not provider.strip():
            yield Misfit(key, "a provider needs an id")
        elif len(provider) > LONGEST_ID:
            yield Misfit(key, f"an id has at most {LONGEST_ID} characters")
        elif provider.isdigit():
            yield Misfit(key, "with an id of only digits, Crush damages its own file", "start it with a letter")


def _models_are_distinct(data: dict[str, Any]) -> Iterator[Misfit]:
    for provider, entry in data.get("providers", {}).items():
        seen: set[str] = set()
        for place, model in enumerate(entry.get("models", ())):
            if model["id"] in seen:
                yield Misfit(("providers", provider, "models", place, "id"), f"`{model['id']}` is listed twice")
            seen.add(model["id"])


def _nothing_is_literal(data: dict[str, Any]) -> Iterator[Misfit]:
    hint = "write $NAME instead, and store the key: crush-wizard secret set NAME"
    entries = data.get("providers", {})
    for key, value in entry_fields(entries):
        if field_holds_secret({key[-1]: value}, entries[key[0]]):
            yield Misfit(("providers", *key), "this looks like a plain-text key, which a profile can't contain", hint)
    for slot, selection in data.get("selected", {}).items():
        for name in plain_fields(selection):
            key = ("selected", slot, name)
            yield Misfit(key, "this looks like a plain-text key, which a profile can't contain", "leave it out")


def _marks_have_a_field(data: dict[str, Any]) -> Iterator[Misfit]:
    for provider in data.get("machine_bound", {}):
        if provider not in data.get("providers", {}):
            yield Misfit(("machine_bound", provider), f"this profile has no provider `{provider}`")


def _values_are_secrets(data: dict[str, Any]) -> Iterator[Misfit]:
    for name, value in data.get("values", {}).items():
        if not VARIABLE.fits(name):
            yield Misfit(("values", name), f"must be {VARIABLE.kind}")
        if not value or len(value) > LONGEST_VALUE:
            yield Misfit(("values", name), f"a secret has from 1 to {LONGEST_VALUE} characters")


def _only_clouds_are_set(data: dict[str, Any]) -> Iterator[Misfit]:
    """Any other variable would be a way into Crush, and into what it starts."""
    needed = cloud_settings(data.get("providers", {}))
    for name, value in data.get("env", {}).items():
        if name not in needed:
            known = ", ".join(cloud_settings(CLOUD_SETTINGS))
            yield Misfit(("env", name), "no provider of this profile is set up with it", f"such variables: {known}")
        if keys_in(value):
            yield Misfit(("env", name), "this looks like a plain-text key, which a profile can't contain")


def _references_are_commands(data: dict[str, Any]) -> Iterator[Misfit]:
    for name, command in data.get("references", {}).items():
        key = ("references", name)
        if not VARIABLE.fits(name):
            yield Misfit(key, f"must be {VARIABLE.kind}")
        if keys_in(command):
            yield Misfit(key, "this command has a plain-text key in it, which a profile can't contain")
        if name in data.get("values", {}):
            yield Misfit(key, "this secret has a value, and a command as well", "keep one of them")


RULES: tuple[Callable[[dict[str, Any]], Iterator[Misfit]], ...] = (
    _counts_are_in_bounds,
    _providers_are_named,
    _models_are_distinct,
    _nothing_is_literal,
    _marks_have_a_field,
    _values_are_secrets,
    _only_clouds_are_set,
    _references_are_commands,
)


def entry_fields(providers: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The fields of all entries, each header on its own, with provider, field and header."""
    for provider, entry in providers.items():
        for name, value in entry.items():
            if name == "extra_headers":
                yield from (((provider, name, header), text) for header, text in value.items())
            else:
                yield (provider, name), value


def plain_fields(selection: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields of a choice for a slot that hold a key in plain text."""
    return tuple(name for name, value in selection.items() if holds_secret({name: value}))


def _profile(data: dict[str, Any]) -> Profile:
    marks = data.get("machine_bound", {})
    return Profile(
        providers=tuple(
            ProfileProvider(provider, entry, tuple(marks.get(provider, ())))
            for provider, entry in data.get("providers", {}).items()
        ),
        selected=data.get("selected", {}),
        secrets=tuple(dict.fromkeys(data.get("secrets", ()))),
        references=data.get("references", {}),
        env=data.get("env", {}),
    )
