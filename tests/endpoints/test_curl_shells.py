"""The curl lines as a person pastes them: into real shells, at a real terminal, where `!` brings a command back."""

from __future__ import annotations

import fcntl
import os
import pty
import shutil
import subprocess
import termios
import threading
from typing import TYPE_CHECKING, NoReturn

import pytest

from tests.canary import CANARY
from tests.endpoints.curl_calls import assert_same_requests, headers_of
from wizard.endpoints.curl import comment, curl_lines
from wizard.endpoints.wire import Live
from wizard.redaction import hide_secret
from wizard.shown import command_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

SHELLS = {
    "bash": ("bash", "--norc", "--noprofile", "-i"),
    "zsh": ("zsh", "-f", "-i"),
    "fish": ("fish", "--no-config", "-i"),
    "dash": ("dash", "-i"),
}
MODEL = "it's!$HOME \\ \\\\ \\' `id` \"!x\" m!"
HEADERS = {"X-Team": "a!b \\ \\\\ 'c' $d", "X-Gateway-Token": CANARY}
STUB = '#!/bin/sh\nprintf \'%s\\0\' "$@" >> "$OUT"; printf \'\\1\' >> "$OUT"\n'


@pytest.fixture(params=SHELLS)
def typed(request: pytest.FixtureRequest, tmp_path: Path, require_real: Callable[[str], NoReturn]) -> _Typed:
    if not shutil.which(request.param):
        require_real(f"{request.param} is not installed")
    return _Typed(SHELLS[request.param], tmp_path)


class _Typed:
    """What an interactive shell gives to `curl` and `crush-wizard` of lines that somebody types into it."""

    def __init__(self, shell: tuple[str, ...], folder: Path) -> None:
        self.shell, self.folder = shell, folder
        for name in ("curl", "crush-wizard"):
            (folder / name).write_text(STUB, encoding="utf-8")
            (folder / name).chmod(0o755)

    def __call__(self, lines: str, environ: Mapping[str, str]) -> list[list[str]]:
        out = self.folder / "argv"
        out.touch()
        env = {"PATH": f"{self.folder}:/usr/bin:/bin", "HOME": str(self.folder), "OUT": str(out), "TERM": "dumb"}
        ours, theirs = pty.openpty()
        with subprocess.Popen(
            self.shell,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=self.folder,
            env={**env, "LC_ALL": "C.UTF-8", **environ},
            start_new_session=True,
            preexec_fn=_take_terminal,
        ) as process:
            os.close(theirs)
            threading.Thread(target=_drain, args=(ours,), daemon=True).start()
            for line in ("true said-before", *lines.splitlines(), "exit"):
                os.write(ours, f"{line}\n".encode())
            process.wait(60)
        calls = out.read_text(encoding="utf-8").split("\1")[:-1]
        return [call.split("\0")[:-1] for call in calls]


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _drain(terminal: int) -> None:
    try:
        while os.read(terminal, 65536):
            pass
    except OSError:  # the shell has gone
        os.close(terminal)


def test_a_shell_makes_the_same_requests_of_them(typed: _Typed) -> None:
    live = Live("mine", "openai-compat", "https://h.example/!x", CANARY, HEADERS, {"user": "a!b"})
    argvs = typed(curl_lines(live, MODEL, "$MINE_KEY"), {"MINE_KEY": CANARY, "X_GATEWAY_TOKEN": CANARY})
    assert_same_requests(argvs, live, MODEL)


def test_a_variable_beside_what_acts_in_quotes(typed: _Typed) -> None:
    live = Live(
        "mine", "anthropic", "https://h.example", f"Bearer {CANARY}", {"!b$`x`": "a"}, hidden=frozenset({"!b$`x`"})
    )
    argv, *_ = typed(curl_lines(live, "m", "$MINE_KEY"), {"MINE_KEY": f"Bearer {CANARY}", "B_X": "v"})
    assert headers_of(argv)["Authorization"] == f"Bearer {CANARY}"
    assert headers_of(argv)["!b$`x`"] == "v"


@pytest.mark.parametrize(
    "provider", ["x; touch gone", "x $(touch gone)", "it's", "a!x", "x\ntouch gone", "`touch gone`"]
)
def test_no_shell_acts_on_a_comment(typed: _Typed, provider: str) -> None:
    (argv,) = typed(comment(provider, "why it can't be asked") + "curl on\n", {})
    assert argv == ["on"]
    assert not (typed.folder / "gone").exists()


def test_what_is_masked_in_an_address_acts_nowhere(typed: _Typed) -> None:
    hide_secret("correct-horse")
    live = Live("mine", "openai-compat", "https://h.example/correct-horse/touch", CANARY)
    argv, *_ = typed(curl_lines(live, "m", "$MINE_KEY", quick=True), {})
    assert "https://h.example/<redacted>/touch/models" in argv


def test_a_command_of_ours_keeps_its_words(typed: _Typed) -> None:
    words = ["show", "it's", "a!x", "=cat", "", "~", "\\\\", "a\\'b\\", '$HOME `id` "!"', "{a,b}", "*", "^x^y"]
    (argv,) = typed(command_line(*words) + "\n", {})
    assert argv == words
