"""The snapshot that comes with the program, and how old facts are, which is told without reading them."""

from __future__ import annotations

import os
import zlib

SNAPSHOT = os.path.join(os.path.dirname(__file__), "snapshot.json.gz")  # noqa: PTH118, PTH120 - --version waits for no pathlib
GZIP = zlib.MAX_WBITS | 16
"""What zlib calls the format of a .gz file; the module gzip brings more than it is needed for here."""
_HEAD = 512
"""Bytes that hold the beginning of the document, whose first member is the date: its keys are sorted."""
_START = b'{"date":"'
CATWALK_COPY = "catwalk.json"
MODELS_DEV_COPY = "models.dev.json"
_COPIED = b'"date":"'
_COPY_HEAD = 4096
"""Bytes before which a copy says when it was fetched: an address and an etag come first."""


def snapshot_date() -> str:
    """YYYY-MM-DD; empty where the file can't be read, which whoever needs its facts is told."""
    try:
        with open(SNAPSHOT, "rb") as file:  # noqa: PTH123
            start = zlib.decompressobj(GZIP).decompress(file.read(_HEAD), len(_START) + 10)
    except (OSError, zlib.error):
        return ""
    return start.removeprefix(_START).decode("ascii", "replace") if start.startswith(_START) else ""


def newest_facts(folder: str) -> str:
    """The day of the snapshot, or that on which `catalog update` last put a copy into the folder, if it is later."""
    return max(snapshot_date(), *(_copied(os.path.join(folder, name)) for name in (CATWALK_COPY, MODELS_DEV_COPY)))  # noqa: PTH118


def _copied(path: str) -> str:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            _, found, rest = file.read(_COPY_HEAD).partition(_COPIED)
    except OSError:
        return ""
    return rest[:10].decode("ascii", "replace") if found else ""
