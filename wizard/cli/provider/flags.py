"""The flags that say what a provider is like, as click reads them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from wizard.cli.completion.candidates import provider_models
from wizard.cli.flags import Seconds, allow_hosts, no_plain_key, with_options
from wizard.flow.key_questions import LOOKUP
from wizard.flow.key_source import AUTO, COMMAND, ENVIRONMENT, STORES

if TYPE_CHECKING:
    from collections.abc import Callable

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
    """All of them, as keyword arguments of the function: the fields of ProviderFlags."""
    return with_options(function, *_FLAGS)
