"""The block in a shell's start file: what real shells make of it, and that nothing else in the file moves."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.change.apply import apply, undo
from wizard.errors import InvalidConfig
from wizard.files.history import History
from wizard.files.locations import Surroundings
from wizard.files.plan import Plan
from wizard.files.start_file import (
    BEGIN,
    END,
    START_SHELLS,
    StartShell,
    block,
    start_file,
    start_file_edit,
    start_file_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import NoReturn

FILE = Path("/home/ada/.bashrc")

FAKE_WIZARD = """#!/bin/sh
printf 'wizard: %s %s\\n' "$1" "$2"
shift 2
SECRET=s3cret exec "$@"
"""
FAKE_CRUSH = """#!/bin/sh
printf 'secret: %s\\n' "$SECRET"
printf 'argument: <%s>\\n' "$@"
cat
exit 7
"""
CALL = {
    "bash": "crush --yolo 'a  b' '' '*'; echo code: $?; echo shell: ${SECRET-none}",
    "zsh": "crush --yolo 'a  b' '' '*'; echo code: $?; echo shell: ${SECRET-none}",
    "fish": "crush --yolo 'a  b' '' '*'; echo code: $status; set -q SECRET; or echo shell: none",
}
SEEN = """wizard: run --
secret: s3cret
argument: <--yolo>
argument: <a  b>
argument: <>
argument: <*>
typed
code: 7
shell: none
"""


def around(home: Path, platform: str = "linux", **environ: str) -> Surroundings:
    return Surroundings(environ, platform, home, home / ".config" / "crush", home / ".local", home, home)


# In real shells


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def start_shell(tmp_path: Path, require_real: Callable[[str], NoReturn]) -> Callable[..., str]:
    """`start_shell(shell, text)`: what is printed when the shell, started with this start file, calls `crush`."""

    def start(shell: StartShell, text: str) -> str:
        if shutil.which(shell) is None:
            require_real(f"{shell} is not installed")
        program(tmp_path / "bin" / "crush-wizard", FAKE_WIZARD)
        program(tmp_path / "bin" / "crush", FAKE_CRUSH)
        file = start_file(shell, around(tmp_path))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        env = {"HOME": str(tmp_path), "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "LANG": "C.UTF-8"}
        command = [shell, "-i", "-c", CALL[shell]]
        done = subprocess.run(
            command, input="typed\n", env=env, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=30
        )
        return done.stdout

    return start


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_crush_gets_the_keys_and_the_shell_does_not(start_shell: Callable[..., str], shell: StartShell) -> None:
    assert start_shell(shell, block(shell)) == SEEN


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_an_alias_of_that_name_still_works(start_shell: Callable[..., str], shell: StartShell) -> None:
    seen = start_shell(shell, "alias crush='crush --debug'\n" + block(shell))
    assert seen == SEEN.replace("argument: <--yolo>", "argument: <--debug>\nargument: <--yolo>")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_path_of_the_program_may_be_any(start_shell: Callable[..., str], tmp_path: Path, shell: StartShell) -> None:
    path = tmp_path / "it's \\ $HOME" / "crush-wizard"
    program(path, FAKE_WIZARD.replace("wizard: ", "there: "))
    assert start_shell(shell, block(shell, str(path))) == SEEN.replace("wizard: ", "there: ")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_it_may_be_called_by_several_words(start_shell: Callable[..., str], tmp_path: Path, shell: StartShell) -> None:
    program(tmp_path / "my python", "#!/bin/sh\nshift 2\n" + FAKE_WIZARD.removeprefix("#!/bin/sh\n"))
    assert start_shell(shell, block(shell, str(tmp_path / "my python"), "-m", "wizard")) == SEEN


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish_reads_its_own_file_in_every_shell(tmp_path: Path) -> None:
    file = start_file("fish", around(tmp_path))
    file.parent.mkdir(parents=True)
    file.write_text(block("fish"))
    env = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    kind = subprocess.run(["fish", "-c", "type -t crush"], env=env, capture_output=True, text=True, check=True)
    assert kind.stdout == "function\n"


def test_in_powershell_what_is_piped_in_reaches_crush() -> None:
    function = block("powershell", r"C:\Users\O'Neil\crush-wizard.exe").splitlines()[2]
    assert function == (
        r"function crush { if ($MyInvocation.ExpectingInput) "
        r"{ $input | & 'C:\Users\O''Neil\crush-wizard.exe' run -- crush @args } "
        r"else { & 'C:\Users\O''Neil\crush-wizard.exe' run -- crush @args } }"
    )


# Which file


@pytest.mark.parametrize(
    ("shell", "platform", "environ", "there", "expected"),
    [
        ("bash", "linux", {}, (), ".bashrc"),
        ("bash", "darwin", {}, (), ".bash_profile"),
        ("bash", "darwin", {}, (".profile",), ".profile"),
        ("bash", "darwin", {}, (".profile", ".bash_profile"), ".bash_profile"),
        ("zsh", "linux", {}, (), ".zshrc"),
        ("zsh", "linux", {"ZDOTDIR": "/home/ada/z"}, (), "z/.zshrc"),
        ("fish", "linux", {}, (), ".config/fish/conf.d/crush-wizard.fish"),
        ("fish", "darwin", {"XDG_CONFIG_HOME": "/home/ada/c"}, (), "c/fish/conf.d/crush-wizard.fish"),
        ("powershell", "linux", {}, (), ".config/powershell/profile.ps1"),
        ("powershell", "win32", {}, (), "Documents/PowerShell/profile.ps1"),
        ("powershell", "win32", {}, ("Documents/WindowsPowerShell",), "Documents/WindowsPowerShell/profile.ps1"),
        (
            "powershell",
            "win32",
            {"OneDrive": "/home/ada/OneDrive"},
            ("OneDrive/Documents", "OneDrive/Documents/WindowsPowerShell", "OneDrive/Documents/PowerShell"),
            "OneDrive/Documents/PowerShell/profile.ps1",
        ),
    ],
)
def test_the_file_that_the_shell_reads(
    shell: StartShell, platform: str, environ: Mapping[str, str], there: tuple[str, ...], expected: str
) -> None:
    home = Path("/home/ada")
    found = start_file(shell, around(home, platform, **environ), lambda path: path in {home / name for name in there})
    assert found == home / expected


# The text around it


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, "BLOCK"),
        ("", "BLOCK"),
        ("alias ll='ls -l'\n", "alias ll='ls -l'\nBLOCK"),
        ("no end", "no end\nBLOCK-"),
        ("\n\n", "\n\nBLOCK"),
    ],
)
def test_the_block_comes_last(before: str | None, after: str) -> None:
    lines = block("bash")
    expected = after.replace("BLOCK-", lines.rstrip("\n")).replace("BLOCK", lines)
    assert start_file_edit(FILE, before, "bash").after == expected


def test_a_crlf_file_gets_crlf_lines() -> None:
    after = start_file_edit(FILE, "a\r\nb\r\n", "powershell").after
    assert after is not None
    assert after.startswith("a\r\nb\r\n" + BEGIN + "\r\n")
    assert after.count("\n") == after.count("\r\n")


@pytest.mark.parametrize("behind", ["", "\n", "\nlast\n"])
def test_another_block_of_ours_is_replaced_in_its_place(behind: str) -> None:
    old = f"first\n{BEGIN}\nanything\n\nmore\n{END}{behind}"
    after = start_file_edit(FILE, old, "bash").after
    assert after == "first\n" + block("bash").removesuffix("\n") + behind


def test_of_two_blocks_one_is_left() -> None:
    after = start_file_edit(FILE, f"{block('bash', '/old')}between\n{block('bash')}last\n", "bash").after
    assert after == f"{block('bash')}between\nlast\n"


@pytest.mark.parametrize("end", ["", "\n", "\n" + BEGIN + "\n" + END + "\n"])
def test_a_block_without_an_end_is_left_to_its_owner(end: str) -> None:
    text = f"first\n{BEGIN}\nanything{end}"
    with pytest.raises(InvalidConfig) as caught:
        start_file_edit(FILE, text, "bash")
    assert caught.value.where == f"{FILE}:2"


def test_marks_that_are_no_lines_of_their_own_are_no_block() -> None:
    text = f"echo '{BEGIN}'\n# {END}\n"
    assert start_file_edit(FILE, text, "bash").after == text + block("bash")


TEXTS = st.lists(st.sampled_from(["alias a=b", "", " ", "é", "# <<", "\t"])).flatmap(
    lambda lines: st.sampled_from(["\n".join(lines), "\r\n".join(lines), "".join(line + "\n" for line in lines)])
)


@given(text=TEXTS, shell=st.sampled_from(START_SHELLS))
def test_adding_twice_is_adding_once(text: str, shell: StartShell) -> None:
    added = start_file_edit(FILE, text, shell)
    assert added.after is not None
    assert added.after.startswith(text)
    assert start_file_edit(FILE, added.after, shell).edits == ()


def test_a_file_in_another_encoding_is_not_touched() -> None:
    with pytest.raises(InvalidConfig) as caught:
        start_file_text(b"# fine\n# caf\xe9\n", FILE)
    assert caught.value.where == f"{FILE}:2"
    assert start_file_text(None, FILE) is None
    assert start_file_text("\ufeff# é\r\n".encode(), FILE) == "\ufeff# é\r\n"


# On the disk


@pytest.mark.skipif(os.name == "nt", reason="modes and symlinks are those of Unix")
def test_it_is_applied_and_undone_as_any_other_file(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "bashrc"
    real.parent.mkdir()
    real.write_text("PS1='$ '")
    real.chmod(0o644)
    file = tmp_path / ".bashrc"
    file.symlink_to(real)
    history = History(tmp_path / "state")
    edit = start_file_edit(file, start_file_text(file.read_bytes(), file), "bash")
    applied = apply(Plan("setup", (edit,)), {}, {}, history)
    assert BEGIN in real.read_text()
    assert (file.is_symlink(), real.stat().st_mode & 0o777) == (True, 0o644)
    assert applied.record is not None
    undo(applied.record, {}, history)
    assert real.read_text() == "PS1='$ '"


def test_fish_s_file_and_folders_are_made_and_go_again(tmp_path: Path) -> None:
    file = start_file("fish", around(tmp_path))
    history = History(tmp_path / "state")
    applied = apply(Plan("setup", (start_file_edit(file, None, "fish"),)), {}, {}, history)
    assert file.read_text() == block("fish")
    assert applied.record is not None
    undo(applied.record, {}, history)
    assert not file.exists()
