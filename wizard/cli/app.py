"""The command line as a whole: which commands there are, and how errors become exit codes."""

from __future__ import annotations

import importlib
import io
import os
import signal
import sys
from typing import TYPE_CHECKING, Any, NoReturn

import click

from wizard.errors import Cancelled, UsageError, WizardError

if TYPE_CHECKING:
    from types import FrameType

    from wizard.ui.output import Output

COMMANDS = {
    "setup": "Set up Crush from nothing, question by question; the same as no command.",
    "add-provider": "Add a provider, guided by a preset or step by step.",
    "edit-provider": "Change what is said about one provider.",
    "remove-provider": "Remove a provider, and put right what pointed to it.",
    "list": "List the providers as Crush will see them, and what is wrong with them.",
    "show": "Show all of one provider: every value, and the file and line it comes from.",
    "use": "Choose the model for the large or the small slot.",
    "models": "Show a provider's models, add and remove them, bring prices up to date.",
    "test": "Test providers live, all at once.",
    "doctor": "Find everything that is wrong, and put right what can be.",
    "presets": "List, show and check presets.",
    "run": "Start Crush, or another command, with the secrets in its environment only.",
    "env": "Print lines that set the secrets in a shell.",
    "secret": "Store keys, list and remove them, look one up.",
    "export": "Write providers and models to one file, for another machine or a team.",
    "import": "Bring such a file in, or another tool's configuration.",
    "convert": "Move providers and models from crush.json into a crushrc, or back.",
    "undo": "Take the last change back.",
    "catalog": "Show what is known about models, and bring it up to date.",
    "paths": "List every file that counts here, and where the wizard keeps its own.",
    "completion": "Print or install completion for bash, zsh, fish or PowerShell.",
}
"""Every command with its line in --help. `add-provider` is `command` in wizard.cli.provider.add, and so on."""
MODULES = {"import": "wizard.cli.move.import_"}
"""The commands whose module can't have their name: Python keeps that word for itself."""


class LazyCommands(click.Group):
    """Imports a command's module when that command runs, and never for --help or completion of names."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(MODULES.get(cmd_name) or f"wizard.cli.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            from difflib import get_close_matches

            close = get_close_matches(args[0], COMMANDS, n=1)
            raise UsageError(
                f"there is no command `{args[0]}`",
                hint=f"did you mean `{close[0]}`?" if close else "`crush-wizard --help` lists the commands",
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[click.shell_completion.CompletionItem]:
        from click.shell_completion import CompletionItem

        return [CompletionItem(name, help=summary) for name, summary in COMMANDS.items() if name.startswith(incomplete)]


@click.group(
    cls=LazyCommands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with `crush-wizard` alone. Each command has its own --help.",
)
@click.version_option(package_name="crush-wizard", message="crush-wizard %(version)s")
@click.pass_context
def commands(ctx: click.Context) -> Any:
    """Set up model providers for Crush: keys go into the system keyring, the rest into your own config."""
    if ctx.invoked_subcommand is None:
        from wizard.cli.setup.command import command

        return ctx.invoke(command)
    return None


def run(arguments: list[str]) -> int:
    """Run one command line; the exit code (cli.md)."""
    if "_CRUSH_WIZARD_COMPLETE" in os.environ:  # click's name for it; the shell's script sets it
        from wizard.cli.completion.answering import answer

        return answer(commands)
    from wizard.network.offline import leave_network_alone
    from wizard.ui.output import Output

    leave_network_alone(wanted=False)  # the command before this one may have been told to, in the same process
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN:  # who had it ignored keeps it so, as with SIGINT
        signal.signal(signal.SIGTERM, _terminated)
    _replace_closed_streams()
    own = arguments[: arguments.index("--")] if "--" in arguments else arguments
    output = Output(
        sys.stdout,
        sys.stderr,
        as_json="--json" in own,
        quiet="--quiet" in own,
        color="--no-color" not in own,
    )
    try:
        result = commands.main(arguments, prog_name="crush-wizard", obj=output, standalone_mode=False)
    except click.ClickException as problem:
        return _fail(output, arguments, _usage_error(problem))
    except (KeyboardInterrupt, EOFError, click.Abort):
        return _fail(output, arguments, Cancelled())
    except WizardError as error:
        return _fail(output, arguments, error)
    except Exception as error:  # a bug of ours: never a bare traceback, which could show a secret
        return _fail(output, arguments, _unexpected(error), error)
    return result if isinstance(result, int) else 0


def _replace_closed_streams() -> None:
    """Started as `crush-wizard ... >&-` there is no stdout at all; what would go there goes nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))


def _terminated(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _usage_error(problem: click.ClickException) -> UsageError:
    context = getattr(problem, "ctx", None)
    hint = f"`{context.command_path} --help` shows how" if context else ""
    return UsageError(problem.format_message(), hint=hint)


def _unexpected(error: Exception) -> WizardError:
    return WizardError(
        f"this should not happen: {type(error).__name__}",
        hint="run it again with WIZARD_DEBUG=1 and report what it prints; secrets are masked there",
    )


def _fail(output: Output, arguments: list[str], error: WizardError, cause: BaseException | None = None) -> int:
    if output.as_json:
        output.envelope(_command_name(arguments), error=error)
    elif isinstance(error, Cancelled):
        output.note(error.message)
    else:
        output.error(error)
    if os.environ.get("WIZARD_DEBUG") == "1":
        from wizard.ui.redact import redacted_traceback

        output.stderr.write(redacted_traceback(cause or error, output.redactor))
    return error.exit_code


def _command_name(arguments: list[str]) -> str:
    return next((argument for argument in arguments if argument in COMMANDS), "crush-wizard")
