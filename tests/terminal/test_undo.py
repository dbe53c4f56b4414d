"""`undo` in a real terminal: what the last change was, a confirmation, and everything as it had been."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.canary import CANARY

if TYPE_CHECKING:
    from tests.conftest import SecretService
    from tests.terminal.conftest import Terminal, User

ACME_KEY = "acme-literal-canary-4711"


def add_groq(user: User) -> None:
    window = user.wizard("add-provider", "groq")
    window.answer("Groq API key", CANARY)
    window.answer("Save?")
    assert window.exit_code() == 0, window.screen


def nothing_to_undo(user: User) -> bool:
    window: Terminal = user.wizard("undo")
    window.wait()
    return "nothing to undo" in window.screen


def test_undo_brings_every_byte_back_and_takes_the_key_away(
    keyring_user: User, secret_service: SecretService, hand_written: str
) -> None:
    before = keyring_user.writes(hand_written)
    add_groq(keyring_user)
    assert secret_service.get("GROQ_API_KEY") == CANARY
    window = keyring_user.wizard("undo")
    window.wait_for("GROQ_API_KEY is deleted from the keyring")
    window.answer("Undo `add-provider groq`?")
    window.wait_for("Undid add-provider groq")
    assert window.exit_code() == 0
    assert window.cooked
    assert keyring_user.config.read_bytes() == before.encode()
    assert secret_service.get("GROQ_API_KEY") is None
    assert ACME_KEY.encode() not in window.everything
    assert nothing_to_undo(keyring_user)


def test_undo_of_a_new_file_removes_it(user: User) -> None:
    window = user.wizard("add-provider", "ollama")
    window.answer("Model ids")
    window.answer("Save?")
    assert window.exit_code() == 0
    window = user.wizard("undo")
    window.answer("Undo `add-provider ollama`?")
    assert window.exit_code() == 0
    assert not user.config.exists()


@pytest.mark.parametrize("way", ["no", "ctrl-c", "ctrl-d"])
def test_undo_that_is_not_confirmed_changes_nothing(
    keyring_user: User, secret_service: SecretService, hand_written: str, way: str
) -> None:
    keyring_user.writes(hand_written)
    add_groq(keyring_user)
    before = keyring_user.snapshot()
    window = keyring_user.wizard("undo")
    if way == "no":
        window.answer("Undo", "n")
    else:
        window.wait_for("? Undo")
        window.key(way)
    assert window.exit_code() == 130
    assert "nothing was changed" in window.screen
    assert keyring_user.snapshot() == before
    assert secret_service.get("GROQ_API_KEY") == CANARY


def test_undo_refuses_when_the_file_was_edited_since(
    keyring_user: User, secret_service: SecretService, hand_written: str
) -> None:
    keyring_user.writes(hand_written)
    add_groq(keyring_user)
    edited = keyring_user.config.read_text() + "\n"
    keyring_user.writes(edited)
    window = keyring_user.wizard("undo")
    window.wait()
    assert window.exit_code() == 4, window.screen
    assert keyring_user.config.read_text() == edited
    assert secret_service.get("GROQ_API_KEY") == CANARY
