"""`add-provider` in a terminal with a live endpoint: picking from its models, and what a failed test leads to."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from werkzeug import Response

from tests.model_server import KEY

if TYPE_CHECKING:
    from tests.conftest import SecretService
    from tests.model_server import ModelServer
    from tests.terminal.conftest import Terminal, User

WRONG = "sk-wrong-canary-77aa01"
CHATS = "/v1/chat/completions"
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
    window.wait_for_question("Mine API key")
    window.paste(key)
    window.wait_for("***")
    window.key("enter")


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_models_are_picked_from_what_is_there(
    keyring_user: User, secret_service: SecretService, model_server: ModelServer, columns: int, rows: int
) -> None:
    window = start(keyring_user, model_server, columns, rows + 40)  # the summary must not scroll the test away
    give_key(window, KEY)
    window.wait_for("✓ the key works · 2 models")
    window.wait_for("✓ streaming")
    window.change("Which models")
    asked = window.wait_for_question("Which models?")
    assert "m-large" in asked
    assert "text-embedding-m" not in asked.rpartition("Which models?")[2]
    window.key("space")
    window.answer("Which models?")
    window.answer("Save?")
    assert window.exit_code() == 0, window.screen
    (model,) = keyring_user.providers["mine"]["models"]
    assert model["context_window"] in (64_000, 32_000)
    assert secret_service.get("MINE_API_KEY") == KEY
    assert KEY.encode() not in window.everything


def test_a_refused_key_can_be_corrected(
    keyring_user: User, secret_service: SecretService, model_server: ModelServer
) -> None:
    window = start(keyring_user, model_server, rows=80)
    give_key(window, WRONG)
    window.choose("Mine refuses this key. What now?", "Paste another key")
    give_key(window, KEY)
    window.wait_for("✓ the key works · 2 models")
    window.answer("Save?")
    assert window.exit_code() == 0, window.screen
    assert secret_service.get("MINE_API_KEY") == KEY
    assert keyring_user.files_with(WRONG) == []
    for key in (KEY, WRONG):
        assert key.encode() not in window.everything


def test_a_refused_key_is_kept_on_request_and_proposed_for_no_slot(
    keyring_user: User, secret_service: SecretService, model_server: ModelServer
) -> None:
    window = start(keyring_user, model_server, rows=80)
    give_key(window, WRONG)
    window.choose("Mine refuses this key. What now?", "Continue with it anyway")
    asked = window.answer("Model ids", "m-large\r")
    assert "the key was refused" in " ".join(asked.split())
    window.wait_for_question("Save?")
    assert "(large" not in window.screen
    assert secret_service.get("MINE_API_KEY") is None
    facts = ("Name", "Context window", "Longest answer", "Price of input", "Price of output", "Reasoning", "Images")
    for value in (*(f"{fact} of m-large" for fact in facts), "Large model", "Small model"):
        window.change(value)
        window.answer(value)
    window.wait_for_question("Save?")
    window.key("ctrl-c")
    assert window.exit_code() == 130
    assert not keyring_user.config.exists()
    assert secret_service.get("MINE_API_KEY") is None
    assert keyring_user.files_with(WRONG) == []
    assert WRONG.encode() not in window.everything


def test_a_slow_test_shows_how_far_it_is(user: User, model_server: ModelServer) -> None:
    model_server.gate = threading.Event()
    flags = ("--id", "mine", "--api-key-env", "MINE_API_KEY", "--model", "m-large", "--test", "--yes")
    online = {"WIZARD_OFFLINE": None, "MINE_API_KEY": KEY}
    window = user.wizard("add-provider", "openai-compatible", "--base-url", model_server.url, *flags, env=online)
    window.wait_for("mine  ✓ ✓ – ✓ · · · ·  key")
    model_server.gate.set()
    screen = window.wait_for("✓ Saved Mine to")
    assert window.exit_code() == 0
    assert "✓ streaming" in screen
    assert "·" not in screen.rpartition("testing mine")[2]


def test_going_back_from_a_failed_test_asks_the_last_question_again(
    keyring_user: User, model_server: ModelServer
) -> None:
    model_server.refusals[CHATS] = Response("overloaded", 529)
    window = start(keyring_user, model_server, rows=80)
    give_key(window, KEY)
    window.answer("The test failed. What now?")
    model_server.refusals.clear()
    give_key(window, KEY)
    window.wait_for_question("Save?")  # what failed is tried again, what works is not
    tries = model_server.seen.count(f"POST {CHATS}")
    window.change("Name to show in Crush")
    window.answer("Name to show in Crush", " again")
    window.wait_for("Mine again")
    window.wait_for_question("Save?")
    assert model_server.seen.count(f"POST {CHATS}") == tries
    window.key("ctrl-c")
    assert window.exit_code() == 130


def test_a_local_server_elsewhere_can_be_typed(user: User, model_server: ModelServer) -> None:
    model_server.key = None
    presets = user.home / ".config" / "crush-wizard" / "presets"
    presets.mkdir(parents=True)
    (presets / "mybox.toml").write_text(BOX, encoding="utf-8")
    window = user.wizard("add-provider", "mybox", env={"WIZARD_OFFLINE": None}, rows=80)
    window.wait_for_question("URL of Box: http://127.0.0.1:9/v1")
    window.key("ctrl-u")
    window.answer("URL of Box", model_server.url)
    window.wait_for("m-large")
    window.answer("Save?")
    assert window.exit_code() == 0, window.screen
    assert user.providers["mybox"]["base_url"] == model_server.url


def test_a_failed_test_can_be_saved_anyway(keyring_user: User, model_server: ModelServer) -> None:
    model_server.refusals[CHATS] = Response("overloaded", 529)
    window = start(keyring_user, model_server, rows=80)
    give_key(window, KEY)
    window.choose("The test failed. What now?", "Save it anyway")
    window.answer("Save?")
    assert window.exit_code() == 0, window.screen
    assert "mine" in keyring_user.providers


def test_a_preset_key_goes_to_no_foreign_host_unasked(user: User, model_server: ModelServer) -> None:
    window = user.wizard("add-provider", "groq", "--base-url", "https://proxy.example/v1")
    window.wait_for("? GROQ_API_KEY is the key for api.groq.com. Send it to proxy.example?")
    window.key("enter")
    window.wait_for("go back and give another URL")
    window.key("ctrl-c")
    assert window.exit_code() == 130
