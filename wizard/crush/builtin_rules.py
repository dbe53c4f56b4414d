"""When a provider that Crush brings along is active, and what an entry changes of it (crush-behaviour 3.1, 3.2).

`environ` is the environment in which Crush configures providers: with `.env`, the config's own variables, and the
prefix CRUSH_ applied (wizard.expansion.environment).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from wizard.expansion.expand import Expanded, Secret, expand
from wizard.provider.entry import lower_case
from wizard.words import by_number, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from wizard.provider.builtins import Builtin

DISABLE_DEFAULTS = "CRUSH_DISABLE_DEFAULT_PROVIDERS"
"""The variable beside `options.disable_default_providers`: no built-ins at all."""
DISABLE_UPDATES = "CRUSH_DISABLE_PROVIDER_AUTO_UPDATE"
"""The one beside `options.disable_provider_auto_update`. Both overrule the options as soon as they are set."""

_TRUE = ("1", "t", "T", "TRUE", "true", "True")

AWS_VARIABLES = (
    ("AWS_BEARER_TOKEN_BEDROCK",),
    ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    ("AWS_PROFILE",),
    ("AWS_DEFAULT_PROFILE",),
    ("AWS_REGION",),
    ("AWS_DEFAULT_REGION",),
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI",),
)
"""What counts as credentials for Bedrock; of each group all must be set."""
AWS_FILES = (Path(".aws", "credentials"), Path(".aws", "login"))
"""The files that count as such, below the home folder."""
VERTEX_VARIABLES = ("VERTEXAI_PROJECT", "VERTEXAI_LOCATION")
CLOUD_SETTINGS = {"bedrock": ("AWS_PROFILE",), "bedrock-europe": ("AWS_PROFILE",), "vertexai": VERTEX_VARIABLES}
"""What is set for a cloud's providers in the config's own `env`, by id."""

KEPT = (
    "extra_headers",
    "extra_body",
    "provider_options",
    "system_prompt_prefix",
    "flat_rate",
    "aws_auth_refresh",
    "disable",
    "oauth",
)
"""The fields of an entry that Crush takes over as they are, beside those that it merges."""


class Activity(Struct, frozen=True):
    """Whether Crush makes a built-in available. None: only running a command would tell.

    `code` is that of crush-behaviour 10: F7, Crush does not start; W1 to W5, it drops the user's entry. It is empty
    where there is no entry to drop. `reason` is a sentence without any value in it.
    """

    active: bool | None
    code: str
    reason: str
    key: Expanded
    endpoint: Expanded


def flag(environ: Mapping[str, str], variable: str, option: bool = False) -> bool:
    """A switch that a variable overrides both ways as soon as it is set, even to nothing (crush-behaviour 3.2)."""
    return environ[variable] in _TRUE if variable in environ else option


def active(
    builtin: Builtin,
    entry: Mapping[str, Any] | None,
    environ: Mapping[str, str],
    exists: Callable[[Path], bool],
    home: Path,
    secret: Secret | None = None,
) -> Activity:
    """Whether a built-in is active, given the user's entry for it (None: there is none) and the environment.

    `secret` answers for our own store, as in `expand`. `disable` plays no part: an active built-in may be disabled.
    """
    fields = lower_case(entry or {})
    key = _key(builtin, fields, environ, secret)
    endpoint = expand(_text(fields, "base_url") or builtin.endpoint, environ, secret)
    code, is_active, reason = _rule(builtin, fields, environ, lambda file: exists(home / file), key, endpoint)
    if broken := broken_header(fields, environ, secret):
        code, is_active, reason = "F7", False, broken
    return Activity(is_active, "" if entry is None or is_active else code, reason, key, endpoint)


def cloud_settings(providers: Iterable[str]) -> tuple[str, ...]:
    """The variables that are set for the clouds among some providers, each once."""
    return tuple(dict.fromkeys(name for provider in providers for name in CLOUD_SETTINGS.get(provider, ())))


Verdict = tuple[bool | None, str]


def looked_at(builtin: Builtin, fields: Mapping[str, Any], activity: Activity) -> dict[tuple[str, ...], Expanded]:
    """The values that Crush expands when it starts, to see whether the provider is active; by field."""
    match builtin.id:
        case "azure":
            return {("base_url",): activity.endpoint}
        case "bedrock" | "bedrock-europe" | "vertexai":
            return {}
        case "anthropic" if fields.get("oauth"):
            return {}
    return {("api_key",): activity.key}


def _rule(
    builtin: Builtin,
    fields: Mapping[str, Any],
    environ: Mapping[str, str],
    at_home: Callable[[Path], bool],
    key: Expanded,
    endpoint: Expanded,
) -> tuple[str, bool | None, str]:
    """The code of what happens where it is not active; whether it is; why."""
    match builtin.id:
        case "azure":
            return "W2", *_by_value(endpoint, "endpoint")
        case "bedrock" | "bedrock-europe":
            return "W3", *_by_aws(fields, environ, at_home)
        case "vertexai":
            return "W4", *_by_vertex(environ)
        case "hyper":
            return "W5", *_by_value(key, "key")
        case "anthropic" if fields.get("oauth"):
            return "W1", False, "Crush removes an entry for Anthropic that contains a login, and skips the provider"
    return "W1", *_by_value(key, "key")


def _key(builtin: Builtin, fields: Mapping[str, Any], environ: Mapping[str, str], secret: Secret | None) -> Expanded:
    if builtin.id == "hyper" and environ.get("HYPER_API_KEY"):
        return Expanded(environ["HYPER_API_KEY"], "text", variables=("HYPER_API_KEY",))
    return expand(_text(fields, "api_key") or builtin.key, environ, secret)


def _by_value(value: Expanded, what: str) -> Verdict:
    """Active if the value comes out, and not empty."""
    if value.kind == "error":
        return False, f"its {what} can't be expanded: {value.error}"
    if value.text == "":
        unset = _listed(tuple(f"${name}" for name in value.unset))
        return False, f"no {what} ({unset} not set)" if value.unset else f"no {what}"
    if value.commands:
        return None, f"its {what} can't be known without running its command"
    if value.kind == "unknown":
        return None, f"its {what} is too complex to evaluate"
    return True, f"its {what} comes from {_source(value)}"


def _source(value: Expanded) -> str:
    names = tuple(name for name in value.variables if name not in value.unset)
    if value.lookups and (not names or set(names) <= set(value.lookups)):
        return joined((*names, "the secret store"), "or")
    return ", ".join(names) or "its definition"


def _listed(names: tuple[str, ...]) -> str:
    return f"{', '.join(names)} {by_number(len(names), 'is', 'are')}"


def _by_aws(fields: Mapping[str, Any], environ: Mapping[str, str], at_home: Callable[[Path], bool]) -> Verdict:
    if _text(fields, "api_key"):
        return True, "its entry has a key, which is not checked"
    for group in AWS_VARIABLES:
        if all(environ.get(name) for name in group):
            return True, f"{_listed(group)} set"
    for file in AWS_FILES:
        if at_home(file):
            return True, f"there is a file ~/{file.as_posix()}"
    return False, "no AWS credentials: no variable, no file in ~/.aws"


def _by_vertex(environ: Mapping[str, str]) -> Verdict:
    missing = tuple(name for name in VERTEX_VARIABLES if not environ.get(name))
    return (False, f"{_listed(missing)} not set") if missing else (True, f"{_listed(VERTEX_VARIABLES)} set")


def broken_header(entry: Mapping[str, Any], environ: Mapping[str, str], secret: Secret | None = None) -> str:
    """Why Crush would not start because of a header of this entry (F7); empty if it would.

    For a built-in this holds even if the entry is inactive or disabled.
    """
    headers = lower_case(entry).get("extra_headers")
    for name, template in headers.items() if isinstance(headers, dict) else ():
        if isinstance(template, str) and (value := expand(template, environ, secret)).kind == "error":
            return f"the header {name} can't be expanded: {value.error}"
    return ""


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


# What an entry changes


def merged_builtin(
    builtin: Builtin, entry: Mapping[str, Any] | None, catalogue_models: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """The provider as Crush has it after the user's entry, in Crush's spelling (crush-behaviour 3.1).

    Of the headers only the user's own: Crush adds those named in `builtin.headers`. The result may hold keys.
    """
    fields = lower_case(entry or {})
    merged: dict[str, Any] = {"name": builtin.name, "type": builtin.type}
    for field, own in (("base_url", builtin.endpoint), ("api_key", builtin.key)):
        if value := _text(fields, field) or own:
            merged[field] = value
    merged |= {field: fields[field] for field in KEPT if field in fields}
    merged["models"] = _merged_models(fields.get("models"), catalogue_models)
    return merged


def _merged_models(users: Any, catalogue: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The user's models first, each instead of the whole catalogue entry of its id; of one id the first counts."""
    own = [lower_case(model) for model in users if isinstance(model, dict)] if isinstance(users, list) else []
    merged: dict[str, dict[str, Any]] = {}
    for model in (*own, *catalogue):
        identifier = _text(model, "id")
        merged.setdefault(identifier, {**model, "name": _text(model, "name") or identifier})
    return list(merged.values())
