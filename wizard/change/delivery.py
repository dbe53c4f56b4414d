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
from wizard.flow.key_questions import LOOKUP, RUN, SHELL
from wizard.machine.calling_shell import calling_shell
from wizard.namespace import profile_in_force
from wizard.words import by_number, joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wizard.files.plan import FileEdit
    from wizard.flow.build import Draft
    from wizard.ui.output import Output

NAME = "crush-wizard"
PLAIN = "plain"


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


def way_to_start(stored: Iterable[tuple[str | None, str | None]]) -> str:
    """How Crush is started with keys from the store: RUN, SHELL or LOOKUP, or PLAIN, where it needs nothing.

    `stored`: how each key gets to Crush, and its variable; one that is set already needs nothing. The function in a
    start file goes through `run`, and serves all. A plain `crush` is in no profile.
    """
    ways = {keys for keys, variable in stored if not os.environ.get(variable or "")}
    if ways and profile_in_force():
        return RUN
    if SHELL in ways:
        return SHELL
    if ways == {LOOKUP}:
        return LOOKUP
    return RUN if ways else PLAIN


def way_to_start_with(drafts: Iterable[Draft]) -> str:
    """The same for drafts. A key that was given just now counts where its variable is set, too: that one is another."""
    return way_to_start((draft.keys, None if draft.secret else draft.variable) for draft in drafts if draft.stored)


def say_how(keys: str | None, variable: str, output: Output) -> None:
    """What the user does from now on."""
    way = way_to_start([(keys, variable)])
    if way == LOOKUP:
        output.note("`crush` looks up the key by itself")
        say_unreachable(output)
    elif way == SHELL:
        output.note("open a new terminal to use `crush` with its keys")
    elif way == RUN:
        output.note("start Crush:")
        output.line(f"  {run_line()}")


def say_need_run(providers: Sequence[str], output: Output) -> None:
    """That a plain `crush` lacks the keys of these: they are in the store, and only `run` hands them out."""
    keys = by_number(len(providers), "key", "keys")
    output.note(f"start Crush with the {keys} of {joined(providers)}: {run_line()}")


def say_unreachable(output: Output) -> None:
    """That Crush can't look a key up, where it does not find this program; said once."""
    if not is_on_path():
        output.once(
            f"to look a key up, Crush calls `{NAME}`, which is not on your PATH: add {Path(program()[0]).parent}",
            output.warning,
        )
