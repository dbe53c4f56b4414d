"""The command line as click reads it: the commands, and what is wrong with a line as one of our errors."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from wizard.cli.commands import COMMANDS
from wizard.cli.lazy import table_of
from wizard.cli.profile_option import in_profile
from wizard.errors import Cancelled, UsageError

if TYPE_CHECKING:
    from wizard.ui.output import Output


WIDEST, NARROWEST = 98, 50
"""Columns of the help."""


def _show_version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    """Behind another flag; alone it never gets here (wizard.__main__)."""
    if wanted:
        from wizard.cli.version import show_version

        show_version(as_json=False)
        ctx.exit()


@click.group(
    cls=table_of(COMMANDS),
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Run `crush-wizard` to get started. Each command has its own --help.",
)
@in_profile
@click.option(
    *("--version", "-V"),
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Print the version.",
)
@click.pass_context
def commands(ctx: click.Context) -> Any:
    """Set up model providers for Crush: keys go into the system keyring, the rest into your own config."""
    if ctx.invoked_subcommand is None:
        from wizard.cli.setup.command import command

        return ctx.invoke(command)
    return None


def carry_out(arguments: list[str], output: Output) -> int:
    """Run the command; its exit code. Raises UsageError for a line that is wrong, and what commands raise."""
    try:
        result = commands.main(
            arguments, prog_name="crush-wizard", obj=output, standalone_mode=False, terminal_width=_help_width(output)
        )
    except click.ClickException as problem:
        raise _usage_error(problem) from problem
    except click.Abort:
        raise Cancelled from None
    return result if isinstance(result, int) else 0


def _help_width(output: Output) -> int:
    """What click would find out as well, but with shutil, which takes longer to import than the help to write."""
    told = os.environ.get("COLUMNS", "")
    columns = int(told) if told.isdecimal() and int(told) else output.width or 80
    return max(min(columns - 2, WIDEST), NARROWEST)


def _usage_error(problem: click.ClickException) -> UsageError:
    context = getattr(problem, "ctx", None)
    hint = f"see `{context.command_path} --help`" if context else ""
    return UsageError(problem.format_message(), hint=hint)
