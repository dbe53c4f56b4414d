"""Where the endpoint is, which type it has, what it is called, and the settings that few need."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from wizard.flow.question import Accepted, Choice, InvalidAnswer, Kind, Question, Raw, visible_line
from wizard.flow.situation import MERGE, RENAME, REPLACE
from wizard.provider.base_url import BaseUrl, InvalidBaseUrl, is_local, normalize_base_url, wants_v1
from wizard.provider.builtins import explain_id
from wizard.provider.headers import InvalidHeader, parse_header
from wizard.provider.identifier import check_id, id_for_host, unique_id
from wizard.provider.types import TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.flow.preset import Preset
    from wizard.flow.situation import Situation

_TYPE_CHOICES = (
    Choice("openai-compat", "openai-compat", "speaks OpenAI's format with models of its own: DeepSeek, Ollama, vLLM"),
    Choice("openai", "openai", "OpenAI itself behind it: corporate proxy, own authentication, Azure"),
    Choice("anthropic", "anthropic", "speaks Anthropic's format: Claude gateways, some regional services"),
)


def where(situation: Situation) -> Iterator[Question]:
    """base_url, type, and whether a bare host gets `/v1`."""
    preset, answers = situation.preset, situation.answers
    if preset.custom or situation.said("base_url"):
        yield _base_url(preset)
    yield _type(situation)
    typed_url = answers.value("base_url")
    if typed_url and wants_v1(typed_url, situation.type):
        yield Question(
            key="set.v1",
            text="Add /v1 to the URL?",
            kind=Kind.CONFIRM,
            flag="--set v1=yes|no",
            help="OpenAI-style servers nearly always answer below /v1, and Crush adds only what comes after it.",
            default=True,
        )


def chosen_base_url(situation: Situation) -> BaseUrl:
    """The URL that the answers amount to."""
    typed = situation.answers.value("base_url")
    if typed is None:
        return BaseUrl(preset_base_url(situation))
    return normalize_base_url(typed, situation.type, add_v1=situation.answers.value("set.v1") is True)


def preset_base_url(situation: Situation) -> str:
    """The preset's URL with the answers filled in; as it is written there, except for an older type's path."""

    def filled(match: re.Match[str]) -> str:
        return str(situation.answers.value(f"set.{match[1]}", match[0]))

    url = re.sub(r"\{(\w+)\}", filled, situation.preset.base_url or "")
    if situation.type != situation.preset.type and situation.preset.local:
        return normalize_base_url(url, situation.type, add_v1=True).url
    return url


def _base_url(preset: Preset) -> Question:
    def check(raw: Raw) -> Accepted:
        try:
            url = normalize_base_url(str(raw))
        except InvalidBaseUrl as problem:
            raise InvalidAnswer(str(problem)) from None
        return Accepted(url.url, url.notes, url.warnings)

    return Question(
        key="base_url",
        text="Base URL of the endpoint",
        kind=Kind.TEXT,
        flag="--base-url",
        help="\n".join(
            (
                *(preset.notes if preset.custom else ()),
                "As its documentation shows it, up to /v1; a whole endpoint URL is fine, it will be cut.",
            )
        ),
        check=check,
    )


def _type(situation: Situation) -> Question:
    recommended = _recommended_type(situation)
    marked = tuple(
        Choice(choice.value, choice.label + (" (recommended)" if choice.value == recommended else ""), choice.hint)
        for choice in _TYPE_CHOICES
    )

    def check(raw: Raw) -> Accepted:
        if raw not in TYPES:
            raise InvalidAnswer(f"Crush knows no type `{raw}`; it knows {', '.join(TYPES)}")
        if raw == "google-vertex":
            raise InvalidAnswer("Crush stops with an error at the first use of a provider of your own with this type")
        return Accepted(raw)

    return Question(
        key="type",
        text="Which format does it speak?",
        kind=Kind.CHOICE,
        flag="--type",
        choices=marked,
        default=recommended,
        quiet=not situation.preset.custom,
        closed=False,
        check=check,
    )


def _recommended_type(situation: Situation) -> str:
    url = situation.answers.value("base_url")
    if not situation.preset.custom or url is None:
        return situation.preset_type
    host, path = BaseUrl(url).host, url.lower()
    if host.endswith("anthropic.com") or path.rstrip("/").endswith("/anthropic"):
        return "anthropic"
    if host == "api.openai.com" or host.endswith(".openai.azure.com"):
        return "openai"
    return situation.preset_type


def called(situation: Situation) -> Iterator[Question]:
    """id, what to do when it is taken, and the display name."""
    preset, facts = situation.preset, situation.facts
    yield _id(situation)
    taken = situation.answers.value("id")
    if taken in facts.existing:
        free = unique_id(taken, facts.existing)
        yield Question(
            key="existing",
            text=f"`{taken}` is already configured. What now?",
            kind=Kind.CHOICE,
            flag="--merge or --replace",
            choices=(
                Choice(MERGE, "Merge", "keep what it has, add and change what is answered here"),
                Choice(REPLACE, "Replace", "the old entry goes, with everything in it"),
                Choice(RENAME, f"Add as {free}", "a second provider beside it"),
            ),
            default=MERGE,
            decision=True,
        )
        if situation.answers.value("existing") == RENAME:
            yield Question(
                key="new_id",
                text="Id of the new provider",
                kind=Kind.TEXT,
                flag="--id",
                default=free,
                check=_free_id(situation),
            )
    yield Question(
        key="name",
        text="Name to show in Crush",
        kind=Kind.TEXT,
        flag="--name",
        default=_default_name(situation),
        quiet=not preset.custom,
        check=visible_line,
    )


def _default_name(situation: Situation) -> str:
    existing = situation.existing
    if situation.merging and existing is not None and isinstance(existing.get("name"), str) and existing["name"]:
        return str(existing["name"])
    if situation.preset.custom:
        return situation.provider_id.replace("-", " ").replace("_", " ").title() or situation.preset.name
    return situation.preset.name


def _id(situation: Situation) -> Question:
    preset = situation.preset
    proposed = preset.provider_id or preset.id
    if preset.custom:
        url = situation.answers.value("base_url")
        proposed = unique_id(id_for_host(BaseUrl(url).host if url else "") or preset.id, situation.facts.existing)
    return Question(
        key="id",
        text="Short id for this provider",
        kind=Kind.TEXT,
        flag="--id",
        help="Lower-case letters, digits, - and _. Crush shows it in front of the model names.",
        default=proposed,
        quiet=not preset.custom,
        check=_check_id,
    )


def _check_id(raw: Raw) -> Accepted:
    text = str(raw).strip()
    if problem := check_id(text):
        raise InvalidAnswer(problem)
    explained = explain_id(text)
    return Accepted(text, (explained,) if explained else ())


def _free_id(situation: Situation) -> Any:
    def check(raw: Raw) -> Accepted:
        accepted = _check_id(raw)
        if accepted.value in situation.facts.existing:
            raise InvalidAnswer(f"`{accepted.value}` is taken as well")
        return accepted

    return check


def extras(situation: Situation) -> Iterator[Question]:
    """Headers for gateways; the rest only by flag."""
    yield Question(
        key="headers",
        text="Extra headers (NAME=VALUE)",
        kind=Kind.MANY,
        flag="--header NAME=VALUE",
        help="For gateways that want more than a key. A secret value is written $NAME and stays in that variable.",
        default=(),
        quiet=not situation.preset.custom or is_local(BaseUrl(situation.answers.value("base_url", "")).host),
        check=_headers,
    )
    yield _only_by_flag("extra_body", "Extra fields for every request", "--extra-body", "", _body(situation))
    yield _only_by_flag("prefix", "Text before the system prompt", "--system-prompt-prefix", "")
    yield Question(
        key="flat_rate",
        text="Flat rate (no cost tracking)?",
        kind=Kind.CONFIRM,
        flag="--flat-rate",
        default=False,
        quiet=True,
    )


def _only_by_flag(key: str, text: str, flag: str, default: str, check: Any = None) -> Question:
    return Question(
        key=key,
        text=text,
        kind=Kind.TEXT,
        flag=flag,
        default=default,
        quiet=True,
        check=check or (lambda raw: Accepted(raw)),
    )


def _headers(raw: Raw) -> Accepted:
    try:
        return Accepted(dict(parse_header(item) for item in raw if item) if isinstance(raw, tuple) else {})
    except InvalidHeader as problem:
        raise InvalidAnswer(str(problem)) from None


def _body(situation: Situation) -> Any:
    def check(raw: Raw) -> Accepted:
        if not raw:
            return Accepted({})
        try:
            body = json.loads(str(raw), parse_constant=_no_constant)
        except ValueError as problem:
            raise InvalidAnswer(f"this is no JSON: {problem}") from None
        if not isinstance(body, dict):
            raise InvalidAnswer('a JSON object is needed, such as {"key": "value"}')
        ignored = f"Crush sends no extra body for type {situation.type}"
        return Accepted(body, warnings=() if TYPES[situation.type].sends_body else (ignored,))

    return check


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
