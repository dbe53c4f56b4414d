"""API keys as people paste them: cleaned of what came along, and never repeated in a message."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from msgspec import Struct

from wizard.credential import VENDORS, is_drawn_by_lot, is_key, recognize
from wizard.private import Private
from wizard.redaction import SecretText
from wizard.regexp import regexp
from wizard.words import counted, joined

if TYPE_CHECKING:
    from collections.abc import Sequence

QUOTES = {'"': '"', "'": "'", "`": "`", "\u201c": "\u201d", "\u2018": "\u2019", "\u00ab": "\u00bb"}

PASTE_MARKS = regexp(r"\A\x1b?\[200~|\x1b?\[201~\Z")
HEADER = regexp(r"(?:authorization:\s*)?bearer(?:\s+|\Z)", re.IGNORECASE)
ASSIGNMENT = regexp(
    r"""(?: (?:export|set|setx)\s+ (?:-[a-z]+\s+)* [A-Za-z_]\w* (?:=|\s+)   # sh, cmd, fish
          | \$env:[A-Za-z_]\w* \s*=\s*                                      # PowerShell
          | [A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+ \s*=(?!=)\s*                      # .env; `==` ends a base64 key
        )""",
    re.VERBOSE | re.ASCII,
)
LABEL = regexp(r"key|token|secret|bearer", re.IGNORECASE)
"""In what stands before a key, and before nothing else."""
BYTE_ORDER_MARK = "\ufeff"
SHOWN = 4
"""Characters of a key that may be shown, of its end."""
LONG_ENOUGH = 16
"""Characters. Of a shorter key nothing is shown."""


class InvalidKey(ValueError):
    """The text can't be an API key; the message says why without showing it.

    `problem` is the message without what to do; `variable` is the one that the text names, if it does.
    """

    def __init__(self, problem: str, cure: str = "", variable: str = "") -> None:
        super().__init__(f"{problem}: {cure}" if cure else problem)
        self.problem = problem
        self.variable = variable


class PastedKey(Private, Struct, frozen=True):
    """`taken_off`: what stood around the key, but for white space."""

    key: SecretText
    taken_off: tuple[str, ...] = ()

    @property
    def remark(self) -> str:
        """What was taken off, in a sentence; empty where the key is as it was given."""
        return f"took {joined(self.taken_off)} off the key: it is {shown_key(self.key)}" if self.taken_off else ""

    @property
    def summary(self) -> str:
        """`sk-...6789 (35 characters; took off quotes)`"""
        return _shown(self.key, f"; took off {joined(self.taken_off)}" if self.taken_off else "")

    @property
    def short(self) -> str:
        """`sk-...6789`, of a short one only the length."""
        return key_end(self.key) or counted(len(self.key), "character")


def shown_key(key: str) -> str:
    """How a person recognizes their key: `sk-...6789 (35 characters)`, of a short one only the length."""
    return _shown(key) if len(key) >= LONG_ENOUGH else f"{counted(len(key), 'character')} long"


def key_end(key: str) -> str:
    """`sk-...6789`: what everybody's keys of this kind begin with, and the end; empty for a short one."""
    start = max((prefix for prefix in ("sk-", *VENDORS) if key.startswith(prefix)), key=len, default="")
    return f"{start}...{key[-SHOWN:]}" if len(key) >= LONG_ENOUGH else ""


def _shown(key: str, more: str = "") -> str:
    end, length = key_end(key), f"{counted(len(key), 'character')}{more}"
    return f"{end} ({length})" if end else length


def pasted_key(text: str) -> PastedKey:
    """The key in what was pasted, without paste marks, white space, quotes, `Bearer ` or `export NAME=`.

    Raises InvalidKey if nothing is left, if it is what something fills in or replaces (see wizard.credential), or if a
    character inside is not printable ASCII (0x21 to 0x7E): HTTP headers can't carry it.
    """
    taken: dict[str, None] = {}
    key = _unwrapped(text, taken)
    if not key:
        raise InvalidKey("no key given")
    _refuse_stand_in(key)
    _refuse_unprintable(key)
    return PastedKey(SecretText(key), tuple(taken))


def clean_key(text: str) -> SecretText:
    """The same, without what was taken off."""
    return pasted_key(text).key


def stray_key(text: str) -> PastedKey | None:
    """The key in what was pasted where none was asked for; None for what may be an ordinary word, such as a model's id.

    A key is what nobody made up, or what was copied together with its variable or its header.
    """
    taken: dict[str, None] = {}
    key = _unwrapped(text, taken)
    is_labelled = any(LABEL.search(what) for what in taken)
    if not (is_drawn_by_lot(key) or (is_labelled and is_key(key))):
        return None
    try:
        return pasted_key(text)
    except InvalidKey:
        return None


def prefix_warning(key: str, prefixes: Sequence[str]) -> str | None:
    """What to tell about a key that does not look like this provider's; None if nothing is odd."""
    if not prefixes:
        return None
    expected = max((prefix for prefix in prefixes if key.startswith(prefix)), key=len, default="")
    known = next((prefix for prefix in VENDORS if key.startswith(prefix)), "")
    if len(known) > len(expected):
        vendor = f"{VENDORS[known]} ({known}...)"
        return f"this looks like a key of {vendor}; keys here usually start with {joined(prefixes, 'or')}"
    if not expected:
        return f"keys here usually start with {joined(prefixes, 'or')}, but this one does not"
    return None


def _unwrapped(text: str, taken: dict[str, None]) -> str:
    """Take one layer off after the other, until nothing changes: layers come in any order. Notes which."""
    before, text = None, text
    while text != before:
        before = text
        for layer in (_bare, _unquoted, _without_scheme, _assigned):
            text, what = layer(PASTE_MARKS.sub("", text))
            taken |= dict.fromkeys(what)
    return text


Layer = tuple[str, tuple[str, ...]]
"""A text with something taken off, and what."""


def _bare(text: str) -> Layer:
    start, end = 0, len(text)
    while start < end and _blank(text[start]):
        start += 1
    while end > start and _blank(text[end - 1]):
        end -= 1
    invisible = {character for character in text[:start] + text[end:] if unicodedata.category(character) == "Cf"}
    mark = ("a byte order mark",) if BYTE_ORDER_MARK in invisible else ()
    return text[start:end], (*mark, *(("invisible characters",) if invisible - {BYTE_ORDER_MARK} else ()))


def _blank(character: str) -> bool:
    """White space, control and zero-width characters (Unicode categories Z, Cc and Cf); NUL is none."""
    return character != "\0" and unicodedata.category(character) in {"Zs", "Zl", "Zp", "Cc", "Cf"}


def _unquoted(text: str) -> Layer:
    if len(text) > 1 and QUOTES.get(text[0]) == text[-1]:
        return text[1:-1], ("quotes",)
    return text, ()


def _without_scheme(text: str) -> Layer:
    match = HEADER.match(text)
    return (text[match.end() :], (f"`{match[0].strip()}`",)) if match else (text, ())


def _assigned(text: str) -> Layer:
    match = ASSIGNMENT.match(text)
    return (text[match.end() :].removesuffix(";"), (f"`{match[0].strip()}`",)) if match else (text, ())


def _refuse_stand_in(key: str) -> None:
    """Refuse what some program fills in, or somebody replaces."""
    found = recognize(key)
    if not found.stands_for_a_key:
        return
    problem = f"this is {found.what}, not a key"
    if found.kind == "example":
        raise InvalidKey(problem)
    name = f" {found.variable}" if found.variable else ""
    cure = f"to use a variable, give its name with --api-key-env{name}"
    raise InvalidKey(problem, cure if name or found.kind == "placeholder" else "give the key itself", found.variable)


def _refuse_unprintable(key: str) -> None:
    for position, character in enumerate(key, start=1):
        if not "\x21" <= character <= "\x7e":
            name = unicodedata.name(character, "control character").lower() if character != "\0" else "NUL character"
            raise InvalidKey(
                f"character {position} of the key is U+{ord(character):04X} ({name}), "
                "which no key contains: copy the key again"
            )
