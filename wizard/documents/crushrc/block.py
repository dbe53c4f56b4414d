"""The one marked block of a crushrc: what can't be changed in place is added there, at the end of the file.

The block ends with a command that succeeds: a script that ends with a failing one keeps Crush from starting
(crush-behaviour 5.2).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

from wizard.errors import Conflict, InvalidConfig
from wizard.files.edit import TextEdit
from wizard.files.start_file import BEGIN, END
from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from wizard.documents.crushrc.reading import Reading
    from wizard.documents.crushrc.syntax import Statement

LAST = "true"
"""The block's last command."""

_MARK = f"(?:{re.escape(BEGIN)}|{re.escape(END)})"
_BLOCK = regexp(
    rf"^{re.escape(BEGIN)}[ \t]*\r?\n(?P<body>(?:(?!{_MARK}|{LAST}[ \t]*\r?\n{re.escape(END)}).*\n)*?)"
    rf"(?P<last>{LAST}[ \t]*\r?\n)?(?P<end>{re.escape(END)}[ \t]*\r?$)",
    re.MULTILINE,
)
_BEGIN = regexp(rf"^{re.escape(BEGIN)}[ \t]*\r?$", re.MULTILINE)
_FOR_TOOLS = regexp(rf"\s*(?:#!.*|# shellcheck\b.*|{_MARK})\s*")
_COMMENT = regexp(r"(?:^|\s)#")
"""In a script with more in it this may be a part of a text."""
_LINE_END = regexp(r"\r?\n")
_BLANK_LINE_BEFORE = regexp(r"(?:\A|(?<=\n))\r?\n\Z")
_SURE = frozenset(("provider", "model", "mcp", "lsp", "permissions", "hook", "option", "true", ":", "echo", "export"))


def succeeds(statement: Statement) -> bool:
    """Whether a statement may stand at the end of a script: its command does not fail."""
    return bool(statement.words) and statement.words[0].value in _SURE


def emptied_block(reading: Reading) -> TextEdit | None:
    """The edit that takes away a block in which nothing is left; None while it holds something, or is needed.

    The blank line that parts it from what is above goes with it.
    """
    found = _BLOCK.search(reading.text)
    if found is None or found["body"].strip() or reading.script is None:
        return None
    above = [statement for statement in reading.script.statements if statement.start < found.start()]
    below = [statement for statement in reading.script.statements if statement.start > found.end()]
    if above and not below and not succeeds(above[-1]):
        return None  # its last command makes the script end well
    start, end = found.start(), found.end()
    blank = _BLANK_LINE_BEFORE.search(reading.text[:start])
    start = blank.start() if blank else start
    behind = _LINE_END.match(reading.text, end)
    if behind is None:  # at the end of a file whose last line has never been ended
        start = len(reading.text[:start].removesuffix("\n").removesuffix("\r"))
    return TextEdit(start, (behind.end() if behind else end) - start, "")


class Block:
    """The block of one script, there or not yet. `place` tells the line and column of an offset."""

    def __init__(
        self, reading: Reading, path: Path | str, newline: str, place: Callable[[int], tuple[int, int]]
    ) -> None:
        self._reading = reading
        self._text = reading.text
        self._path = path
        self._newline = newline
        self._place = place
        self._found = _BLOCK.search(self._text)

    @property
    def start(self) -> int:
        """Where it begins, or would."""
        return self._found.start() if self._found else len(self._text)

    @property
    def added_at(self) -> int:
        """Where commands are added: at its end, before the one that ends it well."""
        if self._found is None:
            return len(self._text)
        return self._found.start("last") if self._found["last"] else self._found.start("end")

    def addition(self, commands: Sequence[str], provider: str, slot: str) -> TextEdit:
        """The edit that adds commands about a provider or a slot. Raises Refused where they would not count."""
        if self._found is None and _BEGIN.search(self._text):
            self._refuse_open_block()
        lines = "".join(line + self._newline for line in commands)
        if self._found is None:
            self._refuse_dead(len(self._text))
            return self._new_block(lines)
        self._refuse_dead(self.added_at)
        self._refuse_later(self._found.end(), provider, slot)
        return TextEdit(self.added_at, 0, lines if self._found["last"] else f"{lines}{LAST}{self._newline}")

    def _new_block(self, lines: str) -> TextEdit:
        """At the end; a last line that is not ended stays the only thing that has changed its place."""
        end = self._newline
        block = f"{BEGIN}{end}{lines}{LAST}{end}{END}{end}"
        if not self._text:
            return TextEdit(0, 0, block)
        if self._text.endswith("\n"):
            return TextEdit(len(self._text), 0, end + block)
        return TextEdit(len(self._text), 0, end * 2 + block.removesuffix(end))

    def _refuse_open_block(self) -> NoReturn:
        begin = _BEGIN.search(self._text)
        raise InvalidConfig(
            f"the block that begins with `{BEGIN}` has no end",
            path=self._path,
            line=self._place(begin.start() if begin else 0)[0],
            hint=f"remove it, or add the line `{END}` after it",
        )

    def _refuse_dead(self, offset: int) -> None:
        end = self._reading.end
        if end and end.start < offset:
            line, column = self._place(end.start)
            raise Conflict(
                f"the script ends here with `{end.words[0].value}`, so nothing after it counts",
                hint="remove that line, or use --format json",
                path=self._path,
                line=line,
                column=column,
            )

    def _refuse_later(self, end: int, provider: str, slot: str) -> None:
        """What stands behind the block and is about the same would have the last word."""
        later = [command.statement.start for command in self._reading.about(provider)]
        later += [
            place.start
            for place in self._reading.places
            if (provider and place.provider == provider) or (slot and place.slot == slot)
        ]
        last = max(later, default=0)
        if last > end:
            line, column = self._place(last)
            what = f"provider {provider}" if provider else f"{slot} model"
            raise Conflict(
                f"this comes after the lines of crush-wizard, and would override the {what}",
                hint=f"move the lines from `{BEGIN}` to `{END}` to the end of the file",
                path=self._path,
                line=line,
                column=column,
            )


def has_comments(script: str) -> bool:
    """Whether there are comments of a person, which are neither a block's marks nor for tools."""
    return any(_COMMENT.search(line) and not _FOR_TOOLS.fullmatch(line) for line in script.splitlines())
