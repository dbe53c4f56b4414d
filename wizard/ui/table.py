"""Rows and columns that fit the terminal; below that, one record after the other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wizard.ui.text import columns as columns_of
from wizard.ui.text import cut, one_line, pad

if TYPE_CHECKING:
    from collections.abc import Sequence

GAP = "  "
NARROWEST = 12
"""A column is not cut below this many terminal columns: what is left would say too little."""
_NUMBER = re.compile(r"[$<>~]?-?[\d,._]*\d[kKMG%]?|[-–—?]?")


def render_table(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int | None) -> str:
    """The table in at most `width` terminal columns (None: as wide as it is), without a final newline.

    The widest columns give way first, ending in an ellipsis; where that would leave too little,
    every row becomes a block of `column  value` lines with nothing cut. Columns of numbers align right.
    """
    names = [one_line(name) for name in columns]
    cells = [[one_line(cell) for cell in row] for row in rows]
    wanted = [max(map(columns_of, column)) for column in zip(names, *cells, strict=True)]
    widths = _fitting(wanted, width)
    if widths is None:
        return "\n\n".join(_record(names, row) for row in cells)
    numbers = [bool(cells) and all(map(_NUMBER.fullmatch, column)) for column in zip(*cells, strict=True)]
    numbers = numbers or [False] * len(names)
    return "\n".join(_line(row, widths, numbers) for row in [names, *cells])


def _fitting(wanted: Sequence[int], width: int | None) -> list[int] | None:
    widths = list(wanted)
    room = width - len(GAP) * (len(widths) - 1) if width is not None else sum(widths)
    while sum(widths) > room:
        widest = widths.index(max(widths))
        if widths[widest] <= NARROWEST:
            return None
        widths[widest] -= 1
    return widths


def _line(cells: Sequence[str], widths: Sequence[int], numbers: Sequence[bool]) -> str:
    fitted = [_cell(*cell) for cell in zip(cells, widths, numbers, strict=True)]
    return GAP.join(fitted).rstrip()


def _cell(text: str, width: int, number: bool) -> str:
    shown = cut(text, width)
    return " " * (width - columns_of(shown)) + shown if number else pad(shown, width)


def _record(names: Sequence[str], row: Sequence[str]) -> str:
    width = max(map(columns_of, names))
    return "\n".join(f"{pad(name, width)}{GAP}{cell}".rstrip() for name, cell in zip(names, row, strict=True))
