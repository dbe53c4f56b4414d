"""edit-provider and remove-provider in a real terminal: picked, changed, confirmed; and stopped at every question."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.canary import CANARY
from tests.terminal.stopping import Flow, Way, stop_there, up_to_each

if TYPE_CHECKING:
    from tests.conftest import SecretService
    from tests.terminal.conftest import Terminal, User

OFFLINE = {"WIZARD_OFFLINE": "1"}
CONFIG = """{
  "models": {
    "large": {"provider": "acme", "model": "acme-1"},
    "small": {"provider": "acme", "model": "acme-2"}
  },
  "providers": {
    "acme": {
      "name": "Acme", "type": "openai-compat", "base_url": "https://llm.acme.example/v1", "api_key": "$ACME_KEY",
      "models": [{"id": "acme-1", "name": "One", "context_window": 9000}, {"id": "acme-2", "name": "Two"}]
    },
    "other": {
      "type": "openai-compat", "base_url": "https://llm.other.example/v1", "api_key": "$OTHER_KEY",
      "models": [{"id": "o-1", "name": "Other One"}]
    }
  }
}
"""
KEYS = {"ACME_KEY": "a", "OTHER_KEY": "o"}
DOWN, SPACE = "\x1b[B", " "


@pytest.fixture
def owner(user: User) -> User:
    """Somebody with two providers."""
    user.writes(CONFIG)
    return user


def config_of(user: User) -> dict[str, Any]:
    config: dict[str, Any] = json.loads(user.config.read_bytes())
    return config


def finish(window: Terminal) -> str:
    window.answer("Write this to")
    assert window.exit_code() == 0, window.screen
    assert window.cooked
    return window.screen


def test_only_what_is_picked_is_asked(owner: User) -> None:
    window = owner.wizard("edit-provider", "acme", env=OFFLINE)
    first = window.answer("What do you want to change about acme?", DOWN * 5 + SPACE)
    assert "acme-1, acme-2" in first
    window.wait_for("Acme")
    window.answer("Name to show in Crush", " Two")
    assert "undo" in finish(window)
    assert owner.config.read_text() == CONFIG.replace('"Acme"', '"Acme Two"')


def test_esc_leads_back_to_what_shall_change(owner: User) -> None:
    window = owner.wizard("edit-provider", "acme", env=OFFLINE)
    window.answer("What do you want to change about acme?", DOWN * 5 + SPACE)
    window.wait_for("? Name to show in Crush")
    window.key("esc")
    window.wait_for("? What do you want to change about acme?")
    window.key("ctrl-c")
    assert window.exit_code() == 130


def test_a_slot_whose_model_is_taken_out_is_asked(owner: User) -> None:
    window = owner.wizard("edit-provider", "acme", env=OFFLINE)
    window.answer("What do you want to change about acme?", SPACE)
    window.answer("Which models?", DOWN + SPACE)
    window.answer("Small model")
    finish(window)
    config = config_of(owner)
    assert [model["id"] for model in config["providers"]["acme"]["models"]] == ["acme-1"]
    assert config["models"]["small"] == {"provider": "acme", "model": "acme-1"}


def test_a_slot_may_be_left_open_instead(owner: User) -> None:
    window = owner.wizard("edit-provider", "acme", env=OFFLINE)
    window.answer("What do you want to change about acme?", SPACE)
    window.answer("Which models?", DOWN + SPACE)
    window.answer("Small model", DOWN)
    finish(window)
    assert config_of(owner)["models"] == {"large": {"provider": "acme", "model": "acme-1"}}


def test_a_slot_in_crushs_own_file_goes_with_its_model(owner: User) -> None:
    """Crush remembers a choice there, which would win over every other."""
    own = owner.config.parents[2] / ".local" / "share" / "crush" / "crush.json"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text('{"models":{"small":{"provider":"acme","model":"acme-2"}},"recent":1}')
    window = owner.wizard("edit-provider", "acme", env=OFFLINE)
    window.answer("What do you want to change about acme?", SPACE)
    window.answer("Which models?", DOWN + SPACE)
    window.answer("Small model")
    finish(window)
    assert json.loads(own.read_text()) == {"models": {}, "recent": 1}
    assert own.with_name("crush.json.lock").exists()


PLAIN = [{"TERM": "dumb"}, {"WIZARD_PLAIN": "1", "NO_COLOR": "1"}]


@pytest.mark.parametrize("env", PLAIN, ids=str)
def test_plain_lines_for_an_edit(owner: User, env: dict[str, str]) -> None:
    window = owner.wizard("edit-provider", "acme", env={**OFFLINE, **env})
    window.wait_for("What do you want to change about acme?")
    window.send("6\r")
    window.wait_for("Name to show in Crush")
    window.send("Acme Two\r")
    window.wait_for("Write this to")
    window.send("y\r")
    assert window.exit_code() == 0, window.screen
    assert owner.config.read_text() == CONFIG.replace('"Acme"', '"Acme Two"')
    assert b"\x1b[" not in window.everything


# remove-provider


@pytest.mark.parametrize("env", PLAIN, ids=str)
def test_plain_lines_for_a_removal(owner: User, env: dict[str, str]) -> None:
    window = owner.wizard("remove-provider", "acme", env={**OFFLINE, **KEYS, **env})
    window.wait_for("Large model instead of acme/acme-1")
    window.send("2\r")
    window.wait_for("Small model instead of acme/acme-2")
    window.send("\r")
    window.wait_for("Write this to")
    window.send("y\r")
    assert window.exit_code() == 0, window.screen
    assert config_of(owner)["models"] == {"large": {"provider": "other", "model": "o-1"}}
    assert b"\x1b[" not in window.everything


def test_the_diff_has_no_color_with_no_color(owner: User) -> None:
    window = owner.wizard("remove-provider", "other", env={**OFFLINE, **KEYS, "NO_COLOR": "1"})
    window.wait_for("? Write this to")
    assert b"\x1b[31m" not in window.everything
    assert b"\x1b[32m" not in window.everything


def test_another_model_takes_the_slot(owner: User) -> None:
    window = owner.wizard("remove-provider", "acme", env={**OFFLINE, **KEYS})
    window.answer("Large model instead of acme/acme-1", DOWN)
    window.answer("Small model instead of acme/acme-2")
    window.wait_for("the large model is now other/o-1")
    finish(window)
    assert config_of(owner)["models"] == {"large": {"provider": "other", "model": "o-1"}}
    assert list(owner.providers) == ["other"]


def test_esc_at_the_confirmation_asks_the_slot_again(owner: User) -> None:
    window = owner.wizard("remove-provider", "acme", env={**OFFLINE, **KEYS})
    window.answer("Large model instead of acme/acme-1")
    window.answer("Small model instead of acme/acme-2")
    window.wait_for("? Write this to")
    window.key("esc")
    window.answer("Small model instead of acme/acme-2", DOWN)
    finish(window)
    assert config_of(owner)["models"] == {"small": {"provider": "other", "model": "o-1"}}


def test_no_is_no(owner: User) -> None:
    window = owner.wizard("remove-provider", "other", env={**OFFLINE, **KEYS})
    window.answer("Write this to", "n")
    assert window.exit_code() == 130
    assert owner.config.read_text() == CONFIG


# Stopped


ALL_PARTS = SPACE + DOWN * 2 + (SPACE + DOWN) * 6
"""All but the facts of a model: `add-provider` asks the same questions about those."""
EDIT = (
    ("What do you want to change about acme?", ALL_PARTS),
    ("Base URL of the endpoint", ""),
    ("Which API format does it use?", ""),
    ("Name to show in Crush", ""),
    ("Extra headers", ""),
    ("Variable for the key", ""),
    ("Where is the API key?", DOWN),
    ("Acme API key", CANARY),
    ("Which models?", ""),
    ("Large model", ""),
    ("Small model", ""),
    ("Write this to", ""),
)
REMOVE = (
    ("Large model instead of acme/acme-1", ""),
    ("Small model instead of acme/acme-2", ""),
    ("Write this to", ""),
)


@pytest.mark.parametrize(("steps", "question", "way"), up_to_each(EDIT))
def test_an_edit_that_is_stopped_leaves_no_trace(
    keyring_user: User, secret_service: SecretService, steps: Flow, question: str, way: Way
) -> None:
    keyring_user.writes(CONFIG)
    before = keyring_user.snapshot()
    window = keyring_user.wizard("edit-provider", "acme", env=OFFLINE)
    stop_there(window, steps, question, way)
    assert keyring_user.snapshot() == before
    assert secret_service.get("ACME_KEY") is None
    assert CANARY.encode() not in window.everything


@pytest.mark.parametrize(("steps", "question", "way"), up_to_each(REMOVE))
def test_a_removal_that_is_stopped_leaves_no_trace(owner: User, steps: Flow, question: str, way: Way) -> None:
    before = owner.snapshot()
    window = owner.wizard("remove-provider", "acme", env={**OFFLINE, **KEYS})
    stop_there(window, steps, question, way)
    assert owner.snapshot() == before


# The last provider, with the built-in ones off

LAST = """{
  "options": {"disable_default_providers": true},
  "providers": {"acme": {"base_url": "https://llm.acme.example/v1", "models": [{"id": "acme-1"}]}}
}
"""


def test_the_last_provider_goes_and_the_builtin_ones_come_back(user: User) -> None:
    user.writes(LAST)
    window = user.wizard("remove-provider", "acme", env=OFFLINE)
    screen = window.answer("This would leave no provider, and Crush would not start")
    assert "Let Crush use its built-in providers again" in screen
    finish(window)
    assert config_of(user) == {"options": {}, "providers": {}}


@pytest.mark.parametrize("key", ["leave it", "ctrl-c"])
def test_the_last_provider_can_stay(user: User, key: str) -> None:
    user.writes(LAST)
    window = user.wizard("remove-provider", "acme", env=OFFLINE)
    if key == "leave it":
        window.answer("This would leave no provider", DOWN * 2)
    else:
        window.wait_for("? This would leave no provider")
        window.key(key)
    assert window.exit_code() == 130
    assert user.config.read_text() == LAST
