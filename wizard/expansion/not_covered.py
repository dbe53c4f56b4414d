"""Where our knowledge of Crush's shell ends."""

from __future__ import annotations


class NotCovered(ValueError):
    """Crush may well expand this; we can't be sure to what. The message names what it is."""
