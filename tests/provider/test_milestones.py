"""Which Crush has what (crush-behaviour 12)."""

from __future__ import annotations

import pytest

from wizard.provider.milestones import MILESTONES, missing, spelled
from wizard.provider.types import TYPES


@pytest.mark.parametrize(
    ("version", "feature", "since"),
    [
        ((0, 87, 9), "crushrc", (0, 88, 0)),
        ((0, 88, 0), "crushrc", None),
        ((1, 0, 0), "crushrc", None),
        ("devel", "crushrc", None),
        (None, "crushrc", None),
        ((0, 66, 0), "flat_rate", (0, 66, 1)),
    ],
)
def test_missing(version: object, feature: str, since: object) -> None:
    assert missing(version, feature) == since  # type: ignore[arg-type]


def test_the_types_that_came_later() -> None:
    since = {name: spelled(one.since) for name, one in TYPES.items() if one.since}
    assert since == {
        "litellm": "0.78.0",
        "llamacpp": "0.80.0",
        "lmstudio": "0.78.0",
        "ollama": "0.78.0",
        "omlx": "0.78.0",
    }
    assert min(MILESTONES.values()) > (0, 1, 0)
