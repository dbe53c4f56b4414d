"""The screen in README.md is the one that a user sees."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conftest import SecretService
    from tests.terminal.conftest import User

README = Path(__file__).parents[2] / "README.md"
BEFORE = """\
{
    "options": { "debug": false }
}
"""


def test_the_screen_is_real(keyring_user: User, secret_service: SecretService) -> None:
    shown = README.read_text(encoding="utf-8").split("```text\n$ ", 1)[1].split("```", 1)[0].splitlines()
    programs = keyring_user.home / "bin"
    programs.mkdir()
    (programs / "crush-wizard").touch(mode=0o755)
    keyring_user.writes(BEFORE)
    env = {"PATH": f"{programs}:/usr/bin:/bin"}
    window = keyring_user.wizard(*shown[0].split()[1:], env=env, columns=80, rows=40)
    window.answer("DeepSeek API key", "sk-1234567890abcdef")
    window.answer("Save?")
    assert window.exit_code() == 0
    seen = [line.rstrip() for line in window.screen.rstrip().splitlines()]
    assert seen == shown[1:]
