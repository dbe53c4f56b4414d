"""Values from catalogues, which anybody may have written: a wrong one is not said, never an error."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from wizard.provider.model import is_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.provider.model import Number

LONGEST_TEXT = 300
LARGEST_WINDOW = 1_000_000_000
"""Tokens."""
HIGHEST_PRICE = 100_000
"""USD per million tokens."""
MOST_LEVELS = 20


def text(value: Any) -> str:
    """A short text on one line; empty if it is something else."""
    is_text = isinstance(value, str) and len(value) <= LONGEST_TEXT and value.isprintable()
    return str(value).strip() if is_text else ""


def flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def price(value: Any) -> Number | None:
    """USD per million tokens, rounded to the nano-dollar: sums of binary fractions look odd in a config."""
    if not is_number(value) or not 0 <= value <= HIGHEST_PRICE or not math.isfinite(value):
        return None
    rounded = round(value, 9)
    return int(rounded) if rounded == int(rounded) else rounded


def tokens(value: Any) -> int | None:
    """A number of tokens; 0 is the catalogues' "unknown"."""
    if not is_number(value) or not 0 < value <= LARGEST_WINDOW:
        return None
    return int(value) or None


def levels(value: Any) -> tuple[str, ...] | None:
    """Reasoning levels; None where none are named."""
    if not isinstance(value, list | tuple):
        return None
    return tuple(dict.fromkeys(level for item in value[:MOST_LEVELS] if (level := text(item)))) or None


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def cached_prices(write: Number | None, hit: Number | None) -> tuple[Number | None, Number | None]:
    """cost_per_1m_in_cached and cost_per_1m_out_cached, right under both of Crush's readings (crush-behaviour 14).

    `write` is the price of a cache write where the vendor charges one, `hit` that of a cache hit; 0 is not said.
    """
    return (write or hit or None), (hit or None)
