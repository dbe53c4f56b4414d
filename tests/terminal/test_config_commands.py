"""Consent to a command in one's own config: asked once for its text, and remembered."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.model_server import ModelServer
    from tests.terminal.conftest import OpenTerminal, Terminal, User

QUESTION = "Run it, as Crush does?"


def test_it_is_asked_once_for_its_text(user: User, terminal: OpenTerminal, model_server: ModelServer) -> None:
    model_server.key = "key-1"
    has(user, model_server, "echo key-1")
    refusing = run(user, terminal)
    refusing.wait_for(QUESTION)
    refusing.wait_for("echo key-1")
    refusing.send("n\r")
    refusing.wait_for("is not allowed to run")
    agreeing = run(user, terminal)
    agreeing.wait_for(QUESTION)
    agreeing.send("y\r")
    agreeing.wait_for("1 of 1 work")
    again = run(user, terminal)
    again.wait_for("1 of 1 work")
    assert QUESTION not in again.screen
    has(user, model_server, "echo key-1; true")
    run(user, terminal).wait_for(QUESTION)


def run(user: User, terminal: OpenTerminal) -> Terminal:
    return terminal([sys.executable, "-m", "wizard", "test"], {**user.env, "WIZARD_OFFLINE": ""})


def has(user: User, server: ModelServer, command: str) -> None:
    entry = {"type": "openai-compat", "base_url": server.url, "api_key": f"$({command})", "models": [{"id": "m-large"}]}
    config = user.home / ".config" / "crush"
    config.mkdir(parents=True, exist_ok=True)
    (config / "crush.json").write_text(json.dumps({"providers": {"mine": entry}}))
