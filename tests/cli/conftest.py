"""The program the way scripts use it: no terminal, a HOME of its own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import program
from tests.conftest import NO_SERVERS
from tests.program import Finished

if TYPE_CHECKING:
    from tests.conftest import SecretService

__all__ = ["Finished", "Machine"]


@dataclass
class Machine:
    """A HOME, and the environment of a shell in it."""

    home: Path
    env: dict[str, str]

    @property
    def config(self) -> Path:
        return self.home / ".config" / "crush" / "crush.json"

    @property
    def entries(self) -> dict[str, Any]:
        providers: dict[str, Any] = json.loads(self.config.read_text(encoding="utf-8"))["providers"]
        return providers

    def write_config(self, text: str) -> None:
        self.config.parent.mkdir(parents=True, exist_ok=True)
        self.config.write_bytes(text.encode("utf-8"))

    def start(
        self, *arguments: str, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """A process of its own, to be spoken with."""
        return program.start(arguments, cwd or self.home, {**self.env, **(env or {})})

    def run(
        self, *arguments: str, stdin: str = "", cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> Finished:
        """To its end, in the test's process wherever that can make no difference."""
        return program.run(arguments, stdin, cwd or self.home, {**self.env, **(env or {})})

    def install_crush(self, version: str) -> None:
        """A Crush on PATH that tells its version, and nothing else."""
        crush = self.home.parent / "programs" / "crush"
        crush.parent.mkdir(exist_ok=True)
        crush.write_text(f"#!/bin/sh\necho crush version {version}\n", encoding="utf-8")
        crush.chmod(0o755)
        self.env["PATH"] = f"{crush.parent}:{program.SYSTEM_PATH}"

    def run_alone(
        self, *arguments: str, stdin: str = "", cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> Finished:
        """To its end, in a process of its own."""
        return program.run_alone(arguments, stdin, cwd or self.home, {**self.env, **(env or {})})

    def snapshot(self) -> dict[str, tuple[int, bytes | None]]:
        """Every path below HOME with its mode and content."""
        return {
            str(path.relative_to(self.home)): (path.lstat().st_mode, path.read_bytes() if path.is_file() else None)
            for path in sorted(self.home.rglob("*"))
        }


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """No D-Bus, no Crush, no network, no variables of anybody."""
    return machine_in(tmp_path)


def machine_in(above: Path) -> Machine:
    """The same, with a new home in this folder."""
    home = above / "user"
    home.mkdir()
    env = {"HOME": str(home), "PATH": program.SYSTEM_PATH, **program.LOCALE, **program.IMPORTS}
    return Machine(home, env | {"WIZARD_OFFLINE": "1"} | NO_SERVERS)


@pytest.fixture
def machine_with_keyring(machine: Machine, secret_service: SecretService) -> Machine:
    """The same with a real Secret Service, unlocked."""
    keep = {key: value for key, value in secret_service.env.items() if key.startswith(("DBUS", "XDG_RUNTIME"))}
    machine.env.update(keep)
    return machine


@pytest.fixture
def rich_config() -> str:
    """A hand-written crush.json with habits of its own: tabs, odd spacing, escapes, a literal key, other tools."""
    return RICH


RICH = """{
\t"$schema" : "https://charm.land/crush.json",
\t"options": { "debug": false,   "tui": {"compact_mode": true} },
\t"mcp": {
\t\t"files": { "type": "stdio", "command": "npx", "args": ["-y", "server-filesystem", "/srv"] },
\t\t"n": { "type": "http", "url": "https://mcp.example/x", "headers": {"Authorization": "Bearer $MCP_TOKEN"} }
\t},
\t"lsp": {"go": {"command": "gopls", "env": {"GOTOOLCHAIN": "go1.26"}}},

\t"providers": {
\t\t"work": {
\t\t\t"type": "openai-compat",
\t\t\t"base_url": "https://llm.work.example/v1",
\t\t\t"api_key": "sk-literal-of-another-provider-1",
\t\t\t"models": [
\t\t\t\t{"id": "w-1", "name": "W\\u00f6rk", "context_window": 1.28e5, "default_max_tokens": 4096.0, "mine": [1, 2 ]},
\t\t\t\t{"id": "w-2", "name": "W2"}
\t\t\t],
\t\t\t"unknown_to_crush": {"keep": "me", "big": 12345678901234567890}
\t\t}
\t},
\t"permissions": {"allowed_tools": ["view", "ls"]}
}"""
