"""`add-provider` in a terminal with a live endpoint: picking from its models, and what a failed test leads to."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from tests.model_server import KEY

if TYPE_CHECKING:
    from tests.conftest import SecretService
    from tests.model_server import ModelServer
    from tests.terminal.conftest import Terminal, User

WRONG = "sk-wrong-canary-77aa01"
SIZES = [(80, 24), pytest.param(40, 24, marks=pytest.mark.any_python)]
BOX = """
id = "mybox"
name = "Box"
description = "A local server that is not where it usually is"
type = "openai-compat"
base_url = "http://127.0.0.1:9/v1"
local = true

[key]
need = "none"
dummy = "box"
"""


def start(user: User, server: ModelServer, columns: int = 80, rows: int = 24) -> Terminal:
    flags = ("--id", "mine", "--name", "Mine", "--type", "openai-compat", "--api-key-env", "MINE_API_KEY")
    online = {"WIZARD_OFFLINE": None}
    arguments = ("add-provider", "openai-compatible", "--base-url", server.url, *flags)
    return user.wizard(*arguments, env=online, columns=columns, rows=rows)


def give_key(window: Terminal, key: str) -> None:
    window.wait_for("? API key for Mine")
    window.paste(key)
    window.wait_for("***")
    window.key("enter")
    window.answer("How shall Crush get its keys?")


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_models_are_picked_from_what_is_there(
    keyring_user: User, secret_service: SecretService, model_server: ModelServer, columns: int, rows: int
) -> None:
    window = start(keyring_user, model_server, columns, rows)
    window.answer("Where is the API key?")
    give_key(window, KEY)
    asked = window.wait_for("? Which models?")
    assert "m-large" in asked
    assert "text-embedding-m" not in asked
    window.key("space")
    window.answer("Which models?")
    window.answer("Large model")
    window.answer("Small model")
    window.answer("Write this to")
    assert window.exit_code() == 0, window.screen
    assert b" streaming" in window.everything  # the diff has pushed it off the screen
    (model,) = keyring_user.providers["mine"]["models"]
    assert model["context_window"] in (64_000, 32_000)
    assert secret_service.get("MINE_API_KEY") == KEY
    assert KEY.encode() not in window.everything


def test_a_refused_key_can_be_corrected(
    keyring_user: User, secret_service: SecretService, model_server: ModelServer
) -> None:
    window = start(keyring_user, model_server, rows=80)
    window.answer("Where is the API key?")
    give_key(window, WRONG)
    asked = window.wait_for("? Model ids")
    assert "the key is refused" in asked
    window.send("m-large\r\r")
    for fact in ("Name", "Context window", "Longest answer", "Price of input", "Price of output"):
        window.answer(f"{fact} of m-large")
    for fact in ("Reasoning", "Images"):
        window.answer(f"{fact} of m-large")
    window.answer("Large model")
    window.answer("Small model")
    window.wait_for("? The test failed. What now?")
    assert secret_service.get("MINE_API_KEY") is None
    window.key("ctrl-c")
    assert window.exit_code() == 130
    assert not keyring_user.config.exists()
    assert keyring_user.files_with(WRONG) == []
    assert WRONG.encode() not in window.everything


def test_a_slow_test_shows_how_far_it_is(user: User, model_server: ModelServer) -> None:
    model_server.gate = threading.Event()
    flags = ("--id", "mine", "--api-key-env", "MINE_API_KEY", "--model", "m-large", "--test", "--yes")
    online = {"WIZARD_OFFLINE": None, "MINE_API_KEY": KEY}
    window = user.wizard("add-provider", "openai-compatible", "--base-url", model_server.url, *flags, env=online)
    window.wait_for("mine  ✓ ✓ – ✓ · · · ·  key")
    model_server.gate.set()
    screen = window.wait_for("✓ mine is in")
    assert window.exit_code() == 0
    assert "✓ streaming" in screen
    assert "·" not in screen


def test_going_back_from_a_failed_test_asks_the_last_question_again(
    keyring_user: User, model_server: ModelServer
) -> None:
    model_server.models = ({"id": "m-large", "context_length": 64_000},)
    window = start(keyring_user, model_server, rows=80)
    window.answer("Where is the API key?")
    give_key(window, KEY)
    window.wait_for("? Which models?")
    model_server.models = ({"id": "renamed", "context_length": 64_000},)
    window.answer("Which models?")
    window.answer("Large model")
    window.answer("Small model")
    window.answer("The test failed. What now?")
    model_server.models = ({"id": "m-large", "context_length": 64_000},)
    window.answer("Small model")
    window.wait_for("? Write this to")  # what failed is tried again, what works is not
    window.key("ctrl-c")
    assert window.exit_code() == 130


def test_a_local_server_elsewhere_can_be_typed(user: User, model_server: ModelServer) -> None:
    model_server.key = None
    presets = user.home / ".config" / "crush-wizard" / "presets"
    presets.mkdir(parents=True)
    (presets / "mybox.toml").write_text(BOX, encoding="utf-8")
    window = user.wizard("add-provider", "mybox", env={"WIZARD_OFFLINE": None}, rows=80)
    window.wait_for("? Where does Box answer? http://127.0.0.1:9/v1")
    window.key("ctrl-u")
    window.answer("Where does Box answer?", model_server.url)
    window.wait_for("m-large")
    window.answer("Which models?")
    window.answer("Large model")
    window.answer("Small model")
    window.answer("Write this to")
    assert window.exit_code() == 0, window.screen
    assert user.providers["mybox"]["base_url"] == model_server.url


def test_a_failed_test_can_be_saved_anyway(keyring_user: User, model_server: ModelServer) -> None:
    window = start(keyring_user, model_server, rows=80)
    window.answer("Where is the API key?")
    give_key(window, KEY)
    window.wait_for("? Which models?")
    model_server.models = ()
    window.key("space")
    window.answer("Which models?")
    window.answer("Large model")
    window.answer("Small model")
    window.wait_for("? The test failed. What now?")
    window.key("down")
    window.answer("The test failed. What now?")
    window.answer("Write this to")
    assert window.exit_code() == 0, window.screen
    assert "mine" in keyring_user.providers


def test_a_preset_key_goes_to_no_foreign_host_unasked(user: User, model_server: ModelServer) -> None:
    window = user.wizard("add-provider", "groq", "--base-url", "https://proxy.example/v1")
    window.wait_for("? GROQ_API_KEY is the key for api.groq.com. Send it to proxy.example?")
    window.key("enter")
    window.wait_for("go back and give another URL")
    window.key("ctrl-c")
    assert window.exit_code() == 130
