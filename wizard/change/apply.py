"""Carrying out a plan, and taking it back: all of it, or nothing.

The order is chosen so that being stopped at any point can be put right. The record tells what is about to happen,
all files are staged (which finds a full or read-only disk while nothing has changed), the stores keep the old values
beside the new ones, and one rename a file ends it. A failure is taken back at once; a kill leaves a record that has
not ended, which the next command completes or takes back (`recover`, called by wizard.change.recovery).
"""

from __future__ import annotations

import contextlib
import signal
from functools import partial
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct
from msgspec.structs import replace

from wizard import folders
from wizard.documents.json.reading import JsonReading
from wizard.errors import Cancelled, ChangedMeanwhile, FileLocked, Refused, SecretNotFound, Unwritable, WizardError
from wizard.expansion.plain_secrets import plain_secrets
from wizard.files import writer
from wizard.files.cut_short import BEGUN, DONE, UNDOING
from wizard.files.history import History, Record, is_complete, is_moved, record_of, undo_plan
from wizard.files.locations import is_system_wide
from wizard.files.there import is_taken, is_there
from wizard.interrupts import interrupts_handled
from wizard.namespace import without_kept
from wizard.private import Private
from wizard.secrets.index import Index
from wizard.secrets.settings import value_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from wizard.files.history import FileChange, SecretChange
    from wizard.files.plan import FileEdit, FolderMove, Plan, SecretEdit


class Store(Protocol):
    """What a plan needs of a secret store. Raises the SecretErrors of wizard.errors."""

    def get(self, name: str) -> str: ...
    def set(self, name: str, value: str) -> None: ...
    def delete(self, name: str) -> None: ...


class Applied(Struct, frozen=True):
    """What was done. `record` None: everything was already as planned.

    `warnings`: what could not be tidied up, and keys that others can read now.
    """

    record: Record | None
    warnings: tuple[str, ...] = ()


def apply(
    plan: Plan,
    values: Mapping[str, str],
    stores: Mapping[str, Store],
    history: History,
    seconds: float = writer.LOCK_SECONDS,
) -> Applied:
    """Change files and secrets as planned. `values` holds the secrets to store, `stores` the stores, by name.

    Another wizard that holds one of the files is waited for, for `seconds`.
    Raises a Refused (files) or a SecretError (stores); then everything is as it was, or the error's hint
    says what is not.
    """
    files = tuple(edit for edit in plan.files if edit.after != edit.before)
    wanted = {edit: values[edit.name] if edit.action == "store" else None for edit in plan.secrets}
    exposed = tuple(_exposed(files))
    with alone(history, seconds), _locked(files, seconds):
        moves = _moves(wanted, stores)
        if not moves and not plan.moves and all(edit.optional for edit in files):
            return Applied(None)
        begun = _record(replace(plan, files=files, secrets=tuple(moves)), moves)
        record = replace(begun, secrets=tuple(_undoable(begun, moves)))
        with _all_or_nothing(partial(history.remove, record)) as rollback:
            history.add(begun, BEGUN)
            unwritten: list[str] = []
            staged = _stage(files, {}, rollback, unwritten)
            _keep(begun, moves, stores, rollback)
            _change(moves, stores, rollback)
            _commit(staged)
            _move_folders(plan.moves, rollback)
            if record != begun:
                history.add(record, BEGUN)
            history.move(record, DONE)
        return Applied(record, (*exposed, *unwritten, *_forget(history.outdated(), stores, history)))


def undo(record: Record, stores: Mapping[str, Store], history: History) -> Applied:
    """Take a change back, files and secrets, and forget it.

    Raises ChangedMeanwhile when a file was changed after it, or when another undo has just been here, and what
    `apply` raises.
    """
    with alone(history), _locked(record.files):
        if history.state(record) is None:
            raise ChangedMeanwhile(f"`{record.command}` was just undone by another crush-wizard")
        return _taken_back(record, way_back(record), stores, history)


def way_back(record: Record) -> Plan:
    """What undoes a change: all of it, but a store that holds other secrets by now stays the one in use.

    Raises ChangedMeanwhile.
    """
    plan = undo_plan(record)
    return replace(plan, files=tuple(edit for edit in plan.files if not _leaves_secrets_behind(edit, plan)))


def _leaves_secrets_behind(edit: FileEdit, plan: Plan) -> bool:
    if edit.path != folders.settings():
        return False
    used, then = (value_in(text or "", "secret_store", edit.path) for text in (edit.before, edit.after))
    if not used or used == then:
        return False
    gone = {secret.name for secret in plan.secrets if secret.store == used and secret.action == "delete"}
    return bool(set(without_kept(Index(folders.state()).every(used))) - gone)


def recover(record: Record, stores: Mapping[str, Store], history: History) -> bool | None:
    """End a change that was cut short. True: it had come to its end but for the record; False: it was taken back.

    None: another wizard has done it. Files that were changed since stay as they are. Raises as `undo`.
    """
    with alone(history), _locked(record.files):
        state = history.state(record)
        if state in {None, DONE}:
            return None
        if state == BEGUN and is_complete(record):
            history.move(record, DONE)
            return True
        _taken_back(record, undo_plan(record, strict=False), stores, history)
        return False


def _taken_back(record: Record, plan: Plan, stores: Mapping[str, Store], history: History) -> Applied:
    """The values kept for the record go last: who is killed before finds all that undoing needs."""
    before = history.state(record) or DONE
    modes = {change.path: change.mode for change in record.files}
    with _all_or_nothing(partial(history.move, record, before)) as rollback:
        history.move(record, UNDOING)
        staged = _stage(plan.files, modes, rollback)
        _change(_moves(_previous(plan, record, stores), stores), stores, rollback)
        _commit(staged)
        _move_folders((move for move in plan.moves if is_there(move.source) and not is_taken(move.target)), rollback)
    _remove_folders_made(record, plan)
    return Applied(record, _forget((record,), stores, history))


def _remove_folders_made(record: Record, plan: Plan) -> None:
    """Folders that were made for files that are gone again, and that nobody has used since."""
    gone = {edit.path for edit in plan.files if edit.delete}
    for change in record.files:
        if change.path in gone:
            with contextlib.suppress(Unwritable):  # an empty folder is no reason to fail
                writer.remove_empty_folders(change.made)


_ALONE: set[Path] = set()
"""The folders of the histories that this process keeps other wizards away from."""


@contextlib.contextmanager
def alone(history: History, seconds: float = writer.LOCK_SECONDS) -> Iterator[None]:
    """Keep other wizards from changing anything: whose record has not ended is then known to be nobody's any more.

    Inside of itself it does nothing. Raises FileLocked after `seconds` in which no other wizard got on either.
    """
    if history.folder in _ALONE:
        yield
        return
    with contextlib.ExitStack() as held:
        _wait_for_turn(held, history, seconds)
        _ALONE.add(history.folder)
        held.callback(_ALONE.discard, history.folder)
        yield


def _wait_for_turn(held: contextlib.ExitStack, history: History, seconds: float) -> None:
    """Of many at once each gets its turn, however long that takes."""
    while True:
        seen = history.moment()
        try:
            held.enter_context(writer.locked((history.folder / "change",), seconds))
        except FileLocked as error:
            if not seconds or history.moment() == seen:
                raise FileLocked("another crush-wizard is making a change", hint=error.hint) from error
        else:
            return


def _locked(
    files: Iterable[FileEdit | FileChange], seconds: float = writer.LOCK_SECONDS
) -> AbstractContextManager[None]:
    several = tuple(files)
    shared = [file.path for file in several if file.shared]
    return writer.locked((file.path for file in several), seconds, shared)


class _Move(Private, Struct, frozen=True):
    """A secret's value now and then; None: there is none."""

    before: str | None
    after: str | None


def _moves(wanted: Mapping[SecretEdit, str | None], stores: Mapping[str, Store]) -> dict[SecretEdit, _Move]:
    """The secrets that are not yet as they should be."""
    moves = {edit: _Move(_value(stores[edit.store], edit.name), value) for edit, value in wanted.items()}
    return {edit: move for edit, move in moves.items() if move.before != move.after}


def _undoable(begun: Record, moves: Iterable[SecretEdit]) -> Iterator[SecretChange]:
    """What `undo` takes back later: a new secret may have been stored for good."""
    for change, edit in zip(begun.secrets, moves, strict=True):
        if change.kept or not edit.stays:
            yield change


def _previous(plan: Plan, record: Record, stores: Mapping[str, Store]) -> dict[SecretEdit, str | None]:
    """The values before a change. One that was never kept was never replaced: the change was cut short."""
    previous: dict[SecretEdit, str | None] = {}
    for edit, change in zip(plan.secrets, record.secrets, strict=True):
        value = _value(stores[change.store], change.kept) if change.kept else None
        if value is not None or not change.kept:
            previous[edit] = value
    return previous


def _record(plan: Plan, moves: Mapping[SecretEdit, _Move]) -> Record:
    replaced = {edit for edit, move in moves.items() if move.before is not None}
    return record_of(plan, {edit.path: writer.mode_of(edit.path) for edit in plan.files}, replaced)


# Files for everybody


def _exposed(files: Iterable[FileEdit]) -> Iterator[str]:
    """A warning for each file that everybody reads, and that gets a key in plain text."""
    for edit in files:
        if is_system_wide(edit.path) and _secrets(edit.after, edit.path) - _secrets(edit.before, edit.path):
            yield (
                f"{edit.path} is for all users of this machine, and now contains a plain-text key: write $NAME "
                "instead, and let each user store a key"
            )


def _secrets(text: str | None, path: Path) -> frozenset[str]:
    """The keys in the text of a crush.json."""
    return plain_secrets(JsonReading(text.encode("utf-8"), path).tree) if text else frozenset()


def _access(path: Path, mode: int | None) -> writer.Access:
    """Private, but for the file that is everybody's: Crush starts for nobody who can't read it (crush-behaviour 10.1).

    `mode` is the one that the file had before it was deleted.
    """
    access = writer.FOR_EVERYBODY if is_system_wide(path) else writer.PRIVATE
    return access if mode is None else replace(access, file=mode)


# The steps


def _stage(
    files: Iterable[FileEdit], modes: Mapping[Path, int | None], rollback: _Rollback, unwritten: list[str] | None = None
) -> list[writer.Staged]:
    """The files, to be committed. What is optional and can't be written is added to `unwritten` instead."""
    staged: list[writer.Staged] = []
    for edit in files:
        try:
            staged_file = writer.stage(edit, _access(edit.path, modes.get(edit.path)))
        except Unwritable as error:
            if not edit.optional or unwritten is None:
                raise
            unwritten.append(f"can't save your choice: {error.where}: {error.message}")
            continue
        rollback.add(str(edit.path), partial(writer.restore, staged_file))
        staged.append(staged_file)
    return staged


def _keep(record: Record, moves: Mapping[SecretEdit, _Move], stores: Mapping[str, Store], rollback: _Rollback) -> None:
    for change, move in zip(record.secrets, moves.values(), strict=True):
        if change.kept and move.before is not None:
            store = stores[change.store]
            rollback.add(f"the secret {change.kept}", partial(_put_back, store, change.kept, None))
            store.set(change.kept, move.before)


def _change(moves: Mapping[SecretEdit, _Move], stores: Mapping[str, Store], rollback: _Rollback) -> None:
    for edit, move in moves.items():
        store = stores[edit.store]
        rollback.add(f"the secret {edit.name}", partial(_put_back, store, edit.name, move.before))
        _put(store, edit.name, move.after)


def _commit(staged: Iterable[writer.Staged]) -> None:
    for file in staged:
        writer.commit(file)


def _move_folders(moves: Iterable[FolderMove], rollback: _Rollback) -> None:
    for move in moves:
        rollback.add(str(move.source), partial(_move_back, move))
        writer.move_folder(move.source, move.target)


def _move_back(move: FolderMove) -> None:
    if is_moved(move):
        writer.move_folder(move.target, move.source)


def _forget(records: Iterable[Record], stores: Mapping[str, Store], history: History) -> tuple[str, ...]:
    """Remove records and the values kept for them. What can't be removed now stays for the next time."""
    warnings: list[str] = []
    with _undisturbed():
        for record in records:
            if any(store not in stores for store, _ in record.kept):
                continue
            try:
                for store, name in record.kept:
                    _put(stores[store], name, None)
                for move in record.moves:
                    if move.discards:
                        writer.remove_folder(move.target)
                history.remove(record)
            except WizardError as error:
                warnings.append(f"an old value was not deleted: {error.message}")
    return tuple(warnings)


def _value(store: Store, name: str) -> str | None:
    try:
        return store.get(name)
    except SecretNotFound:
        return None


def _put(store: Store, name: str, value: str | None) -> None:
    """Make the secret have this value, or none."""
    if value is not None:
        store.set(name, value)
        return
    with contextlib.suppress(SecretNotFound):  # none is what was wanted
        store.delete(name)


def _put_back(store: Store, name: str, value: str | None) -> None:
    """As `_put`, for a store that may hold the value still and may refuse to be written."""
    if _value(store, name) != value:
        _put(store, name, value)


# All or nothing


class _Rollback:
    """The way back: steps that also do no harm when what they take back has not happened yet."""

    def __init__(self) -> None:
        self._steps: list[tuple[str, Callable[[], None]]] = []

    def add(self, what: str, step: Callable[[], None]) -> None:
        """Call it before the step forward, which may be cut short."""
        self._steps.append((what, step))

    def run(self) -> list[str]:
        """Go back, the newest step first. Returns what failed, and why."""
        return [text for what, step in reversed(self._steps) for text in _failure(what, step)]


def _failure(what: str, step: Callable[[], None]) -> list[str]:
    try:
        step()
    except Exception as error:  # the other steps must still be taken
        return [f"{what} ({_why(error)})"]
    return []


def _why(error: Exception) -> str:
    # The text of an error that is not ours might quote a secret.
    return error.message if isinstance(error, WizardError) else type(error).__name__


@contextlib.contextmanager
def _all_or_nothing(forget: Callable[[], None]) -> Iterator[_Rollback]:
    """`forget` ends the way back. Where that could not be gone to its end, what is left is tried again later."""
    rollback = _Rollback()
    try:
        yield rollback
    except BaseException as error:
        with _undisturbed():
            failures = rollback.run() or _failure("the undo record", forget)
        if failures:
            raise _half_done(error, failures) from error
        raise


def _half_done(error: BaseException, failures: list[str]) -> WizardError:
    hint = f"could not restore: {'; '.join(failures)}; the next command tries again"
    if not isinstance(error, WizardError) or isinstance(error, Cancelled):
        return Refused("stopped halfway", hint=hint)
    hints = "; ".join(filter(None, (error.hint, hint)))
    return type(error)(error.message, hint=hints, path=error.path, line=error.line, column=error.column)


def _undisturbed() -> contextlib.AbstractContextManager[None]:
    """Ctrl-C and SIGTERM are ignored inside, by programs too that are started there. Each step is bounded in time."""
    return interrupts_handled(signal.SIG_IGN)
