"""Where Charm's catalogue is (crush-behaviour 3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

CATWALK = "CATWALK_URL"
"""Crush's own variable: `/v2/providers` is added to it."""


def catwalk(environ: Mapping[str, str]) -> str:
    return environ.get(CATWALK) or "https://catwalk.charm.land"
