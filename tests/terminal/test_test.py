"""`test` in a real terminal: a line for each provider that fills, then the table, and Ctrl-C at any moment."""

from __future__ import annotations

import json
import re
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from tests.canary import CANARY
from tests.terminal.conftest import SIZES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from werkzeug import Request

    from tests.terminal.conftest import Terminal, User


class Gate:
    """An endpoint that answers its list of models at once, and a chat only when the gate is open."""

    def __init__(self, server: HTTPServer) -> None:
        self.url = server.url_for("/v1")
        self.open = threading.Event()
        server.expect_request(re.compile(".*")).respond_with_handler(self._respond)

    def _respond(self, request: Request) -> Response:
        if request.path.endswith("/models"):
            return Response('{"data": [{"id": "m1"}]}', content_type="application/json")
        self.open.wait(60)
        return Response('{"error": {"message": "no such key"}}', status=401, content_type="application/json")


@pytest.fixture
def gate() -> Iterator[Gate]:
    with HTTPServer(threaded=True) as server:
        gate = Gate(server)
        yield gate
        gate.open.set()


def has(user: User, gate: Gate, names: list[str]) -> None:
    entry: dict[str, Any] = {"type": "openai-compat", "base_url": gate.url, "api_key": CANARY, "models": [{"id": "m1"}]}
    user.writes(json.dumps({"providers": dict.fromkeys(names, entry)}))


def start(user: User, env: Mapping[str, str] | None = None, columns: int = 80, rows: int = 24) -> Terminal:
    """`test`, with the network of this machine."""
    return user.wizard("test", env={"WIZARD_OFFLINE": None, **(env or {})}, columns=columns, rows=rows)


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_the_lines_fill_and_make_way_for_the_table(user: User, gate: Gate, columns: int, rows: int) -> None:
    has(user, gate, ["one", "another"])
    window = start(user, columns=columns, rows=rows)
    window.wait_for("one      ✓ ✓ – ✓ · · · ·  key")
    screen = window.wait_for("another  ✓ ✓ – ✓ · · · ·  key")
    assert len([line for line in screen.splitlines() if "✓ ✓" in line]) == 2
    gate.open.set()
    screen = window.wait_for("0 of 2 work")
    assert window.exit_code() == 1
    assert "·" not in screen
    assert screen.startswith("provider  ")
    assert "✗ one: key: the key was refused" in screen
    assert "the key was refused" in screen
    assert max(map(len, screen.splitlines())) <= columns
    assert window.cooked
    assert CANARY.encode() not in window.everything


def test_while_nothing_is_known_no_layer_is_blamed(user: User) -> None:
    """The name was found long ago, and the connection made: it is the answer that is waited for."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        entry = {"type": "openai-compat", "base_url": f"http://127.0.0.1:{silent.getsockname()[1]}", "api_key": CANARY}
        user.writes(json.dumps({"providers": {"one": {**entry, "models": [{"id": "m1"}]}}}))
        window = start(user)
        screen = window.wait_for("one  · · · · · · · ·  first answer")
        window.key("ctrl-c")
        assert window.exit_code() == 130
    assert "✗" not in screen


def test_more_providers_than_lines(user: User, gate: Gate) -> None:
    has(user, gate, [f"provider-{number}" for number in range(40)])
    window = start(user, rows=12)
    window.wait_for("provider-7   ✓ ✓ – ✓ · · · ·  key")
    screen = window.wait_for("0 of 40 are done")
    assert screen.splitlines()[0].startswith("provider-0 ")
    gate.open.set()
    window.wait_for("0 of 40 work")
    assert window.exit_code() == 1
    assert "are done" not in window.screen


def test_ctrl_c_shows_what_is_known(user: User, gate: Gate) -> None:
    has(user, gate, ["one"])
    window = start(user)
    window.wait_for("✓ ✓ – ✓ · · · ·  key")
    window.key("ctrl-c")
    screen = window.wait_for("stopped before the end")
    assert window.exit_code() == 130
    assert "0 of 1 work, 1 stopped" in screen
    assert re.search(r"^one +✓ +✓ +– +✓ +– +– +– +–", screen, re.MULTILINE)
    assert "Traceback" not in screen
    assert window.cooked


def test_no_color(user: User, gate: Gate) -> None:
    gate.open.set()
    has(user, gate, ["one"])
    window = start(user, {"NO_COLOR": "1"})
    assert window.exit_code() == 1
    assert re.search(rb"\x1b\[[\d;]*m", window.everything) is None


def test_a_dumb_terminal_gets_plain_lines(user: User, gate: Gate) -> None:
    gate.open.set()
    has(user, gate, ["one"])
    window = start(user, {"TERM": "dumb"})
    assert window.exit_code() == 1
    assert b"\x1b" not in window.everything
    assert "one: fails\n" in window.screen
    assert window.screen.count("the key was refused") == 1
