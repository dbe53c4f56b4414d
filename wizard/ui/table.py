"""Rows and columns that fit the terminal; below that, one record after the other."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import TYPE_CHECKING

from wizard.regexp import regexp
from wizard.ui.text import columns as columns_of
from wizard.ui.text import cut, one_line, pad, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

GAP = "  "
NARROWEST = 12
"""A column is not cut below this many terminal columns: what is left would say too little."""
_NUMBER = regexp(r"(?:[$<>~]?-?[\d,._]*\d[kKMG%]?|[-–—?]?)!?")


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
        return render_records(names, cells)
    numbers = [_holds_numbers(column) for column in zip(*cells, strict=True)]
    numbers = numbers or [False] * len(names)
    return "\n".join(_line(row, widths, numbers) for row in [names, *cells])


def render_records(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """One block of `column  value` lines after the other, without what is empty; nothing is cut."""
    names = [one_line(name) for name in columns]
    return "\n\n".join(_record(names, [one_line(cell) for cell in row]) for row in rows)


def render_open_table(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int | None) -> str:
    """A table of which nothing is cut: where it is too wide, the last cell of each row goes on a line below."""
    whole = render_table(columns, rows, None)
    if fits(whole, width):
        return whole
    lines = render_table(columns[:-1], [row[:-1] for row in rows], width).splitlines()
    if len(lines) != len(rows) + 1:
        return render_records(columns, rows)
    below = ("", *("\n" + wrap(f"  {one_line(row[-1])}", width) if row[-1] else "" for row in rows))
    return "\n".join(line + more for line, more in zip(lines, below, strict=True))


def fits(text: str, width: int | None) -> bool:
    """Whether no line of the text is wider than `width` terminal columns (None: there is no limit)."""
    return width is None or all(columns_of(line) <= width for line in text.splitlines())


def _holds_numbers(column: Sequence[str]) -> bool:
    """A column of nothing but dashes holds none."""
    return all(map(_NUMBER.fullmatch, column)) and any(re.search(r"\d", cell) for cell in column)


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
    filled = [(name, cell) for name, cell in zip(names, row, strict=True) if cell]
    return "\n".join(f"{pad(name, width)}{GAP}{cell}" for name, cell in filled)


def render_labelled(pairs: Sequence[tuple[str, str]], width: int | None) -> str:
    """`label  value` lines; a value goes on below itself, and one without blanks is never broken."""
    names = [one_line(name) for name, _ in pairs]
    indent = max(map(columns_of, names), default=0) + len(GAP)
    room = None if width is None else max(width - indent, NARROWEST)
    return "\n".join(
        "\n".join(
            pad(head, indent) + line
            for head, line in zip_longest((name,), wrap(one_line(value), room).split("\n"), fillvalue="")
        )
        for name, (_, value) in zip(names, pairs, strict=True)
    )
