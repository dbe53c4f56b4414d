"""The shells that we write lines for: which one is in use, and how each quotes."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Mapping

Shell = Literal["bash", "zsh", "fish", "powershell", "nu"]

SHELLS: tuple[Shell, ...] = ("bash", "zsh", "fish", "powershell", "nu")

PROGRAMS: dict[str, Shell] = {
    "bash": "bash",
    "sh": "bash",
    "dash": "bash",
    "ash": "bash",
    "ksh": "bash",
    "zsh": "zsh",
    "fish": "fish",
    "pwsh": "powershell",
    "powershell": "powershell",
    "nu": "nu",
}
"""The shell by the name of its program. What is written for bash is plain enough for every sh."""

_PLAIN = regexp(r"[A-Za-z0-9_/.+-]+")
_SPELLED = regexp(r"(?P<plain>[ -~]+)|(?P<other>.)", re.DOTALL)


def shell_of(parent: str, environ: Mapping[str, str], platform: str) -> Shell:
    """The shell that called us: by the name of the parent process, else by $SHELL, else what is usual there."""
    for program in (parent, environ.get("SHELL", "")):
        name = PurePath(program.strip()).name.lstrip("-")  # a login shell's name begins with a dash
        if name in PROGRAMS:
            return PROGRAMS[name]
    return "powershell" if platform == "win32" else "bash"


def quoted(text: str, shell: Shell) -> str:
    """The text as one word of the shell, which takes every character in it literally.

    Any text without a zero byte; in `nu` JSON's strings, which are also its own.
    """
    match shell:
        case "bash" | "zsh":
            return "'" + text.replace("'", r"'\''") + "'"
        case "fish":
            return "'" + text.replace("\\", r"\\").replace("'", r"\'") + "'"
        case "powershell":
            return _in_powershell(text)
        case "nu":
            import json

            return json.dumps(text)


def word(text: str, shell: Shell) -> str:
    """As `quoted`, and without quotes where none are needed: a command's name or path."""
    return text if _PLAIN.fullmatch(text) else quoted(text, shell)


def _in_powershell(text: str) -> str:
    """Only printable ASCII stands in quotes, the rest is spelled by UTF-16 unit.

    So no typographic quote ends the string (PowerShell takes four of them for ''), no console code page
    garbles it, and it stays on one line, as Invoke-Expression gets its input line by line.
    """
    pieces = [piece for match in _SPELLED.finditer(text) for piece in _powershell_pieces(match)]
    if len(pieces) == 1 and pieces[0].startswith("'"):
        return pieces[0]
    return f"(-join ({', '.join(pieces)}))" if pieces else "''"


def _powershell_pieces(match: re.Match[str]) -> list[str]:
    if plain := match["plain"]:
        return ["'" + plain.replace("'", "''") + "'"]
    units = match["other"].encode("utf-16-be", "surrogatepass").hex()
    return [f"[char]0x{units[index : index + 4]}" for index in range(0, len(units), 4)]
