"""What a person sees who has to wait: for each of several things a line that fills up in place, and for how long."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from wizard.interrupts import interrupts_held
from wizard.ui.terminal import is_terminal, terminal_width, wants_plain_lines
from wizard.ui.text import columns, cut, encodes, one_line, pad

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from wizard.ui.output import Output

OPEN = "·"
"""Stands where a mark will be."""
GAP = "  "
WORDS_AT_LEAST = 6
"""Terminal columns that the words get before a long name is cut."""
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
PLAIN_SPINNER = "|/-\\"
"""For a stream whose encoding has no others."""
FRAMES_A_SECOND = 8
STOP = "Ctrl-C: stop"
GO_ON = "Ctrl-C: go on without it"
_COLOURS = {"✓": "32", "+": "32", "✗": "31", "x": "31"}


class Row(Struct, frozen=True):
    """`marks` are those that are known of `total`, one character each; `words` say what goes on, or how it ended."""

    name: str
    total: int
    marks: str = ""
    words: str = ""
    ended: bool = False


class Progress(Protocol):
    """What a person sees meanwhile. Rows are known by their names."""

    def show(self, row: Row) -> None:
        """The row is now like this."""

    def close(self) -> None:
        """Nothing more comes: leave the terminal as it was before."""


@contextlib.contextmanager
def open_progress(
    output: Output, rows: Sequence[Row], *, says_ends: bool = True, words: str = "", leave: str = STOP
) -> Iterator[Progress]:
    """On stderr: rows that fill on a terminal, a line for each that ended elsewhere, nothing with --quiet.

    `says_ends` False: no such lines, because the caller says the same. Below the rows it is told how long this takes,
    of what (`words`), and what Ctrl-C does (`leave`).
    """
    progress: Progress = _Nothing()
    try:
        with interrupts_held():  # nobody else would stop the clock
            if not output.quiet:
                if is_drawn(output):
                    progress = _Block(output, rows, partial(wait_lines, words, leave))
                elif says_ends:
                    progress = _Lines(output)
        yield progress
    finally:
        with interrupts_held():
            progress.close()


@contextlib.contextmanager
def waiting(output: Output, words: str, leave: str = STOP, *, says_so: bool = True) -> Iterator[None]:
    """For a wait of which only its length can be told: a line on a terminal that goes when it is over.

    Elsewhere a line that says what is waited for, once a run, but for `says_so` False. `words`: what goes on, as in
    "asking Crush".
    """
    if says_so and not is_drawn(output):
        output.once(f"{words} ...")
    with open_progress(output, (), says_ends=False, words=words, leave=leave):
        yield


def wait_lines(words: str, leave: str, seconds: float, width: int, frames: str = SPINNER) -> tuple[str, ...]:
    """`⠹ asking Crush · 3 s · Ctrl-C: stop` in at most `width` columns, on two lines where it has to be.

    For the first second it only says what goes on: most waits are over by then.
    """
    frame = frames[int(seconds * FRAMES_A_SECOND) % len(frames)]
    rest = [f"{int(seconds)} s", leave] if seconds >= 1 else []
    parts = [*([one_line(words)] if words else []), *rest]
    line = f"{frame} {' · '.join(parts)}"
    if columns(line) <= width:
        return (line,) if parts else ()
    return (cut(f"{frame} {parts[0]}", width), *((cut(f"  {' · '.join(parts[1:])}", width),) if parts[1:] else ()))


def is_drawn(output: Output) -> bool:
    """Whether what goes on is drawn as it goes, and not said in lines."""
    return is_terminal(output.stderr) and not wants_plain_lines(os.environ)


def block(rows: Sequence[Row], width: int, height: int) -> tuple[str, ...]:
    """The lines that show the rows in at most `width` columns and `height` lines.

    Where there are more rows, those that have not ended are shown, and the last line counts.
    """
    cells = max((columns(_marks(row)) for row in rows), default=0)
    names = max((columns(one_line(row.name)) for row in rows), default=0)
    room = max(1, min(names, width - cells - 2 * len(GAP) - WORDS_AT_LEAST))
    if len(rows) <= height:
        return tuple(_line(row, room, width) for row in rows)
    going = [row for row in rows if not row.ended]
    ended = f"{len(rows) - len(going)} of {len(rows)} are done"
    return (*(_line(row, room, width) for row in going[: max(height - 1, 0)]), cut(ended, width))


def _line(row: Row, room: int, width: int) -> str:
    name = pad(cut(one_line(row.name), room), room)
    return cut(f"{name}{GAP}{_marks(row)}{GAP}{one_line(row.words)}", width).rstrip()


def _marks(row: Row) -> str:
    return " ".join(row.marks.ljust(row.total, OPEN))


class _Nothing:
    def show(self, row: Row) -> None: ...
    def close(self) -> None: ...


class _Lines:
    """For a stream that can't be redrawn."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def show(self, row: Row) -> None:
        if row.ended:
            self._output.drawn(one_line(f"{row.name}: {row.words}") + "\n")

    def close(self) -> None: ...


class _Block:
    """Lines at the lower end of what the terminal shows; only those that changed are written again.

    The cursor rests in the line below them. The last ones tell the time, which a thread of its own keeps up to date.
    """

    def __init__(
        self, output: Output, rows: Sequence[Row], waited: Callable[[float, int, str], tuple[str, ...]]
    ) -> None:
        self._output = output
        self._rows = {row.name: row for row in rows}
        self._waited = waited
        self._frames = SPINNER if encodes(SPINNER, output.stderr.encoding) else PLAIN_SPINNER
        self._started = time.monotonic()
        self._drawn: tuple[str, ...] = ()
        self._drawing = threading.Lock()
        self._ended = threading.Event()
        self._draw()
        self._clock = threading.Thread(target=self._tick, daemon=True)
        self._clock.start()

    def show(self, row: Row) -> None:
        self._rows[row.name] = row
        self._draw()

    def close(self) -> None:
        self._ended.set()
        with self._drawing:
            self._output.drawn(_up(len(self._drawn)) + "\r\x1b[J")
            self._drawn = ()

    def _tick(self) -> None:
        while not self._ended.wait(1 / FRAMES_A_SECOND):
            self._draw()

    def _draw(self) -> None:
        import shutil

        width = terminal_width(self._output.stderr) or 80
        height = shutil.get_terminal_size().lines
        # What stays free keeps the terminal from wrapping and scrolling by itself, which would spoil the places.
        with self._drawing:
            if self._ended.is_set():
                return
            below = self._waited(time.monotonic() - self._started, width - 1, self._frames)
            wanted = (*block(tuple(self._rows.values()), width - 1, height - 2 - len(below)), *below)
            if wanted != self._drawn:
                self._output.drawn(self._change_to(wanted))
                self._drawn = wanted

    def _change_to(self, wanted: tuple[str, ...]) -> str:
        before = (*self._drawn, *[None] * (len(wanted) - len(self._drawn)))
        lines = [
            "\n" if line == old else f"\r{self._painted(line)}\x1b[K\n"
            for line, old in zip(wanted, before, strict=False)
        ]
        return _up(len(self._drawn)) + "".join(lines) + ("\x1b[J" if len(wanted) < len(self._drawn) else "")

    def _painted(self, line: str) -> str:
        if not self._output.colors(self._output.stderr):
            return line
        return " ".join(_paint(word) for word in line.split(" "))


def _paint(word: str) -> str:
    return f"\x1b[{_COLOURS[word]}m{word}\x1b[0m" if word in _COLOURS else word


def _up(lines: int) -> str:
    return f"\x1b[{lines}A" if lines else ""
