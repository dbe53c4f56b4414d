"""`env`: lines that set the secrets in a shell which evaluates them."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from wizard.cli.flags import common
from wizard.cli.result import Result
from wizard.errors import UsageError
from wizard.files.shell import SHELLS, Shell
from wizard.machine.calling_shell import calling_shell
from wizard.machine.provision import held, in_use, open_store_for, stored
from wizard.namespace import VARIABLE
from wizard.secrets.agent import refuse_inside_agent
from wizard.secrets.core_dumps import leave_no_core
from wizard.secrets.shell_lines import EVALUATION, failing_line, shell_lines
from wizard.ui.output import BROKEN_PIPE
from wizard.ui.terminal import is_terminal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wizard.ui.output import Output


class EvaluatedCommand(click.Command):
    """Its output is evaluated: when it fails, it prints a line that fails too. Wrong usage is a failure as well."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        words = list(args)  # click empties it
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.exceptions.Exit:
            raise  # --help
        except BaseException:
            _fail_visibly(_shell_in(words))
            raise

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SystemExit:
            raise  # nobody reads it
        except BaseException:
            if not ctx.params["names"]:
                _fail_visibly(ctx.params["shell"] or calling_shell())
            raise


@click.command("env", cls=EvaluatedCommand)
@click.option("--shell", type=click.Choice(SHELLS), help="The shell to print for (default: yours).")
@click.option("--names", is_flag=True, help="Print only the names.")
@click.option("--only", multiple=True, metavar="NAME,...", help="Only this secret; repeatable.")
@click.option("--allow-agent", is_flag=True, help="Work inside an agent's shell too.")
@click.option("--yes", "-y", is_flag=True, help="Print the values even if stdout is a terminal.")
@common
@click.pass_obj
def command(
    output: Output, /, shell: Shell | None, names: bool, only: tuple[str, ...], allow_agent: bool, yes: bool
) -> Result | None:
    """Print lines that set, in a shell, the secrets that Crush's providers use.

    Every program started from that shell then sees them; `crush-wizard run` gives them to Crush alone.
    A variable that is set already gets the stored value. In a profile the shell is in it, too, with plain `crush`.

    \b
    eval "$(crush-wizard env)"                                          bash, zsh
    crush-wizard env | source                                           fish
    crush-wizard env --shell powershell | Out-String | Invoke-Expression
    crush-wizard env --shell nu | from json | load-env
    """
    if names:
        found = held(in_use(only, output).names, open_store_for(output))
        return Result(lambda: {"names": found}, lambda: output.data("\n".join(found)) if found else None)
    _refuse_unfit(output, allow_agent=allow_agent, yes=yes)
    _print_lines(shell or calling_shell(), only, output)
    return None


def _refuse_unfit(output: Output, *, allow_agent: bool, yes: bool) -> None:
    if output.as_json:
        output.as_json = False  # the document would be evaluated
        raise UsageError("--json needs --names: values are never printed as JSON", hint="--shell nu prints an object")
    refuse_inside_agent(os.environ, "env", allowed=allow_agent)
    if is_terminal(output.stdout) and not yes:
        raise UsageError(
            "this would show the values on the terminal",
            hint=f"to set them: {EVALUATION[calling_shell()]}; to see them, add --yes",
        )


def _print_lines(shell: Shell, only: Sequence[str], output: Output) -> None:
    """Past what masks secrets, and with the bytes that `run` would put into the environment."""
    leave_no_core()
    values = stored(in_use(only, output).names, output)
    _write(shell_lines({**_of_profile(values), **values}, shell))


def _of_profile(secrets: Iterable[str]) -> dict[str, str]:
    """The shell is in the profile that its keys are of, and so is a plain `crush` there."""
    if VARIABLE not in os.environ:
        return {}
    from wizard.machine.profiles import handed_out, variables_in_force

    return variables_in_force() | handed_out(secrets)


def _write(lines: str) -> None:
    left = memoryview(os.fsencode(lines))
    try:
        while left:
            left = left[os.write(sys.stdout.fileno(), left) :]
    except BrokenPipeError:
        sys.exit(BROKEN_PIPE)


def _fail_visibly(shell: Shell) -> None:
    """On a terminal nobody evaluates anything."""
    if not sys.stdout.isatty():
        _write(failing_line(shell))


def _shell_in(words: Sequence[str]) -> Shell:
    """The shell that a faulty command line still names."""
    named = (word.removeprefix("--shell=") for word in words)
    return next((name for name in named if name in SHELLS), calling_shell())
