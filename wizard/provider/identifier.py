"""Provider ids: which are safe in Crush (crush-behaviour 1.6, 13.7), and how one is proposed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wizard.credential import is_of_vendor
from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Container

PATTERN = regexp(r"[a-z][a-z0-9_-]*")
_GENERIC_LABELS = frozenset(
    "ai api apis app chat cloud com dev gateway inference io internal lan llm local net openai org proxy router "
    "www".split()
)


def check_id(text: str) -> str | None:
    """Why `text` is no good provider id, or None."""
    if is_of_vendor(text):
        return "this is a key, which must not be in the config"
    if PATTERN.fullmatch(text):
        return None
    return "an id has lower-case letters, digits, - and _, and starts with a letter"


def slug(text: str) -> str:
    """The nearest valid id to any text; may be empty."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-").lstrip("0123456789-")


def id_for_host(host: str) -> str:
    """A short id from a host name: its most telling label. `local` for addresses and loopback; may be empty."""
    if host in ("localhost", "::1") or re.fullmatch(r"[\d.]+|[0-9a-f:]*:[0-9a-f:]*", host):
        return "local"
    labels = host.lower().split(".")
    telling = [label for label in labels[:-1] or labels if label not in _GENERIC_LABELS]
    return slug(telling[-1]) if telling else ""


def unique_id(wanted: str, taken: Container[str]) -> str:
    """`wanted`, or `wanted-2`, `wanted-3` ... whichever is free first."""
    candidate, number = wanted, 2
    while candidate in taken:
        candidate, number = f"{wanted}-{number}", number + 1
    return candidate
