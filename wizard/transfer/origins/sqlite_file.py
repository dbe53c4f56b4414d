"""A table of another program's SQLite database, read from a copy in memory.

Nothing is opened where it lies: no lock is taken or waited for, and no file appears beside it. What the program has
written to the log beside its database, and not yet into it, is read as well.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from wizard.errors import InvalidConfig
from wizard.files.writer import read

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence
    from pathlib import Path

LARGEST_DATABASE = 64 * 1024 * 1024
LARGEST_LOG = 16 * 1024 * 1024
"""Bytes."""
MOST_STEPS = 2_000_000
"""Of SQLite's machine: a view or an index may be made to take for ever."""
MOST_ROWS = 1000
_MAGIC = b"SQLite format 3\0"
_VERSIONS = slice(18, 20)
"""Of the header: 1 for a database without such a log, 2 for one with it."""
_LOG_HEADER, _FRAME_HEADER = 32, 24
_BIG_ENDIAN, _LITTLE_ENDIAN = 0x377F0683, 0x377F0682


def rows(path: Path, table: str, columns: Sequence[str]) -> tuple[dict[str, Any], ...]:
    """The rows of a table by column; a column that it lacks is None. Raises InvalidConfig."""
    import sqlite3

    content = _content(path)
    try:
        database = sqlite3.connect(":memory:")
        try:
            database.deserialize(content)
            return tuple(_rows(database, table, columns))
        finally:
            database.close()
    except (sqlite3.Error, OverflowError, MemoryError, UnicodeError) as error:
        raise InvalidConfig(f"this is not a readable SQLite database: {type(error).__name__}", path=path) from None


def _rows(database: sqlite3.Connection, table: str, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    left = iter(range(MOST_STEPS // 1000))
    database.set_progress_handler(lambda: int(next(left, None) is None), 1000)
    database.execute("PRAGMA trusted_schema = OFF")
    database.execute("PRAGMA query_only = ON")
    kind = database.execute("SELECT type FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    if kind != ("table",):
        return
    there = [name for _, name, *_ in database.execute(f'PRAGMA table_info("{table}")')]
    known = [column for column in columns if column in there]
    if not known:
        return
    names = ", ".join(f'"{column}"' for column in known)
    for row in database.execute(f'SELECT {names} FROM "{table}" LIMIT {MOST_ROWS}'):  # noqa: S608 - names of ours
        yield {**dict.fromkeys(columns), **dict(zip(known, row, strict=True))}


def _content(path: Path) -> bytes:
    """The whole database as it would be with its log written into it."""
    content = read(path) or b""
    if len(content) > LARGEST_DATABASE:
        raise InvalidConfig(f"the database has over {LARGEST_DATABASE // 1_000_000} MB", path=path)
    if not content.startswith(_MAGIC):
        raise InvalidConfig("this is not an SQLite database", path=path)
    if read(path.with_name(f"{path.name}-journal")):
        raise InvalidConfig("its program is in the middle of a change, or was stopped in one", path=path)
    log = read(path.with_name(f"{path.name}-wal")) or b""
    whole = _with_log(bytearray(content), log) if log and len(log) <= LARGEST_LOG else bytearray(content)
    whole[_VERSIONS] = b"\x01\x01"
    return bytes(whole)


def _with_log(content: bytearray, log: bytes) -> bytearray:
    """The database with the pages of the log's complete transactions (sqlite.org/fileformat2.html, 4.1 to 4.3)."""
    pending: dict[int, bytes] = {}
    for number, pages, page in _frames(log):
        pending[number] = page
        if pages:  # the last one of a transaction says how large the database is after it
            size = len(page)
            content.extend(bytes(max(0, pages * size - len(content))))
            for place, new in pending.items():
                content[(place - 1) * size : place * size] = new
            del content[pages * size :]
            pending.clear()
    return content


def _frames(log: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(number of the page, pages of the database if the transaction ends here, the page), up to the first bad one."""
    if len(log) < _LOG_HEADER:
        return
    magic, _, size, _, *salts_and_sums = struct.unpack(">8I", log[:_LOG_HEADER])
    salts, sums = salts_and_sums[:2], tuple(salts_and_sums[2:])
    order = {_BIG_ENDIAN: ">", _LITTLE_ENDIAN: "<"}.get(magic)
    if order is None or size not in (1 << power for power in range(9, 17)) or _sum(log[:24], order, (0, 0)) != sums:
        return
    for start in range(_LOG_HEADER, len(log) - size - _FRAME_HEADER + 1, size + _FRAME_HEADER):
        number, pages, *told = struct.unpack(">6I", log[start : start + _FRAME_HEADER])
        page = log[start + _FRAME_HEADER : start + _FRAME_HEADER + size]
        sums = _sum(page, order, _sum(log[start : start + 8], order, sums))
        if told != [*salts, *sums] or not 0 < number <= LARGEST_DATABASE // size or pages > LARGEST_DATABASE // size:
            return
        yield number, pages, page


def _sum(data: bytes, order: str, sums: tuple[int, ...]) -> tuple[int, int]:
    """SQLite's checksum of the log, carried on."""
    first, second = sums
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return first, second
