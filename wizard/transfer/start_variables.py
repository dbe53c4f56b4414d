"""Variables that shells set when they start, as their start files say. The files are read, never run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from wizard.files.there import files_in
from wizard.private import Private

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Dialect = Literal["sh", "fish", "powershell", "dotenv"]

BASH = (".bashrc", ".bash_profile", ".bash_login", ".profile", ".bash_aliases")
ZSH = (".zshenv", ".zprofile", ".zshrc", ".zlogin")
POWERSHELL = ("profile.ps1", "Microsoft.PowerShell_profile.ps1")


class StartFile(Struct, frozen=True):
    """A file that a shell may read when it starts, or, as a dotenv file, Crush itself (crush-behaviour 1.8)."""

    path: Path
    dialect: Dialect


class Assignment(Private, Struct, frozen=True):
    """A line that sets a variable. `value` None: it is computed, or the line does more than that.

    `written` is the value as the line spells it, with its quotes; `start` and `end` are the line's offsets.
    """

    variable: str
    value: str | None
    written: str
    file: StartFile
    line: int
    start: int
    end: int
    indent: str = ""

    @property
    def placeholder(self) -> str:
        """What sets the variable to itself: it changes nothing, and shows nothing."""
        reference = f"$env:{self.variable}" if self.file.dialect == "powershell" else f"${self.variable}"
        return f'"{reference}"'

    @property
    def moved_note(self) -> str:
        """What stands in the line's place. In a POSIX shell a block needs a command, even if it does nothing."""
        nothing = ": " if self.file.dialect == "sh" else ""
        return f"{self.indent}{nothing}# {self.variable} has moved into the secret store of crush-wizard"


def start_files(home: Path, cwd: Path, environ: Mapping[str, str], platform: str) -> tuple[StartFile, ...]:
    """The start files that there may be, and the .env of the current folder. `platform` as in sys.platform."""
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    zsh = Path(environ.get("ZDOTDIR") or home)
    fish = (
        config / "fish" / "config.fish",
        *(path for path in files_in(config / "fish" / "conf.d") if path.suffix == ".fish"),
    )
    return (
        *(StartFile(home / name, "sh") for name in BASH),
        *(StartFile(zsh / name, "sh") for name in ZSH),
        *(StartFile(path, "fish") for path in fish),
        *(StartFile(path, "powershell") for path in _profiles(home, config, platform)),
        StartFile(cwd / ".env", "dotenv"),
    )


def _profiles(home: Path, config: Path, platform: str) -> tuple[Path, ...]:
    documents = (home / "Documents" / "PowerShell", home / "Documents" / "WindowsPowerShell")
    folders = documents if platform == "win32" else (config / "powershell",)
    return tuple(folder / name for folder in folders for name in POWERSHELL)


def assignments(text: str, file: StartFile) -> Iterator[Assignment]:
    """Every line that sets a variable, in order. A value counts as known only where no shell would expand it."""
    line, counted = 1, 0
    grammar = GRAMMARS[file.dialect]
    for match in grammar.line.finditer(text):
        line += text.count("\n", counted, match.start())
        counted = match.start()
        value = grammar.value.fullmatch(match["rest"])
        yield Assignment(
            match["name"] or match["sh_name"],
            grammar.plain(value) if value else None,
            match["rest"][: value.end("word")] if value else match["rest"],
            file,
            line,
            match.start(),
            match.end("rest"),
            match["indent"],
        )


# How each dialect spells it


class Grammar(Struct, frozen=True):
    line: re.Pattern[str]
    value: re.Pattern[str]
    single: Callable[[str], str]
    double: Callable[[str], str]

    def plain(self, match: re.Match[str]) -> str:
        """The value without its quotes and escapes."""
        if match["single"] is not None:
            return self.single(match["single"])
        return self.double(match["double"]) if match["double"] is not None else match["bare"] or ""


def _as_it_is(text: str) -> str:
    return text


def _without(escapes: str) -> Callable[[str], str]:
    """Takes the backslash from before these characters."""
    pattern = re.compile(rf"\\([{re.escape(escapes)}])")
    return lambda text: pattern.sub(r"\1", text)


def _line(assignment: str) -> re.Pattern[str]:
    pattern = rf"^(?P<indent>[ \t]*)(?:{assignment})(?P<rest>[^\r\n]*)"
    return re.compile(pattern, re.MULTILINE | re.IGNORECASE | re.ASCII)


def _value(single: str, double: str, bare: str) -> re.Pattern[str]:
    word = rf"(?P<word>'(?P<single>{single})'|\"(?P<double>{double})\"|(?P<bare>{bare}))"
    return re.compile(rf"{word}[ \t]*;?(?:[ \t]+#.*)?[ \t]*")


_NAME = r"[A-Za-z_]\w*"
_SH = rf"(?:(?:export|declare|typeset|readonly)[ \t]+(?:-\w+[ \t]+)*)?(?P<sh_name>{_NAME})="
_BARE = r"[^\s'\"\\$`;&|<>()*?\[\]{}#~]+"

GRAMMARS: dict[Dialect, Grammar] = {
    "sh": Grammar(
        _line(rf"{_SH}|(?!)(?P<name>)"),
        _value(r"[^']*", r"(?:[^\"\\$`]|\\.)*", _BARE),
        _as_it_is,
        _without('"\\$`'),
    ),
    "fish": Grammar(
        _line(rf"{_SH}|set[ \t]+(?:--?[\w-]+[ \t]+)*(?P<name>{_NAME})[ \t]+"),
        _value(r"(?:[^'\\]|\\.)*", r"(?:[^\"\\$]|\\.)*", _BARE),
        _without("'\\"),
        _without('"\\$'),
    ),
    "powershell": Grammar(
        _line(rf"\$env:(?P<name>{_NAME})[ \t]*=[ \t]*|(?!)(?P<sh_name>)"),
        _value(r"(?:[^']|'')*", r"[^\"$`]*", r"(?!)"),
        lambda text: text.replace("''", "'"),
        _as_it_is,
    ),
    "dotenv": Grammar(
        _line(rf"(?:export[ \t]+)?(?P<name>{_NAME})[ \t]*[=:][ \t]*|(?!)(?P<sh_name>)"),
        _value(r"[^']*", r"[^\"\\$]*", r"[^\s'\"\\$`#]+"),
        _as_it_is,
        _as_it_is,
    ),
}
