"""`completion`: the script through which a shell completes this program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wizard.cli.flags import changing, common
from wizard.cli.result import Result
from wizard.errors import UsageError
from wizard.files.completion_file import COMPLETION_SHELLS, CompletionShell, completion_edits
from wizard.files.locations import here
from wizard.files.plan import Plan
from wizard.files.start_file import start_file_text
from wizard.files.writer import read
from wizard.machine.calling_shell import calling_shell
from wizard.ui.place import shown_path
from wizard.ui.prompter import open_prompter

if TYPE_CHECKING:
    from wizard.change.run import Proposal
    from wizard.flow.driver import Asker
    from wizard.ui.output import Output


@click.command("completion")
@click.argument("shell", required=False, type=click.Choice(COMPLETION_SHELLS))
@click.option("--install", is_flag=True, help="Install it for your shell (shown before it is written).")
@changing
@common
@click.pass_context
def command(ctx: click.Context, /, shell: CompletionShell | None, install: bool, dry_run: bool, yes: bool) -> Result:
    """Print the completion script of a shell (default: the one that called), or install it.

    Completes commands, flags and their values, presets, provider ids, models and names of secrets. `undo` takes
    an installation back.

    \b
    source <(crush-wizard completion bash)
    crush-wizard completion --install
    """
    from wizard.cli.completion.answering import script

    output: Output = ctx.obj
    chosen = shell or _calling(output)
    text = script(ctx.find_root().command, chosen)
    if install:
        return _install(chosen, text, output, dry_run=dry_run, yes=yes)
    return Result(lambda: {"shell": chosen, "script": text}, show=lambda: output.content(text))


def _calling(output: Output) -> CompletionShell:
    shell = calling_shell()
    if shell not in COMPLETION_SHELLS:
        raise UsageError(f"no completion for {shell}", hint=f"choose one of: {', '.join(COMPLETION_SHELLS)}")
    output.note(f"this is for {shell}, your shell; for another: crush-wizard completion SHELL")
    return shell


def _install(shell: CompletionShell, text: str, output: Output, *, dry_run: bool, yes: bool) -> Result:
    from wizard.change.run import Proposal, Run, as_data

    def decide(_asker: Asker | None) -> Proposal[None]:
        edits = completion_edits(shell, text, here(), lambda path: start_file_text(read(path), path))
        return Proposal(Plan(f"completion {shell}", edits), None)

    outcome = Run(output, open_prompter(output), dry_run, yes).make(decide)
    if outcome.plan.changes_nothing:
        output.note(f"nothing to do: completion for {shell} is already installed")
    if outcome.applied:
        _say_how(shell, outcome.plan, output)
    return Result(lambda: {"shell": shell, **as_data(outcome)})


def _say_how(shell: CompletionShell, plan: Plan, output: Output) -> None:
    from wizard.change.delivery import NAME, is_on_path

    for edit in plan.files:
        if edit.after != edit.before:
            output.done(f"Saved completion to {shown_path(edit.path)}")
    output.note("open a new terminal to use it; to undo: crush-wizard undo")
    if shell == "bash":
        output.note("bash needs the package bash-completion for it; without that, add to ~/.bashrc:")
        output.line(f"  source {shown_path(plan.files[0].path)}")
    if not is_on_path():
        output.warning(f"`{NAME}` is not on your PATH: completion works once it is")
