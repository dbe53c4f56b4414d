"""Three made-up setups of each agent and switcher, with one key in all of them, and where each tool has its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tests.transfer.origins.conftest import Home

FOLDERS = {
    "claude": ".claude",
    "ccr": ".claude-code-router",
    "cc-switch": ".cc-switch",
    "gemini": ".gemini",
    "qwen": ".qwen",
    "pi": ".pi/agent",
    "zed": ".config/zed",
    "aider": ".",
    "mods": ".config/mods",
}


class Sample(NamedTuple):
    """`number` 1 to 3."""

    tool: str
    number: int

    @property
    def folder(self) -> str:
        return self.tool if self.number == 1 else f"{self.tool}{self.number}"

    def put(self, home: Home) -> None:
        home.put(self.folder, FOLDERS[self.tool])
        if self.tool == "cc-switch":
            home.database(f"{self.folder}/cc-switch.sql", f"{FOLDERS[self.tool]}/cc-switch.db")
            (home.folder / FOLDERS[self.tool] / "cc-switch.sql").unlink()


SAMPLES = tuple(Sample(tool, number) for tool in FOLDERS for number in (1, 2, 3))
EXPECTED = Path(__file__).with_name("expected")
