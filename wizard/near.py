"""What somebody probably meant who typed something that is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.words import joined

if TYPE_CHECKING:
    from collections.abc import Iterable

LIKE, ALIKE = 0.6, 0.85
"""difflib's ratio, from which on a text is like another one, and from which on hardly anything else can be meant."""
BEHIND = 0.1
"""How far behind the closest one another may be, to be named beside it."""
MOST = 3


def near(typed: str, known: Iterable[str], like: float = LIKE) -> tuple[str, ...]:
    """Those of the known texts that were probably meant, the closest first, at most three; letter case aside."""
    from difflib import SequenceMatcher, get_close_matches

    folded: dict[str, str] = {}
    for text in known:
        folded.setdefault(text.casefold(), text)
    close = get_close_matches(typed.casefold(), folded, n=MOST, cutoff=like)
    if not close:
        return ()
    matcher = SequenceMatcher(None, b=typed.casefold())
    ratios = {}
    for text in close:
        matcher.set_seq1(text)
        ratios[text] = matcher.ratio()
    return tuple(folded[text] for text in close if ratios[text] >= ratios[close[0]] - BEHIND)


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
