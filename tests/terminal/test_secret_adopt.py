"""`secret adopt` in a real terminal: the choice, the consent for start files, the diff, and every way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.canary import CANARY
from tests.terminal.conftest import SIZES

if TYPE_CHECKING:
    from tests.conftest import SecretService
    from tests.terminal.conftest import User

OTHER = "other-canary-4711-xyz"
CONFIG = f"""{{
  "providers": {{
    "groq": {{"api_key": "{CANARY}"}},
    "acme": {{"api_key": "{OTHER}"}}
  }}
}}
"""


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_one_of_two_is_chosen(keyring_user: User, secret_service: SecretService, columns: int, rows: int) -> None:
    keyring_user.writes(CONFIG)
    window = keyring_user.wizard("secret", "adopt", columns=columns, rows=rows)
    window.wait_for("? Which keys do you want to move to the keyring?")
    window.wait_for("GROQ_API_KEY")
    window.key("down")
    window.key("space")
    window.key("enter")
    window.wait_for("? Write this to")
    window.key("enter")
    assert window.exit_code() == 0, window.screen
    assert keyring_user.providers["groq"]["api_key"] == "$GROQ_API_KEY"
    assert keyring_user.providers["acme"]["api_key"] == OTHER
    assert secret_service.get("GROQ_API_KEY") == CANARY
    assert secret_service.get("ACME_API_KEY") is None
    assert keyring_user.files_with(CANARY) == []
    for canary in (CANARY, OTHER):
        assert canary.encode() not in window.everything


def test_a_start_file_is_changed_only_on_consent(keyring_user: User, secret_service: SecretService) -> None:
    start = keyring_user.home / ".bashrc"
    text = f"export XAI_API_KEY={CANARY}\n"
    start.write_text(text)
    window = keyring_user.wizard("secret", "adopt")
    window.answer("Which keys do you want to move")
    asked = window.wait_for("? Remove 1 line from your start files?")
    assert "(y/N)" in asked
    window.key("enter")
    window.wait_for("? Write this to")
    window.key("enter")
    assert window.exit_code() == 0, window.screen
    assert start.read_text() == text
    assert secret_service.get("XAI_API_KEY") == CANARY
    assert "~/.bashrc:1" in window.screen


def test_esc_goes_back_to_the_choice(keyring_user: User) -> None:
    keyring_user.writes(CONFIG)
    window = keyring_user.wizard("secret", "adopt")
    window.answer("Which keys do you want to move")
    window.wait_for("? Write this to")
    window.key("esc")
    window.wait_for("? Which keys do you want to move")
    window.key("space")
    window.key("enter")
    window.wait_for("? Write this to")
    window.key("enter")
    assert window.exit_code() == 0, window.screen
    assert keyring_user.providers["groq"]["api_key"] == CANARY
    assert keyring_user.providers["acme"]["api_key"] == "$ACME_API_KEY"


@pytest.mark.parametrize("way", ["no", "ctrl-c", "ctrl-d"])
def test_what_is_not_confirmed_changes_nothing(keyring_user: User, secret_service: SecretService, way: str) -> None:
    keyring_user.writes(CONFIG)
    window = keyring_user.wizard("secret", "adopt")
    window.answer("Which keys do you want to move")
    window.wait_for("? Write this to")
    if way == "no":
        window.send("n\r")
    else:
        window.key(way)
    assert window.exit_code() == 130
    assert keyring_user.config.read_text() == CONFIG
    assert secret_service.get("GROQ_API_KEY") is None


def test_nothing_picked_is_nothing_done(keyring_user: User) -> None:
    keyring_user.writes(CONFIG)
    window = keyring_user.wizard("secret", "adopt")
    window.wait_for("? Which keys do you want to move")
    window.key("space")
    window.key("down")
    window.key("space")
    window.key("enter")
    assert window.exit_code() == 0
    assert "nothing picked" in window.screen
    assert keyring_user.config.read_text() == CONFIG
