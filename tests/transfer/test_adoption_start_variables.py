"""Start files of shells: what a line sets, told without running it, and checked against the real shells."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from wizard.change.diff import unified_diff
from wizard.files.history import record_of
from wizard.files.plan import Plan
from wizard.transfer.adoption import StartText
from wizard.transfer.start_variables import Dialect, StartFile, assignments, start_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import NoReturn

KEY = "k3y-in-plain-text"


def text_of(path: Path, text: str, dialect: Dialect) -> StartText:
    return StartText(StartFile(path, dialect), text)


def read(text: str, dialect: Dialect, tmp_path: Path) -> list[tuple[str, str | None]]:
    return [(one.variable, one.value) for one in assignments(text, StartFile(tmp_path / "file", dialect))]


SH = [
    ("export A_KEY=plain-1/2=", "plain-1/2="),
    ("A_KEY=plain; # why", "plain"),
    ("export A_KEY='it $is \\x `literal`'", "it $is \\x `literal`"),
    ('export A_KEY="a \\"b\\" \\$c \\\\ d"  # note', 'a "b" $c \\ d'),
    ("\tdeclare -x A_KEY=x1y2", "x1y2"),
]
FISH = [
    ("set -gx A_KEY plain-1", "plain-1"),
    ("set --global --export A_KEY 'it\\'s \\\\ $x'", "it's \\ $x"),
    ('set -gx A_KEY "a \\"b\\" \\$c"', 'a "b" $c'),
    ("export A_KEY=plain", "plain"),
]


@pytest.mark.parametrize(("line", "value"), SH)
@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_sh_sets_what_we_read(
    tmp_path: Path, shell: str, line: str, value: str, require_real: Callable[[str], NoReturn]
) -> None:
    assert read(line, "sh", tmp_path) == [("A_KEY", value)]
    assert real_value(shell, line, require_real) == value


@pytest.mark.parametrize(("line", "value"), FISH)
def test_fish_sets_what_we_read(tmp_path: Path, line: str, value: str, require_real: Callable[[str], NoReturn]) -> None:
    assert read(line, "fish", tmp_path) == [("A_KEY", value)]
    assert real_value("fish", line, require_real) == value


def real_value(shell: str, line: str, require_real: Callable[[str], NoReturn]) -> str:
    if shutil.which(shell) is None:
        require_real(f"{shell} is not installed")
    done = subprocess.run([shell, "-c", f'{line}\nprintf %s "$A_KEY"'], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize(
    ("dialect", "line", "value"),
    [
        ("powershell", '$env:A_KEY = "plain"', "plain"),
        ("powershell", "$Env:A_KEY='it''s'", "it's"),
        ("dotenv", "A_KEY=a;b|c # note", "a;b|c"),
        ("dotenv", "export A_KEY = 'a $b'", "a $b"),
        ("dotenv", 'A_KEY: "a b"', "a b"),
    ],
)
def test_other_dialects(tmp_path: Path, dialect: Dialect, line: str, value: str) -> None:
    assert read(line, dialect, tmp_path) == [("A_KEY", value)]


@pytest.mark.parametrize(
    ("dialect", "line"),
    [
        ("sh", "export A_KEY=$(pass show a)"),
        ("sh", "export A_KEY=`pass show a`"),
        ("sh", 'export A_KEY="$OTHER"'),
        ("sh", "A_KEY=value some-command"),
        ("sh", "export A_KEY=value && echo done"),
        ("sh", "export A_KEY='first"),
        ("sh", "export A_KEY=~/file"),
        ("fish", "set -gx A_KEY (pass show a)"),
        ("fish", "set -gx A_KEY one two"),
        ("powershell", "$env:A_KEY = Get-Secret a"),
        ("powershell", '$env:A_KEY = "$other"'),
        ("dotenv", "A_KEY=$OTHER"),
    ],
)
def test_what_is_computed_is_told_apart(tmp_path: Path, dialect: Dialect, line: str) -> None:
    assert read(line, dialect, tmp_path) == [("A_KEY", None)]
    (finding,) = text_of(tmp_path / "f", line, dialect).findings({"A_KEY"})
    assert "computed" in finding.reason


@pytest.mark.parametrize(
    ("dialect", "line"),
    [("sh", "# export A_KEY=x"), ("sh", "echo A_KEY=x"), ("fish", "# set -gx A_KEY x"), ("powershell", "A_KEY=x")],
)
def test_what_sets_nothing_is_no_assignment(tmp_path: Path, dialect: Dialect, line: str) -> None:
    assert read(line, dialect, tmp_path) == []


def test_lines_are_counted_from_one(tmp_path: Path) -> None:
    text = "# first\r\n\r\nexport A_KEY=one\r\nif true; then\r\n  export B_KEY=two\r\nfi\r\n"
    found = [(one.line, one.value) for one in assignments(text, StartFile(tmp_path / "f", "sh"))]
    assert found == [(3, "one"), (5, "two")]


def test_only_wanted_variables_are_found(tmp_path: Path) -> None:
    text = text_of(tmp_path / "f", f"export A_KEY={KEY}\nexport EDITOR=vi\nexport B_KEY=none\n", "sh")
    assert [finding.variable for finding in text.findings({"A_KEY", "B_KEY"})] == ["A_KEY"]


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_line_that_goes_leaves_a_file_that_the_shell_takes(
    tmp_path: Path, shell: str, require_real: Callable[[str], NoReturn]
) -> None:
    if shutil.which(shell) is None:
        require_real(f"{shell} is not installed")
    text = text_of(tmp_path / "f", f"if true; then\n  export A_KEY='{KEY}'\nfi\nexport B_KEY=other\n", "sh")
    (first, _) = text.assignments
    after = text.without([first]).after or ""
    script = f'{after}\nprintf %s "$A_KEY,$B_KEY"'
    done = subprocess.run([shell, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == ",other"
    assert KEY not in after
    assert after.count("\n") == text.text.count("\n")


def test_no_diff_and_no_record_shows_a_value_and_undo_sets_the_variable_to_itself(tmp_path: Path) -> None:
    neighbour = "n3ighbours-value"
    text = text_of(tmp_path / "f", f"export A_KEY='{KEY}'\nexport B_TOKEN={neighbour}\n", "sh")
    edit = text.without(text.assignments[:1])
    record = record_of(Plan("secret adopt", (edit,)), {}, ())
    for shown in (unified_diff(edit), repr(record)):
        assert KEY not in shown
        assert neighbour not in shown
    assert 'export A_KEY="$A_KEY"' in record.files[0].edits[0].text


def test_where_start_files_are(tmp_path: Path) -> None:
    home, cwd = tmp_path / "home", tmp_path / "work"
    (home / ".config" / "fish" / "conf.d").mkdir(parents=True)
    (home / ".config" / "fish" / "conf.d" / "keys.fish").touch()
    paths = [file.path for file in start_files(home, cwd, {"ZDOTDIR": str(tmp_path / "z")}, "linux")]
    expected = {
        home / ".bashrc",
        home / ".profile",
        tmp_path / "z" / ".zshrc",
        home / ".config" / "fish" / "config.fish",
        home / ".config" / "fish" / "conf.d" / "keys.fish",
        home / ".config" / "powershell" / "profile.ps1",
        cwd / ".env",
    }
    assert expected <= set(paths)
    windows = [file.path for file in start_files(home, cwd, {}, "win32")]
    assert home / "Documents" / "PowerShell" / "profile.ps1" in windows
