"""The flags that many commands share."""

from __future__ import annotations

import math
import os
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from wizard.cli.profile_option import in_profile
from wizard.cli.result import Result, print_result
from wizard.cli.typed_keys import HOW_TO_GIVE, NO_KEY_HERE
from wizard.cli.which_file import WhichFile
from wizard.errors import UsageError
from wizard.files.locations import normal
from wizard.network.offline import leave_network_alone

if TYPE_CHECKING:
    from collections.abc import Callable

    from wizard.files.locations import FormatChoice, Scope

Function = TypeVar("Function", bound="Callable[..., Any]")


class Seconds(click.FloatRange):
    """How long something may take. NaN is refused: no comparison finds it outside of a range."""

    def __init__(self) -> None:
        super().__init__(0.1, 600)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        seconds: float = super().convert(value, param, ctx)
        if math.isnan(seconds):
            self.fail(f"{value} is not a number of seconds.", param, ctx)
        return seconds


class ConfigPath(click.Path):
    """A config file's path, absolute and without `..`, so that it compares with those that Crush reads."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        try:
            return normal(Path.cwd() / path)
        except FileNotFoundError:  # the current folder is gone; the command says so
            return path


def with_options(function: Function, *options: Callable[[Function], Function]) -> Function:
    """The function with the options, which --help lists in this order."""
    for option in reversed(options):
        function = option(function)
    return function


def common(function: Function) -> Function:
    """--json, --quiet, --no-color, --profile and --offline, and the result printed as they want it.

    wizard.cli.app reads the first three before click does.
    """
    return with_options(
        _printing(function),
        click.option("--json", "as_json", is_flag=True, expose_value=False, help="Print JSON."),
        click.option("--quiet", is_flag=True, expose_value=False, help="Print only what went wrong."),
        click.option("--no-color", is_flag=True, expose_value=False, help="No colours (also NO_COLOR)."),
        in_profile,
        click.option(
            "--offline", is_flag=True, expose_value=False, callback=_remember_offline, help="Never use the network."
        ),
    )


def _printing(function: Function) -> Function:
    @wraps(function)
    def call(*arguments: Any, **flags: Any) -> Any:
        result = function(*arguments, **flags)
        if not isinstance(result, Result):
            return result
        context = click.get_current_context()
        return print_result(result, context.obj, context.command_path.partition(" ")[2])

    return cast("Function", call)


def _remember_offline(_ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:  # what a group was told holds for its commands
        leave_network_alone()


def changing(function: Function) -> Function:
    """--dry-run and --yes: what every command that changes something takes."""
    function = click.option("--yes", "-y", is_flag=True, help="Ask nothing: take every default, and confirm.")(function)
    return click.option("--dry-run", is_flag=True, help="Show what would change, and write nothing.")(function)


scope = click.option(
    "--scope",
    type=click.Choice(["user", "project"]),
    default="user",
    help="Your own config (default), or this project's.",
)


def if_none_left(function: Function) -> Function:
    """--allow-builtins and --allow-no-provider, as `none_left`: the answer where no provider would be left."""
    return with_options(
        function,
        click.option(
            "--allow-builtins",
            "none_left",
            flag_value="builtins",
            help="If no provider is left: let Crush use its built-in ones again.",
        ),
        click.option(
            "--allow-no-provider",
            "none_left",
            flag_value="none",
            help="If no provider is left: continue anyway, though Crush will not start.",
        ),
    )


def opening(function: Function) -> Function:
    """--passphrase-file and --identity: what opens a file with keys in it."""
    path = click.Path(path_type=Path)
    return with_options(
        function,
        click.option("--passphrase-file", type=path, metavar="PATH", help="Its first line is the passphrase."),
        click.option("--identity", type=path, metavar="PATH", help="The age or ssh key that opens it."),
    )


def which_file(function: Function) -> Function:
    """--scope, --file and --format, as one `which` of the function."""

    @wraps(function)
    def call(*arguments: Any, scope: Scope, file: Path | None, format_: FormatChoice | None, **flags: Any) -> Any:
        return function(*arguments, which=WhichFile(scope, file, format_), **flags)

    return with_options(
        cast("Function", call),
        scope,
        click.option("--file", type=ConfigPath(), help="A config file by its path.", metavar="PATH"),
        click.option(
            "--format",
            "format_",
            type=click.Choice(["auto", "json", "crushrc"]),
            help="crush.json or crushrc (default: the file with the provider, or the one you have; a "
            "first one is a crushrc if your Crush reads it and it supports all of it).",
        ),
    )


allow_hosts = click.option(
    "--allow-hosts", is_flag=True, help="Also send your keys to hosts that only this folder's files name."
)


allow_commands = click.option(
    "--allow-commands", is_flag=True, help="Also run the commands, $(...), of your own config."
)


def no_plain_key(function: Function) -> Function:
    """`--api-key VALUE` does not exist."""
    return refused("--api-key", UsageError(NO_KEY_HERE, hint=HOW_TO_GIVE))(function)


def refused(flag: str, error: UsageError) -> Callable[[Function], Function]:
    """A flag that does not exist; trying it is answered with the ways that do."""

    def refuse(_ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
        if value is not None:
            raise error

    return click.option(flag, hidden=True, expose_value=False, callback=refuse, is_eager=True)
