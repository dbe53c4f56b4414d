"""Shows a file's change as a unified diff that is safe to print: no secret, no character that steers a terminal."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from difflib import Match, SequenceMatcher
from typing import TYPE_CHECKING, NamedTuple

from wizard.expansion.mask import Mask
from wizard.shown import safe, safe_line
from wizard.ui.text import Painted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
Block = tuple[int, int, int]
"""Where equal lines begin in the old and in the new text, and how many they are."""
MOST_COMPARED = 500 * 500
"""Pairs of lines. What differs in more of them is cut into pieces before it is compared line by line."""


class _Aligned(SequenceMatcher[str]):
    """Makes groups of operations from blocks that are known already."""

    def __init__(self, blocks: list[Block]) -> None:
        super().__init__()
        self._blocks = [Match(*block) for block in blocks]

    def get_matching_blocks(self) -> list[Match]:
        return self._blocks


def _hunks(old: list[str], new: list[str]) -> Iterator[Hunk]:
    """difflib's groups of operations. Equal ends are set aside first: a file may be large, a change is small.

    What they hold is context, whatever else it resembles: `git apply` wants context behind a change.
    """
    top = _equal_lines(old, new)
    bottom = _equal_lines(old[top:][::-1], new[top:][::-1])
    between = _blocks(old[top : len(old) - bottom], new[top : len(new) - bottom])
    blocks = [
        (0, 0, top),
        *((i + top, j + top, size) for i, j, size in between),
        (len(old) - bottom, len(new) - bottom, bottom),
    ]
    yield from _Aligned([*_joined(blocks), (len(old), len(new), 0)]).get_grouped_opcodes(CONTEXT)


def _blocks(old: list[str], new: list[str]) -> Iterator[Block]:
    """Equal lines in the order of both texts, found in a time that grows with the length, not with its square.

    Long texts are held fast at the lines that stand once in each. What lies between two of these and is still long has
    changed as a whole.
    """
    held = _lines_held(old, new) if len(old) * len(new) > MOST_COMPARED else []
    begin = (0, 0)
    for i, j in [*held, (len(old), len(new))]:
        before, after = old[begin[0] : i], new[begin[1] : j]
        if len(before) * len(after) <= MOST_COMPARED:
            for block in SequenceMatcher(None, before, after).get_matching_blocks():
                yield block.a + begin[0], block.b + begin[1], block.size
        if i < len(old):
            yield i, j, 1
        begin = (i + 1, j + 1)


def _lines_held(old: list[str], new: list[str]) -> list[tuple[int, int]]:
    """The lines that stand once in both texts, as many of them as follow each other in the same order ("patience")."""
    counts, others = Counter(old), Counter(new)
    places = {line: place for place, line in enumerate(new) if others[line] == 1}
    piles: list[int] = []
    chains: list[_Chain] = []
    for index, line in enumerate(old):
        if counts[line] == 1 and line in places:
            pile = bisect_left(piles, places[line])
            piles[pile : pile + 1] = [places[line]]
            chains[pile : pile + 1] = [_Chain(index, places[line], chains[pile - 1] if pile else None)]
    held, chain = [], chains[-1] if chains else None
    while chain:
        held.append((chain.old, chain.new))
        chain = chain.before
    return held[::-1]


class _Chain(NamedTuple):
    old: int
    new: int
    before: _Chain | None


def _joined(blocks: Iterable[Block]) -> Iterator[Block]:
    """Blocks that touch each other as one; without empty ones."""
    i = j = size = 0
    for next_i, next_j, next_size in blocks:
        if (next_i, next_j) == (i + size, j + size):
            size += next_size
        elif next_size:
            if size:
                yield i, j, size
            i, j, size = next_i, next_j, next_size
    if size:
        yield i, j, size


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
