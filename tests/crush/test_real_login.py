"""Signing in with a real Crush, to a stand-in for Charm Hyper."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from tests import program
from tests.conftest import NO_SERVERS
from tests.terminal.conftest import terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.crush.real.program import RealCrush
    from tests.terminal.conftest import OpenTerminal

__all__ = ["terminal"]

ACCESS, REFRESH = "hyper-access-canary-4711", "hyper-refresh-canary-4711"
ANSWERS: dict[str, dict[str, Any]] = {
    "/device/auth/d1": {"refresh_token": REFRESH, "user_id": "u", "organization_id": "o", "organization_name": "O"},
    "/token/exchange": {"access_token": ACCESS, "refresh_token": REFRESH, "expires_in": 3600},
    "/token/introspect": {"active": True},
}


class Hyper(BaseHTTPRequestHandler):
    """The device flow: a code, which has been entered already when Crush asks. `seen`: paths and who asked."""

    seen: ClassVar[list[tuple[str, str]]] = []

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self.seen.append((self.path, self.headers.get("authorization") or ""))
        page = f"http://{self.headers['host']}/enter-it-here"
        begun = {"device_code": "d1", "user_code": "ABCD-1234", "verification_url": page, "expires_in": 60}
        answer = begun if self.path == "/device/auth" else ANSWERS.get(self.path)
        body = json.dumps(answer or {}).encode()
        self.send_response(200 if answer else 404)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def hyper() -> Iterator[str]:
    """Its URL."""
    Hyper.seen.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hyper)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_crush_signs_in_and_we_see_it(crush: RealCrush, terminal: OpenTerminal, hyper: str) -> None:
    folder = crush.home / "bin"
    folder.mkdir(parents=True)
    (folder / "crush").symlink_to(crush.program)
    quiet = {"CRUSH_DISABLE_PROVIDER_AUTO_UPDATE": "1", "CRUSH_DISABLE_METRICS": "1"}
    env = {"HOME": str(crush.home), "PATH": f"{folder}:/usr/bin:/bin", "HYPER_URL": hyper, **quiet, **NO_SERVERS}
    window = terminal(["env", "-C", crush.home, "python", "-m", "wizard", "add-provider", "hyper"], env)
    window.answer("Run `crush login hyper` now?")
    window.wait_for("ABCD-1234")
    window.wait_for("enter-it-here")
    window.key("enter")
    window.wait_for("Signed in to Charm Hyper")
    assert window.exit_code() == 0
    assert ACCESS.encode() not in window.everything
    entry = json.loads(crush.data_file.read_text())["providers"]["hyper"]
    assert (entry["api_key"], entry["oauth"]["refresh_token"]) == (ACCESS, REFRESH)

    window = terminal(["env", "-C", crush.home, "python", "-m", "wizard", "list"], env, columns=140)
    window.wait_for("Charm Hyper")
    assert window.exit_code() == 0
    (row,) = (line for line in window.screen.splitlines() if line.startswith("hyper "))
    assert " login " in row
    assert " ready " in row

    around = {**env, **program.LOCALE, **program.IMPORTS}
    program.run(("test", "hyper"), "", crush.home, around)
    assert ("/v1/chat/completions", f"Bearer {ACCESS}") in Hyper.seen
    examined = program.run(("doctor", "--offline", "--json"), "", crush.home, around).json["data"]["findings"]
    assert not [finding for finding in examined if finding["provider"] == "hyper"]
