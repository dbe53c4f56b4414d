"""How keys get from the store to Crush, for whoever has just stored one: the start file's block, and what to say."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.files.locations import here
from wizard.files.programs import which
from wizard.files.start_file import START_SHELLS, start_file, start_file_edit, start_file_text
from wizard.files.there import is_there
from wizard.files.writer import read
from wizard.flow.key_questions import LOOKUP, SHELL
from wizard.machine.calling_shell import calling_shell
from wizard.namespace import profile_in_force

if TYPE_CHECKING:
    from wizard.files.plan import FileEdit
    from wizard.ui.output import Output

NAME = "crush-wizard"


def program() -> tuple[str, ...]:
    """How this program is called from a shell: by its name, or by its path where PATH does not lead to it."""
    if is_on_path():
        return (NAME,)
    beside = Path(sys.executable).with_name(NAME)
    return (str(beside),) if is_there(beside) else (sys.executable, "-m", "wizard")


def is_on_path() -> bool:
    return which(NAME) is not None


def run_line() -> str:
    """The command that starts Crush with its keys, in the profile in force."""
    name = profile_in_force()
    return shlex.join((*program(), *(("--profile", name) if name else ()), "run"))


def start_file_edits(keys: str | None, output: Output) -> tuple[FileEdit, ...]:
    """The block in the start file of the user's shell, where that is how Crush shall get its keys."""
    if keys != SHELL:
        return ()
    shell = calling_shell()
    if shell not in START_SHELLS:
        output.warning(f"can't add a function for {shell}: start Crush with `{run_line()}`")
        return ()
    path = start_file(shell, here())
    return (start_file_edit(path, start_file_text(read(path), path), shell, *program()),)


def say_how(keys: str | None, variable: str, output: Output) -> None:
    """What the user does from now on. A variable that is set already needs nothing."""
    if os.environ.get(variable):
        return
    if keys == LOOKUP:
        output.note("`crush` looks up the key by itself")
        if not is_on_path():
            output.warning(f"Crush calls `{NAME}` for that, which is not on your PATH: add {Path(program()[0]).parent}")
    elif keys == SHELL:
        output.note("open a new terminal to use `crush` with its keys")
    if profile_in_force() or keys not in {LOOKUP, SHELL}:  # a plain `crush` is in no profile
        output.note("start Crush:")
        output.line(f"  {run_line()}")
