"""The flags that say what a provider is like, and the answers that they bring."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from wizard.cli.completion.candidates import provider_models
from wizard.cli.flags import Seconds, allow_hosts, no_plain_key, with_options
from wizard.cli.secret.input import from_file, from_stdin
from wizard.errors import UsageError
from wizard.flow.key_questions import LOOKUP, RUN
from wizard.flow.key_source import AUTO, COMMAND, ENVIRONMENT, NO_KEY, STORES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wizard.flow.question import Raw

LARGEST_KEY = 64 * 1024
"""Bytes."""

Function = TypeVar("Function", bound="Callable[..., Any]")

_FLAGS = (
    click.option("--name", help="The name that Crush shows."),
    click.option(
        "--type", "type_", metavar="TYPE", help="openai-compat, openai, anthropic ... (`presets show` explains)."
    ),
    click.option("--base-url", metavar="URL", help="The URL of the endpoint; mistakes are corrected."),
    click.option("--api-key-env", metavar="VAR", help="The variable that holds the key."),
    click.option("--api-key-stdin", is_flag=True, help="Read the key from stdin."),
    click.option("--api-key-file", type=click.Path(path_type=Path), metavar="FILE", help="Read the key from a file."),
    click.option(
        "--api-key-command", metavar="COMMAND", help="Store no key, but the command that prints it: 'op read op://...'."
    ),
    click.option("--no-api-key", is_flag=True, help="The endpoint needs no key."),
    click.option("--header", multiple=True, metavar="NAME=VALUE", help="An extra header; repeatable."),
    click.option(
        "--model", multiple=True, metavar="ID", shell_complete=provider_models, help="A model to add; repeatable."
    ),
    click.option(
        "--discover/--no-discover", default=None, help="Whether Crush asks the endpoint for models at each start."
    ),
    click.option(
        "--set", "settings", multiple=True, metavar="KEY=VALUE", help="The answer to a preset's question; repeatable."
    ),
    click.option("--large", metavar="MODEL", shell_complete=provider_models, help="Use this model as the large one."),
    click.option("--small", metavar="MODEL", shell_complete=provider_models, help="Use this model as the small one."),
    click.option(
        "--secret-store",
        type=click.Choice([AUTO, *STORES, ENVIRONMENT]),
        default=AUTO,
        help="Where to store the key: the system keyring, an encrypted file, or a variable that you set.",
    ),
    click.option(
        "--placeholder",
        type=click.Choice(["variable", LOOKUP, COMMAND]),
        help="What to write for the key: $NAME, a command that looks it up, or that of --api-key-command.",
    ),
    click.option("--test/--no-test", default=None, help="Test it before anything is stored."),
    allow_hosts,
    click.option("--timeout", type=Seconds(), metavar="SECONDS", help="Seconds to wait for each answer."),
    click.option("--verify", is_flag=True, help="Start Crush afterwards to check it; this runs the config's commands."),
    click.option("--extra-body", metavar="JSON", help="Extra fields for every request."),
    click.option("--system-prompt-prefix", metavar="TEXT", help="Text before the system prompt."),
    click.option("--flat-rate/--no-flat-rate", default=None, help="No cost tracking for this provider."),
    no_plain_key,
)


def provider_flags(function: Function) -> Function:
    """All of them, as keyword arguments of the function; `given_answers` makes answers of them."""
    return with_options(function, *_FLAGS)


def given_answers(flags: dict[str, Any]) -> dict[str, Raw]:
    """The raw answers that the flags bring, by question key. Reads the key. Raises UsageError."""
    return {**_plain(flags), **dict(_settings(flags["settings"])), **dict(_key(flags))}


def _plain(flags: dict[str, Any]) -> dict[str, Raw]:
    given: dict[str, Raw | None] = {
        "name": flags["name"],
        "type": flags["type_"],
        "base_url": flags["base_url"],
        "key_env": flags["api_key_env"],
        "headers": flags["header"] or None,
        "models": flags["model"] or None,
        "large": flags["large"],
        "small": flags["small"],
        "extra_body": flags["extra_body"],
        "prefix": flags["system_prompt_prefix"],
        "flat_rate": flags["flat_rate"],
        "keys": {"variable": RUN, LOOKUP: LOOKUP, COMMAND: COMMAND, None: None}[flags["placeholder"]],
        "discover": {True: "yes", False: "no", None: None}[flags["discover"]],
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


def _key(flags: dict[str, Any]) -> Iterator[tuple[str, Raw]]:
    brings_key = flags["api_key_stdin"] or flags["api_key_file"] is not None
    store = flags["secret_store"]
    if flags["api_key_stdin"] and flags["api_key_file"] is not None:
        raise UsageError("--api-key-stdin and --api-key-file can't be used together")
    if flags["no_api_key"] and (brings_key or store != AUTO or flags["api_key_env"]):
        raise UsageError("--no-api-key can't be used with another key flag")
    if brings_key and store == ENVIRONMENT:
        raise UsageError("--secret-store environment stores nothing: leave out the key")
    if flags["api_key_command"] is not None and (brings_key or flags["no_api_key"] or store != AUTO):
        raise UsageError("--api-key-command can't be used with another flag that says where the key is")
    if flags["api_key_command"] is not None:
        yield "key_source", COMMAND
        yield "key_command", flags["api_key_command"]
    elif flags["no_api_key"]:
        yield "key_source", NO_KEY
    elif brings_key:
        yield "key_source", store
        yield "key", _read_key(flags)
    elif store != AUTO:
        yield "key_source", store


def _read_key(flags: dict[str, Any]) -> str:
    if flags["api_key_stdin"]:
        key = from_stdin("--api-key-stdin", LARGEST_KEY)
    else:
        key = from_file("--api-key-file", flags["api_key_file"], LARGEST_KEY)
    if not key.strip():
        raise UsageError("the key is empty")
    return key
