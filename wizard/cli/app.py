"""One command line from start to exit code: streams, signals, what was cut short, and what is said of errors."""

from __future__ import annotations

import io
import os
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

from wizard import folders
from wizard.cli.commands import COMMANDS
from wizard.cli.plain_line import plain_call
from wizard.cli.typed_keys import hide_typed_keys, refuse_typed_keys
from wizard.errors import Cancelled, SystemFailure, Terminated, Unsaid, WizardError
from wizard.files.cut_short import something_was_cut_short
from wizard.interrupts import interrupts_arrive
from wizard.namespace import VARIABLE
from wizard.redaction import forget_secrets, redacted_traceback

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FrameType

    from wizard.ui.output import Output


def run(arguments: list[str]) -> int:
    """Run one command line; the exit code (cli.md)."""
    if "_CRUSH_WIZARD_COMPLETE" in os.environ:  # click's name for it; the shell's script sets it
        from wizard.cli.command_line import commands
        from wizard.cli.completion.answering import answer

        words = os.environ.get("COMP_WORDS", "").split()
        if not _has_to_do_with_profiles(words):
            return answer(commands)
        from wizard.cli.profile_flag import profile_of_line

        with profile_of_line(words):
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
            if not _has_to_do_with_profiles(own):
                return _carry_out(arguments, output)
            from wizard.cli.profile_flag import profile_in_force

            with profile_in_force(arguments, output) as words:
                return _carry_out(words, output)
    except (KeyboardInterrupt, EOFError):
        return _fail(output, arguments, Cancelled())
    except WizardError as error:
        return _fail(output, arguments, error)
    except OSError as error:
        output.settle()
        return _fail(output, arguments, SystemFailure(error), error)
    except Exception as error:  # a bug of ours: never a bare traceback, which could show a secret
        return _fail(output, arguments, _unexpected(error), error)


def _has_to_do_with_profiles(arguments: Iterable[str]) -> bool:
    """Most people have no profiles, and wait for none."""
    if os.environ.get(VARIABLE) or any(argument.startswith("--profile") for argument in arguments):
        return True
    try:
        return os.path.isdir(folders.profiles())  # noqa: PTH112 a Path raises for a folder that may not be looked into
    except RuntimeError:  # nobody knows where HOME is: a command that needs it says so
        return False


def _carry_out(arguments: list[str], output: Output) -> int:
    call = plain_call(arguments)
    if call is not None:
        return call(output)
    from wizard.cli.command_line import carry_out

    return carry_out(arguments, output)


def _replace_closed_streams() -> None:
    """Started as `crush-wizard ... >&-` there is no stdout at all; what would go there goes nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))


def _terminated(_number: int, _frame: FrameType | None) -> NoReturn:
    raise Terminated


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
