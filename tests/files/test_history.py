"""What a change replaced is recorded, and goes back byte by byte."""

from __future__ import annotations

import json
import os
import stat
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from wizard import folders
from wizard.errors import ChangedMeanwhile
from wizard.files import writer
from wizard.files.cut_short import BEGUN, DONE, UNDOING
from wizard.files.edit import TextEdit, apply_edits
from wizard.files.history import History, Record, is_complete, new_id, record_of, undo_plan
from wizard.files.plan import FileEdit, Plan, SecretEdit

KEY = "sk-live-0123456789abcdef"


@pytest.fixture(autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))


@pytest.fixture
def history() -> History:
    return History()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "crush.json"


def make_change(history: History, edit: FileEdit, command: str = "add-provider deepseek") -> Record:
    """Record an edit and write it."""
    status = edit.path.stat() if edit.path.exists() else None
    modes = {edit.path: None if status is None else stat.S_IMODE(status.st_mode)}
    record = record_of(Plan(command, (edit,)), modes, ())
    history.add(record)
    writer.write(edit)
    return record


def take_back(record: Record) -> None:
    for edit in undo_plan(record).files:
        writer.write(edit)


def test_a_record_reads_back_as_it_was_written(history: History, config: Path) -> None:
    edit = FileEdit(config, "{}", (TextEdit(1, 0, '"é": 1'), TextEdit(0, 1, "[")), masked={KEY: "$KEY"})
    secrets = (SecretEdit("A", "keyring", "store"), SecretEdit("B", "keyring", "delete"))
    record = record_of(Plan("add-provider x", (edit,), secrets), {config: 0o644}, {secrets[1]})
    history.add(record)
    assert history.records() == (record,)
    assert record.kept == (("keyring", f"B@{record.id}"),)


@pytest.mark.skipif(sys.platform == "win32", reason="modes are those of Unix")
def test_records_are_private(history: History, config: Path) -> None:
    before = os.umask(0)
    try:
        make_change(history, FileEdit(config, None, (TextEdit(0, 0, "{}"),)))
    finally:
        os.umask(before)
    assert stat.S_IMODE(folders.backups().stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in folders.backups().iterdir()] == [0o600]


def test_a_record_is_no_copy_of_the_file(history: History, config: Path) -> None:
    text = json.dumps({"providers": {"other": {"api_key": KEY}, "mine": {"name": "old name"}}})
    config.write_text(text)
    make_change(history, FileEdit(config, text, (TextEdit(text.index("old name"), 8, "new name"),)))
    recorded = "".join(path.read_text() for path in folders.backups().iterdir())
    assert "old name" in recorded
    assert KEY not in recorded
    assert "other" not in recorded


def test_a_removed_key_is_recorded_as_its_placeholder(history: History, config: Path) -> None:
    text = f'{{"a": "{KEY}", "b": "{KEY}-2", "c": 1}}'
    config.write_text(text)
    edits = (
        TextEdit(text.index('c"'), 1, "longer name"),
        TextEdit(text.index(f"{KEY}-2"), len(KEY) + 2, "$B"),
        TextEdit(text.index(KEY), len(KEY), "$A"),
    )
    record = make_change(history, FileEdit(config, text, edits, masked={KEY: "${A:-mask}", f"{KEY}-2": "$2"}))
    assert config.read_text() == '{"a": "$A", "b": "$B", "longer name": 1}'
    assert KEY not in "".join(path.read_text() for path in folders.backups().iterdir())
    assert set(record.files[0].masked) == {"${A:-mask}", "$2"}
    take_back(record)
    assert config.read_text() == '{"a": "${A:-mask}", "b": "$2", "c": 1}'


EDITS = st.lists(st.builds(TextEdit, st.integers(0, 40), st.integers(0, 10), st.text(max_size=8)), max_size=5)
TEXT = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\r\n{}"), max_size=40)


@settings(deadline=None, max_examples=60)
@given(before=st.none() | TEXT, edits=EDITS, delete=st.booleans())
def test_undo_gives_every_byte_back(before: str | None, edits: list[TextEdit], delete: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "crush.json"
        if before is not None:
            config.write_bytes(before.encode())
        edit = FileEdit(config, before, tuple(edits), delete=delete and before is not None)
        record = make_change(History(Path(folder) / "backups"), edit)
        take_back(record)
        assert writer.read(config) == (None if before is None else before.encode())


@settings(max_examples=200)
@given(before=TEXT, edits=EDITS)
def test_a_recorded_way_back_may_change_in_length(before: str, edits: list[TextEdit]) -> None:
    """The places of a record's edits hold when a mask is longer or shorter than what it masks."""
    edit = FileEdit(Path("crush.json"), before, tuple(edits))
    (change,) = record_of(Plan("x", (edit,)), {}, ()).files
    marked = [replace(back, text="<" + back.text + ">") for back in change.edits]
    bare = apply_edits(edit.after or "", change.edits)
    assert bare == before
    assert len(apply_edits(edit.after or "", marked)) == len(before) + 2 * len(marked)
    for later, earlier in zip(change.edits, change.edits[1:], strict=False):
        assert earlier.offset + earlier.length <= later.offset


def test_undo_is_refused_when_the_file_changed_since(history: History, config: Path) -> None:
    record = make_change(history, FileEdit(config, None, (TextEdit(0, 0, "{}"),)))
    config.write_text('{"mine": 1}')
    with pytest.raises(ChangedMeanwhile) as caught:
        undo_plan(record)
    assert caught.value.path == str(config)
    assert config.read_text() == '{"mine": 1}'


def test_undo_of_a_new_file_removes_it_only_as_it_was_made(history: History, config: Path) -> None:
    record = make_change(history, FileEdit(config, None, (TextEdit(0, 0, "{}"),)))
    (edit,) = undo_plan(record).files
    assert edit.action == "delete"
    writer.write(edit)
    assert not config.exists()


def test_a_change_that_has_only_begun_is_no_change_yet(history: History, config: Path) -> None:
    config.write_text("{}")
    first = make_change(history, FileEdit(config, "{}", (TextEdit(1, 0, " "),)))
    edit = FileEdit(config, "{ }", (TextEdit(1, 0, "  "),))
    begun = record_of(Plan("add-provider", (edit,)), {}, ())
    history.add(begun, BEGUN)
    assert history.last() == first
    assert history.cut_short().records == (begun,)
    assert not is_complete(begun)
    writer.write(edit)
    assert is_complete(begun)
    history.move(begun, DONE)
    assert (history.last(), history.cut_short().records) == (begun, ())
    history.move(begun, UNDOING)
    assert (history.last(), history.cut_short().records) == (first, (begun,))
    history.remove(begun)
    assert history.state(begun) is None


def test_a_change_cut_short_between_two_files_can_be_undone(history: History, tmp_path: Path) -> None:
    one, two = (FileEdit(tmp_path / name, None, (TextEdit(0, 0, "{}"),)) for name in ("one", "two"))
    record = record_of(Plan("convert", (one, two)), {}, ())
    history.add(record)
    writer.write(one)
    assert history.last() == record
    take_back(record)
    assert list(tmp_path.iterdir()) == []


def test_ten_records_a_file(history: History, tmp_path: Path) -> None:
    quiet = make_change(history, FileEdit(tmp_path / "other.json", None, (TextEdit(0, 0, "{}"),)))
    busy = [
        make_change(history, FileEdit(tmp_path / "busy.json", "x" * n if n else None, (TextEdit(0, 0, "x"),)))
        for n in range(12)
    ]
    assert history.outdated() == tuple(busy[:2])
    for record in history.outdated():
        history.remove(record)
    assert history.records() == (quiet, *busy[2:])


def test_a_broken_or_foreign_record_is_reported_and_hides_no_other(history: History, config: Path) -> None:
    record = make_change(history, FileEdit(config, None, (TextEdit(0, 0, "{}"),)))
    written = json.loads((history.folder / f"{record.id}.json").read_text())
    foreign = {
        "a": "",
        "b": "[]",
        "c": '"text"',
        "d": json.dumps(written | {"version": 2}),
        "e": json.dumps(written),
        "f": json.dumps(written | {"id": "f", "files": [{"path": 1}]}),
        "g": json.dumps(written | {"id": "g", "time": "yesterday"}),
        "h": "[" * 100_000,
    }
    for name, text in foreign.items():
        (history.folder / f"{name}.json").write_text(text)
    (history.folder / "i.json").mkdir()
    listing = history.listing()
    assert listing.records == (record,)
    assert [broken.path.stem for broken in listing.broken] == [*foreign, "i"]


def test_ids_sort_by_time() -> None:
    moments = [datetime(2026, 1, 31, 23, 59, 59, 999_999, UTC), datetime(2026, 2, 1, 0, 0, 0, 1, UTC)]
    assert new_id(moments[0]) < new_id(moments[1])
    assert new_id(moments[0]) != new_id(moments[0])
