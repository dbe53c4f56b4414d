"""The command line as a whole: which commands there are, and how errors become exit codes."""

from __future__ import annotations

import _thread
import contextlib
import io
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any, NoReturn

import click

from wizard.cli.commands import COMMANDS
from wizard.cli.lazy import table_of
from wizard.cli.typed_keys import hide_typed_keys, refuse_typed_keys
from wizard.errors import Cancelled, SystemFailure, Terminated, Unsaid, UsageError, WizardError
from wizard.files.cut_short import something_was_cut_short
from wizard.redaction import forget_secrets, redacted_traceback

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from wizard.ui.output import Output

AGAIN_SECONDS = 0.05


@click.group(
    cls=table_of(COMMANDS),
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Run `crush-wizard` to get started. Each command has its own --help.",
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
    forget_secrets()
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN:  # who had it ignored keeps it so, as with SIGINT
        signal.signal(signal.SIGTERM, _terminated)
    _replace_closed_streams()
    own = arguments[: arguments.index("--")] if "--" in arguments else arguments
    output = Output(
        sys.stdout, sys.stderr, as_json="--json" in own, quiet="--quiet" in own, color="--no-color" not in own
    )
    try:
        with interrupts_arrive():
            refuse_typed_keys(own)
            if something_was_cut_short() and "--dry-run" not in own:
                from wizard.change.recovery import recover_all

                recover_all(output)
            result = commands.main(arguments, prog_name="crush-wizard", obj=output, standalone_mode=False)
    except click.ClickException as problem:
        return _fail(output, arguments, _usage_error(problem))
    except (KeyboardInterrupt, EOFError, click.Abort):
        return _fail(output, arguments, Cancelled())
    except WizardError as error:
        return _fail(output, arguments, error)
    except OSError as error:
        output.settle()
        return _fail(output, arguments, SystemFailure(error), error)
    except Exception as error:  # a bug of ours: never a bare traceback, which could show a secret
        return _fail(output, arguments, _unexpected(error), error)
    return result if isinstance(result, int) else 0


@contextlib.contextmanager
def interrupts_arrive() -> Iterator[None]:
    """Ctrl-C may come where Python can't raise it (the callback of a weak reference): there it is sent once more."""
    passed_on = sys.unraisablehook

    def again(lost: sys.UnraisableHookArgs) -> None:
        if issubclass(lost.exc_type, KeyboardInterrupt):
            threading.Timer(AGAIN_SECONDS, _interrupt_again).start()
        else:
            passed_on(lost)

    sys.unraisablehook = again
    try:
        yield
    finally:
        sys.unraisablehook = passed_on


def _interrupt_again() -> None:
    """To the main thread itself, so that what it waits for ends."""
    if sys.platform == "win32":
        _thread.interrupt_main()
    else:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def _replace_closed_streams() -> None:
    """Started as `crush-wizard ... >&-` there is no stdout at all; what would go there goes nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))


def _terminated(_number: int, _frame: FrameType | None) -> NoReturn:
    raise Terminated


def _usage_error(problem: click.ClickException) -> UsageError:
    context = getattr(problem, "ctx", None)
    hint = f"see `{context.command_path} --help`" if context else ""
    return UsageError(problem.format_message(), hint=hint)


def _unexpected(error: Exception) -> WizardError:
    return WizardError(
        f"unexpected error: {type(error).__name__}",
        hint="run it again with WIZARD_DEBUG=1 and report the output (secrets are masked)",
    )


def _fail(output: Output, arguments: list[str], error: WizardError, cause: BaseException | None = None) -> int:
    hide_typed_keys(arguments)
    if output.as_json and not isinstance(error, Unsaid):
        try:
            output.envelope(_command_name(arguments), error=error)
        except Unsaid as unsaid:
            output.error(unsaid)
    elif isinstance(error, Cancelled):
        output.note(error.message)
    else:
        output.error(error)
    if os.environ.get("WIZARD_DEBUG") == "1":
        output.report(redacted_traceback(cause or error))
    return error.exit_code


def _command_name(arguments: list[str]) -> str:
    return next((argument for argument in arguments if argument in COMMANDS), "crush-wizard")
