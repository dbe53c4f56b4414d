"""Models in a terminal: picking from thousands, choosing what is brought up to date, and leaving."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.terminal.conftest import SIZES

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer

    from tests.terminal.conftest import User

LIVE = {"WIZARD_OFFLINE": None}
MINE: dict[str, Any] = {
    "models": {"large": {"provider": "mine", "model": "old"}},
    "providers": {
        "mine": {
            "type": "openai-compat",
            "base_url": "",
            "models": [
                {"id": "big", "name": "Big", "context_window": 128_000, "cost_per_1m_out": 2},
                {"id": "old", "name": "Old", "context_window": 32_000},
            ],
        }
    },
}
BIG = {"id": "big", "context_length": 64_000, "pricing": {"prompt": "0.000001", "completion": "0.000003"}}


@pytest.fixture
def server(httpserver: HTTPServer) -> HTTPServer:
    httpserver.expect_request("/v1/models").respond_with_json({"data": [BIG]})
    return httpserver


@pytest.fixture
def mine(user: User, server: HTTPServer) -> User:
    MINE["providers"]["mine"]["base_url"] = server.url_for("/v1")
    user.writes(json.dumps(MINE, indent=2))
    return user


def thousands(httpserver: HTTPServer) -> None:
    """5,000 models with windows and prices, as a large gateway lists them."""
    listed = [
        {
            "id": f"vendor{number % 40}/model-{number}",
            "name": f"Model {number}",
            "context_length": 1_000 * (number % 200 + 8),
            "pricing": {"prompt": f"{number % 50}e-7", "completion": f"{number % 70}e-6"},
        }
        for number in range(5_000)
    ]
    httpserver.expect_request("/v1/models").respond_with_json({"data": listed})


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_picking_from_thousands(user: User, httpserver: HTTPServer, columns: int, rows: int) -> None:
    thousands(httpserver)
    url = httpserver.url_for("/v1")
    flags = (
        "--base-url",
        url,
        "--type",
        "openai-compat",
        "--id",
        "lots",
        "--name",
        "Lots",
        "--api-key-env",
        "LOTS_KEY",
    )
    more = ("--secret-store", "environment", "--no-test")
    window = user.wizard("add-provider", "openai-compatible", *flags, *more, env=LIVE, columns=columns, rows=rows)
    window.wait_for("5000 of 5000, 0 picked")
    window.send("model-4321")
    shown = window.wait_for("model-4321  1 of 5000, 0 picked")
    assert "Model 4321" in shown
    window.key("tab")
    window.key("ctrl-u")
    window.send("vendor7/model-7")
    window.wait_for("vendor7/model-7  3 of 5000, 1 picked")
    window.key("space")
    window.wait_for("2 picked")
    window.key("enter")
    window.answer("Save?")
    assert window.exit_code() == 0, window.screen
    models = {one["id"]: one for one in user.providers["lots"]["models"]}
    assert models["vendor1/model-4321"]["context_window"] == 1_000 * (4321 % 200 + 8)
    assert len(models) == 2


def test_a_contradicted_value_is_marked_and_the_mark_explained(user: User, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/v1/models").respond_with_json(
        {"data": [{"id": "deepseek-v4-flash", "context_length": 64_000}]}
    )
    window = user.wizard("add-provider", "deepseek", "--base-url", httpserver.url_for("/v1"), "--no-test", env=LIVE)
    window.answer("DeepSeek API key")
    window.change("Which models")
    shown = window.wait_for_question("Which models?")
    assert "64k context!" in shown
    assert "! marks a value that differs from your preset, the endpoint or the catalogue" in " ".join(shown.split())
    assert "not in the endpoint's list" in shown


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_the_list_fits(mine: User, columns: int, rows: int) -> None:
    window = mine.wizard("models", "mine", env=LIVE, columns=columns, rows=rows)
    assert window.exit_code() == 0
    assert "128k!" in window.screen
    assert "big: context 128k (endpoint: 64k)" in " ".join(window.screen.split())


def test_what_is_left_out_stays(mine: User) -> None:
    window = mine.wizard("models", "mine", "--refresh", env=LIVE)
    window.wait_for("128k → 64k (endpoint)")
    window.key("space")
    window.answer("What do you want to update?")
    window.answer("Write this to")
    assert window.exit_code() == 0, window.screen
    big = mine.providers["mine"]["models"][0]
    assert (big["context_window"], big["cost_per_1m_out"]) == (128_000, 3)


def test_what_the_person_set_is_no_row(user: User) -> None:
    added = user.wizard("add-provider", "groq", "--set", "openai/gpt-oss-120b.context_window=65536", "--yes")
    assert added.exit_code() == 0, added.screen
    window = user.wizard("models", "groq", "--refresh")
    assert window.exit_code() == 0, window.screen
    assert "kept your own context" in window.screen
    assert "nothing to do" in window.screen
    assert user.providers["groq"]["models"][0]["context_window"] == 65_536


def test_the_slot_of_a_removed_model_is_asked_for(mine: User) -> None:
    window = mine.wizard("models", "mine", "--remove", "old", env=LIVE)
    window.wait_for("? Which large model instead?")
    window.key("down")
    window.answer("Which large model instead?")
    window.answer("Write this to")
    assert window.exit_code() == 0, window.screen
    assert json.loads(mine.config.read_bytes())["models"] == {}


@pytest.mark.parametrize("flags", [("--refresh",), ("--remove", "old"), ("--add", "strange")])
@pytest.mark.parametrize("keys", ["ctrl-c", "ctrl-d"])
def test_leaving_changes_nothing(mine: User, flags: tuple[str, ...], keys: str) -> None:
    before = mine.config.read_bytes()
    window = mine.wizard("models", "mine", *flags, env=LIVE)
    window.wait_for("Ctrl-C cancel")
    window.key(keys)
    assert window.exit_code() == 130
    assert window.cooked
    assert mine.config.read_bytes() == before


def test_the_way_back_from_the_confirmation(mine: User) -> None:
    window = mine.wizard("models", "mine", "--remove", "old", env=LIVE)
    window.answer("Which large model instead?")
    window.wait_for_question("Write this to")
    window.key("esc")
    window.wait_for_question("Which large model instead?")
    window.key("down")
    window.answer("Which large model instead?")
    window.answer("Write this to")
    assert window.exit_code() == 0, window.screen
    assert json.loads(mine.config.read_bytes())["models"] == {}


def test_an_unknown_model_is_added_with_what_is_assumed_said(mine: User) -> None:
    window = mine.wizard("models", "mine", "--add", "strange", env=LIVE)
    window.wait_for("a context window of 128000 tokens is assumed")
    window.answer("Write this to")
    assert window.exit_code() == 0, window.screen
    assert mine.providers["mine"]["models"][-1]["context_window"] == 128_000
