"""The block in a shell's start file through which `crush` gets its keys. All of it is pure.

The block defines a function `crush` that starts the real one through `crush-wizard run`. Lines that export the
keys would hand them to every program that is ever started from that shell, and would ask the keyring each time
a terminal is opened; the function hands them to Crush alone, when it starts. In bash and zsh it is written with
the word `function`, because an alias named `crush` would otherwise be expanded in its definition.

The change is a FileEdit (format `shell`): it is shown, applied and undone like that of any other file.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from wizard.errors import InvalidConfig
from wizard.files.marked_block import Marks, block_text, put_block
from wizard.files.shell import word

if TYPE_CHECKING:
    from collections.abc import Callable

    from wizard.files.locations import Surroundings
    from wizard.files.plan import FileEdit

StartShell = Literal["bash", "zsh", "fish", "powershell"]
START_SHELLS: tuple[StartShell, ...] = ("bash", "zsh", "fish", "powershell")

WIZARD = ("crush-wizard",)

BEGIN = "# >>> crush-wizard >>>"
END = "# <<< crush-wizard <<<"
PURPOSE = "`crush` starts through `crush-wizard run`, so that your keys reach Crush and no other program"
"""What the block is for, in one sentence for the person who is asked for consent."""

_FUNCTIONS: dict[StartShell, str] = {
    "bash": 'function crush {{ {wizard} run -- crush "$@"; }}',
    "zsh": 'function crush {{ {wizard} run -- crush "$@"; }}',
    "fish": "function crush; {wizard} run -- crush $argv; end",
    "powershell": (
        "function crush {{ if ($MyInvocation.ExpectingInput) {{ $input | & {wizard} run -- crush @args }} "
        "else {{ & {wizard} run -- crush @args }} }}"
    ),
}
_MARKS = Marks(BEGIN, END, PURPOSE)


def start_file(shell: StartShell, around: Surroundings, exists: Callable[[Path], bool] = Path.exists) -> Path:
    """The file that an interactive shell of this user reads when it starts.

    For fish a file of our own in its conf.d; for PowerShell the profile that all its hosts read.
    """
    match shell:
        case "bash":
            return _bash_file(around, exists)
        case "zsh":
            return around.home / around.environ.get("ZDOTDIR", "") / ".zshrc"
        case "fish":
            return _config_home(around) / "fish" / "conf.d" / "crush-wizard.fish"
        case "powershell":
            return _powershell_folder(around, exists) / "profile.ps1"


def start_file_text(content: bytes | None, path: Path) -> str | None:
    """A start file's text, each character and line end as it is; a byte order mark stays. Raises InvalidConfig."""
    try:
        return None if content is None else content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1 if content else None
        raise InvalidConfig(
            "the file is not UTF-8, so nothing was added", path=path, line=line, hint=f"add it by hand: {PURPOSE}"
        ) from error


def start_file_edit(path: Path, text: str | None, shell: StartShell, *program: str) -> FileEdit:
    """The change that makes the file have the block, once; no edits if it has it already. All else stays.

    `text` is the file's, None if there is none; `program` the words that call crush-wizard where it is not on
    PATH: its absolute path, or that of a Python with `-m` and `wizard`. Raises InvalidConfig where a block of
    ours is not closed.
    """
    return put_block(path, text, _MARKS, _lines(shell, program))


def block(shell: StartShell, *program: str, end: str = "\n") -> str:
    """The block's lines, each ended by `end`; `program` as in `start_file_edit`."""
    return block_text(_MARKS, _lines(shell, program), end)


def _lines(shell: StartShell, program: tuple[str, ...]) -> tuple[str, ...]:
    words = " ".join(word(argument, shell) for argument in program or WIZARD)
    return (_FUNCTIONS[shell].format(wizard=words),)


# Where


def _bash_file(around: Surroundings, exists: Callable[[Path], bool]) -> Path:
    """Terminals on macOS start login shells, which read one file only: the first of three that is there."""
    if around.platform != "darwin":
        return around.home / ".bashrc"
    candidates = (around.home / name for name in (".bash_profile", ".bash_login", ".profile"))
    return next(filter(exists, candidates), around.home / ".bash_profile")


def _config_home(around: Surroundings) -> Path:
    return around.home / (around.environ.get("XDG_CONFIG_HOME") or ".config")


def _powershell_folder(around: Surroundings, exists: Callable[[Path], bool]) -> Path:
    """On Windows in Documents, which OneDrive may have taken over; the old Windows PowerShell has another folder."""
    if around.platform != "win32":
        return _config_home(around) / "powershell"
    one_drive = around.environ.get("OneDrive")
    candidates = [Path(one_drive) / "Documents"] if one_drive else []
    documents = next(filter(exists, candidates), around.home / "Documents")
    old, new = documents / "WindowsPowerShell", documents / "PowerShell"
    return old if exists(old) and not exists(new) else new
