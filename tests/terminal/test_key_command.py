"""A password manager's reference, pasted where a key is asked for."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from tests.canary import CANARY

if TYPE_CHECKING:
    from tests.terminal.conftest import OpenTerminal, Terminal, User

ITEMS = [
    {"id": "i1", "title": "Mail", "category": "LOGIN", "vault": {"id": "v1", "name": "Private"}},
    {"id": "i2", "title": "DeepSeek", "category": "API_CREDENTIAL", "vault": {"id": "v1", "name": "Private"}},
    {"id": "i3", "title": "A card", "category": "CREDIT_CARD", "vault": {"id": "v1", "name": "Private"}},
]
OP = f"""#!{sys.executable} -I
import sys
if sys.argv[1:3] == ["item", "list"]:
    sys.exit(print({json.dumps(json.dumps(ITEMS))}))
if "op://v1/i2/credential" in sys.argv:
    sys.exit(print("{CANARY[::-1]}"[::-1]))
if "op://Private/Groq/key" not in sys.argv:
    sys.exit('[ERROR] "gone" isn\\'t an item')
print("{CANARY[::-1]}"[::-1])
"""


def with_op(user: User) -> dict[str, str | None]:
    folder = user.home / "bin"
    folder.mkdir()
    (folder / "op").write_text(OP)
    (folder / "op").chmod(0o700)
    return {"PATH": f"{folder}:{user.env['PATH']}", "WIZARD_MANAGERS": "onepassword"}


def references(user: User) -> str:
    return (user.home / ".config" / "crush-wizard" / "references.toml").read_text()


def test_an_item_is_picked(user: User) -> None:
    window = user.wizard("add-provider", "deepseek", env=with_op(user))
    window.wait_for_question("DeepSeek API key")
    window.wait_for("Enter alone: a password manager, or I set $DEEPSEEK_API_KEY myself")
    window.key("enter")
    window.choose("Where is the API key?", "From 1Password (op)")
    window.wait_for_question("Which item in 1Password has the key?")
    window.wait_for("Mail (Private)")
    assert "A card" not in window.screen
    window.choose("Which item in 1Password has the key?", "DeepSeek (Private)")
    window.wait_for("key comes from `op read --no-newline op://v1/i2/credential`")
    window.choose("Save?", "Yes")
    assert window.exit_code() == 0
    assert references(user) == 'DEEPSEEK_API_KEY = "op read --no-newline op://v1/i2/credential"\n'
    assert CANARY.encode() not in window.everything


def give_command(window: Terminal, line: str) -> None:
    window.wait_for_question("DeepSeek API key")
    window.key("enter")
    window.choose("Where is the API key?", "From another command")
    window.wait_for_question("Command that prints the key")
    window.send(f"{line}\r")


def test_another_command_or_none(user: User) -> None:
    window = user.wizard("add-provider", "deepseek", env=with_op(user))
    give_command(window, "false")
    window.wait_for("`false` failed with exit code 1")
    window.key("ctrl-c")
    assert window.exit_code() == 130
    window = user.wizard("add-provider", "deepseek", env={**with_none(), "WIZARD_MANAGERS": "onepassword"})
    window.wait_for_question("DeepSeek API key")
    window.key("enter")
    window.wait_for_question("Save?")


def with_none() -> dict[str, str | None]:
    return {"PATH": "/nowhere"}


def test_a_pasted_reference_is_taken_as_one(user: User) -> None:
    window = user.wizard("add-provider", "deepseek", env=with_op(user))
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
    assert references(user) == 'DEEPSEEK_API_KEY = "op read --no-newline op://Private/Groq/key"\n'
    assert json.loads(user.config.read_text())["providers"]["deepseek"]["api_key"] == "$DEEPSEEK_API_KEY"
    assert CANARY.encode() not in window.everything


KEEPASSXC = f"""#!{sys.executable} -I
import sys
print("AI/DeepSeek" if sys.argv[1] == "ls" else "{CANARY[::-1]}"[::-1])
"""


def test_a_file_that_is_not_there_is_asked_for_again(user: User, terminal: OpenTerminal) -> None:
    """One of the current folder is named in full: the command runs in the home folder."""
    folder = user.home / "bin"
    folder.mkdir()
    (folder / "keepassxc-cli").write_text(KEEPASSXC)
    (folder / "keepassxc-cli").chmod(0o700)
    (folder / "mine.kdbx").touch()
    env = {"PATH": f"{folder}:{user.env['PATH']}", "WIZARD_MANAGERS": "keepassxc"}
    command = ["env", "-C", str(folder), sys.executable, "-m", "wizard", "add-provider", "deepseek"]
    window = terminal(command, {**user.env, **env})
    window.wait_for_question("DeepSeek API key")
    window.key("enter")
    window.choose("Where is the API key?", "From KeePassXC (keepassxc-cli)")
    window.wait_for_question("Database file")
    window.send("gone.kdbx\r")
    window.wait_for("there is no file gone.kdbx")
    window.wait_for("? Database file: gone.kdbx")
    window.key("backspace", len("gone.kdbx"))
    window.wait_until_gone("? Database file: gone.kdbx")
    window.send("mine.kdbx\r")
    window.choose("Which item in KeePassXC has the key?", "AI/DeepSeek")
    window.choose("Save?", "Yes")
    assert window.exit_code() == 0
    assert f" -- {folder}/mine.kdbx AI/DeepSeek" in references(user)


def test_setup_takes_one_for_the_provider_that_is_picked(user: User) -> None:
    window = user.wizard(env=with_op(user))
    window.wait_for("? Which providers?")
    window.send("deepseek")
    window.wait_for("❯ ○ DeepSeek")
    window.key("tab")
    window.wait_for("❯ ● DeepSeek")
    window.key("enter")
    give_command(window, "op read op://Private/Groq/key")
    window.wait_for("key comes from `op read op://Private/Groq/key`")
    window.answer("Save?")
    assert window.exit_code() == 0
    assert references(user) == 'DEEPSEEK_API_KEY = "op read op://Private/Groq/key"\n'
    assert CANARY.encode() not in window.everything
