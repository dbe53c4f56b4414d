"""`paths` in a real terminal: no path is ever cut, however narrow it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.terminal.conftest import User


@pytest.mark.parametrize(("columns", "rows"), [(80, 40), (40, 60)])
def test_whole_paths(user: User, columns: int, rows: int) -> None:
    deep = user.home / "folder-with-a-long-name" / "and-another-one-in-it"
    deep.mkdir(parents=True)
    user.writes("{}")
    window = user.wizard("paths", env={"CRUSH_GLOBAL_DATA": str(deep)}, columns=columns, rows=rows)
    assert window.exit_code() == 0
    for path in ("~/folder-with-a-long-name/and-another-one-in-it/crush.json", "~/.local/state/crush-wizard/secrets"):
        window.wait_for(path)
    window.wait_for("user-json no providers *")
    assert "…" not in window.screen
