"""Our refreshed copies of public catalogues: one file each, with where it came from and when."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from wizard.catalog.reading import read_json
from wizard.catalog.values import mapping
from wizard.files.writer import locked, make_folders, replace_private
from wizard.private import Private

if TYPE_CHECKING:
    from pathlib import Path

_FORMAT = 1


class Copy(Private, Struct, frozen=True):
    """`document` is unchecked. `url` has no password in it; `etag` is the server's name for this version.

    `date` is the day on which it was fetched, YYYY-MM-DD.
    """

    url: str
    etag: str
    date: str
    document: Any


def read_copy(path: Path) -> Copy | None:
    """The copy; None where there is none. Raises WizardError for what can't be read, ValueError for no copy of ours."""
    value = read_json(path)
    if value is None:
        return None
    parts = mapping(value)
    url, etag, date = (parts.get(name) for name in ("url", "etag", "date"))
    if parts.get("format") != _FORMAT or not (isinstance(url, str) and isinstance(etag, str) and isinstance(date, str)):
        raise ValueError("it has another format")
    return Copy(url, etag, date, parts.get("document"))


def write_copy(path: Path, copy: Copy) -> None:
    """Replace the copy in one step: a crash leaves the old one or the new one, whole. Raises Unwritable, FileLocked."""
    value = {"format": _FORMAT, "url": copy.url, "etag": copy.etag, "date": copy.date, "document": copy.document}
    make_folders(path.parent)
    with locked([path]):
        replace_private(path, json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode("ascii"))
