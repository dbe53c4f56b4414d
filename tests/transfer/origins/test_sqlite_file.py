"""Another program's database, whatever state it is in: read, and left as it is."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from wizard.errors import InvalidConfig
from wizard.transfer.origins.sqlite_file import rows

if TYPE_CHECKING:
    from pathlib import Path

    from tests.transfer.origins.conftest import Home

TABLE = "CREATE TABLE providers (id TEXT, name TEXT)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.db"


def made(path: Path, *statements: str) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None)
    for statement in (TABLE, *statements):
        database.execute(statement)
    return database


def names(path: Path) -> list[str]:
    return [row["name"] for row in rows(path, "providers", ("id", "name", "meta"))]


def files(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in path.parent.iterdir()}


def test_its_rows_with_none_for_a_column_that_it_lacks(path: Path) -> None:
    made(path, "INSERT INTO providers VALUES ('1', 'one')").close()
    assert rows(path, "providers", ("id", "name", "meta")) == ({"id": "1", "name": "one", "meta": None},)
    assert rows(path, "nothing", ("id",)) == ()


def test_what_is_still_in_the_log_is_read_and_nothing_changes(path: Path) -> None:
    database = made(path)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA wal_autocheckpoint = 0")
    for number in range(300):
        database.execute("INSERT INTO providers VALUES (?, ?)", (str(number), f"name {number}" + "x" * 100))
    database.execute("UPDATE providers SET name = 'last' WHERE id = '299'")
    before = files(path)
    assert before["a.db-wal"]
    assert (len(names(path)), names(path)[-1]) == (300, "last")
    assert files(path) == before
    database.close()


def test_a_log_that_is_cut_short_counts_up_to_its_last_whole_transaction(path: Path) -> None:
    database = made(path)
    database.execute("PRAGMA journal_mode = WAL")
    for name in ("one", "two"):
        database.execute("INSERT INTO providers VALUES ('', ?)", (name,))
    content = files(path)
    database.close()
    copy = path.with_name("copy.db")
    copy.write_bytes(content["a.db"])
    copy.with_name("copy.db-wal").write_bytes(content["a.db-wal"][:-100])
    assert names(copy) == ["one"]


def test_a_lock_is_neither_taken_nor_waited_for(path: Path) -> None:
    database = made(path, "INSERT INTO providers VALUES ('1', 'one')")
    database.execute("BEGIN EXCLUSIVE")
    before = files(path)
    assert names(path) == ["one"]
    assert files(path) == before
    database.close()


def test_one_in_the_middle_of_a_change_is_told(path: Path) -> None:
    made(path).close()
    path.with_name("a.db-journal").write_bytes(b"x" * 512)
    with pytest.raises(InvalidConfig, match="in the middle of a change"):
        names(path)


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + b"\xff" * 4000])
def test_what_is_no_database_is_told(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(InvalidConfig, match="SQLite database"):
        names(path)


def test_a_damaged_one_is_told(path: Path) -> None:
    made(path, *(f"INSERT INTO providers VALUES ('{n}', '{'x' * 500}')" for n in range(100))).close()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(InvalidConfig, match="SQLite database"):
        names(path)


def test_a_view_that_never_ends_is_not_asked(path: Path) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS id, i AS name FROM n"
    database = sqlite3.connect(path)
    database.execute(f"CREATE VIEW providers AS {endless}")
    database.close()
    assert names(path) == []


def test_nothing_appears_beside_the_database_of_cc_switch(home: Home) -> None:
    path = home.database("cc-switch/cc-switch.sql", ".cc-switch/cc-switch.db")
    before = files(path)
    assert home.found("cc-switch").profile.providers
    assert files(path) == before
