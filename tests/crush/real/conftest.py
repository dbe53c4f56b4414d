"""What a real Crush brings along."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crush.real.program import RealCrush


@pytest.fixture
def catalogue(crush: RealCrush) -> Path:
    """The catalogue that is built into it, as it keeps a newer one."""
    crush.run("update-providers", "embedded")
    return crush.home / ".local" / "share" / "crush" / "providers.json"
