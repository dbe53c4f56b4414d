"""What a line of `add-provider` or `edit-provider` says: its flags, and the answers in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from wizard.cli.secret.input import from_file, from_stdin
from wizard.errors import UsageError
from wizard.flow.key_questions import LOOKUP, RUN
from wizard.flow.key_source import AUTO, COMMAND, ENVIRONMENT, NO_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wizard.flow.question import Raw

LARGEST_KEY = 64 * 1024
"""Bytes."""


class ProviderFlags(Struct, frozen=True, kw_only=True):
    """Each flag by its name; the defaults are what a line without flags says."""

    name: str | None = None
    type_: str | None = None
    base_url: str | None = None
    api_key_env: str | None = None
    api_key_stdin: bool = False
    api_key_file: Path | None = None
    api_key_command: str | None = None
    no_api_key: bool = False
    header: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    discover: bool | None = None
    settings: tuple[str, ...] = ()
    large: str | None = None
    small: str | None = None
    secret_store: str = AUTO
    placeholder: str | None = None
    test: bool | None = None
    allow_hosts: bool = False
    timeout: float | None = None
    verify: bool = False
    extra_body: str | None = None
    system_prompt_prefix: str | None = None
    flat_rate: bool | None = None
    none_left: str | None = None
    whole_entry: bool = False
    documented_fields: bool = False
    dry_run: bool = False
    yes: bool = False


class NewProviderFlags(ProviderFlags, frozen=True, kw_only=True):
    """With those that only `add-provider` has, besides the two about all of an entry."""

    preset: str | None = None
    id_: str | None = None
    all_models: bool = False
    existing: str | None = None


def given_answers(flags: ProviderFlags) -> dict[str, Raw]:
    """The raw answers that the flags bring, by question key. Reads the key. Raises UsageError."""
    return {**_plain(flags), **dict(_settings(flags.settings)), **dict(_key(flags))}


def _plain(flags: ProviderFlags) -> dict[str, Raw]:
    given: dict[str, Raw | None] = {
        "name": flags.name,
        "type": flags.type_,
        "base_url": flags.base_url,
        "key_env": flags.api_key_env,
        "headers": flags.header or None,
        "models": flags.model or None,
        "large": flags.large,
        "small": flags.small,
        "extra_body": flags.extra_body,
        "prefix": flags.system_prompt_prefix,
        "flat_rate": flags.flat_rate,
        "keys": {"variable": RUN, LOOKUP: LOOKUP, COMMAND: COMMAND, None: None}[flags.placeholder],
        "discover": {True: "yes", False: "no", None: None}[flags.discover],
    }
    return {key: raw for key, raw in given.items() if raw is not None}


def _settings(settings: tuple[str, ...]) -> Iterator[tuple[str, Raw]]:
    """--set KEY=VALUE; a key that is given more than once has several values."""
    values: dict[str, list[str]] = {}
    for setting in settings:
        key, separator, value = setting.partition("=")
        if not separator or not key.strip():
            raise UsageError(f"--set takes KEY=VALUE, not `{setting}`")
        values.setdefault(f"set.{key.strip()}", []).append(value)
    for key, several in values.items():
        yield key, several[0] if len(several) == 1 else tuple(several)


def _key(flags: ProviderFlags) -> Iterator[tuple[str, Raw]]:
    brings_key = flags.api_key_stdin or flags.api_key_file is not None
    store = flags.secret_store
    if flags.api_key_stdin and flags.api_key_file is not None:
        raise UsageError("--api-key-stdin and --api-key-file can't be used together")
    if flags.no_api_key and (brings_key or store != AUTO or flags.api_key_env):
        raise UsageError("--no-api-key can't be used with another key flag")
    if brings_key and store == ENVIRONMENT:
        raise UsageError("--secret-store environment stores nothing: leave out the key")
    if flags.api_key_command is not None and (brings_key or flags.no_api_key or store != AUTO):
        raise UsageError("--api-key-command can't be used with another flag that says where the key is")
    if flags.api_key_command is not None:
        yield "key_source", COMMAND
        yield "key_command", flags.api_key_command
    elif flags.no_api_key:
        yield "key_source", NO_KEY
    elif brings_key:
        yield "key_source", store
        yield "key", _read_key(flags)
    elif store != AUTO:
        yield "key_source", store


def _read_key(flags: ProviderFlags) -> str:
    if flags.api_key_file is None:
        key = from_stdin("--api-key-stdin", LARGEST_KEY)
    else:
        key = from_file("--api-key-file", flags.api_key_file, LARGEST_KEY)
    if not key.strip():
        raise UsageError("the key is empty")
    return key
