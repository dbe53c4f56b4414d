"""API keys as people paste them: cleaned of what came along, and never repeated in a message."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from wizard.redaction import SecretText
from wizard.regexp import regexp
from wizard.words import joined

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
PLACEHOLDER = regexp(r"\$\w+|\$\{.*\}|\$\(.*\)|\$env:\w+|%\w+%", re.ASCII | re.IGNORECASE)

KNOWN_PREFIXES = {
    "sk-ant-": "Anthropic",
    "sk-or-": "OpenRouter",
    "gsk_": "Groq",
    "xai-": "xAI",
    "pplx-": "Perplexity",
    "hf_": "Hugging Face",
    "nvapi-": "NVIDIA",
    "fw_": "Fireworks",
    "csk-": "Cerebras",
    "AIza": "Google",
}


class InvalidKey(ValueError):
    """The text can't be an API key; the message says why without showing it."""


def clean_key(text: str) -> SecretText:
    """The key in what was pasted, without paste marks, white space, quotes, `Bearer ` or `export NAME=`.

    Raises InvalidKey if nothing is left, if it is a placeholder such as `$NAME`, or if a character inside
    is not printable ASCII (0x21 to 0x7E): HTTP headers can't carry it.
    """
    key = _unwrapped(text)
    if not key:
        raise InvalidKey("no key was given")
    if PLACEHOLDER.fullmatch(key):
        raise InvalidKey(
            "this is a placeholder, not a key: to use a variable that is set elsewhere, "
            "give its name with --api-key-env"
        )
    _refuse_unprintable(key)
    return SecretText(key)


def prefix_warning(key: str, prefixes: Sequence[str]) -> str | None:
    """What to tell about a key that does not look like this provider's; None if nothing is odd."""
    if not prefixes:
        return None
    expected = max((prefix for prefix in prefixes if key.startswith(prefix)), key=len, default="")
    known = next((prefix for prefix in KNOWN_PREFIXES if key.startswith(prefix)), "")
    if len(known) > len(expected):
        vendor = f"{KNOWN_PREFIXES[known]} ({known}...)"
        return f"this looks like a key of {vendor}; keys here usually start with {joined(prefixes, 'or')}"
    if not expected:
        return f"keys here usually start with {joined(prefixes, 'or')}, this one does not"
    return None


def _unwrapped(text: str) -> str:
    """Take one layer off after the other, until nothing changes: layers come in any order."""
    before, text = None, text
    while text != before:
        before = text
        text = _bare(_unquoted(PASTE_MARKS.sub("", text)))
        text = HEADER.sub("", text, count=1) if HEADER.match(text) else text
        text = _assigned(text)
    return text


def _bare(text: str) -> str:
    start, end = 0, len(text)
    while start < end and _blank(text[start]):
        start += 1
    while end > start and _blank(text[end - 1]):
        end -= 1
    return text[start:end]


def _blank(character: str) -> bool:
    """White space, control and zero-width characters (Unicode categories Z, Cc and Cf)."""
    return unicodedata.category(character) in {"Zs", "Zl", "Zp", "Cc", "Cf"}


def _unquoted(text: str) -> str:
    if len(text) > 1 and QUOTES.get(text[0]) == text[-1]:
        return text[1:-1]
    return text


def _assigned(text: str) -> str:
    match = ASSIGNMENT.match(text)
    return text[match.end() :].removesuffix(";") if match else text


def _refuse_unprintable(key: str) -> None:
    for position, character in enumerate(key, start=1):
        if not "\x21" <= character <= "\x7e":
            name = unicodedata.name(character, "control character").lower()
            raise InvalidKey(
                f"character {position} of the key is U+{ord(character):04X} ({name}), "
                "which no key contains: copy the key again"
            )
