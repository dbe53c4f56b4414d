"""Real HTTP servers that speak as model providers do."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PROGRAM = Path(__file__).parent / "node_modules" / "@copilotkit" / "aimock" / "dist" / "aimock-cli.js"
"""package.json beside this file names it; `npm ci` in this folder brings it."""
LISTENING = "aimock server listening on "
ANSWER = "Hi there!"


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any
    """The JSON document."""


@dataclass(frozen=True)
class Endpoint:
    """A server that answers OpenAI's and Anthropic's calls, for whoever brings the key; 401 for others."""

    url: str
    """Without a path, such as http://127.0.0.1:4242."""
    key: str

    def post(self, url: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> Reply:
        """Send JSON to a URL of this server, past any proxy."""
        assert url.startswith(self.url)
        content = {"Content-Type": "application/json"}
        request = urllib.request.Request(url, json.dumps(body).encode(), {**content, **headers})
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as response:
                return Reply(response.status, json.load(response))
        except urllib.error.HTTPError as refusal:
            with refusal:
                return Reply(refusal.code, json.load(refusal))


@pytest.fixture
def mock_endpoint(tmp_path: Path, require_real: Callable[[str], NoReturn]) -> Iterator[Endpoint]:
    """A running Endpoint on a free port. It answers every chat with ANSWER."""
    if shutil.which("node") is None or not PROGRAM.exists():
        require_real("the mock endpoint is not installed: `npm ci` in tests/servers")
    key = "sk-mock-0123456789abcdef"
    fixtures = tmp_path / "fixtures.json"
    fixtures.write_text(json.dumps({"fixtures": [{"match": {}, "response": {"content": ANSWER}}]}), encoding="utf-8")
    config = tmp_path / "aimock.json"
    config.write_text(json.dumps({"port": 0, "llm": {"fixtures": str(fixtures)}}), encoding="utf-8")
    command = ["node", str(PROGRAM), "--config", str(config)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | {"AIMOCK_API_KEYS": key}
    ) as server:
        assert server.stdout is not None
        line = next(line for line in server.stdout if LISTENING in line)
        yield Endpoint(line.removeprefix(LISTENING).strip(), key)
        server.kill()
