"""Reading and replacing a file, the user's or our own: the only code that opens one for writing.

A file is replaced, never written into: the new content is put on the disk beside it (`stage`), and one rename
(`commit`) takes it into place. So a reader, a crash or a kill finds the old file or the new one, whole.

What a rename can't keep: other hard links to the file go on showing the old content, and extended attributes
and access lists become those of a new file. Owner, group and mode are kept, or the write is refused.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import operator
import os
import stat
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from wizard import folders
from wizard.errors import ChangedMeanwhile, Conflict, FileLocked, InvalidConfig, Unwritable, WizardError
from wizard.files.cut_short import TEMPORARY
from wizard.files.plan import fingerprint, sha256
from wizard.files.there import files_in, is_folder, is_link, is_taken, is_there

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from filelock import BaseFileLock

    from wizard.files.plan import FileEdit

SIZE_LIMIT = 64 * 1024 * 1024
LOCK_SECONDS = 5.0
PRIVATE_FILE = 0o600


class Access(Struct, frozen=True):
    """The permission bits of what is made new: a file, and the folders that have to be made for it."""

    file: int
    folder: int


PRIVATE = Access(PRIVATE_FILE, 0o700)
FOR_EVERYBODY = Access(0o644, 0o755)


def _flags(*names: str) -> int:
    """Flags of os.open, as far as the system knows them."""
    return functools.reduce(operator.or_, (getattr(os, name, 0) for name in names), 0)


OURS = _flags("O_CLOEXEC", "O_BINARY")
UNBLOCKED = OURS | _flags("O_NONBLOCK", "O_NOCTTY")  # a pipe or a terminal must not hold us up

OUR_STATE = "`undo` needs that folder: make it writable, or set XDG_STATE_HOME to one that is"
OUR_CACHE = "make that folder writable, or set XDG_CACHE_HOME to one that is"
ANOTHER_FILE = "name another file with --file"
MOVE_AWAY = "move it away, or "
HINTS = {
    errno.ENOSPC: "free some space on that disk, then run the command again",
    errno.EDQUOT: "free some of your disk quota, then run the command again",
    errno.EFBIG: "raise the limit on the size of files (ulimit -f), then run the command again",
    errno.EROFS: f"the file system is read-only; make it writable, or {ANOTHER_FILE}",
    errno.EACCES: "check the permissions of the file and its folder",
    errno.EPERM: "check who owns the file and its folder, and whether it is marked as immutable",
    errno.ELOOP: "the symbolic link leads back to itself; remove it or point it at a file",
}


@contextlib.contextmanager
def named_as_argument(instead: str = "name another file") -> Iterator[None]:
    """For a file that is no config, and that no --file names: the hints say `instead`, and leave it where it is."""
    try:
        yield
    except WizardError as error:
        error.hint = error.hint.removeprefix(MOVE_AWAY).replace(ANOTHER_FILE, instead)
        raise


# Reading


def read(path: Path) -> bytes | None:
    """The bytes of a config file; None when there is none (a dangling symbolic link is none, as for Crush).

    Raises InvalidConfig when what is there can't be a config file, or can't be read.
    """
    try:
        handle = os.open(path, os.O_RDONLY | UNBLOCKED)
    except FileNotFoundError:
        return None
    except ValueError as error:  # a zero byte
        raise _unreadable(path, _no_name()) from error
    except OSError as error:
        if sys.platform == "win32" and is_folder(path):  # where a folder can't even be opened
            raise _no_file(path, "a folder") from error
        raise _unreadable(path, error) from error
    try:
        _refuse_oddities(path, os.fstat(handle))
        with os.fdopen(handle, "rb", closefd=False) as stream:
            return stream.read()
    except OSError as error:
        raise _unreadable(path, error) from error
    finally:
        os.close(handle)


def listed(folder: Path) -> tuple[Path, ...]:
    """What a folder of ours holds, sorted; nothing where there is none. Raises InvalidConfig."""
    try:
        names = os.listdir(folder)  # noqa: PTH208 - pathlib makes a value of each
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise _unreadable(folder, error) from error
    return tuple(folder / name for name in sorted(names))


def _refuse_oddities(path: Path, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise _no_file(path, "a folder")
    if not stat.S_ISREG(status.st_mode):
        raise _no_file(path, "a device, a pipe or a socket")
    if status.st_size > SIZE_LIMIT:
        raise InvalidConfig(
            f"the file has {status.st_size / 2**20:.0f} MiB, too large for a config file",
            hint=f"check what is in it, or {ANOTHER_FILE}",
            path=path,
        )


def _no_file(path: Path, what: str) -> InvalidConfig:
    return InvalidConfig(f"this is {what}, not a file", hint=f"{MOVE_AWAY}{ANOTHER_FILE}", path=path)


def _unreadable(path: Path, error: OSError) -> InvalidConfig:
    return InvalidConfig(f"can't be read: {_reason(error)}", hint=_hint(error, path), path=path)


# Locking


@contextlib.contextmanager
def locked(paths: Iterable[Path], seconds: float = LOCK_SECONDS, shared: Iterable[Path] = ()) -> Iterator[None]:
    """Keep other wizards away from these files, and from the shared ones Crush as well.

    Raises FileLocked after `seconds` of waiting for one of them. Our lock files lie in our own state folder, so
    that nothing is left beside the user's file. Crush's lies beside its file and is never deleted, because Crush
    keeps it too (crush-behaviour 1.6).
    """
    with contextlib.ExitStack() as held:
        for target in sorted({resolve(path) for path in paths}):
            held.enter_context(_held(_lock_file(target), target, seconds, "another crush-wizard"))
            _sweep(target)
        for path in sorted({path.absolute() for path in shared}):
            held.enter_context(_held(path.with_name(f"{path.name}.lock"), path, seconds, "Crush"))
        yield


@contextlib.contextmanager
def _held(lock_file: Path, path: Path, seconds: float, holder: str) -> Iterator[None]:
    import filelock

    lock = filelock.FileLock(lock_file, timeout=seconds, mode=PRIVATE_FILE)
    try:
        _acquire(lock, path, holder)
        yield
    finally:  # Ctrl-C may come while it is being acquired
        with contextlib.suppress(OSError):  # all that was to be done is done; the process' end lets go of it, too
            lock.release()


def _acquire(lock: BaseFileLock, path: Path, holder: str) -> None:
    import filelock

    try:
        lock.acquire()
    except filelock.Timeout as error:
        raise FileLocked(
            f"{holder} is changing this file",
            hint="wait until it has finished, then run the command again",
            path=path,
        ) from error
    except OSError as error:
        raise _unwritable(Path(lock.lock_file), error) from error
    except NotImplementedError as error:
        raise _unwritable(Path(lock.lock_file), OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))) from error


def _lock_file(target: Path) -> Path:
    folder = folders.state() / "locks"
    make_folders(folder)
    return folder / f"{_digest(target)}.lock"


def _sweep(target: Path) -> None:
    """Remove what a killed wizard left beside the file. Only ours can be there: we hold the lock."""
    with _refusing(target):
        for litter in files_in(target.parent):
            if fnmatch(litter.name, _temp_name(target, "*")):
                litter.unlink(missing_ok=True)


# Replacing


class Staged(Struct, frozen=True):
    """A change that is one rename away.

    `path` is as the user names it, `target` behind all symbolic links. `original` and `status` are what is
    there now (None: nothing). `temp` holds the new content, None if the file will go; `fresh` is the
    fingerprint that the file will have. `made` are the folders that had to be made.
    """

    path: Path
    target: Path
    original: bytes | None
    status: os.stat_result | None
    temp: Path | None
    fresh: str
    made: tuple[Path, ...] = ()
    shared: bool = False


def mode_of(path: Path) -> int | None:
    """The permission bits of the file behind all symbolic links; None: there is none."""
    with _refusing(path):
        target = resolve(path)
        return stat.S_IMODE(target.stat().st_mode) if is_there(target) else None


def write(edit: FileEdit, seconds: float = LOCK_SECONDS) -> None:
    """Change one file as planned, wherever it is.

    Raises ChangedMeanwhile, FileLocked, Unwritable or InvalidConfig; then the file is as it was.
    """
    with locked([edit.path], seconds), _noted(resolve(edit.path)):
        staged = stage(edit)
        try:
            commit(staged)
        except BaseException:
            restore(staged)
            raise


@contextlib.contextmanager
def _noted(target: Path) -> Iterator[None]:
    """Call it under the file's lock. A kill leaves the note, and so the next command knows where to look for the rest.

    Raises FileLocked and Unwritable, and only before anything is done.
    """
    note = folders.writing() / os.urandom(8).hex()
    write_private(note, os.fsencode(target))
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # the next command looks, finds nothing there, and removes it
            note.unlink()


def sweep_noted() -> None:
    """Remove what a killed wizard left beside files anywhere. Raises Unwritable and InvalidConfig."""
    for note in listed(folders.writing()):
        target = Path(os.fsdecode(read(note) or b""))
        with contextlib.suppress(FileLocked), locked([target], seconds=0):  # it is being written right now
            remove_private(note)


def stage(edit: FileEdit, access: Access = PRIVATE) -> Staged:
    """Put the new content on the disk beside the file. It has the file's mode; `access` is for what is new.

    Call it under the file's lock. Raises ChangedMeanwhile when the file is not the one of the plan.
    """
    target = resolve(edit.path)
    original = read(target)
    if fingerprint_of(original) != fingerprint(edit.before):
        raise changed_meanwhile(edit.path)
    fresh = None if edit.after is None else edit.after.encode("utf-8")
    with _refusing(edit.path):
        status = None if original is None else _status_if_writable(target)
        staged = Staged(edit.path, target, original, status, None, fingerprint_of(fresh), shared=edit.shared)
        return staged if fresh is None else _with_content(staged, fresh, access)


def _status_if_writable(target: Path) -> os.stat_result:
    """Raises OSError for a file made read-only: a rename would not ask, but its owner meant to spare it."""
    handle = os.open(target, os.O_WRONLY | UNBLOCKED)
    try:
        return os.fstat(handle)
    finally:
        os.close(handle)


def _with_content(staged: Staged, content: bytes, access: Access) -> Staged:
    made = make_folders(staged.target.parent, access.folder)
    try:
        temp = _write_beside(staged.target, content, access.file, staged.status, private=staged.shared)
    except BaseException:
        _remove_folders(made)
        raise
    return replace(staged, temp=temp, made=made)


def commit(staged: Staged) -> None:
    """Take the new content into place. Raises ChangedMeanwhile or Unwritable."""
    if _current(staged) != fingerprint_of(staged.original):
        raise changed_meanwhile(staged.path)
    with _refusing(staged.path):
        if staged.temp is None:
            staged.target.unlink()
        else:
            staged.temp.replace(staged.target)
        _sync_folder(staged.target.parent)


def restore(staged: Staged) -> None:
    """Put the file back as it was before `commit`, whether that has happened or not, and clean up.

    What somebody else wrote before `commit` stays. Raises ChangedMeanwhile when it was written after, and
    Unwritable.
    """
    with _refusing(staged.path):
        waiting = staged.temp is not None and is_there(staged.temp)
        if waiting or _current(staged) == fingerprint_of(staged.original):
            _drop(staged)
        elif _current(staged) == staged.fresh:
            _put_back(staged)
            _drop(staged)
        elif staged.temp is not None:
            raise changed_meanwhile(staged.path)


def _drop(staged: Staged) -> None:
    if staged.temp is not None:
        staged.temp.unlink(missing_ok=True)
    _remove_folders(staged.made)


def _put_back(staged: Staged) -> None:
    if staged.original is None:
        staged.target.unlink()
    else:
        _write_beside(staged.target, staged.original, PRIVATE_FILE, staged.status).replace(staged.target)
    _sync_folder(staged.target.parent)


def write_private(path: Path, content: bytes) -> None:
    """Write a file of our own, whole or not at all: mode 0600, in folders of mode 0700.

    The temporary file lies above the folder, where the folder's lock holder finds what a killed wizard left.
    Raises FileLocked and Unwritable.
    """
    folder = resolve(path.parent)
    make_folders(folder)
    with locked([folder]):
        _replace(path, folder / path.name, content, beside=folder)


def replace_private(path: Path, content: bytes) -> None:
    """The same for a file whose lock is held, or that takes none: a copy that can be made again. Raises Unwritable."""
    target = resolve(path)
    make_folders(target.parent)
    _replace(path, target, content, beside=target)


def _replace(path: Path, target: Path, content: bytes, *, beside: Path) -> None:
    with _refusing(path):
        temp = _write_beside(beside, content, PRIVATE_FILE)
        try:
            temp.replace(target)
        except BaseException:
            temp.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)


def rename_private(path: Path, new: Path) -> None:
    """Rename a file of our own in its folder. Raises Unwritable."""
    with _refusing(path):
        path.replace(new)
        _sync_folder(new.parent)


def move_folder(source: Path, target: Path) -> None:
    """Give a folder of our own another path, in one step. Raises Conflict where something is there, and Unwritable."""
    make_folders(target.parent)
    if is_taken(target):
        raise Conflict("something is in the way", path=target, hint="move it away first")
    with _refusing(target):
        if is_there(target):
            target.rmdir()
        source.rename(target)
        _sync_folder(target.parent)
        _sync_folder(source.parent)


def remove_folder(folder: Path) -> None:
    """Remove a folder of our own with all that is in it, if it is there. Raises Unwritable."""
    import shutil

    with _refusing(folder):
        if is_there(folder):
            shutil.rmtree(folder)


def remove_private(path: Path) -> None:
    """Remove a file of our own, if it is there. Raises Unwritable."""
    with _refusing(path):
        path.unlink(missing_ok=True)


def make_folders(folder: Path, mode: int = PRIVATE.folder) -> tuple[Path, ...]:
    """Make a folder and the parents it lacks, all of this mode; the ones that were made, the outermost first."""
    made: list[Path] = []
    with _refusing(folder):
        try:
            for missing in missing_folders(folder):
                missing.mkdir(mode, exist_ok=True)
                made.append(missing)
                if mode != PRIVATE.folder:
                    missing.chmod(mode)  # whatever the umask took away
        except BaseException:
            _remove_folders(made)
            raise
    return tuple(made)


def missing_folders(folder: Path) -> tuple[Path, ...]:
    """Which of a folder and its parents are not there, the outermost first."""
    return tuple(reversed([parent for parent in (folder, *folder.parents) if not is_there(parent)]))


def remove_empty_folders(made: Iterable[Path]) -> None:
    """Remove what `make_folders` made, as far as nothing is in it. Raises Unwritable."""
    for folder in reversed(tuple(made)):
        with _refusing(folder):
            _remove_folders((folder,))


def resolve(path: Path) -> Path:
    """The file behind all symbolic links, there or not. Raises Unwritable for links in a circle."""
    with _refusing(path):
        target = Path(os.path.realpath(path))
    if is_link(target):
        raise _unwritable(path, OSError(errno.ELOOP, os.strerror(errno.ELOOP)))
    return target


def fingerprint_of(content: bytes | None) -> str:
    """As wizard.files.plan.fingerprint, for bytes that need not be text."""
    return fingerprint(None) if content is None else sha256(content)


def changed_meanwhile(path: Path) -> ChangedMeanwhile:
    return ChangedMeanwhile("the file has changed since it was read", hint="run the command again", path=path)


def _current(staged: Staged) -> str:
    return fingerprint_of(read(staged.target))


def _write_beside(
    target: Path, content: bytes, mode: int, like: os.stat_result | None = None, *, private: bool = False
) -> Path:
    """A new file in the target's folder, safe on the disk, with owner and mode of `like`, else with `mode`.

    `private`: mode 0600 whatever it was.
    """
    temp = target.parent / _temp_name(target, os.urandom(8).hex())
    try:
        handle = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | OURS, PRIVATE_FILE)
        with os.fdopen(handle, "wb") as stream:
            _set_access(handle, mode, like, private)
            stream.write(content)
            stream.flush()
            os.fsync(handle)
    except BaseException:
        temp.unlink(missing_ok=True)
        raise
    return temp


def _set_access(handle: int, mode: int, like: os.stat_result | None, private: bool) -> None:
    if sys.platform == "win32":  # there the folder decides
        return
    if like is not None:
        fresh = os.fstat(handle)
        if (fresh.st_uid, fresh.st_gid) != (like.st_uid, like.st_gid):
            os.fchown(handle, like.st_uid, like.st_gid)
        mode = stat.S_IMODE(like.st_mode)
    os.fchmod(handle, PRIVATE_FILE if private else mode)  # whatever the umask took away


def _remove_folders(made: Iterable[Path]) -> None:
    for folder in reversed(tuple(made)):
        try:
            folder.rmdir()
        except OSError as error:  # somebody else uses it by now
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT):
                raise


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":  # where a folder can't be opened
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | OURS)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems can't
            raise
    finally:
        os.close(handle)


def _temp_name(target: Path, token: str) -> str:
    return f"{TEMPORARY}{_digest(target)[:16]}-{token}.tmp"


def _digest(target: Path) -> str:
    return sha256(os.fsencode(target))


@contextlib.contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Say what the system refuses in words for the user."""
    try:
        yield
    except OSError as error:
        raise _unwritable(path, error) from error
    except ValueError as error:  # a zero byte
        raise _unwritable(path, _no_name()) from error


def _no_name() -> OSError:
    return OSError(errno.EINVAL, "this is not a possible file name")


def _unwritable(path: Path, error: OSError) -> Unwritable:
    return Unwritable(f"can't be written: {_reason(error)}", hint=_hint(error, path), path=path)


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _hint(error: OSError, path: Path) -> str:
    """No flag names another place for what is in our own folder."""
    found = HINTS.get(error.errno or 0, ANOTHER_FILE)
    ours = {folders.state(): OUR_STATE, folders.catalog(): OUR_CACHE} if ANOTHER_FILE in found else {}
    return next((hint for folder, hint in ours.items() if path.is_relative_to(folder)), found)
