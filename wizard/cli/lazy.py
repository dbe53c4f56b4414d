"""Groups of commands whose modules are imported when a command of them runs: --help and completion wait for none."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import click

from wizard.cli.hints import fitting
from wizard.errors import UsageError, WizardError
from wizard.near import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from click.shell_completion import CompletionItem


class LazyGroup(click.Group):
    """`table` maps each command to the module that has it as `command`, and to its line in --help."""

    table: Mapping[str, tuple[str, str]] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.table:
            return None
        module, _ = self.table[cmd_name]
        command: click.Command = importlib.import_module(module).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in self.table:
            hint = self._instead(args[0]) or f"`{ctx.command_path} --help` lists the commands"
            raise UsageError(f"unknown command `{args[0]}`", hint=hint)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except WizardError as error:
            if ctx.invoked_subcommand:
                self.fit_hint(error, ctx.invoked_subcommand, ctx.find_root().command)
            raise

    def fit_hint(self, error: WizardError, name: str, root: click.Command | None = None) -> None:
        """Leave out of the hint what the command `name` has no flag for. `root`: what has all commands; this group."""
        command = self.get_command(click.Context(self), name)
        if error.hint and command is not None and not isinstance(command, click.Group):
            error.hint = fitting(error.hint, command, root or self)

    def _instead(self, name: str) -> str:
        """What is probably meant: a provider's name alone is how many begin."""
        from wizard.flow.preset_library import SHIPPED, meant_by

        preset = meant_by(name)
        if preset in SHIPPED and "add-provider" in self.table:
            return f"to add this provider: crush-wizard add-provider {preset}"
        return did_you_mean(name, self.table)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in self.table.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        offered = {name: summary for name, (_, summary) in self.table.items() if name.startswith(incomplete)}
        return [
            *(CompletionItem(name, help=summary) for name, summary in offered.items()),
            *click.Command.shell_complete(self, ctx, incomplete),
        ]


def table_of(table: Mapping[str, tuple[str, str]]) -> type[LazyGroup]:
    """The kind of group that has these commands."""
    return type("Commands", (LazyGroup,), {"table": table})
