"""Make first-run.svg, the screen in README.md: what a real terminal shows of the first run, as text.

    .venv/bin/python .screen/make_screen.py

It has `tests/terminal/test_readme_screen.py` play the first run once more, and keep what it sees. Without that the
test compares. Nothing but Python's own library draws it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, unescape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).parents[1]
SCREEN = Path(__file__).with_name("first-run.svg")
TEST = "tests/terminal/test_readme_screen.py"

CELL, LINE, EDGE, BAR = 8.4, 18, 16, 30
"""Pixels: the width of a letter, the height of a line, what is left free around the text, the bar of the window."""
STYLE = """\
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre; }
.window { fill: #ffffff; stroke: #d0d7de; } .dot { fill: #d0d7de; } text { fill: #1f2328; }
.green { fill: #1a7f37; } .cyan { fill: #0969da; } .yellow { fill: #7d4e00; } .red { fill: #cf222e; }
.bold { font-weight: bold; }
@media (prefers-color-scheme: dark) {
.window { fill: #0d1117; stroke: #3d444d; } .dot { fill: #3d444d; } text { fill: #e6edf3; }
.green { fill: #3fb950; } .cyan { fill: #58a6ff; } .yellow { fill: #d29922; } .red { fill: #f85149; }
}
"""
_RUN = re.compile(r'<text x="([\d.]+)" y="(\d+)"[^>]*>([^<]*)</text>')
COLOURS = {"green": "green", "cyan": "cyan", "blue": "cyan", "brown": "yellow", "red": "red"}
"""What pyte calls a colour, and the style for it; whatever else there is looks like the rest of the text."""


def main() -> int:
    command = [sys.executable, "-m", "pytest", "-q", TEST]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, "WIZARD_RECORD": "1"}, check=False).returncode


def drawn(command: str, rows: Sequence[Sequence[Any]]) -> str:
    """The picture of a window: the line that was typed, and pyte's cells of each row below it."""
    rows = _filled(rows)
    columns = max((len(row) for row in rows), default=0)
    width, height = columns * CELL + 2 * EDGE, (len(rows) + 1) * LINE + BAR + EDGE
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" role="img"'
            ' xml:space="preserve">',
            f"<title>{escape(command)} in a terminal</title>",
            f"<style>\n{STYLE}</style>",
            f'<rect class="window" x="0.5" y="0.5" width="{width - 1:g}" height="{height - 1:g}" rx="8"/>',
            *(f'<circle class="dot" cx="{EDGE + 4 + 18 * number}" cy="16" r="5"/>' for number in range(3)),
            _run(0, 0, f"$ {command}", "bold"),
            *(run for number, row in enumerate(rows, 1) for run in _runs(number, row)),
            "</svg>\n",
        )
    )


def text_of(svg: str) -> str:
    """What stands in such a picture, a line a row."""
    lines: dict[int, str] = {}
    for x, y, run in _RUN.findall(svg):
        row, column = (int(y) - BAR) // LINE - 1, round((float(x) - EDGE) / CELL)
        lines[row] = lines.get(row, "").ljust(column) + unescape(run)
    return "\n".join(lines.get(row, "") for row in range(max(lines, default=-1) + 1))


def _filled(rows: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
    """Without the empty rows at the end."""
    last = max((number for number, row in enumerate(rows, 1) if "".join(cell.data for cell in row).strip()), default=0)
    return rows[:last]


def _runs(number: int, row: Sequence[Any]) -> Iterator[str]:
    """The parts of a row that look alike."""
    for look, cells in groupby(enumerate(row), key=lambda place: _look(place[1])):
        places = list(cells)
        text = "".join(cell.data for _, cell in places)
        shift = len(text) - len(text.lstrip())
        if text.strip():
            yield _run(number, places[0][0] + shift, text.strip(), look)


def _look(cell: Any) -> str:
    return " ".join(filter(None, (COLOURS.get(cell.fg, ""), "bold" if cell.bold else "")))


def _run(row: int, column: int, text: str, look: str) -> str:
    """`textLength` keeps the columns where the font is another one."""
    x, y = EDGE + column * CELL, BAR + (row + 1) * LINE
    looks = f' class="{look}"' if look else ""
    return f'<text x="{x:g}" y="{y}" textLength="{len(text) * CELL:g}"{looks}>{escape(text)}</text>'


if __name__ == "__main__":
    sys.exit(main())
