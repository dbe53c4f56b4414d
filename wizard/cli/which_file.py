"""Which of Crush's files a command is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from pathlib import Path

    from wizard.files.locations import FormatChoice, Scope
    from wizard.machine.target import Target


class WhichFile(Struct, frozen=True):
    """What --scope, --file and --format say; without any, the user's own."""

    scope: Scope = "user"
    path: Path | None = None
    format: FormatChoice | None = None

    def open(self) -> Target:
        """Raises InvalidConfig, with the place, for a file that Crush would not take."""
        from wizard.machine.target import open_target

        return open_target(self.scope, self.path, self.format)
