"""Where any of many texts stands in another one, in a time that hardly grows with how many they are.

Python's `re` tries one alternative after the other at each character. Here it looks for the beginnings of all texts,
put together to a tree; what begins like some of them is then looked up among these.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HEAD = 4
"""So many characters of each text are in the tree."""
FEW = 100
"""So many texts are looked for one by one first: nearly always none is there, and making the tree takes longer."""


class Texts:
    """Texts to look for. Of several that stand at one place the longest is found, and none inside of another one."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = frozenset(filter(None, texts))

    def __bool__(self) -> bool:
        return bool(self._texts)

    @cached_property
    def _lengths(self) -> dict[str, list[int]]:
        """How long the texts are that begin with a head, the longest first: keys of a vendor are all of one length."""
        lengths: dict[str, set[int]] = {}
        for text in self._texts:
            lengths.setdefault(text[:HEAD], set()).add(len(text))
        return {head: sorted(found, reverse=True) for head, found in lengths.items()}

    @cached_property
    def _heads(self) -> re.Pattern[str]:
        return re.compile(_tree(self._lengths))

    def spans(self, text: str) -> Iterator[tuple[int, str]]:
        """Where one of the texts begins, and which; in order."""
        if not self._texts or (len(self._texts) <= FEW and not any(known in text for known in self._texts)):
            return
        at = 0
        while match := self._heads.search(text, at):
            start = match.start()
            found = self._at(text, start)
            if found:
                yield start, found
            at = start + (len(found) or 1)

    def replaced(self, text: str, instead: str) -> str:
        """The text with `instead` in the place of each."""
        kept: list[str] = []
        at = 0
        for start, found in self.spans(text):
            kept += (text[at:start], instead)
            at = start + len(found)
        return "".join((*kept, text[at:])) if at else text

    def _at(self, text: str, start: int) -> str:
        heads = (self._lengths.get(text[start : start + length], ()) for length in range(HEAD, 0, -1))
        found = (text[start : start + length] for those in heads for length in those)
        return next((part for part in found if part in self._texts), "")


def _tree(heads: Iterable[str]) -> str:
    """A pattern for any of the heads: each character is compared with those that may follow, and no more."""
    below: dict[str, set[str]] = {}
    for head in heads:
        below.setdefault(head[0], set()).add(head[1:])
    return "|".join(re.escape(first) + _rest(rests) for first, rests in sorted(below.items()))


def _rest(rests: set[str]) -> str:
    return "" if "" in rests else f"(?:{_tree(rests)})"
