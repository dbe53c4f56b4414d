"""A plan is carried out, or taken back, as a whole: files, secrets and record."""

from __future__ import annotations

import gc
import json
import os
import resource
import signal
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from wizard import folders
from wizard.change import apply as apply_module
from wizard.change.apply import alone, apply, recover, undo
from wizard.errors import (
    ChangedMeanwhile,
    FileLocked,
    Refused,
    SecretError,
    SecretNotFound,
    SecretTooLarge,
    StoreLocked,
    Unwritable,
)
from wizard.files import history as history_module
from wizard.files import locations, writer
from wizard.files.cut_short import BEGUN
from wizard.files.edit import TextEdit
from wizard.files.history import History, Record, record_of
from wizard.files.plan import FileEdit, Plan, SecretEdit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks and signals are those of Unix")

OLD, NEW = '{"old": 1}\n', '{"new": 2}\n'
KEY, OLD_KEY = "sk-new-canary", "sk-old-canary"


@dataclass
class FolderStore:
    """A store that outlives a killed process: one file a secret. Refuses to write or delete what it is told to."""

    folder: Path
    unwritable: set[str] = field(default_factory=set)
    undeletable: set[str] = field(default_factory=set)

    def get(self, name: str) -> str:
        try:
            return (self.folder / name).read_text()
        except FileNotFoundError as error:
            raise SecretNotFound(f"no secret {name}") from error

    def set(self, name: str, value: str) -> None:
        if name in self.unwritable:
            raise SecretTooLarge("too large")
        fresh = self.folder.parent / "fresh"
        fresh.write_text(value)
        fresh.replace(self.folder / name)

    def delete(self, name: str) -> None:
        if name in self.undeletable:
            raise StoreLocked("the store is locked")
        try:
            (self.folder / name).unlink()
        except FileNotFoundError as error:
            raise SecretNotFound(f"no secret {name}") from error

    def contents(self) -> dict[str, str]:
        return {path.name: path.read_text() for path in sorted(self.folder.iterdir())}


@pytest.fixture(autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))


@pytest.fixture
def store(tmp_path_factory: pytest.TempPathFactory) -> FolderStore:
    folder = tmp_path_factory.mktemp("store") / "secrets"
    folder.mkdir()
    return FolderStore(folder)


@pytest.fixture
def history() -> History:
    return History()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "crush.json"
    path.write_text(OLD)
    return path


STORED = SecretEdit("KEY", "box", "store")
DELETED = SecretEdit("KEY", "box", "delete")


def plan(*paths: Path, after: str = NEW, secrets: tuple[SecretEdit, ...] = (STORED,)) -> Plan:
    return Plan("add-provider deepseek", tuple(change(path, after) for path in paths), secrets)


def change(path: Path, after: str) -> FileEdit:
    before = path.read_text() if path.exists() else None
    return FileEdit(path, before, (TextEdit(0, len(before or ""), after),))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def in_child(action: Callable[[], object]) -> int:
    """Run it in a process of its own; returns its exit code, or minus the signal that ended it."""
    child = os.fork()
    if not child:
        try:
            action()
        except BaseException:
            os._exit(99)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@dataclass
class Signalled:
    """Sends a signal to this process at a given line of the code that applies plans."""

    line: int
    number: signal.Signals
    reached: int = 0

    def __call__(self, frame: Any, event: str, _: object) -> Any:
        if frame.f_code.co_filename not in (apply_module.__file__, writer.__file__, history_module.__file__):
            return None
        self.reached += event == "line"
        if event == "line" and self.reached == self.line:
            os.kill(os.getpid(), self.number)
        return self


# Done


def test_files_and_secrets_are_changed_and_recorded(config: Path, store: FolderStore, history: History) -> None:
    new = config.parent / "sub" / "new.json"
    applied = apply(plan(config, new), {"KEY": KEY}, {"box": store}, history)
    assert (config.read_text(), new.read_text()) == (NEW, NEW)
    assert store.contents() == {"KEY": KEY}
    assert history.records() == (applied.record,)
    assert names(config.parent) == ["crush.json", "sub"]


def test_undo_puts_all_of_it_back(config: Path, store: FolderStore, history: History) -> None:
    config.chmod(0o640)
    new = config.parent / "new.json"
    applied = apply(plan(config, new), {"KEY": KEY}, {"box": store}, history)
    assert applied.record
    undo(applied.record, {"box": store}, history)
    assert (config.read_text(), config.stat().st_mode & 0o777) == (OLD, 0o640)
    assert names(config.parent) == ["crush.json"]
    assert store.contents() == {}
    assert history.records() == ()


@pytest.fixture
def system_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What stands for the file that Crush reads for everybody."""
    path = tmp_path / "etc" / "crush" / "crush.json"
    monkeypatch.setattr(locations, "SYSTEM_FILE", path)
    return path


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_what_is_for_everybody_can_be_read_by_all(system_file: Path, config: Path, history: History) -> None:
    new = config.parent / "mine" / "crush.json"
    apply(plan(system_file, new, secrets=()), {}, {}, history)
    assert (mode(system_file), mode(system_file.parent), mode(system_file.parents[1])) == (0o644, 0o755, 0o755)
    assert (mode(new), mode(new.parent)) == (0o600, 0o700)


def test_a_link_to_what_is_for_everybody_is_for_everybody(system_file: Path, tmp_path: Path, history: History) -> None:
    (tmp_path / "link").symlink_to(system_file)
    apply(plan(tmp_path / "link", secrets=()), {}, {}, history)
    assert mode(system_file) == 0o644


def test_what_is_for_everybody_keeps_its_mode(system_file: Path, history: History) -> None:
    system_file.parent.mkdir(parents=True)
    system_file.write_text(OLD)
    system_file.chmod(0o640)
    applied = apply(plan(system_file, secrets=()), {}, {}, history)
    assert mode(system_file) == 0o640
    assert applied.record
    undo(applied.record, {}, history)
    assert (system_file.read_text(), mode(system_file)) == (OLD, 0o640)


def test_undo_takes_what_is_for_everybody_away_and_brings_it_back(system_file: Path, history: History) -> None:
    made = apply(plan(system_file, secrets=()), {}, {}, history)
    assert made.record
    undo(made.record, {}, history)
    assert not system_file.exists()
    apply(plan(system_file, secrets=()), {}, {}, history)
    gone = apply(Plan("convert", (FileEdit(system_file, NEW, (), delete=True),)), {}, {}, history)
    assert gone.record
    system_file.parent.rmdir()
    undo(gone.record, {}, history)
    assert (mode(system_file), mode(system_file.parent)) == (0o644, 0o755)


@pytest.mark.parametrize(("name", "warnings"), [("system", 1), ("mine", 0)])
def test_a_key_in_plain_text_for_everybody_is_said(
    system_file: Path, config: Path, history: History, name: str, warnings: int
) -> None:
    path = system_file if name == "system" else config
    held = json.dumps({"api_key": KEY})
    assert len(apply(plan(path, after=held, secrets=()), {}, {}, history).warnings) == warnings
    more = json.dumps({"api_key": KEY, "name": "N"})
    assert apply(plan(path, after=more, secrets=()), {}, {}, history).warnings == ()


def test_undo_brings_a_replaced_secret_back(config: Path, store: FolderStore, history: History) -> None:
    store.set("KEY", OLD_KEY)
    applied = apply(plan(config), {"KEY": KEY}, {"box": store}, history)
    assert applied.record
    assert store.contents() == {"KEY": KEY, f"KEY@{applied.record.id}": OLD_KEY}
    undo(applied.record, {"box": store}, history)
    assert store.contents() == {"KEY": OLD_KEY}


def test_undo_brings_a_deleted_secret_and_a_deleted_file_back(
    config: Path, store: FolderStore, history: History
) -> None:
    store.set("KEY", OLD_KEY)
    config.chmod(0o644)
    removal = Plan("convert", (FileEdit(config, OLD, (), delete=True),), (DELETED,))
    applied = apply(removal, {}, {"box": store}, history)
    assert applied.record
    assert not config.exists()
    assert "KEY" not in store.contents()
    undo(applied.record, {"box": store}, history)
    assert (config.read_text(), config.stat().st_mode & 0o777) == (OLD, 0o644)
    assert store.contents() == {"KEY": OLD_KEY}


def test_no_secret_is_on_the_disk_outside_its_store(config: Path, store: FolderStore, history: History) -> None:
    store.set("KEY", OLD_KEY)
    apply(plan(config), {"KEY": KEY}, {"box": store}, history)
    found = [*folders.state().rglob("*"), *config.parent.rglob("*")]
    texts = [path.read_text() for path in found if path.is_file()]
    assert len(texts) >= 2
    assert not any("canary" in text for text in texts)


def test_what_is_already_so_is_neither_written_nor_recorded(config: Path, store: FolderStore, history: History) -> None:
    store.set("KEY", KEY)
    before = config.stat()
    applied = apply(plan(config, after=OLD), {"KEY": KEY}, {"box": store}, history)
    assert applied.record is None
    assert config.stat().st_ino == before.st_ino
    assert (history.records(), store.contents()) == ((), {"KEY": KEY})


def test_deleting_an_absent_secret_does_nothing_now_or_at_undo(
    config: Path, store: FolderStore, history: History
) -> None:
    applied = apply(plan(config, secrets=(DELETED,)), {}, {"box": store}, history)
    assert applied.record
    store.set("KEY", "set by hand since")
    undo(applied.record, {"box": store}, history)
    assert store.contents() == {"KEY": "set by hand since"}


def test_old_records_go_with_the_values_kept_for_them(config: Path, store: FolderStore, history: History) -> None:
    for number in range(13):
        apply(plan(config, after=f"{number}\n"), {"KEY": f"key {number}"}, {"box": store}, history)
    kept = {f"KEY@{record.id}": f"key {number + 2}" for number, record in enumerate(history.records())}
    assert len(history.records()) == 10
    assert store.contents() == {"KEY": "key 12", **kept}


def test_a_kept_value_that_cannot_go_now_goes_later(config: Path, store: FolderStore, history: History) -> None:
    for number in range(11):
        apply(plan(config, after=f"{number}\n"), {"KEY": f"key {number}"}, {"box": store}, history)
    stuck = f"KEY@{history.records()[0].id}"
    store.undeletable = {stuck}
    applied = apply(plan(config, after="a\n"), {"KEY": "a"}, {"box": store}, history)
    assert applied.warnings == ("an old value was not deleted: the store is locked",)
    assert config.read_text() == "a\n"
    store.undeletable = set()
    assert apply(plan(config, after="b\n"), {"KEY": "b"}, {"box": store}, history).warnings == ()
    assert stuck not in store.contents()


# Not done


def test_when_a_file_cannot_be_written_the_secret_is_not_stored(
    config: Path, store: FolderStore, history: History
) -> None:
    store.set("KEY", OLD_KEY)
    stale = plan(config)
    config.write_text("changed by hand")
    with pytest.raises(ChangedMeanwhile):
        apply(stale, {"KEY": KEY}, {"box": store}, history)
    assert config.read_text() == "changed by hand"
    assert (store.contents(), history.records()) == ({"KEY": OLD_KEY}, ())


def test_when_the_last_file_changes_at_the_last_moment_the_first_goes_back(
    config: Path, store: FolderStore, history: History
) -> None:
    store.set("KEY", OLD_KEY)
    other = config.parent / "other.json"
    other.write_text(OLD)

    @dataclass
    class Meddling(FolderStore):
        """Somebody edits the other file while the secret is being stored."""

        def set(self, name: str, value: str) -> None:
            super().set(name, value)
            other.write_text("changed by hand")

    with pytest.raises(ChangedMeanwhile) as caught:
        apply(plan(config, other), {"KEY": KEY}, {"box": Meddling(store.folder)}, history)
    assert (caught.value.path, caught.value.hint) == (str(other), "run the command again")
    assert names(config.parent) == ["crush.json", "other.json"]
    assert (config.read_text(), other.read_text()) == (OLD, "changed by hand")
    assert store.contents() == {"KEY": OLD_KEY}
    assert history.records() == ()


def test_when_a_secret_cannot_be_stored_nothing_else_changes(
    config: Path, store: FolderStore, history: History
) -> None:
    store.set("KEY", OLD_KEY)
    store.unwritable = {"SECOND"}
    both = plan(config, config.parent / "a" / "new.json", secrets=(STORED, SecretEdit("SECOND", "box", "store")))
    with pytest.raises(SecretError):
        apply(both, {"KEY": KEY, "SECOND": "x"}, {"box": store}, history)
    assert config.read_text() == OLD
    assert names(config.parent) == ["crush.json"]
    assert (store.contents(), history.records()) == ({"KEY": OLD_KEY}, ())


def test_a_full_disk_is_found_before_a_secret_is_stored(config: Path, store: FolderStore, history: History) -> None:
    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
        with pytest.raises(Unwritable):
            apply(plan(config, after="x" * 20_000), {"KEY": KEY}, {"box": store}, history)

    assert in_child(limited) == 0
    assert (config.read_text(), names(config.parent)) == (OLD, ["crush.json"])
    assert (store.contents(), history.records()) == ({}, ())


def test_a_locked_file_is_refused(config: Path, store: FolderStore, history: History) -> None:
    def blocked() -> None:
        with pytest.raises(FileLocked):
            apply(plan(config), {"KEY": KEY}, {"box": store}, history, seconds=0.1)

    with writer.locked([config]):
        assert in_child(blocked) == 0
    assert (config.read_text(), store.contents()) == (OLD, {})


def test_it_waits_as_long_as_others_get_on(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    history.folder.mkdir(parents=True)
    locked, turns = writer.locked, iter(range(5))

    def busy(paths: Iterable[Path], seconds: float) -> AbstractContextManager[None]:
        for turn in turns:
            os.utime(history.folder, ns=(turn, turn))
            raise FileLocked("somebody else got it")
        return locked(paths, seconds)

    monkeypatch.setattr(writer, "locked", busy)
    with alone(history), alone(history):
        assert list(turns) == []


def test_it_gives_up_where_nobody_gets_on(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(_paths: Iterable[Path], _seconds: float) -> AbstractContextManager[None]:
        raise FileLocked("somebody has it")

    monkeypatch.setattr(writer, "locked", busy)
    with pytest.raises(FileLocked, match="another crush-wizard is making a change"), alone(history):
        pass


def test_a_way_back_that_fails_is_said(config: Path, store: FolderStore, history: History) -> None:
    store.unwritable, store.undeletable = {"SECOND"}, {"KEY"}
    both = plan(config, secrets=(STORED, SecretEdit("SECOND", "box", "store")))
    with pytest.raises(SecretTooLarge) as caught:
        apply(both, {"KEY": KEY, "SECOND": "x"}, {"box": store}, history)
    assert "the secret KEY (the store is locked)" in caught.value.hint
    assert KEY not in caught.value.hint
    assert (config.read_text(), store.contents()) == (OLD, {"KEY": KEY})
    (record,) = history.cut_short().records
    store.undeletable = set()
    assert recover(record, {"box": store}, history) is False
    assert (store.contents(), history.cut_short().records) == ({}, ())


def test_undo_is_refused_as_a_whole(config: Path, store: FolderStore, history: History) -> None:
    other = config.parent / "other.json"
    applied = apply(plan(config, other), {"KEY": KEY}, {"box": store}, history)
    assert applied.record
    other.write_text("changed by hand")
    with pytest.raises(ChangedMeanwhile):
        undo(applied.record, {"box": store}, history)
    assert (config.read_text(), store.contents()) == (NEW, {"KEY": KEY})
    assert history.records() == (applied.record,)


def test_undo_that_the_store_refuses_leaves_the_files(config: Path, store: FolderStore, history: History) -> None:
    applied = apply(plan(config), {"KEY": KEY}, {"box": store}, history)
    assert applied.record
    store.undeletable = {"KEY"}
    with pytest.raises(StoreLocked):
        undo(applied.record, {"box": store}, history)
    assert (config.read_text(), names(config.parent)) == (NEW, ["crush.json"])
    assert history.records() == (applied.record,)


# Stopped at any point


@pytest.mark.any_python
def test_ctrl_c_at_any_line_leaves_all_or_nothing(config: Path, store: FolderStore, history: History) -> None:
    other = config.parent / "other.json"
    outcomes: set[bool] = set()
    line, interrupted = 0, True
    gc.freeze()  # what all the tests before this one left need not be gone through each time
    while interrupted:
        line += 7
        for record in history.records():
            history.remove(record)
        other.unlink(missing_ok=True)
        config.write_text(OLD)
        for name in store.contents():
            store.delete(name)
        store.set("KEY", OLD_KEY)
        planned = plan(config, other)
        sys.settrace(Signalled(line, signal.SIGINT))
        try:
            apply(planned, {"KEY": KEY}, {"box": store}, history)
            interrupted = False
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(None)
        gc.collect()  # the program would have ended, and with it a lock that was just being taken
        done = config.read_text() == NEW
        outcomes.add(done)
        assert other.exists() == done
        assert store.contents()["KEY"] == (KEY if done else OLD_KEY)
        assert len(history.records()) == len(store.contents()) - 1 == done
    gc.unfreeze()
    assert outcomes == {False, True}
    apply(plan(config, other, after="{}", secrets=()), {}, {}, history)
    assert names(config.parent) == ["crush.json", "other.json"]


@pytest.mark.any_python
def test_killed_at_any_line_it_is_completed_or_taken_back(config: Path, store: FolderStore, history: History) -> None:
    outcomes: set[bool] = set()
    line, code = 0, -signal.SIGKILL
    while code == -signal.SIGKILL:
        line += 7
        store.set("KEY", OLD_KEY)
        planned = plan(config)

        def traced(planned: Plan = planned, line: int = line) -> None:
            sys.settrace(Signalled(line, signal.SIGKILL))
            apply(planned, {"KEY": KEY}, {"box": store}, history)

        code = in_child(traced)
        assert config.read_text() in (OLD, NEW)
        for record in history.cut_short().records:
            recover(record, {"box": store}, history)
        assert history.cut_short().records == ()
        is_done = config.read_text() == NEW
        outcomes.add(is_done)
        assert store.contents()["KEY"] == (KEY if is_done else OLD_KEY)
        assert len(history.records()) == len(store.contents()) - 1 == is_done
        for record in history.records():
            undo(record, {"box": store}, history)
        assert (config.read_text(), store.contents()) == (OLD, {"KEY": OLD_KEY})
    assert outcomes == {False, True}
    assert code == 0
    assert line > 200
    apply(plan(config), {"KEY": KEY}, {"box": store}, history)
    assert names(config.parent) == ["crush.json"]
    assert names(folders.state()) == ["backups", "locks"]


@pytest.mark.any_python
def test_undo_that_is_killed_at_any_line_is_completed(config: Path, store: FolderStore, history: History) -> None:
    outcomes: set[bool] = set()
    line, code = 0, -signal.SIGKILL
    while code == -signal.SIGKILL:
        line += 7
        store.set("KEY", OLD_KEY)
        record = apply(plan(config), {"KEY": KEY}, {"box": store}, history).record
        assert record

        def traced(record: Record = record, line: int = line) -> None:
            sys.settrace(Signalled(line, signal.SIGKILL))
            undo(record, {"box": store}, history)

        code = in_child(traced)
        for cut_short in history.cut_short().records:
            recover(cut_short, {"box": store}, history)
        is_undone = config.read_text() == OLD
        outcomes.add(is_undone)
        for left in history.records():
            assert not is_undone
            assert store.contents() == {"KEY": KEY, f"KEY@{record.id}": OLD_KEY}
            undo(left, {"box": store}, history)
        assert (config.read_text(), store.contents()) == (OLD, {"KEY": OLD_KEY})
    assert code == 0
    assert outcomes == {False, True}
    assert names(folders.state()) == ["backups", "locks"]


def test_a_secret_alone_is_taken_back_when_it_was_cut_short(store: FolderStore, history: History) -> None:
    """Whether it had come to its end can't be seen."""
    store.set("KEY", OLD_KEY)
    record = record_of(Plan("secret set KEY", (), (STORED,)), {}, {STORED})
    history.add(record, BEGUN)
    (kept,) = (secret.kept for secret in record.secrets)
    store.set(str(kept), OLD_KEY)
    store.set("KEY", KEY)
    assert recover(record, {"box": store}, history) is False
    assert (store.contents(), history.state(record)) == ({"KEY": OLD_KEY}, None)


def test_what_others_wrote_since_stays_and_the_secret_comes_back(
    config: Path, store: FolderStore, history: History
) -> None:
    record = record_of(plan(config, secrets=(DELETED,)), {config: 0o600}, {DELETED})
    history.add(record, BEGUN)
    (kept,) = (secret.kept for secret in record.secrets)
    store.set(str(kept), OLD_KEY)
    config.write_text("written by hand")
    assert recover(record, {"box": store}, history) is False
    assert (config.read_text(), store.contents()) == ("written by hand", {"KEY": OLD_KEY})


def test_two_undo_at_once_take_it_back_once(config: Path, store: FolderStore, history: History) -> None:
    record = apply(plan(config), {"KEY": KEY}, {"box": store}, history).record
    assert record
    undo(record, {"box": store}, history)
    with pytest.raises(ChangedMeanwhile, match="another crush-wizard"):
        undo(record, {"box": store}, history)


def test_an_interrupt_that_cannot_be_taken_back_is_no_cancellation(
    config: Path, store: FolderStore, history: History
) -> None:
    @dataclass
    class Interrupted(FolderStore):
        """Stores, and is then interrupted and locked."""

        def set(self, name: str, value: str) -> None:
            super().set(name, value)
            self.undeletable = {name}
            raise KeyboardInterrupt

    with pytest.raises(Refused) as caught:
        apply(plan(config), {"KEY": KEY}, {"box": Interrupted(store.folder)}, history)
    assert "the secret KEY" in caught.value.hint
    assert config.read_text() == OLD
