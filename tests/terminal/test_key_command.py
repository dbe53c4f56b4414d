"""A password manager's reference, pasted where a key is asked for."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from tests.canary import CANARY

if TYPE_CHECKING:
    from tests.terminal.conftest import User

OP = f"""#!{sys.executable} -I
import sys
if "op://Private/Groq/key" not in sys.argv:
    sys.exit('[ERROR] "gone" isn\\'t an item')
print("{CANARY[::-1]}"[::-1])
"""


def test_a_pasted_reference_is_taken_as_one(user: User) -> None:
    folder = user.home / "bin"
    folder.mkdir()
    (folder / "op").write_text(OP)
    (folder / "op").chmod(0o700)
    window = user.wizard("add-provider", "deepseek", env={"PATH": f"{folder}:{user.env['PATH']}"})
    window.wait_for_question("DeepSeek API key")
    window.paste("op://Private/gone/key")
    window.key("enter")
    window.wait_for('"gone" isn\'t an item')
    window.wait_for("1Password does not have this item; to see them: op item list")
    window.wait_for_question("DeepSeek API key")
    window.paste("op://Private/Groq/key")
    window.key("enter")
    window.wait_for("taken as a reference: op read --no-newline op://Private/Groq/key")
    window.wait_for("key comes from `op read --no-newline op://Private/Groq/key`")
    window.choose("Save?", "Yes")
    assert window.exit_code() == 0
    references = user.home / ".config" / "crush-wizard" / "references.toml"
    assert references.read_text() == 'DEEPSEEK_API_KEY = "op read --no-newline op://Private/Groq/key"\n'
    assert json.loads(user.config.read_text())["providers"]["deepseek"]["api_key"] == "$DEEPSEEK_API_KEY"
    assert CANARY.encode() not in window.everything
