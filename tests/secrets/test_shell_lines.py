"""What a shell makes of the lines is the value, whatever stands in it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wizard.secrets.shell_lines import EVALUATION, failing_line, shell_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import NoReturn

    from wizard.files.shell import Shell

HOSTILE = {
    "QUOTES": """'single' "double" 'it''s' '""",
    "ONLY_QUOTE": "'",
    "BEGINS_WITH_QUOTES": "'''x",
    "TYPOGRAPHIC": "‘a’ ‚b‛ “c” „d‟ x’; Write-Output stolen; ’",
    "NEWLINES": "one\ntwo\n\nthree",
    "TRAILING_NEWLINE": "value\n",
    "LEADING_NEWLINE": "\nvalue",
    "ONLY_NEWLINES": "\n\n",
    "CRLF": "one\r\ntwo\r",
    "COMMAND": "$(touch stolen) `touch stolen` ${HOME} $HOME %HOME% (touch stolen)",
    "POWERSHELL": "$(Set-Content stolen x) `n `$x @'\n'@ {0}",
    "BACKSLASHES": r"\n \\ \' \0 \$ C:\x",
    "BACKSLASH_AT_END": "x\\",
    "TWO_BACKSLASHES_AT_END": "x\\\\",
    "BACKSLASH_QUOTE": "\\'\\\\'",
    "HISTORY": "!! !$ a!b ^a^b",
    "GLOB": "* ? [a-z] {a,b} ~ ~root",
    "OPERATORS": "; touch stolen & | > stolen < # not a comment",
    "DASH": "-n --help",
    "SPACES": "  a\t b  ",
    "EMPTY": "",
    "UNICODE": "ключ 鍵 🔑 é e\u0301 \u202e\ufeff\u2028",
    "CONTROL": "".join(map(chr, [*range(1, 32), 127])),
    "LONG": "0123456789" * 10_000,
    "LONG_QUOTES": "'" * 9_000,
}
UNIX: list[tuple[str, Shell]] = [("bash", "bash"), ("dash", "bash"), ("zsh", "zsh"), ("fish", "fish")]
"""A program, and for which shell the lines are."""
OPTIONS = {"bash": ["--norc", "-c"], "dash": ["-c"], "zsh": ["-f", "-c"], "fish": ["--no-config", "-c"]}
OTHERS: dict[Shell, list[str]] = {
    "powershell": ["pwsh", "-NoProfile", "-Command"],
    "nu": ["nu", "--no-config-file", "-c"],
}


@dataclass(frozen=True)
class RealShell:
    """A shell that evaluates lines in the way that `env --help` tells, in a folder of its own."""

    command: list[str]
    shell: Shell
    folder: Path

    def variables(self, lines: str) -> dict[str, str]:
        """All variables afterwards."""
        done = self._evaluate(lines, "env -0")
        assert (done.returncode, done.stderr) == (0, b"")
        assert not (self.folder / "stolen").exists()
        return dict(pair.split("=", 1) for pair in done.stdout.decode().split("\0") if "=" in pair)

    def succeeds(self, lines: str) -> bool:
        return self._evaluate(lines).returncode == 0

    def _evaluate(self, lines: str, *then: str) -> subprocess.CompletedProcess[bytes]:
        (self.folder / "lines").write_bytes(lines.encode())
        evaluation = EVALUATION[self.shell].replace(f"crush-wizard env --shell {self.shell}", "/bin/cat lines")
        env = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8"}
        command = [*self.command, "\n".join([evaluation, *then])]
        return subprocess.run(command, cwd=self.folder, env=env, capture_output=True, check=False)


@pytest.fixture
def real_shell(tmp_path: Path, require_real: Callable[[str], NoReturn]) -> Callable[[str], RealShell]:
    def find(program: str) -> RealShell:
        if shutil.which(program) is None:
            require_real(f"{program} is not installed")
        return RealShell([program, *OPTIONS[program]], dict(UNIX)[program], tmp_path)

    return find


@pytest.mark.parametrize(("program", "shell"), UNIX)
def test_a_real_shell_gets_hostile_values_unchanged(
    real_shell: Callable[[str], RealShell], program: str, shell: Shell
) -> None:
    variables = real_shell(program).variables(shell_lines(HOSTILE, shell))
    assert {name: variables[name] for name in HOSTILE} == HOSTILE


ANY_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
SHELL_TEXT = st.text("'\"\\$`!(){}[]<>|&;*?~# \n\r\t\u2018\u2019\u201a\u201ban0-=%^", max_size=20)


@pytest.mark.parametrize(("program", "shell"), UNIX)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(ANY_TEXT | SHELL_TEXT, min_size=1, max_size=40))
def test_a_real_shell_gets_any_value_unchanged(
    real_shell: Callable[[str], RealShell], program: str, shell: Shell, texts: list[str]
) -> None:
    values = {f"V{number}": text for number, text in enumerate(texts)}
    variables = real_shell(program).variables(shell_lines(values, shell))
    assert {name: variables[name] for name in values} == values


@pytest.mark.parametrize(("program", "shell"), UNIX)
def test_a_failure_is_one_for_the_shell(real_shell: Callable[[str], RealShell], program: str, shell: Shell) -> None:
    assert real_shell(program).succeeds(shell_lines({"V": "value"}, shell))
    assert not real_shell(program).succeeds(failing_line(shell))


# PowerShell and nu: in the real shell where it is installed, and always by the shell's own rules


def _other(shell: Shell, folder: Path) -> RealShell | None:
    program, *options = OTHERS[shell]
    return RealShell([program, *options], shell, folder) if shutil.which(program) else None


# A single-quoted string ends at any of five quotes that is not doubled (PowerShell language specification 2.3.5.2).
_QUOTE = "['\u2018\u2019\u201a\u201b]"
_STRING = rf"{_QUOTE}(?:[^'\u2018\u2019\u201a\u201b]|{_QUOTE}{{2}})*{_QUOTE}"
_ITEM = re.compile(rf"(?P<string>{_STRING})|\[char\]0x(?P<unit>[0-9a-f]{{4}})")
_LINE = re.compile(rf"\$env:(?P<name>\w+) = (?P<value>{_STRING}|\(-join \(.*\)\))")


def _read_powershell(lines: str) -> dict[str, str]:
    assert lines.isascii()
    found = {}
    for line in lines.splitlines():
        match = _LINE.fullmatch(line)
        assert match, line
        found[match["name"]] = _read_value(match["value"])
    return found


def _read_value(value: str) -> str:
    if not value.startswith("("):
        return _read_string(value)
    items = value.removeprefix("(-join (").removesuffix("))")
    units, position = [], 0
    while position < len(items):
        item = _ITEM.match(items, position)
        assert item, items[position:]
        units.append(_read_string(item["string"]) if item["string"] else chr(int(item["unit"], 16)))
        position = item.end()
        assert items[position : position + 2] in (", ", "")
        position += 2
    return "".join(units).encode("utf-16", "surrogatepass").decode("utf-16")


def _read_string(text: str) -> str:
    return re.sub(rf"({_QUOTE}){_QUOTE}", r"\1", text[1:-1])


def test_powershell_gets_hostile_values_unchanged(tmp_path: Path) -> None:
    lines = shell_lines(HOSTILE, "powershell")
    assert _read_powershell(lines) == HOSTILE
    if powershell := _other("powershell", tmp_path):
        variables = powershell.variables(lines)
        set_ones = {name: value for name, value in HOSTILE.items() if value}  # there, setting to nothing is unsetting
        assert {name: variables[name] for name in set_ones} == set_ones


@given(text=ANY_TEXT | SHELL_TEXT)
def test_powershell_gets_any_value_unchanged(text: str) -> None:
    assert _read_powershell(shell_lines({"V": text}, "powershell")) == {"V": text}


def test_nu_gets_hostile_values_unchanged(tmp_path: Path) -> None:
    lines = shell_lines(HOSTILE, "nu")
    assert json.loads(lines) == HOSTILE
    if nu := _other("nu", tmp_path):
        variables = nu.variables(lines)
        assert {name: variables[name] for name in HOSTILE} == HOSTILE


@pytest.mark.parametrize(("shell", "command"), [("powershell", "throw '"), ("nu", "error make {")])
def test_a_failure_is_one_for_the_other_shells(shell: Shell, command: str, tmp_path: Path) -> None:
    assert failing_line(shell).startswith(command)
    if real := _other(shell, tmp_path):
        assert real.succeeds(shell_lines({"V": "value"}, shell))
        assert not real.succeeds(failing_line(shell))


def test_nothing_to_set_is_no_line() -> None:
    nothing: Mapping[str, str] = {}
    assert shell_lines(nothing, "bash") == shell_lines(nothing, "powershell") == ""
    assert json.loads(shell_lines(nothing, "nu")) == {}
