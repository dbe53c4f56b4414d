"""Whether Go's regexp package would take a pattern, as far as that can be told without Go (RE2's syntax).

Only what is certain to be refused is told: no pattern that Crush takes may be called wrong.
"""

from __future__ import annotations

import re

from wizard.regexp import regexp

_PIECE = regexp(
    r"""
      \\Q.*?(?:\\E|\Z)                        # a quoted stretch
    | \\[pP](?:\{\^?\w+\}|\w)                 # a Unicode class
    | \\x\{[0-9A-Fa-f]+\}
    | \\.
    | \[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]   # a class
    | \(\?P?<[A-Za-z_]\w*>                    # a named group
    | \(\?[imsU]*(?:-[imsU]+)?[:)]            # flags
    | \(\?                                    # anything else that begins like this
    | \{(?P<least>\d+)(?P<comma>,(?P<most>\d*))?\}
    | .
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = frozenset("aftnrvAbBCdDsSwWzpPxQE")
MOST_REPEATS = 1000


def fault(pattern: str) -> str:
    """Why Go refuses the pattern, as the end of a sentence; empty if it takes it, or nobody can tell."""
    depth, before = 0, _START
    for match in _PIECE.finditer(pattern):
        kind = _kind(match, before)
        if wrong := _wrong(match, before):
            return wrong
        depth += {"open": 1, "close": -1}.get(kind, 0)
        if depth < 0:
            return "a closing parenthesis has no opening one"
        before = kind
    return "a parenthesis is not closed" if depth else ""


_START = "start"
_NOTHING_TO_REPEAT = (_START, "open", "bar")


def _kind(match: re.Match[str], before: str) -> str:
    """What a piece is, as far as the next one cares."""
    piece = match[0]
    if _repeats(match):
        return "lazy" if piece == "?" and before == "repeat" else "repeat"
    if piece.startswith("(") and not piece.endswith(")"):
        return "open"
    return {")": "close", "|": "bar"}.get(piece, "one")


def _repeats(match: re.Match[str]) -> bool:
    return match[0] in ("*", "+", "?") or match["least"] is not None


def _wrong(match: re.Match[str], before: str) -> str:
    piece = match[0]
    if piece == "(?":
        return "Go does not support lookahead, lookbehind or atomic groups"
    if piece == "[":
        return "a [ is not closed"
    if piece == "\\":
        return "it ends with a backslash"
    if re.fullmatch(r"\\[1-9]", piece) and not match.string[match.end() : match.end() + 1].isdigit():
        return f"Go does not support a reference to a group, such as `{piece}`"
    if len(piece) == 2 and piece[0] == "\\" and piece[1].isascii() and piece[1].isalpha() and piece[1] not in _ESCAPES:
        return f"Go does not support `{piece}`"
    return _wrong_repeat(match, before) if _repeats(match) else ""


def _wrong_repeat(match: re.Match[str], before: str) -> str:
    if before in _NOTHING_TO_REPEAT:
        return f"`{match[0]}` has nothing to repeat"
    if before == "lazy" or (before == "repeat" and match[0] != "?"):
        return f"`{match[0]}` repeats a repeat"
    least, most = int(match["least"] or 0), int(match["most"] or 0)
    if max(least, most) > MOST_REPEATS:
        return f"it repeats more than {MOST_REPEATS} times"
    return "the numbers of a repeat are the wrong way round" if match["most"] and most < least else ""
