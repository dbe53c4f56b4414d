"""Inputs that are nearly good: a good one, changed in a few places. The same seed makes the same ones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

PIECES = (
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b"'",
        b"\\",
        b"\0",
        b"\xff",
        b"\xed\xa0\x80",
        b"\n",
        b"\r\n",
        b"\t",
        b" ",
        b"=",
        b"#",
    ),
    *(
        b"$(",
        b"${",
        b"$A",
        b"`",
        b"\\u0000",
        b"\\ud800",
        b"null",
        b"true",
        b"1e17",
        b"1e400",
        b"-1",
        b"9" * 400,
        b"NaN",
    ),
    *(
        b"\xe2\x80\xae",
        b"\xef\xbb\xbf",
        b"\x1b[8m",
        b"[[",
        b"]]",
        b'"""',
        b"<<EOF\n",
        b";",
        b"&&",
        b"--",
        b"%00",
        b"[" * 300,
    ),
)
VALUES: Sequence[Any] = (
    *(None, True, 0, -1, 1e17, 1e308, 10**40, "", "x" * 5000, "\0", "\ud800", "\u202e", "$(id)", "${A:-b}", [], {}),
    *([[]], [None], {"": None}, {"id": 1}, [{"id": None}], "1e400", "nan", {"a": {"b": {"c": [1, "x"]}}}),
)


def near(good: bytes, random: Random) -> bytes:
    """One of the many inputs near a good one."""
    if random.random() < 0.4 and (changed := _other_value(good, random)) is not None:
        return changed
    raw = bytearray(good)
    for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
        _change(raw, random)
    return bytes(raw)


def _change(raw: bytearray, random: Random) -> None:
    at = random.randrange(len(raw) + 1)
    end = min(len(raw), at + random.choice((1, 1, 2, 5, 20, 200)))
    match random.randrange(6):
        case 0:
            raw[at:at] = random.choice(PIECES)
        case 1:
            raw[at:end] = random.choice(PIECES)
        case 2:
            del raw[at:end]
        case 3:
            raw[at:at] = raw[at:end]
        case 4:
            del raw[at:]
        case _:
            raw[at:end] = random.randbytes(end - at)


def _other_value(good: bytes, random: Random) -> bytes | None:
    """The same document with other values in one or two places; None where it is no JSON."""
    try:
        document = json.loads(good)
    except ValueError:
        return None
    for _ in range(random.choice((1, 1, 2))):
        document = _replaced(document, random)
    return json.dumps(document, ensure_ascii=random.random() < 0.5).encode("utf-8", "surrogatepass")


def _replaced(value: Any, random: Random) -> Any:
    if isinstance(value, dict) and value and random.random() < 0.8:
        key = random.choice(list(value))
        if random.random() < 0.15:
            return {**value, random.choice((key.upper(), key + "\0", "", "__proto__")): random.choice(VALUES)}
        return {**value, key: _replaced(value[key], random)}
    if isinstance(value, list) and value and random.random() < 0.8:
        at = random.randrange(len(value))
        return [*value[:at], _replaced(value[at], random), *value[at + 1 :]]
    return random.choice(VALUES)
