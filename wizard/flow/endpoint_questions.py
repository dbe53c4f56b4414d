"""Where the endpoint is, which type it has, what it is called, and the settings that few need."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from wizard.expansion.literals import literal_secrets
from wizard.flow.question import Accepted, Choice, InvalidAnswer, Kind, Question, Raw, visible_line
from wizard.flow.situation import MERGE, RENAME, REPLACE
from wizard.provider.base_url import BaseUrl, InvalidBaseUrl, is_local, normalize_base_url, wants_v1
from wizard.provider.builtins import BUILTINS, explain_id
from wizard.provider.headers import InvalidHeader, parse_header
from wizard.provider.identifier import check_id, id_for_host, unique_id
from wizard.provider.types import TYPES
from wizard.shown import command_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.flow.situation import Situation

_TYPE_CHOICES = (
    Choice("openai-compat", "openai-compat", "OpenAI's format, with models of its own: DeepSeek, Ollama, vLLM"),
    Choice("openai", "openai", "OpenAI itself, behind a company proxy, own authentication or Azure"),
    Choice("anthropic", "anthropic", "Anthropic's format: Claude gateways, some regional services"),
)


def where(situation: Situation, *, again: bool = False) -> Iterator[Question]:
    """base_url, type, and whether a bare host gets `/v1`. `again`: asked of an entry that has them already."""
    answers = situation.answers
    if situation.preset.custom or situation.is_given("base_url") or again:
        yield _base_url(situation)
    elif "base_url" in answers or _is_silent(situation):
        yield _local_url(situation)
    yield type_question(situation, again=again and situation.preset.custom)
    typed_url = answers.value("base_url")
    if typed_url and wants_v1(typed_url, situation.type):
        yield Question(
            key="set.v1",
            text="Add /v1 to the URL?",
            kind=Kind.CONFIRM,
            flag="--set v1=yes|no",
            help="OpenAI-style servers usually answer at /v1, and Crush only adds what comes after it.",
            default=True,
            quiet=not again,
        )
    if typed_url and _is_foreign(situation):
        yield _foreign_host(situation)


def _is_silent(situation: Situation) -> bool:
    """Whether a person is setting a server of their own up, and nobody answers where such servers usually are."""
    return situation.preset.local and situation.facts.picks and situation.offer.silent


def _local_url(situation: Situation) -> Question:
    name = situation.preset.name
    where = situation.base_url.server if situation.host else "its usual address"
    return replace(
        _base_url(situation),
        text=f"URL of {name}",
        help=f"{name} does not answer at {where}: type its host and port, or keep this one and start it later.",
        default=situation.base_url.url,
    )


def _is_foreign(situation: Situation) -> bool:
    """Whether a provider's own key would go to somebody else: not to its host, nor to this machine."""
    preset, host = situation.preset, situation.base_url.host
    home = BaseUrl(preset.base_url or "").host
    if (
        not home
        or preset.local
        or situation.likely_variable != preset.key.env
        or situation.is_given("key_env")
        or is_local(host)
    ):
        return False
    return host != home and not host.endswith(f".{home}") and "{" not in home


def _foreign_host(situation: Situation) -> Question:
    preset, host = situation.preset, situation.base_url.host

    def check(raw: Raw) -> Accepted:
        if raw is not True:
            raise InvalidAnswer("go back and give another URL, or use another variable with --api-key-env")
        return Accepted(raw)

    return Question(
        key="set.foreign_host",
        text=f"{preset.key.env} is the key for {BaseUrl(preset.base_url or '').host}. Send it to {host}?",
        kind=Kind.CONFIRM,
        flag="--set foreign_host=yes",
        help="That host can read the key, and everything that Crush sends.",
        default=False,
        decision=True,
        check=check,
    )


def _base_url(situation: Situation) -> Question:
    preset, today = situation.preset, situation.kept("base_url")

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
                "As its documentation shows it, up to /v1. Anything after that is removed.",
            )
        ),
        default=today,
        check=check,
    )


def type_question(situation: Situation, *, again: bool = False) -> Question:
    today = situation.kept("type")
    recommended = _recommended_type(situation)
    marked = tuple(
        Choice(choice.value, choice.label + (" (recommended)" if choice.value == recommended else ""), choice.hint)
        for choice in _TYPE_CHOICES
    )

    def check(raw: Raw) -> Accepted:
        if raw not in TYPES:
            raise InvalidAnswer(f"unknown type `{raw}`; choose one of: {', '.join(TYPES)}")
        if raw == "google-vertex" and situation.preset.type != raw:
            raise InvalidAnswer("with this type, Crush fails when it first uses your provider")
        return Accepted(raw)

    return Question(
        key="type",
        text="Which API format does it use?",
        kind=Kind.CHOICE,
        flag="--type",
        choices=marked,
        default=today if today in TYPES else recommended,
        quiet=not again,
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
    yield provider_id(situation)
    proposed = situation.answers.value("id")
    if proposed and situation.is_taken(proposed):
        yield taken(situation)
        free = unique_id(proposed, situation.facts.existing)
        if situation.answers.value("existing") == RENAME:
            yield Question(
                key="new_id",
                text="Id of the new provider",
                kind=Kind.TEXT,
                flag="--id",
                default=free,
                check=_free_id(situation),
            )
    if situation.hiding:
        yield _unhide(situation)
    yield name(situation)


def _unhide(situation: Situation) -> Question:
    return Question(
        key="unhide",
        text=f"{situation.provider_id} is hidden in Crush. Show it again?",
        kind=Kind.CONFIRM,
        flag=command_line("unhide", situation.provider_id),
        default=True,
    )


def taken(situation: Situation) -> Question:
    """What becomes of an entry that has the id already."""
    id_, existing = situation.answers.value("id", ""), situation.facts.existing
    return Question(
        key="existing",
        text=f"`{id_}` already exists. What now?",
        kind=Kind.CHOICE,
        flag="--merge or --replace",
        choices=(
            Choice(MERGE, "Merge", "keep what it has, and add the new values"),
            Choice(REPLACE, "Replace", "delete the old entry"),
            Choice(RENAME, f"Add as {unique_id(id_, existing)}", "as a second provider"),
        ),
        default=MERGE,
        decision=True,
    )


def name(situation: Situation, *, again: bool = False) -> Question:
    return Question(
        key="name",
        text="Name to show in Crush",
        kind=Kind.TEXT,
        flag="--name",
        default=_default_name(situation),
        quiet=not again,
        check=visible_line,
    )


def _default_name(situation: Situation) -> str:
    existing = situation.existing
    if situation.merging and existing is not None and isinstance(existing.get("name"), str) and existing["name"]:
        return str(existing["name"])
    if situation.preset.custom:
        return situation.provider_id.replace("-", " ").replace("_", " ").title() or situation.preset.name
    return situation.preset.name


def provider_id(situation: Situation) -> Question:
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
        quiet=True,
        check=partial(_known_or_new, situation),
    )


def _known_or_new(situation: Situation, raw: Raw) -> Accepted:
    """An id that is there already is taken as it is, whatever we would call a new one."""
    text = str(raw).strip()
    return Accepted(text) if text in situation.facts.existing else _check_id(text)


def _check_id(raw: Raw) -> Accepted:
    text = str(raw).strip()
    if problem := check_id(text):
        raise InvalidAnswer(problem)
    explained = None if text in BUILTINS else explain_id(text)
    return Accepted(text, (explained,) if explained else ())


def _free_id(situation: Situation) -> Any:
    def check(raw: Raw) -> Accepted:
        accepted = _check_id(raw)
        if accepted.value in situation.facts.existing:
            raise InvalidAnswer(f"`{accepted.value}` already exists")
        return accepted

    return check


def headers(situation: Situation, *, again: bool = False) -> Question:
    """Asked before the models: a gateway wants them for its list, too."""
    today = situation.existing.get("extra_headers") if again and situation.existing else None
    return Question(
        key="headers",
        text="Extra headers (NAME=VALUE)",
        kind=Kind.MANY,
        flag="--header NAME=VALUE",
        help="For gateways that need more than a key. For a secret value write $NAME, and set that variable.",
        default=tuple(f"{name}={value}" for name, value in today.items()) if isinstance(today, dict) else (),
        quiet=not again,
        check=_headers,
    )


def extras(situation: Situation) -> Iterator[Question]:
    """What few need, and only by flag."""
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
            raise InvalidAnswer(f"this is not JSON: {problem}") from None
        if not isinstance(body, dict):
            raise InvalidAnswer('type a JSON object, such as {"key": "value"}')
        if literal_secrets(body):
            raise InvalidAnswer(
                "it contains a key, which would be in the config in plain text: give it as the API key, or in a header"
            )
        ignored = f"Crush sends no extra body for type {situation.type}"
        return Accepted(body, warnings=() if TYPES[situation.type].sends_body else (ignored,))

    return check


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
