"""The line that each answer leaves on the terminal, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wizard.ui.output import Output


class AnsweredLines:
    """The lines that are at the end of the screen, as long as nothing else is said below them: who goes back and
    answers the same as before gets no line twice.
    """

    def __init__(self, output: Output) -> None:
        self._output = output
        self._lines: list[str] = []
        self._place = 0
        self._said = output.said

    def went_back(self) -> None:
        self._place -= 1

    def is_there(self, line: str) -> bool:
        """Whether this line, of the answer just given, is on the screen already; it is from now on."""
        if self._place < 0 or self._said != self._output.said:
            self._lines, self._place, self._said = [], 0, self._output.said
        found = self._lines[self._place : self._place + 1] == [line]
        if not found:
            self._lines = [*self._lines, line] if self._place == len(self._lines) else [line]
            self._place = len(self._lines) - 1
        self._place += 1
        return found
