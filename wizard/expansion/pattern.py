"""The patterns of a shell (`*`, `?`, `[a-z]`), as far as `${X#...}` and `${X/...}` need them.

Matching walks all ends at once, so its time is the length of the text times that of the pattern, whatever both are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from wizard.expansion.syntax import NotCovered
from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Callable


class Token(Struct, frozen=True):
    """One character that `accepts` takes, or, with None, any number of any characters."""

    accepts: Callable[[str], bool] | None


_PIECE = regexp(r"\\(?P<escaped>.)|(?P<star>\*+)|(?P<any>\?)|\[(?P<set>[!^]?[^\]\[\\]+)\]|(?P<one>.)", re.DOTALL)
_EXTENDED = regexp(r"[?*+@!]\(")
_RANGE = regexp(r"(?P<first>[^-])-(?P<last>[^-])|(?P<one>.)", re.DOTALL)


def compiled(pattern: str) -> tuple[Token, ...]:
    """The tokens of a pattern. Raises NotCovered for extended patterns, classes, and what is not closed."""
    if _EXTENDED.search(pattern):
        raise NotCovered("an extended pattern")
    return tuple(_token(match) for match in _PIECE.finditer(pattern))


def _token(match: re.Match[str]) -> Token:
    if match["star"]:
        return Token(None)
    if match["any"]:
        return Token(lambda _one: True)
    if match["set"]:
        return Token(_members(match["set"]))
    character = match["escaped"] or match["one"]
    if match["one"] in ("[", "\\"):
        raise NotCovered("an unmatched bracket or backslash")
    return Token(character.__eq__)


def _members(inside: str) -> Callable[[str], bool]:
    negated = inside[0] in "!^"
    ranges = tuple(_bounds(match) for match in _RANGE.finditer(inside[1:] if negated else inside))
    if not ranges or "-" in (first for first, _ in ranges):
        raise NotCovered("a set of characters that is empty or has a lone dash")
    return lambda character: any(first <= character <= last for first, last in ranges) != negated


def _bounds(match: re.Match[str]) -> tuple[str, str]:
    first, last = (match["one"], match["one"]) if match["one"] else (match["first"], match["last"])
    if first > last:
        raise NotCovered("a range from the end to the start")
    return first, last


def ends(tokens: tuple[Token, ...], text: str, start: int = 0) -> list[int]:
    """Where a match that begins at `start` may end, in order."""
    found: list[int] = []
    alive = _with_stars({0}, tokens)
    for index in range(start, len(text) + 1):
        if len(tokens) in alive:
            found.append(index)
        if not alive or index == len(text):
            break
        alive = _with_stars(_step(alive, tokens, text[index]), tokens)
    return found


def _step(alive: set[int], tokens: tuple[Token, ...], character: str) -> set[int]:
    after = set()
    for state in alive:
        accepts = tokens[state].accepts if state < len(tokens) else (lambda _character: False)
        if accepts is None:
            after.add(state)
        elif accepts(character):
            after.add(state + 1)
    return after


def _with_stars(states: set[int], tokens: tuple[Token, ...]) -> set[int]:
    """With the states that are reached for free: a star may stand for nothing."""
    reached = set(states)
    for state in states:
        following = state
        while following < len(tokens) and tokens[following].accepts is None:
            following += 1
            reached.add(following)
    return reached


def without_prefix(tokens: tuple[Token, ...], text: str, *, longest: bool) -> str:
    """The text without what the pattern matches at its start."""
    found = ends(tokens, text)
    return text[found[-1 if longest else 0] :] if found else text


def without_suffix(tokens: tuple[Token, ...], text: str, *, longest: bool) -> str:
    """The text without what the pattern matches at its end."""
    return without_prefix(tokens[::-1], text[::-1], longest=longest)[::-1]


def replaced(tokens: tuple[Token, ...], text: str, new: str, *, everywhere: bool) -> str:
    """The text with the first longest match, or every one, replaced."""
    out: list[str] = []
    index, copied = 0, 0
    while index <= len(text):
        found = ends(tokens, text, index)
        end = found[-1] if found else -1
        if end < 0 or (end == index == copied and out):  # no empty match right behind another match
            index += 1
            continue
        out += [text[copied:index], new]
        copied, index = end, max(end, index + 1)
        if not everywhere:
            break
    return "".join(out) + text[copied:]
