"""How to get Crush on a system, by what its owner already installs programs with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = "https://github.com/charmbracelet/crush#installation"
"""Where the packages for every system are."""

_BREW = ("brew", "brew install charmbracelet/tap/crush")
_NPM = ("npm", "npm install -g @charmland/crush")
_GO = ("go", "go install github.com/charmbracelet/crush@latest")
_ANYWHERE = (_NPM, _GO)
_WAYS = {
    "darwin": (_BREW, *_ANYWHERE),
    "win32": (("winget", "winget install charmbracelet.crush"), *_ANYWHERE),
    "linux": (_BREW, ("yay", "yay -S crush-bin"), *_ANYWHERE),
    "freebsd": (("pkg", "pkg install crush"), *_ANYWHERE),
}
"""By the beginning of sys.platform: the program that installs, and the command; the system's own way first."""


def install_command(platform: str, which: Callable[[str], str | None]) -> str | None:
    """The command to type; None where none of the programs is there. `platform` is spelled as in sys.platform."""
    ways = next((ways for name, ways in _WAYS.items() if platform.startswith(name)), _ANYWHERE)
    return next((command for program, command in ways if which(program)), None)
