"""TAB in real shells, with completion installed by the program itself."""

from __future__ import annotations

import json
import os
import shutil
import sys
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.terminal.conftest import OpenTerminal, Terminal, User

    OpenShell = Callable[[str], Terminal]

pytestmark = pytest.mark.any_python

SHELLS = ["bash", "zsh", "fish"]
COMMANDS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-i"],
    "fish": ["fish", "--interactive"],
}
READY = "ready> "
"""Every shell's prompt in these tests."""
AT_CURSOR = "#"
"""Typed after TAB: what stands before it is in the line, and no grey suggestion of fish's."""
HOSTILE = {
    "$(touch${IFS}hit)": {"models": [{"id": "`touch hit`"}, {"id": "a b"}, {"id": "x\x1b[31m"}, {"id": "ok-1"}]},
    "local": {"models": [{"id": "qwen3:8b"}, {"id": "qwen3:32b"}, {"id": "vendor/odd@2"}]},
}


@pytest.fixture
def shell(user: User, terminal: OpenTerminal, tmp_path: Path, require_real: Callable[[str], NoReturn]) -> OpenShell:
    """`shell("zsh")`: an interactive shell of somebody who ran `completion --install`."""
    programs = tmp_path / "bin"
    programs.mkdir()
    wizard = programs / "crush-wizard"
    wizard.write_text(f'#!/bin/sh\nexec {sys.executable} -m wizard "$@"\n')
    wizard.chmod(0o755)
    user.env["PATH"] = f"{programs}:{os.environ['PATH']}"

    def start(name: str) -> Terminal:
        if shutil.which(name) is None:
            require_real(f"{name} is not installed")
        done = user.wizard("completion", name, "--install", "--yes")
        assert done.exit_code() == 0, done.screen
        window = terminal(COMMANDS[name], user.env, columns=120)
        prepare(name, user, window)
        return window

    return start


def prepare(name: str, user: User, window: Terminal) -> None:
    """A prompt to wait for; and for bash, where its completion package may be missing, what that package does."""
    prompt = {
        "bash": f". {user.home}/.local/share/bash-completion/completions/crush-wizard; PS1='{READY}'",
        "zsh": f"PS1='{READY}'",
        "fish": f"function fish_prompt; printf '{READY}'; end",
    }
    window.send(f"{prompt[name]}; cd {user.home}; clear\r")
    window.wait_for(READY)


@pytest.mark.parametrize("name", SHELLS)
@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("crush-wizard add-pro", "crush-wizard add-provider"),
        ("crush-wizard add-provider gro", "crush-wizard add-provider groq"),
        ("crush-wizard add-provider --secret-st", "crush-wizard add-provider --secret-store"),
        ("crush-wizard add-provider --secret-store env", "crush-wizard add-provider --secret-store environment"),
        (
            "crush-wizard add-provider deepseek --model deepseek-v4-p",
            "crush-wizard add-provider deepseek --model deepseek-v4-pro",
        ),
        ("crush-wizard add-provider local --large qwen3:8", "crush-wizard add-provider local --large qwen3:8b"),
        ("crush-wizard add-provider local --large=qwen3:8", "crush-wizard add-provider local --large=qwen3:8b"),
        ("crush-wizard add-provider local --small ven", "crush-wizard add-provider local --small vendor/odd@2"),
    ],
)
def test_tab_completes(name: str, typed: str, line: str, shell: OpenShell, user: User) -> None:
    user.writes(json.dumps({"providers": HOSTILE}))
    window = shell(name)
    window.send(typed + "\t" + AT_CURSOR)
    window.wait_for(f"{READY}{line}{AT_CURSOR}")


def test_a_person_sees_what_is_written_and_is_asked(user: User) -> None:
    window = user.wizard("completion", "zsh", "--install", rows=100)
    shown = window.answer("Write this to ~/.local/share/zsh/site-functions/_crush-wizard and ~/.zshrc?")
    assert "+#compdef crush-wizard" in shown
    assert "+# >>> crush-wizard completion >>>" in shown
    assert window.exit_code() == 0
    assert (user.home / ".zshrc").exists()


@pytest.mark.parametrize("way", ["n\r", "\x03"])
def test_who_does_not_want_it_keeps_everything(user: User, way: str) -> None:
    before = user.snapshot()
    window = user.wizard("completion", "fish", "--install")
    window.wait_for("? Write this to ~/.config/fish/completions/crush-wizard.fish?")
    window.send(way)
    assert window.exit_code() == 130
    assert user.snapshot() == before
