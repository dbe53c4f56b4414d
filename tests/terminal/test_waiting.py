"""Waiting in a real terminal: what is waited for and for how long, and going on without it."""

from __future__ import annotations

import json
import re
import signal
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from tests.catalog.listings import charm_model, charm_provider
from tests.model_server import KEY
from tests.terminal.conftest import SIZES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from werkzeug import Request

    from tests.model_server import ModelServer
    from tests.terminal.conftest import Terminal, User

GO_ON = "s · Ctrl-C: go on without it"
STOP = "s · Ctrl-C: stop"


@pytest.fixture
def silent() -> Iterator[str]:
    """The host and port of something that takes every connection, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


def add(user: User, url: str, *more: str, env: dict[str, str | None] | None = None, **window: Any) -> Terminal:
    flags = ("--id", "mine", "--name", "Mine", "--type", "openai-compat", "--api-key-env", "MINE_API_KEY")
    arguments = ("add-provider", "openai-compatible", "--base-url", url, *flags, *more, "--timeout", "60")
    return user.wizard(*arguments, env={"WIZARD_OFFLINE": None, "MINE_API_KEY": KEY, **(env or {})}, **window)


def lists_are_asked(user: User, server: str, **window: Any) -> Terminal:
    return add(user, f"http://{server}/v1", "--secret-store", "environment", "--no-test", **window)


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_an_interview_goes_on_without_a_list_that_does_not_come(
    user: User, silent: str, columns: int, rows: int
) -> None:
    window = lists_are_asked(user, silent, columns=columns, rows=rows)
    window.wait_for(GO_ON)
    words = f"asking {silent} for its models" if columns > 40 else f"asking {silent} for"
    assert " ".join(words.split()) in " ".join(window.screen.split())
    window.key("ctrl-c")
    screen = window.wait_for("? Model ids")
    assert "The endpoint lists no models: you went on without it" in " ".join(screen.split())
    assert "for its models" not in screen
    assert "^C" not in screen
    window.key("ctrl-c")
    assert window.exit_code() == 130
    assert not user.config.exists()
    assert window.cooked


def test_each_wait_can_be_gone_on_without(user: User, silent: str) -> None:
    """First the list, then the test of what was typed instead; what was typed is not lost, and all that is said."""
    window = add(user, f"http://{silent}/v1", "--secret-store", "environment", "--test")
    window.wait_for(GO_ON)
    window.key("ctrl-c")
    window.wait_for("the key is not checked yet: you went on without it")
    window.answer("Model ids", "m1\r")
    window.wait_for(GO_ON)
    window.key("ctrl-c")
    window.wait_for("not tested: you went on without it")
    window.wait_for_question("Save?")
    window.key("ctrl-c")
    assert window.exit_code() == 130
    assert "nothing was changed" in window.screen
    assert not user.config.exists()


def test_nobody_waits_twice_for_what_they_went_on_without(user: User, silent: str) -> None:
    env = {"WIZARD_OFFLINE": None, "LOCAL_API_KEY": KEY}
    window = user.wizard("add-provider", "openai-compatible", "--no-test", env=env)
    window.answer("Base URL of the endpoint", f"http://{silent}/v1")
    window.wait_for(GO_ON)
    window.key("ctrl-c")
    window.wait_for_question("Model ids")
    before = len(window.everything)
    window.key("esc")
    window.wait_for_question("Base URL of the endpoint")
    window.answer("Base URL of the endpoint")
    window.wait_for_question("Model ids")
    assert b"for its models" not in window.everything[before:]
    window.key("ctrl-c")
    assert window.exit_code() == 130


def test_an_interview_goes_on_without_a_test_that_takes_too_long(user: User, model_server: ModelServer) -> None:
    model_server.gate = threading.Event()
    window = add(user, model_server.url, "--secret-store", "environment", rows=100)
    window.wait_for(GO_ON)
    window.key("ctrl-c")
    window.wait_for("not tested: you went on without it")
    window.answer("Save?")
    model_server.gate.set()
    assert window.exit_code() == 0, window.screen
    assert "mine" in user.providers


def test_another_process_ends_a_test_for_good(user: User, model_server: ModelServer) -> None:
    model_server.gate = threading.Event()
    window = add(user, model_server.url, "--secret-store", "environment")
    window.wait_for(GO_ON)
    window.kill(signal.SIGTERM)
    assert window.exit_code() == 130
    model_server.gate.set()
    assert not user.config.exists()


def test_another_process_ends_a_wait_for_good(user: User, silent: str) -> None:
    window = lists_are_asked(user, silent)
    window.wait_for(GO_ON)
    window.kill(signal.SIGTERM)
    assert window.exit_code() == 130
    assert "nothing was changed" in window.screen
    assert "? Model ids" not in window.screen


def test_a_dumb_terminal_gets_one_plain_line(user: User, silent: str) -> None:
    window = lists_are_asked(user, silent, env={"TERM": "dumb"}, columns=40)
    window.wait_for(f"asking {silent} for its models ...")
    window.key("ctrl-c")
    screen = window.wait_for("(one a line, empty line: done) >")
    assert "you went on without it" in " ".join(screen.split())
    window.key("ctrl-c")
    assert window.exit_code() == 130
    assert b"\x1b" not in window.everything
    assert window.everything.count(b"for its models") == 1


def test_no_color_has_no_colours(user: User, silent: str) -> None:
    window = lists_are_asked(user, silent, env={"NO_COLOR": "1"})
    window.wait_for(GO_ON)
    window.key("ctrl-c")
    window.wait_for("? Model ids")
    window.key("ctrl-c")
    window.wait()
    codes = re.findall(rb"\x1b\[([\d;]*)m", window.everything)
    assert not any(re.search(rb"\b[349]\d\b", code) for code in codes)


def test_whoever_asked_for_the_list_alone_stops(user: User, silent: str) -> None:
    entry = {"type": "openai-compat", "base_url": f"http://{silent}/v1", "models": [{"id": "m1"}]}
    user.writes(json.dumps({"providers": {"mine": entry}}))
    window = user.wizard("models", "mine", env={"WIZARD_OFFLINE": None})
    window.wait_for(STOP)
    window.key("ctrl-c")
    assert window.exit_code() == 130


def test_doctor_goes_on_without_an_endpoint(user: User, silent: str) -> None:
    entry = {"type": "openai-compat", "base_url": f"http://{silent}/v1", "models": [{"id": "m1"}], "api_key": "$K"}
    user.writes(json.dumps({"providers": {"mine": entry}}))
    window = user.wizard("doctor", env={"WIZARD_OFFLINE": None, "K": KEY})
    window.wait_for(GO_ON)
    window.key("ctrl-c")
    window.wait_for("stopped before all endpoints answered")
    window.wait()
    assert window.cooked


# The catalogues


@pytest.fixture
def gate() -> Iterator[tuple[str, threading.Event]]:
    """A server whose first catalogue comes at once, and whose second waits for the event."""
    opened = threading.Event()

    def respond(request: Request) -> Response:
        if request.path == "/api.json":
            opened.wait(60)
        listed: Any = {} if request.path == "/api.json" else [charm_provider("acme", charm_model("a"))]
        return Response(json.dumps(listed), content_type="application/json")

    with HTTPServer(threaded=True) as server:
        server.expect_request(re.compile(".*")).respond_with_handler(respond)
        yield server.url_for("").rstrip("/"), opened
        opened.set()


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_the_catalogues_have_a_row_each(user: User, gate: tuple[str, threading.Event], columns: int, rows: int) -> None:
    url, opened = gate
    env = {"WIZARD_OFFLINE": None, "CATWALK_URL": url, "WIZARD_MODELS_DEV_URL": f"{url}/api.json"}
    window = user.wizard("catalog", "update", env=env, columns=columns, rows=rows)
    window.wait_for("Charm's catalogue  ✓  done")
    window.wait_for("models.dev         ·  asking")
    window.wait_for(STOP)
    opened.set()
    window.wait_for("models.dev:")
    window.wait()
    assert "asking" not in window.screen
    assert STOP not in window.screen


def test_what_one_catalogue_brought_is_said_where_the_other_is_stopped(
    user: User, gate: tuple[str, threading.Event]
) -> None:
    url, _ = gate
    env = {"WIZARD_OFFLINE": None, "CATWALK_URL": url, "WIZARD_MODELS_DEV_URL": f"{url}/api.json"}
    window = user.wizard("catalog", "update", env=env)
    window.wait_for("Charm's catalogue  ✓  done")
    window.key("ctrl-c")
    window.wait_for("✓ Charm's catalogue: ")
    assert window.exit_code() == 130
