"""Replacing a user's file: whole or not at all, on real disks and with real processes."""

from __future__ import annotations

import os
import resource
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wizard import folders
from wizard.errors import ChangedMeanwhile, FileLocked, InvalidConfig, Refused, Unwritable
from wizard.files import writer
from wizard.files.edit import TextEdit
from wizard.files.plan import FileEdit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes, links and forks are those of Unix")

OLD = '{"old": "' + "o" * 9000 + '"}\r\n'
NEW = '{"new": "' + "n" * 17000 + '"}\r\n'


@pytest.fixture(autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "crush.json"
    path.write_bytes(OLD.encode())
    return path


def change(path: Path, after: str | None = NEW) -> FileEdit:
    """What takes the file from what it is now to `after`."""
    content = writer.read(path)
    before = None if content is None else content.decode()
    edits = (TextEdit(0, len(before or ""), after or ""),)
    return FileEdit(path, before, edits, delete=after is None)


def in_child(action: Callable[[], object]) -> int:
    """Run it in a process of its own; returns its exit code, or minus the signal that ended it."""
    child = os.fork()
    if not child:
        try:
            action()
        except Refused as error:
            print(type(error).__name__, error.message, error.hint, error.path, sep="\n")  # noqa: T201
            sys.stdout.flush()
            os._exit(4)
        except BaseException:
            os._exit(99)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# What is kept


def test_the_new_bytes_are_there_and_nothing_else(config: Path) -> None:
    writer.write(change(config))
    assert config.read_bytes() == NEW.encode()
    assert names(config.parent) == ["crush.json"]


@pytest.mark.parametrize("wanted", [0o600, 0o640, 0o644, 0o664, 0o755])
@pytest.mark.parametrize("umask", [0o000, 0o027, 0o077])
def test_the_mode_is_kept_whatever_the_umask(config: Path, wanted: int, umask: int) -> None:
    config.chmod(wanted)
    before = os.umask(umask)
    try:
        writer.write(change(config))
    finally:
        os.umask(before)
    assert mode(config) == wanted


def test_a_new_file_is_private_and_so_are_the_folders_made_for_it(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    before = os.umask(0)
    try:
        writer.write(change(tmp_path / "a" / "b" / "crush.json"))
    finally:
        os.umask(before)
    assert mode(tmp_path / "a" / "b" / "crush.json") == 0o600
    assert [mode(tmp_path / "a"), mode(tmp_path / "a" / "b"), mode(tmp_path)] == [0o700, 0o700, 0o755]


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_a_new_file_for_everybody_and_its_folders_can_be_read_by_all(tmp_path: Path, umask: int) -> None:
    tmp_path.chmod(0o700)
    before = os.umask(umask)
    try:
        staged = writer.stage(change(tmp_path / "a" / "b" / "crush.json"), writer.FOR_EVERYBODY)
        writer.commit(staged)
    finally:
        os.umask(before)
    assert mode(tmp_path / "a" / "b" / "crush.json") == 0o644
    assert [mode(tmp_path / "a"), mode(tmp_path / "a" / "b"), mode(tmp_path)] == [0o755, 0o755, 0o700]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_root_leaves_the_file_to_its_owner(config: Path) -> None:
    os.chown(config, 65534, 65533)
    config.chmod(0o640)
    writer.write(change(config))
    status = config.stat()
    assert (status.st_uid, status.st_gid, mode(config)) == (65534, 65533, 0o640)


# Links


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    (tmp_path / "dotfiles" / "crush.json").write_text(OLD)
    (tmp_path / "middle").symlink_to("dotfiles/crush.json")
    (tmp_path / "crush.json").symlink_to(tmp_path / "middle")
    writer.write(change(tmp_path / "crush.json"))
    assert (tmp_path / "crush.json").readlink() == tmp_path / "middle"
    assert (tmp_path / "middle").readlink() == Path("dotfiles/crush.json")
    assert (tmp_path / "dotfiles" / "crush.json").read_bytes() == NEW.encode()
    assert names(tmp_path / "dotfiles") == ["crush.json"]


def test_a_dangling_link_gets_its_file(tmp_path: Path) -> None:
    (tmp_path / "crush.json").symlink_to("dotfiles/crush.json")
    assert writer.read(tmp_path / "crush.json") is None
    writer.write(change(tmp_path / "crush.json"))
    assert (tmp_path / "crush.json").is_symlink()
    assert (tmp_path / "dotfiles" / "crush.json").read_bytes() == NEW.encode()


def test_links_in_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(Refused):
        writer.read(tmp_path / "a")
    with pytest.raises(Unwritable) as caught:
        writer.write(FileEdit(tmp_path / "a", None, (TextEdit(0, 0, NEW),)))
    assert "back to itself" in caught.value.hint
    assert names(tmp_path) == ["a", "b"]


# Reading


def test_an_empty_file_is_not_an_absent_one(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert (writer.read(tmp_path / "empty"), writer.read(tmp_path / "absent")) == (b"", None)
    with pytest.raises(ChangedMeanwhile):
        writer.write(FileEdit(tmp_path / "empty", None, (TextEdit(0, 0, NEW),)))


def _folder(path: Path) -> None:
    path.mkdir()


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _huge(path: Path) -> None:
    path.touch()
    os.truncate(path, writer.SIZE_LIMIT + 1)


def _socket(path: Path) -> None:
    socket.socket(socket.AF_UNIX).bind(os.path.relpath(path))


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("make", [_folder, _pipe, _huge, _socket, _device])
def test_what_is_no_config_file_is_refused_at_once(
    make: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make(tmp_path / "crush.json")
    with pytest.raises(InvalidConfig) as caught:
        writer.read(tmp_path / "crush.json")
    assert caught.value.path == str(tmp_path / "crush.json")
    assert caught.value.hint
    with pytest.raises(Refused):
        writer.write(FileEdit(tmp_path / "crush.json", None, (TextEdit(0, 0, NEW),)))
    assert names(tmp_path) == ["crush.json"]


# Refusing


def test_a_file_that_changed_since_is_left_alone(config: Path) -> None:
    edit = change(config)
    config.write_text("{}")
    with pytest.raises(ChangedMeanwhile) as caught:
        writer.write(edit)
    assert (caught.value.path, caught.value.exit_code) == (str(config), 4)
    assert config.read_text() == "{}"
    assert names(config.parent) == ["crush.json"]


def test_deleting_takes_only_the_file_that_was_meant(config: Path) -> None:
    edit = change(config, None)
    config.write_text("{}")
    with pytest.raises(ChangedMeanwhile):
        writer.write(edit)
    writer.write(change(config, None))
    assert names(config.parent) == []


def test_another_wizard_is_waited_for_and_then_refused(config: Path) -> None:
    edit = change(config)
    with writer.locked([config]):
        assert in_child(lambda: writer.write(edit, seconds=0.2)) == 4
    assert config.read_bytes() == OLD.encode()
    assert in_child(lambda: writer.write(edit, seconds=0.2)) == 0
    assert config.read_bytes() == NEW.encode()


def test_a_lock_covers_all_names_of_a_file(config: Path) -> None:
    (config.parent / "link").symlink_to(config)
    with writer.locked([config]), pytest.raises(FileLocked), writer.locked([config.parent / "link"], 0.1):
        pass


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that any user can reach, which tmp_path is not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def as_somebody(action: Callable[[], object], state: Path) -> int:
    """Without the rights of root, if we have them: 65534 is nobody."""
    state.mkdir(mode=0o777)
    state.chmod(0o777)

    def dropped() -> None:
        os.environ["XDG_STATE_HOME"] = str(state)
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        action()

    return in_child(dropped)


@pytest.mark.parametrize(
    ("folder_mode", "file_mode", "message"),
    [
        (0o555, 0o666, "Unwritable\ncan't be written: permission denied"),
        (0o777, 0o444, "Unwritable\ncan't be written: permission denied"),
        (0o777, 0o000, "InvalidConfig\ncan't be read: permission denied"),
    ],
)
def test_without_permission_nothing_changes(
    folder_mode: int, file_mode: int, message: str, open_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = open_folder / "folder"
    folder.mkdir()
    config = folder / "crush.json"
    config.write_text("{}")
    edit = change(config)
    config.chmod(file_mode)
    folder.chmod(folder_mode)
    assert as_somebody(lambda: writer.write(edit), open_folder / "state") == 4
    printed = capfd.readouterr().out
    assert printed.startswith(message)
    assert "check the permissions" in printed
    assert str(config) in printed
    config.chmod(0o600)
    folder.chmod(0o700)
    assert config.read_text() == "{}"
    assert names(folder) == ["crush.json"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can own files of two users")
def test_a_file_that_would_change_its_owner_is_refused(open_folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = open_folder / "folder"
    folder.mkdir()
    folder.chmod(0o777)
    (folder / "crush.json").write_text("{}")
    (folder / "crush.json").chmod(0o666)
    edit = change(folder / "crush.json")
    assert as_somebody(lambda: writer.write(edit), open_folder / "state") == 4
    assert "who owns the file" in capfd.readouterr().out
    assert (folder / "crush.json").stat().st_uid == 0
    assert names(folder) == ["crush.json"]


def test_a_file_size_limit_changes_nothing(config: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
        writer.write(change(config))

    assert in_child(limited) == 4
    assert "file too large" in capfd.readouterr().out
    assert config.read_bytes() == OLD.encode()
    assert names(config.parent) == ["crush.json"]


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mounts a small file system of its own, with options as for mount(8)."""
    disk = tmp_path / "disk"
    disk.mkdir()

    def put(options: str) -> Path:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("this user can't mount a file system")
        return disk

    yield put
    subprocess.run(["umount", str(disk)], capture_output=True, check=False)


def test_a_full_disk_changes_nothing(mount: Callable[[str], Path]) -> None:
    disk = mount("size=16k")
    config = disk / "crush.json"
    config.write_bytes(OLD.encode())
    with pytest.raises(Unwritable) as caught:
        writer.write(change(config))
    assert "no space left" in caught.value.message
    assert "free some space" in caught.value.hint
    assert config.read_bytes() == OLD.encode()
    assert names(disk) == ["crush.json"]


@pytest.mark.parametrize("name", ["crush.json", "new.json", "folder/new.json"])
def test_a_read_only_disk_changes_nothing(name: str, mount: Callable[[str], Path]) -> None:
    disk = mount("size=64k")
    (disk / "crush.json").write_bytes(OLD.encode())
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    with pytest.raises(Unwritable) as caught:
        writer.write(change(disk / name))
    assert "read-only" in caught.value.message
    assert names(disk) == ["crush.json"]


def test_folders_made_in_vain_are_removed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
        writer.write(change(tmp_path / "a" / "b" / "crush.json"))

    assert in_child(limited) == 4
    assert names(tmp_path) == []


# Killed, and two at once


def killed_at_line(number: int, action: Callable[[], object]) -> int:
    """Run it in a child that is killed (SIGKILL) at the given line of the writer; 0 when it ends before."""
    reached = 0

    def trace(frame: Any, event: str, _: object) -> Any:
        nonlocal reached
        if frame.f_code.co_filename != writer.__file__:
            return None
        reached += event == "line"
        if reached == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace

    def traced() -> None:
        sys.settrace(trace)
        action()

    return in_child(traced)


@pytest.mark.any_python
@pytest.mark.parametrize("before", [OLD, None])
def test_killed_at_any_line_the_file_is_old_or_new(before: str | None, tmp_path: Path) -> None:
    config = tmp_path / "crush.json"
    seen: set[str | None] = set()
    number = 0
    while True:
        config.unlink(missing_ok=True)
        if before is not None:
            config.write_bytes(before.encode())
        number += 1
        code = killed_at_line(number, lambda: writer.write(change(config)))
        found = config.read_bytes().decode() if config.exists() else None
        assert found in (before, NEW)
        seen.add(found)
        if code == 0:
            break
        assert code == -signal.SIGKILL
    assert seen == {before, NEW}
    assert number > 50
    writer.write(change(config, OLD))
    assert names(tmp_path) == ["crush.json"]


def test_a_killed_wizards_litter_is_swept_by_the_next(config: Path) -> None:
    edit = change(config)

    def stage_only() -> None:
        with writer.locked([config]):
            writer.stage(edit)
            os.kill(os.getpid(), signal.SIGKILL)

    assert in_child(stage_only) == -signal.SIGKILL
    assert len(names(config.parent)) == 2
    writer.write(edit)
    assert names(config.parent) == ["crush.json"]


@pytest.mark.any_python
def test_killed_at_random_moments(config: Path) -> None:
    def forever() -> None:
        while True:
            writer.write(change(config, NEW if config.read_bytes() == OLD.encode() else OLD))

    for pause in range(12):
        child = os.fork()
        if not child:
            try:
                forever()
            finally:
                os._exit(99)
        subprocess.run(["sleep", str(0.011 + pause * 0.0037)], check=True)
        os.kill(child, signal.SIGKILL)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        assert config.read_bytes() in (OLD.encode(), NEW.encode())
    writer.write(change(config, "{}"))
    assert names(config.parent) == ["crush.json"]


def test_two_wizards_at_once_both_get_their_lines_in(config: Path) -> None:
    config.write_text("")

    def add_lines(who: str) -> None:
        for number in range(15):
            while True:
                text = config.read_text()
                try:
                    writer.write(FileEdit(config, text, (TextEdit(len(text), 0, f"{who}{number}\n"),)))
                except ChangedMeanwhile:
                    continue
                break

    other = os.fork()
    if not other:
        try:
            add_lines("b")
        except BaseException:
            os._exit(99)
        os._exit(0)
    add_lines("a")
    assert os.waitstatus_to_exitcode(os.waitpid(other, 0)[1]) == 0
    lines = config.read_text().split()
    assert [line for line in lines if line[0] == "a"] == [f"a{number}" for number in range(15)]
    assert [line for line in lines if line[0] == "b"] == [f"b{number}" for number in range(15)]


def test_our_own_files_are_private(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        writer.write_private(folders.backups() / "x.json", b"{}")
    finally:
        os.umask(before)
    assert mode(folders.backups() / "x.json") == 0o600
    assert {mode(folders.backups()), mode(folders.state()), mode(folders.state() / "locks")} == {0o700}
    assert {mode(lock) for lock in (folders.state() / "locks").iterdir()} == {0o600}
