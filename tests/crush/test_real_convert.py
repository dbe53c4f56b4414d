"""`convert` there and back: a real Crush loads the same, and sends the same."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.crush.test_real_commands import wizard

if TYPE_CHECKING:
    from tests.crush.real.internet import Internet, Sent
    from tests.crush.real.program import RealCrush

KEYS = {"GATEWAY_KEY": "key-of-nobody-0123456789", "GROQ_API_KEY": "key-of-nobody-9876543210"}
JSON: dict[str, Any] = {
    "$schema": "https://charm.land/crush.json",
    "providers": {
        "gateway": {
            "type": "openai-compat",
            "name": "Ours",
            "base_url": "https://gateway.example/v1",
            "api_key": "$GATEWAY_KEY",
            "extra_headers": {"X-Team": "it's $5 \\$HOME \\`us\\`", "X-Empty": "${NOT_SET:-none}"},
            "extra_body": {"stop": ["a'b", "c"], "options": {"num_ctx": 32768}},
            "system_prompt_prefix": "Be brief.\nBe $kind.",
            "flat_rate": True,
            "discover_models": False,
            "models": [
                {"id": "org/big:free", "name": "Big", "context_window": 200000, "default_max_tokens": 8000},
                {"id": "small", "name": "Small", "can_reason": True, "cost_per_1m_in": 0.25},
            ],
        },
        "groq": {"api_key": "$GROQ_API_KEY"},
        "openai": {"disable": True, "api_key": "none"},
    },
    "models": {
        "large": {"provider": "gateway", "model": "org/big:free", "temperature": 0.7, "top_p": 0.9, "max_tokens": 99},
        "small": {"provider": "gateway", "model": "small", "think": True},
    },
    "options": {"debug": True, "disable_auto_summarize": True, "context_paths": ["./RULES.md"]},
    "permissions": {"allowed_tools": ["view", "ls"]},
    "mcp": {"files": {"type": "stdio", "command": "npx", "args": ["-y", "files $HOME"], "disabled": True}},
    "lsp": {"go": {"command": "gopls", "env": {"GOFLAGS": "-mod=vendor"}, "disabled": True}},
}
SCRIPT = (
    (Path(__file__).parents[1] / "dotfiles" / "long.crushrc").read_text(encoding="utf-8")
    + """
provider add groq --api-key '$GROQ_API_KEY'
option context-path ./RULES.md
permissions allow view ls
mcp add files --type stdio --command npx --args -y --disabled true
"""
)

_DAY = re.compile(r"\d+/\d+/\d{4}")


@pytest.mark.parametrize(
    ("name", "text", "to"), [("crush.json", json.dumps(JSON, indent=2), "crushrc"), ("crushrc", SCRIPT, "json")]
)
def test_there_and_back_crush_loads_and_sends_the_same(
    name: str, text: str, to: str, crush: RealCrush, internet: Internet
) -> None:
    (crush.home / "RULES.md").write_text("Rules of the house.\n", encoding="utf-8")
    crush.config_file.parent.mkdir(parents=True)
    crush.config_file.with_name(name).write_text(text, encoding="utf-8")
    crush = replace(crush, env=KEYS)
    before = outcome(crush, internet)
    for format_ in (to, {"crushrc": "json", "json": "crushrc"}[to]):
        done = wizard(crush, "convert", "--to", format_, "--yes")
        assert done.code == 0, done.err
        assert " stays in " not in done.err
        assert outcome(crush, internet) == before


def outcome(crush: RealCrush, internet: Internet) -> dict[str, Any]:
    """What it lists, what it asks the large and the small model, and what it has written down of its own accord."""
    listed = crush.models()
    assert listed.starts, listed.message
    assert crush.ask() == ""
    sent = [_sent(one) for one in (*internet.chats(), *internet.titles())]
    assert len(sent) == 2
    return {"models": listed.models, "sent": sent, "slots": crush.remembered().get("models")}


def _sent(request: Sent) -> dict[str, Any]:
    """All of it but for what is another one in each run."""
    headers = {name: value for name, value in request.headers.items() if not name.startswith("x-session-")}
    headers.pop("content-length", None)
    return {"url": request.url, "headers": headers, "body": _DAY.sub("", json.dumps(request.body, sort_keys=True))}
