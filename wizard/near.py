"""What somebody probably meant who typed something that is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.regexp import regexp
from wizard.words import joined

if TYPE_CHECKING:
    from collections.abc import Iterable

LIKE, ALIKE = 0.6, 0.85
"""difflib's ratio, from which on a text is like another one, and from which on hardly anything else can be meant."""
FROM_THE_START = 0.75
"""From which on it is one that begins otherwise: slips are seldom in the first letter, and short words share three
letters soon (`nope` and `openai`).
"""
BEHIND = 0.1
"""How far behind the closest one another may be, to be named beside it."""
MOST = 3
_WORDS = regexp(r"\w+")


def near(typed: str, known: Iterable[str], like: float = LIKE) -> tuple[str, ...]:
    """Those of the known texts that were probably meant, the closest first, at most three; letter case aside."""
    from difflib import SequenceMatcher, get_close_matches

    folded: dict[str, str] = {}
    for text in known:
        folded.setdefault(text.casefold(), text)
    matcher = SequenceMatcher(None, b=typed.casefold())
    ratios = {}
    for text in get_close_matches(typed.casefold(), folded, n=len(folded) or 1, cutoff=like):
        matcher.set_seq1(text)
        ratio = matcher.ratio()
        if ratio >= FROM_THE_START or _begin_alike(typed.casefold(), text):
            ratios[text] = ratio
    best = max(ratios.values(), default=0)
    return tuple(folded[text] for text in ratios if ratios[text] >= best - BEHIND)[:MOST]


def _begin_alike(typed: str, text: str) -> bool:
    """Whether a word of one begins as the other does: models have their vendor in front, or not."""
    return typed[:1] in {word[:1] for word in _WORDS.findall(text)} or text[:1] in {
        word[:1] for word in _WORDS.findall(typed)
    }


def nearest(typed: str, known: Iterable[str]) -> str:
    """The one that was meant where hardly anything else can be: for a text that would be taken as it is; else empty."""
    return next(iter(near(typed, known, ALIKE)), "")


def did_you_mean(typed: str, known: Iterable[str]) -> str:
    """What was probably meant, as a question; empty if nothing is like it."""
    return asked(near(typed, known))


def asked(names: Iterable[str]) -> str:
    """As a question; empty for none."""
    named = joined((f"`{name}`" for name in names), "or")
    return f"did you mean {named}?" if named else ""
