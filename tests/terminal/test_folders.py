"""Somebody else's folder in a real terminal: what is asked before a key goes where only its files say."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from tests.canary import CANARY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from werkzeug import Request

    from tests.terminal.conftest import OpenTerminal, Terminal, User


@dataclass
class Clone:
    """A cloned repository that wants the user's key, the server that it goes to, and what that got."""

    user: User
    folder: Path
    url: str
    got: list[str]
    open: OpenTerminal

    def wizard(self, *arguments: str) -> Terminal:
        enter = ("sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", str(self.folder), sys.executable, "-m", "wizard")
        env = {**self.user.env, "WIZARD_OFFLINE": None, "CORP_API_KEY": CANARY}
        return self.open([*enter, *arguments], env, columns=100, rows=40)

    def writes(self, url: str) -> None:
        entry = {"base_url": url, "api_key": "$CORP_API_KEY", "models": [{"id": "m"}]}
        (self.folder / "crush.json").write_text(json.dumps({"providers": {"corp": entry}}, indent=1))


@pytest.fixture
def clone(user: User, terminal: OpenTerminal) -> Iterator[Clone]:
    got: list[str] = []

    def answer(request: Request) -> Response:
        got.append(f"{request.url} {request.headers}")
        return Response('{"data": [{"id": "m"}]}', content_type="application/json")

    folder = user.home / "cloned"
    (folder / ".git").mkdir(parents=True)
    with HTTPServer(host="127.0.0.1", port=0, threaded=True) as server:
        server.expect_request(re.compile("")).respond_with_handler(answer)
        made = Clone(user, folder, server.url_for("/v1"), got, terminal)
        made.writes(made.url)
        yield made


def crush(clone: Clone) -> None:
    program = clone.user.home / "bin" / "crush"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho Crush is here\n", encoding="utf-8")
    program.chmod(0o755)
    clone.user.env["PATH"] = f"{program.parent}:{clone.user.env['PATH']}"


def test_no_sends_nothing(clone: Clone) -> None:
    window = clone.wizard("test", "--quick")
    asked = window.answer("Send it there?", "n")
    assert "cloned/crush.json:4: corp: your $CORP_API_KEY would go to http://127.0.0.1:" in asked.replace("\n", " ")
    window.wait_for("0 of 1 work")
    assert window.exit_code() == 1
    assert clone.got == []


def test_enter_alone_is_a_no(clone: Clone) -> None:
    window = clone.wizard("test", "--quick")
    window.answer("Send it there?")
    assert window.exit_code() == 1
    assert clone.got == []


def test_ctrl_c_at_the_question_sends_nothing(clone: Clone) -> None:
    window = clone.wizard("test", "--quick")
    window.wait_for("Send it there?")
    window.key("ctrl-c")
    assert window.exit_code() == 130
    assert clone.got == []


def test_yes_is_remembered_for_this_folder_and_this_host(clone: Clone) -> None:
    window = clone.wizard("test", "--quick")
    window.answer("Send it there?", "y")
    window.wait_for("1 of 1 reachable")
    assert any(CANARY in one for one in clone.got)
    again = clone.wizard("models", "corp")
    assert again.exit_code() == 0
    assert "Send it there?" not in again.screen
    memory = clone.user.home / ".local" / "state" / "crush-wizard" / "allowed"
    assert [CANARY in path.read_text() for path in memory.iterdir()] == [False]
    clone.writes(clone.url.replace("127.0.0.1", "localhost"))
    window = clone.wizard("test", "--quick")
    window.answer("Send it there?", "n")
    assert window.exit_code() == 1


def test_doctor_asks_and_goes_on(clone: Clone) -> None:
    window = clone.wizard("doctor")
    window.answer("Send it there?", "n")
    window.wait_for("T1 corp:")
    assert window.exit_code() == 1
    assert clone.got == []


def test_once_allowed_it_is_only_good_to_know(clone: Clone) -> None:
    window = clone.wizard("doctor")
    window.answer("Send it there?", "y")
    window.wait_for("info T1 corp:")
    window.wait_for("you have allowed it")
    assert clone.got


def test_run_asks_before_it_starts_crush(clone: Clone) -> None:
    crush(clone)
    window = clone.wizard("run")
    window.answer("Start Crush here anyway?", "n")
    assert window.exit_code() == 130
    assert "Crush is here" not in window.screen
    window = clone.wizard("run")
    window.answer("Start Crush here anyway?", "y")
    window.wait_for("Crush is here")
    assert window.exit_code() == 0
    again = clone.wizard("run")
    assert again.exit_code() == 0
    assert "all the same" not in again.screen


def test_run_asks_again_when_a_script_has_changed(clone: Clone) -> None:
    crush(clone)
    (clone.folder / "crush.json").unlink()
    script = clone.folder / "crushrc"
    for text in ("option debug true\n", "option debug false\n"):
        script.write_text(text)
        window = clone.wizard("run")
        window.answer("Start Crush here anyway?", "y")
        assert window.exit_code() == 0


def test_what_the_user_has_written_there_is_not_asked_about(clone: Clone) -> None:
    (clone.folder / "crush.json").unlink()
    command = f"add-provider openai-compatible --id ours --base-url {clone.url} --model m --scope project --yes"
    window = clone.wizard(*command.split(), "--api-key-env", "CORP_API_KEY", "--no-test")
    assert window.exit_code() == 0, window.screen
    window = clone.wizard("test", "ours", "--quick")
    window.wait_for("1 of 1 reachable")
    assert any(CANARY in one for one in clone.got)
