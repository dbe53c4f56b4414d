"""Where a copy of what Crush publishes may lie: beside the repository. The facts in this folder do without it."""

from __future__ import annotations

from pathlib import Path

REFERENCE = Path(__file__).parents[3] / "shared" / "reference"
SCHEMA = REFERENCE / "crush.schema.json"
CATALOGUE = REFERENCE / "catalog"
