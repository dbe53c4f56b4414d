"""What items a manager has, for picking one: names only, never their secrets."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

from wizard.flow.manager import list_command
from wizard.flow.question import Choice
from wizard.secrets.reference.job import run_jobs
from wizard.secrets.reference.known import advice
from wizard.secrets.reference.running import SECONDS, ReferenceFailed, problem_of, told, words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from wizard.flow.manager import Listing, Manager

_LARGEST = 4 * 1024 * 1024
"""Bytes of a list: some thousand items, with what managers tell about each."""

_NOTHING = (b"{}", b"[]")


def usual(line: str, *, seconds: float = SECONDS, environ: Mapping[str, str] = os.environ) -> str:
    """What a command prints as the usual value of a field; empty where it has none, or nobody is signed in."""
    ended = run_jobs({line: line}, environ, asks=False, say=lambda _: None, seconds=seconds)[line]
    return "" if problem_of(ended, seconds) else ended.output.decode("utf-8", "replace").strip()


def items(
    manager: Manager,
    fields: Mapping[str, str],
    *,
    asks: bool,
    say: Callable[[str], None],
    seconds: float = SECONDS,
    environ: Mapping[str, str] = os.environ,
) -> tuple[Choice, ...]:
    """What there is, sorted by label; nothing of a manager that can't list. Raises ReferenceFailed with its words."""
    listing = manager.listing
    if listing is None:
        return ()
    line = list_command(manager, listing, fields)
    ended = run_jobs({line: manager.title}, environ, asks=asks, say=say, seconds=seconds, largest=_LARGEST)[line]
    words = words_of(ended.complaint)
    if not words and ended.output.strip() in _NOTHING and listing.format == "json":
        return ()  # OpenBao's exit code is then 2
    if problem := problem_of(ended, seconds):
        raise ReferenceFailed(told(line, problem, "" if ended.is_told else words), hint=advice(line, ended.code, words))
    try:
        return tuple(sorted(_items(listing, ended.output.decode("utf-8")), key=lambda item: item.label.casefold()))
    except ValueError as error:
        raise ReferenceFailed(f"can't read what `{line}` prints") from error


def _items(listing: Listing, text: str) -> Iterator[Choice]:
    """Raises ValueError for what is not JSON."""
    for entry in json.loads(text or "[]") if listing.format == "json" else text.splitlines():
        if values := _values(listing, entry):
            yield Choice(_filled(listing.item, values), _filled(listing.label, values))


def _values(listing: Listing, entry: Any) -> Mapping[str, str]:
    """What fills the places of `item` and `label`; nothing where the entry is no item."""
    if isinstance(entry, str):
        match = re.fullmatch(listing.pattern, entry)
        return match.groupdict("") if match else {}
    values = dict(_flat(entry, "")) if isinstance(entry, dict) else {}
    read = {key: names.get(values.get(key, ""), "") for key, names in listing.read.items()}
    return {} if "" in read.values() else {**values, **read}


def _flat(table: Mapping[str, Any], before: str) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}.")
        elif isinstance(value, str):
            yield f"{before}{key}", value


def _filled(template: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\{([\w.]+)\}", lambda match: values.get(match[1], ""), template).strip()
