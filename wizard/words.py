"""Counting and listing in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def counted(number: int, noun: str) -> str:
    """`1 model`, `3 models`, `0 models`."""
    return f"{number} {by_number(number, noun, f'{noun}s')}"


def by_number(number: int, one: str, several: str) -> str:
    """The word for one, or the word for several: `is`, `are`."""
    return one if number == 1 else several


def joined(words: Iterable[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`; empty for none."""
    *first, end = tuple(words) or ("",)
    return f"{', '.join(first)} {last} {end}" if first else end
