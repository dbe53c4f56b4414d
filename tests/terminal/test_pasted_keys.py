"""Keys that are pasted in a real terminal: at the question for one, and at questions that want none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.canary import CANARY
from tests.terminal.conftest import SIZES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import SecretService
    from tests.terminal.conftest import Asked, Terminal, User

OTHER = "gsk_Canary0123456789ABCDEFghijkl9876"
LABELLED = f'export DEEPSEEK_API_KEY="{CANARY}"'
END = f"sk-...{CANARY[-4:]}"
KEY: dict[str, Any] = {"key": "key", "text": "API key for DeepSeek", "kind": "secret", "default": ""}
OTHERS_KEY = {**KEY, "text": "API key for Groq"}
PASSPHRASE = {"key": "secret", "text": "Passphrase", "kind": "secret"}
CHOICE: dict[str, Any] = {
    "key": "provider",
    "text": "Which provider?",
    "kind": "choice",
    "choices": [["deepseek", "DeepSeek"], ["groq", "Groq"], *([f"p{n}", f"Provider {n}"] for n in range(20))],
}
MANY = {**CHOICE, "kind": "many", "default": ["groq"]}
CONFIRM = {"key": "yes", "text": "Write it?", "kind": "confirm", "default": False}
URL: dict[str, Any] = {"key": "base_url", "text": "Base URL", "kind": "text", "default": "http://localhost/v1"}
IDS: dict[str, Any] = {"key": "models", "text": "Model ids", "kind": "many", "default": []}
ASKED_WRONGLY = [CHOICE, MANY, CONFIRM]


def named(question: dict[str, Any]) -> str:
    return str(question["kind"])


def not_shown(asked: Asked, *keys: str) -> None:
    """No more of a key than its end has ever been on the screen."""
    for key in keys or (CANARY,):
        assert key.encode() not in asked.terminal.everything
        assert key[-5:].encode() not in asked.terminal.everything


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_a_paste_is_said_to_have_arrived(ask: Callable[..., Asked], columns: int, rows: int) -> None:
    asked = ask({**KEY, "text": "API key"}, columns=columns, rows=rows)
    asked.terminal.wait_for("? API key:")
    asked.terminal.paste(LABELLED + "\n")
    said = f"✓ API key: {END} (26 characters; took off `export DEEPSEEK_API_KEY=` and quotes)"
    asked.terminal.wait_for(said)
    asked.terminal.key("enter")
    assert asked.answers() == {"key": CANARY}
    assert "".join(said.split()) in "".join(asked.terminal.screen.split())
    not_shown(asked)


def test_nothing_is_shown_of_a_short_key(ask: Callable[..., Asked]) -> None:
    asked = ask(KEY)
    asked.terminal.wait_for("? API key")
    asked.terminal.paste("short-key-7731")
    asked.terminal.wait_for("✓ API key: 14 characters")
    asked.terminal.key("enter")
    assert asked.answers() == {"key": "short-key-7731"}
    assert b"7731" not in asked.terminal.everything


def test_what_is_typed_by_hand_is_not_repeated_meanwhile(ask: Callable[..., Asked]) -> None:
    asked = ask(KEY)
    asked.terminal.wait_for("? API key")
    asked.terminal.send(CANARY)
    asked.terminal.wait_for("*" * len(CANARY))
    assert "cdef" not in asked.terminal.screen


def test_what_can_be_no_key_is_left_to_the_question(ask: Callable[..., Asked]) -> None:
    asked = ask(KEY)
    asked.terminal.wait_for("? API key")
    asked.terminal.paste("$DEEPSEEK_API_KEY")
    asked.terminal.wait_for("***")
    assert "✓" not in asked.terminal.screen
    asked.terminal.key("enter")
    assert asked.answers() == {"key": "$DEEPSEEK_API_KEY"}


@pytest.mark.parametrize("question", ASKED_WRONGLY, ids=named)
@pytest.mark.parametrize("way", ["paste", "burst"])
@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_a_key_at_another_question_is_kept_for_its_own(
    ask: Callable[..., Asked], question: dict[str, Any], way: str, columns: int, rows: int
) -> None:
    asked = ask(question, KEY, columns=columns, rows=rows)
    window = asked.terminal
    window.wait_for("Enter")
    if way == "paste":
        window.paste(LABELLED + "\n")
    else:
        window.send(LABELLED + "\r")
    window.wait_for(f"that looks like an API key: {END} (26 characters")
    window.wait_for("It is kept for the key question")
    assert "? " + question["text"] in window.screen
    assert "/ export" not in window.screen
    window.key("enter")
    window.wait_for(f"kept: {END}; Enter takes it")
    window.key("enter")
    assert asked.answers()["key"] == CANARY
    not_shown(asked)


@pytest.mark.parametrize("question", [URL, IDS], ids=named)
def test_a_key_is_not_typed_where_everybody_would_see_it(ask: Callable[..., Asked], question: dict[str, Any]) -> None:
    asked = ask(question, KEY)
    window = asked.terminal
    window.wait_for("? " + question["text"])
    window.paste(LABELLED + "\n")
    window.wait_for(f"that looks like an API key: {END} (26 characters")
    window.key("enter")
    window.wait_for(f"kept: {END}; Enter takes it")
    window.key("enter")
    assert asked.answers() == {question["key"]: question["default"], "key": CANARY}
    not_shown(asked)


def test_nothing_is_lost_where_a_key_was_pasted(ask: Callable[..., Asked]) -> None:
    asked = ask(MANY)
    asked.terminal.wait_for("1 picked")
    asked.terminal.send("er")
    asked.terminal.wait_for("❯ ○ Provider 0")
    asked.terminal.send("-10\x7f\x7f\x7f")
    asked.terminal.key("end")
    asked.terminal.key("up", times=9)
    asked.terminal.key("tab")
    asked.terminal.wait_for("❯ ● Provider 10")
    asked.terminal.paste(CANARY)
    asked.terminal.wait_for("that looks like an API key")
    asked.terminal.wait_for("❯ ● Provider 10")
    assert "/ er  20 of 22, 2 picked" in asked.terminal.screen
    asked.terminal.key("enter")
    assert asked.answers() == {"provider": ["groq", "p10"]}


@pytest.mark.parametrize("pasted", ["Provider 7", "claude-sonnet-4-5-20250929", "qwen3-coder:480b"])
def test_an_ordinary_paste_still_filters(ask: Callable[..., Asked], pasted: str) -> None:
    window = ask(CHOICE).terminal
    window.wait_for("type to filter")
    window.paste(pasted)
    window.wait_for(f"/ {pasted}")


def test_a_key_that_the_list_has_in_it_filters(ask: Callable[..., Asked]) -> None:
    window = ask({**CHOICE, "choices": [*CHOICE["choices"], ["x", "0123456789abcdef0123456789abcdef"]]}).terminal
    window.wait_for("type to filter")
    window.paste("0123456789abcdef0123456789abcdef")
    window.wait_for("1 of 23")


def test_going_back_keeps_a_pasted_key(ask: Callable[..., Asked]) -> None:
    asked = ask(CHOICE, KEY)
    window = asked.terminal
    window.answer("Which provider?")
    window.wait_for("? API key")
    window.paste(CANARY)
    window.wait_for("✓ API key:")
    window.key("esc")
    window.answer("Which provider?")
    window.wait_for(f"kept: {END}; Enter takes it")
    window.key("enter")
    assert asked.answers()["key"] == CANARY
    not_shown(asked)


def test_going_back_behind_an_answered_key_keeps_it(ask: Callable[..., Asked]) -> None:
    asked = ask(KEY, CHOICE)
    window = asked.terminal
    window.wait_for("? API key")
    window.paste(CANARY)
    window.answer("API key")
    window.wait_for("? Which provider?")
    window.key("esc")
    window.wait_for(f"kept: {END}; Enter takes it")
    window.key("enter")
    window.answer("Which provider?")
    assert asked.answers()["key"] == CANARY


def test_a_kept_key_can_be_forgotten_or_replaced(ask: Callable[..., Asked]) -> None:
    asked = ask(KEY, CHOICE)
    window = asked.terminal
    window.wait_for("? API key")
    window.paste(CANARY)
    window.answer("API key")
    window.wait_for("? Which provider?")
    window.key("esc")
    window.wait_for("kept:")
    window.key("backspace")
    window.wait_until_gone("kept:")
    window.key("enter")
    window.wait_for("? Which provider?")
    window.key("esc")
    window.wait_for("? API key")
    window.paste(OTHER)
    window.wait_for("✓ API key: gsk_...9876")
    window.key("enter")
    window.answer("Which provider?")
    assert asked.answers()["key"] == OTHER
    not_shown(asked, CANARY, OTHER)


def gives_one_and_not_the_next(asked: Asked) -> Terminal:
    window: Terminal = asked.terminal
    window.wait_for("? API key for DeepSeek")
    window.paste(CANARY)
    window.answer("API key for DeepSeek")
    assert "kept" not in window.wait_for("? API key for Groq")
    window.key("enter")
    return window


def test_a_key_is_not_offered_to_anything_else(ask: Callable[..., Asked]) -> None:
    asked = ask(KEY, OTHERS_KEY, PASSPHRASE)
    window = gives_one_and_not_the_next(asked)
    window.wait_for("? Passphrase")
    window.paste(OTHER)
    window.wait_for("***")
    assert "gsk_" not in window.screen
    window.key("enter")
    assert json.loads(json.dumps(asked.answers())) == {"key": "", "secret": OTHER}
    not_shown(asked, CANARY, OTHER)


def test_a_key_is_offered_again_for_its_server_under_any_name(ask: Callable[..., Asked]) -> None:
    here = {"whose": "openai-compatible gw.corp"}
    asked = ask({**KEY, **here}, {**OTHERS_KEY, "whose": "openai-compatible b.corp"}, {**OTHERS_KEY, **here})
    window = gives_one_and_not_the_next(asked)
    window.wait_for(f"kept: {END}; Enter takes it")
    window.key("enter")
    assert asked.answers()["key"] == CANARY


@pytest.mark.parametrize("question", [CHOICE, MANY, CONFIRM], ids=named)
def test_plain_lines_say_that_the_paste_arrived_and_keep_it(
    ask: Callable[..., Asked], question: dict[str, Any]
) -> None:
    asked = ask(question, KEY, CHOICE, env={"TERM": "dumb"}, columns=40, rows=40)
    window = asked.terminal
    window.wait_for("> ")
    window.send(LABELLED + "\r")
    window.wait_for(f"that looks like an API key: {END}")
    window.send("n\r" if question is CONFIRM else "1\r")
    window.wait_for(f"kept: {END}; Enter takes it, 'none' deletes it (< back) >")
    window.send("\r")
    window.wait_for(f"API key: {END} (26 characters) Which provider?")
    window.wait_for("filters, < back) >")
    window.send("<\r")
    offer = f"API key for DeepSeek kept: {END}; Enter takes it, 'none' deletes it (< back) >"
    window.wait_for(f"filters, < back) > < {offer}")
    window.send("none\r")
    window.wait_for("'none' deletes it (< back) > Which provider?")
    window.wait_for("filters, < back) >")
    window.send("1\r")
    assert asked.answers()["key"] == ""
    assert b"\x1b" not in window.everything


def test_plain_lines_say_what_was_taken_off(ask: Callable[..., Asked]) -> None:
    asked = ask(KEY, env={"TERM": "dumb"})
    asked.terminal.wait_for("> ")
    asked.terminal.send(LABELLED + "\r")
    asked.terminal.wait_for(f"API key: {END} (26 characters; took off `export DEEPSEEK_API_KEY=` and quotes)")
    assert asked.answers() == {"key": CANARY}
    not_shown(asked)


def test_a_key_from_the_first_list_is_the_providers(keyring_user: User, secret_service: SecretService) -> None:
    """As a person does it who has only the key: paste, choose, Enter."""
    window = keyring_user.wizard("add-provider", rows=50)
    window.wait_for_question("Provider")
    window.paste(CANARY)
    window.wait_for("It is kept for the key question")
    window.send("deepseek\r")
    window.wait_for(f"kept: {END}; Enter takes it")
    window.answer("DeepSeek API key")
    window.answer("Save?")
    assert window.exit_code() == 0, window.screen
    assert secret_service.get("DEEPSEEK_API_KEY") == CANARY
    assert CANARY.encode() not in window.everything
