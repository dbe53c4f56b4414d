"""Where a shell looks for completion, and the changes that put our script there. All of it is pure.

bash and fish load a file of the command's name by themselves. zsh and PowerShell do not: their start file gets a
block that loads it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from wizard.files.edit import TextEdit
from wizard.files.marked_block import Marks, put_block
from wizard.files.plan import FileEdit
from wizard.files.shell import word
from wizard.files.start_file import start_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from wizard.files.locations import Surroundings

CompletionShell = Literal["bash", "zsh", "fish", "powershell"]
COMPLETION_SHELLS: tuple[CompletionShell, ...] = ("bash", "zsh", "fish", "powershell")

MARKS = Marks("# >>> crush-wizard completion >>>", "# <<< crush-wizard completion <<<", "TAB completes `crush-wizard`")

_POWERSHELL_NAME = "crush-wizard-completion.ps1"


def completion_edits(
    shell: CompletionShell, script: str, around: Surroundings, text_of: Callable[[Path], str | None]
) -> tuple[FileEdit, ...]:
    """The changes that install the script; one that makes no difference if it is there already.

    `text_of` gives a file's text, None if there is none. Raises InvalidConfig where a block of ours is not closed.
    """
    path = completion_file(shell, around)
    edits = (_whole(path, text_of(path), script),)
    if shell in ("bash", "fish"):
        return edits
    start = start_file(shell, around)
    return (*edits, put_block(start, text_of(start), MARKS, _loading(shell, path)))


def completion_file(shell: CompletionShell, around: Surroundings) -> Path:
    """The file for the script. That of PowerShell stands beside the profile which loads it."""
    match shell:
        case "bash":
            return _bash_folder(around) / "completions" / "crush-wizard"
        case "zsh":
            return _data_home(around) / "zsh" / "site-functions" / "_crush-wizard"
        case "fish":
            return start_file("fish", around).parents[1] / "completions" / "crush-wizard.fish"
        case "powershell":
            return start_file("powershell", around).with_name(_POWERSHELL_NAME)


def _whole(path: Path, text: str | None, wanted: str) -> FileEdit:
    edits = () if text == wanted else (TextEdit(0, len(text or ""), wanted),)
    return FileEdit(path, text, edits, format="shell")


def _loading(shell: CompletionShell, path: Path) -> tuple[str, ...]:
    """zsh without a `compinit` completes nothing of its own, so the block makes up for it."""
    if shell == "powershell":
        return (f'. "$PSScriptRoot/{_POWERSHELL_NAME}"',)
    file = word(str(path), "zsh")
    return (
        "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i }",
        f"[[ ! -r {file} ]] || source {file}",
    )


def _bash_folder(around: Surroundings) -> Path:
    """As the bash-completion package has it; its variable may name several folders."""
    named = around.environ.get("BASH_COMPLETION_USER_DIR", "").partition(":")[0]
    return around.home / named if named else _data_home(around) / "bash-completion"


def _data_home(around: Surroundings) -> Path:
    return around.home / (around.environ.get("XDG_DATA_HOME") or Path(".local") / "share")
