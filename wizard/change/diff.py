"""Shows a file's change as a unified diff that is safe to print: no secret, no character that steers a terminal."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from wizard.expansion.mask import Mask
from wizard.shown import safe, safe_line
from wizard.ui.text import Painted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.files.plan import FileEdit

CONTEXT = 3
_NOWHERE = "/dev/null"
_NO_NEWLINE = "\\ No newline at end of file"


def unified_diff(edit: FileEdit, label: str | None = None) -> str:
    """The change with three lines of context, each line ended by a line feed; empty if nothing changes.

    `label` stands for the path in the two head lines. What `edit.masked` names is masked in whatever way JSON can
    spell it; lines are compared as they are, so a changed secret shows as a change. Line ends that are all CRLF
    are not shown, mixed ones are.
    """
    before, after = edit.before or "", edit.after or ""
    if before == after and edit.action == "update":
        return ""
    mask = Mask(edit.masked)
    end = _line_end(before + after)
    old, new = _lines(before, end), _lines(after, end)
    shown_old, shown_new = _lines(mask.text(before), end), _lines(mask.text(after), end)
    name = safe_line(label or str(edit.path))
    head = [
        f"--- {_NOWHERE if edit.action == 'create' else name}",
        f"+++ {_NOWHERE if edit.action == 'delete' else name}",
    ]
    body = (line for hunk in _hunks(old, new) for line in _print_hunk(hunk, shown_old, shown_new, end))
    return "".join(f"{line}\n" for line in (*head, *body))


Operation = tuple[str, int, int, int, int]
Hunk = list[Operation]


class _Operations(SequenceMatcher[str]):
    """Groups operations that are known already."""

    def __init__(self, operations: list[Operation]) -> None:
        super().__init__()
        self._operations = operations

    def get_opcodes(self) -> list[Operation]:  # type: ignore[override]  # the tag is a plain str here
        return self._operations


def _hunks(old: list[str], new: list[str]) -> Iterator[Hunk]:
    """difflib's groups of operations. Equal ends are set aside first: a file may be large, a change is small.

    What they hold is context, whatever else it resembles: `git apply` wants context behind a change.
    """
    top = _equal_lines(old, new)
    bottom = _equal_lines(old[top:][::-1], new[top:][::-1])
    old_end, new_end = len(old) - bottom, len(new) - bottom
    between = SequenceMatcher(None, old[top:old_end], new[top:new_end]).get_opcodes()
    operations: list[Operation] = [
        ("equal", 0, top, 0, top),
        *((tag, i + top, j + top, k + top, m + top) for tag, i, j, k, m in between),
        ("equal", old_end, len(old), new_end, len(new)),
    ]
    lines = [operation for operation in operations if operation[1] < operation[2] or operation[3] < operation[4]]
    yield from _Operations(lines).get_grouped_opcodes(CONTEXT)


def _equal_lines(old: list[str], new: list[str]) -> int:
    """How many lines two texts begin with in common."""
    pairs = enumerate(zip(old, new, strict=False))
    return next((index for index, (before, after) in pairs if before != after), min(len(old), len(new)))


def _print_hunk(hunk: Hunk, old: list[str], new: list[str], end: str) -> Iterator[str]:
    yield f"@@ -{_range(hunk[0][1], hunk[-1][2])} +{_range(hunk[0][3], hunk[-1][4])} @@"
    for tag, old_start, old_stop, new_start, new_stop in hunk:
        if tag == "equal":
            yield from _print_lines(" ", old[old_start:old_stop], end)
        else:
            yield from _print_lines("-", old[old_start:old_stop], end)
            yield from _print_lines("+", new[new_start:new_stop], end)


def _print_lines(sign: str, lines: list[str], end: str) -> Iterator[str]:
    for line in lines:
        yield sign + safe(line.removesuffix(end))
        if not line.endswith(end):
            yield _NO_NEWLINE


def _range(start: int, stop: int) -> str:
    """Line numbers as `diff` counts them: from 1, an empty range named by the line before it."""
    length = stop - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


def _lines(text: str, end: str) -> list[str]:
    """The lines with their ends; unlike str.splitlines, only a line end is one."""
    *lines, rest = text.split(end)
    return [line + end for line in lines] + ([rest] if rest else [])


def _line_end(text: str) -> str:
    return "\r\n" if 0 < text.count("\n") == text.count("\r\n") else "\n"


# On a terminal

_COLOURS = (
    (("--- ", "+++ "), "1"),
    (("@@",), "36"),
    (("+",), "32"),
    (("-",), "31"),
    (("\\",), "2"),
)


def render_diff(text: str, color: bool) -> Painted:
    """The diff, made safe to show and, with `color`, in the usual colours. No line is cut or wrapped."""
    return Painted("\n".join(_render(line, color) for line in text.split("\n")))


def _render(line: str, color: bool) -> str:
    shown = safe(line.removesuffix("\r")) + ("\r" if line.endswith("\r") else "")
    code = next((code for starts, code in _COLOURS if line.startswith(starts)), None)
    if not color or code is None:
        return shown
    return f"\x1b[{code}m{shown}\x1b[0m"
