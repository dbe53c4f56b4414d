"""A project's file whose every text acts: nothing that is printed about it steers a terminal or a shell."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, NoReturn

import pytest

from wizard.shown import acts, shell_word

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Finished, Machine

ESC, BIDI, NEWLINE = "\x1b]0;owned\x07\x1b[8m", "\u202egnp.", "\ntouch owned\n"
BAD = f"bad{ESC}{BIDI}{NEWLINE}"
ENTRY = {
    "name": BAD,
    "type": "openai-compat",
    "base_url": "https://llm.mine.example/v1",
    "api_key": "$MINE_KEY",
    "extra_headers": {"X-Team": f"a{BIDI}"},
    "models": [{"id": BAD, "name": BAD, "context_window": 1000}],
}
CONFIG = {
    "providers": {
        BAD: ENTRY,
        "url": {**ENTRY, "base_url": f"https://llm.mine.example/{BAD}", "extra_headers": {}},
        "path": {
            **ENTRY,
            "base_url": f"https://llm.mine.example/{BIDI}';touch owned",
            "extra_headers": {},
        },
        "type": {**ENTRY, "type": BAD},
    },
    "models": {"large": {"provider": BAD, "model": BAD}},
}
COMMANDS = (
    ("list",),
    ("show", BAD),
    ("show", "url"),
    ("use",),
    ("paths",),
    ("doctor", "--offline"),
    ("doctor", "--offline", "--report"),
    ("env", "--names"),
    ("models", BAD, "--offline"),
    ("test", "--curl"),
    ("test", BAD, "--curl"),
    ("presets", "show", BAD),
    ("use", "small", f"{BAD}/{BAD}", "--dry-run"),
    ("remove-provider", BAD, "--dry-run"),
    ("hide", BAD, "--dry-run"),
    ("unhide", BAD, "--dry-run"),
    ("undo", "--list"),
    ("secret", "list"),
    ("export", "-"),
    ("no-such" + ESC,),
    ("import", f"no{ESC}such.toml"),
)


@pytest.fixture
def hostile(machine: Machine, tmp_path: Path) -> Path:
    """A folder with an ugly name and an ugly file in it."""
    folder = tmp_path / f"project{ESC}{BIDI}"
    folder.mkdir()
    (folder / "crush.json").write_text(json.dumps(CONFIG, indent=1, ensure_ascii=False), encoding="utf-8")
    (folder / ".git").mkdir()
    machine.env |= {"MINE_KEY": "k"}
    return folder


@pytest.mark.parametrize(
    "command", COMMANDS, ids=lambda command: " ".join(command[:2])[:20].encode("unicode_escape").decode()
)
def test_nothing_acts(machine: Machine, hostile: Path, command: tuple[str, ...]) -> None:
    done = machine.run(*command, cwd=hostile)
    assert _acting(done) == set()
    assert "unexpected error" not in done.err
    lines = done.out.splitlines() + done.err.splitlines()
    assert [line for line in lines if line.startswith("touch owned")] == []


def _acting(done: Finished) -> set[str]:
    return {character for character in done.out + done.err if acts(character) and character != "\n"}


def test_a_curl_line_runs_nothing_but_curl(machine: Machine, hostile: Path, tmp_path: Path) -> None:
    lines = machine.run("test", "path", BAD, "url", "--curl", cwd=hostile).out
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "curl").write_text('#!/bin/sh\nprintf "%s\\n" "$@" >> argv\n', encoding="utf-8")
    (programs / "curl").chmod(0o755)
    work = tmp_path / "work"
    work.mkdir()
    env = {"PATH": f"{programs}:/usr/bin:/bin", "MINE_KEY": "k"}
    subprocess.run(["sh", "-eu", "-c", lines], env=env, cwd=work, check=True)
    assert sorted(path.name for path in work.iterdir()) == ["argv"]
    assert "https://llm.mine.example/%E2%80%AEgnp.';touch%20owned" in (work / "argv").read_text(encoding="utf-8")


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_word_of_the_shell_stays_one_word(shell: str, require_real: Callable[[str], NoReturn]) -> None:
    if shutil.which(shell) is None:
        require_real(f"{shell} is not installed")
    word = f"it's \\ {BAD}$(id)`id` \u00e9"
    shown = shell_word(word)
    assert not any(map(acts, shown))
    done = subprocess.run(
        [shell, "-c", f"printf %s {shown}"], capture_output=True, env={"LC_ALL": "C.UTF-8"}, check=True
    )
    assert done.stdout.decode() == word
