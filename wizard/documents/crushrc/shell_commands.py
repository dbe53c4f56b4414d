"""Commands of a crushrc that are not Crush's own: those of its shell, and programs. What can be told of their outcome.

None of them is ever run. What the shell does not support fails there, whatever bash makes of it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.documents.crushrc.telling import Outside, Variables

SUCCEED = frozenset(("true", ":", "echo", "alias", "unalias", "hash", "dirs", "shift"))
UNSUPPORTED = frozenset(
    "bg bind caller compgen complete compopt disown enable fc fg help history jobs kill logout newgrp suspend times "
    "ulimit umask".split()
)
OTHERS = frozenset(
    ". [ break builtin cd command continue eval exec exit export false getopts mapfile popd printf pushd pwd read "
    "readarray readonly return set shopt source test trap type unset wait declare typeset let local".split()
)
"""The rest of what is built into the shell."""
_PATH_STARTS = ("./", "../", "/")


def is_builtin(name: str) -> bool:
    return name in SUCCEED or name in UNSUPPORTED or name in OTHERS


class Programs:
    """Which programs and files are there, seen from a script."""

    def __init__(self, outside: Outside | None, variables: Variables) -> None:
        self._outside = outside
        self._variables = variables

    def is_file_path(self, name: str) -> bool:
        """Whether a command names a file, which Crush then opens itself."""
        return name.startswith(_PATH_STARTS)

    def is_there(self, path: str) -> bool | None:
        """Whether a file is there; None where the script may have changed its folder."""
        if not path or self._outside is None:
            return None if path else False
        if not Path(path).is_absolute() and self._variables.get("PWD") != str(self._outside.folder):
            return None
        return self._outside.exists(self._outside.folder / path)

    def has(self, name: str) -> bool | None:
        """Whether there is such a program; None where that can't be told."""
        if sys.platform == "win32":
            return None
        if not name:
            return False
        if "/" in name:
            return self.is_there(name)
        folders = self._folders()
        if folders is None:
            return None
        found = [self.is_there(f"{folder or '.'}/{name}") for folder in folders]
        return True if True in found else None if None in found else False

    def is_sourced(self, name: str) -> bool | None:
        """Whether `source` finds a file: in PATH, else in the current folder."""
        in_path = False if "/" in name else self.has(name)
        return in_path or (None if in_path is None else self.is_there(name))

    def _folders(self) -> list[str] | None:
        path = self._variables.get("PATH")
        return None if path is None else path.split(":")


def letters(words: list[str]) -> Iterator[tuple[str, bool]]:
    """The options of `set` by their letters, and whether each is set; `?` for what it refuses."""
    rest = iter(words)
    for word in rest:
        if word == "--" or word[:1] not in ("-", "+"):
            return
        for letter in word[1:]:
            name = next(rest, "") if letter == "o" else ""
            named = _NAMED.get(name, "?") if name else letter
            if name or letter != "o":  # without a name it only lists
                yield (named if named in _LETTERS else "?"), word[0] == "-"


_NAMED = {
    "allexport": "a",
    "errexit": "e",
    "noexec": "n",
    "noglob": "f",
    "nounset": "u",
    "xtrace": "x",
    "pipefail": "p",
}
_LETTERS = frozenset(_NAMED.values())
