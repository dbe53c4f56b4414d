"""What each change replaced, so that `undo` can put it back.

A record holds no copy of a file, only the replaced text and where it stood; so a key that stands elsewhere in
the file is never copied. A literal key in the replaced text is recorded as its mask: undo then puts the mask
(a placeholder) there instead, and `masked` tells so. Values of secrets are never recorded, only the names under
which their stores keep the previous ones.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 -- msgspec reads records into these types
from typing import TYPE_CHECKING, Any

from msgspec import MsgspecError, Struct, convert, field, to_builtins
from msgspec.structs import replace

from wizard import folders
from wizard.errors import ChangedMeanwhile, WizardError
from wizard.expansion.mask import Mask
from wizard.files import writer
from wizard.files.cut_short import BEGUN, DONE, STATES, UNDOING
from wizard.files.edit import TextEdit, reverse_edits
from wizard.files.plan import FileEdit, FolderMove, Plan, SecretEdit, WrittenFacts, fingerprint
from wizard.files.there import is_taken, is_there
from wizard.namespace import kept_for, profile_in_force

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

VERSION = 1
UNREADABLE = (WizardError, MsgspecError, ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What reading a file that is no record may raise."""
RECORDS_A_FILE = 10


class FileChange(Struct, frozen=True):
    """One file's change, seen from behind: `edits` lead from the text `after` back to the text `before`.

    `before` and `after` are fingerprints, `mode` the permission bits before (None: there was no file),
    `masked` what stands in the edits in the place of literal secrets, `shared` and `optional` as in the FileEdit.
    `made` are the folders that were made for it, the outermost first.
    """

    path: Path
    format: str
    action: str
    before: str
    after: str
    mode: int | None
    edits: tuple[TextEdit, ...]
    masked: tuple[str, ...] = ()
    shared: bool = False
    optional: bool = False
    made: tuple[Path, ...] = ()


class SecretChange(Struct, frozen=True):
    """One secret's change. `kept` names the previous value in the same store; None: there was none."""

    name: str
    store: str
    action: str
    kept: str | None = None


class Record(Struct, frozen=True):
    """One command's changes. `time` is UTC; ids grow with time.

    Secrets are named as in their stores. `profile` is the one in which it was made (empty: in none), None for a
    change of what profiles there are. `facts` as in the plan.
    """

    id: str
    time: datetime
    command: str
    files: tuple[FileChange, ...] = ()
    secrets: tuple[SecretChange, ...] = ()
    moves: tuple[FolderMove, ...] = ()
    profile: str | None = ""
    facts: WrittenFacts = field(default_factory=dict)

    @property
    def kept(self) -> tuple[tuple[str, str], ...]:
        """Store and name of each previous value that is kept for this record."""
        return tuple((secret.store, secret.kept) for secret in self.secrets if secret.kept)


class BrokenRecord(Struct, frozen=True):
    """A file in the folder that is no record. Ids of records grow with time, and so do their files' names."""

    path: Path
    reason: str

    @property
    def message(self) -> str:
        return f"{self.path}: this is not an undo record ({self.reason})"


class ReadRecords(Struct, frozen=True):
    """All records of changes that took place, the oldest first, and the files that are none."""

    records: tuple[Record, ...]
    broken: tuple[BrokenRecord, ...]


class History(Struct, frozen=True):
    """The records in a folder, one JSON file each (mode 0600, the folder 0700)."""

    folder: Path = field(default_factory=folders.backups)

    def listing(self) -> ReadRecords:
        return self._read(DONE)

    def cut_short(self) -> ReadRecords:
        """The records of changes, and of undoing, that have begun and not ended; also of those that run just now."""
        several = [self._read(state) for state in (BEGUN, UNDOING)]
        return ReadRecords(
            tuple(record for found in several for record in found.records),
            tuple(broken for found in several for broken in found.broken),
        )

    def records(self) -> tuple[Record, ...]:
        """All readable records of changes that took place, the oldest first."""
        return self.listing().records

    def last(self) -> Record | None:
        return next(reversed(self.records()), None)

    def facts(self) -> WrittenFacts:
        """What changes that are still recorded wrote about providers' models, in the profile in force."""
        found: dict[str, dict[str, dict[str, int | float]]] = {}
        made_here = (record for record in self.records() if record.profile == profile_in_force())
        for provider, models in (pair for record in made_here for pair in record.facts.items()):
            if not models:
                found.pop(provider, None)
            for model, fields in models.items():
                found.setdefault(provider, {}).setdefault(model, {}).update(fields)
        return found

    def moment(self) -> int | None:
        """Another one after each step of a change; None while there is no history."""
        try:
            return self.folder.stat().st_mtime_ns
        except OSError:
            return None

    def state(self, record: Record) -> str | None:
        """One of STATES; None: there is no such record any more."""
        return next((state for state in STATES if is_there(self._path(record, state))), None)

    def add(self, record: Record, state: str = DONE) -> None:
        """Write a record, whole or not at all. Raises Unwritable."""
        writer.write_private(self._path(record, state), json.dumps(_encode(record), indent=2).encode())

    def move(self, record: Record, state: str) -> None:
        """How far its change has come. Raises Unwritable."""
        now = self.state(record)
        if now not in {state, None}:
            writer.rename_private(self._path(record, str(now)), self._path(record, state))

    def remove(self, record: Record) -> None:
        """Forget a record: it was undone, or the change did not take place."""
        for state in STATES:
            writer.remove_private(self._path(record, state))

    def outdated(self) -> tuple[Record, ...]:
        """The records that have ten newer ones for each of their files: to be removed after what they keep."""
        records = self.records()
        places = {place for record in records for place in _places(record)}
        recent = {id_ for place in places for id_ in _recent(records, place)}
        return tuple(record for record in records if record.id not in recent)

    def _read(self, state: str) -> ReadRecords:
        records: list[Record] = []
        broken: list[BrokenRecord] = []
        for path in self._files(state):
            try:
                records.append(_decode(path))
            except UNREADABLE as error:
                broken.append(BrokenRecord(path, str(error)))
        return ReadRecords(tuple(records), tuple(broken))

    def _files(self, state: str) -> list[Path]:
        """The files of a state, the oldest first. Raises InvalidConfig where the folder can't be read."""
        return [path for path in writer.listed(self.folder) if path.name.endswith(state)]

    def _path(self, record: Record, state: str) -> Path:
        return self.folder / f"{record.id}{state}"


def _places(record: Record) -> tuple[Path | None, ...]:
    """The files and folders of a record; a change of secrets alone counts as a file of its own."""
    own = (change.path for change in record.files if not change.optional)
    return (*own, *(move.source for move in record.moves)) or (None,)


def _recent(records: Iterable[Record], place: Path | None) -> list[str]:
    return [record.id for record in records if place in _places(record)][-RECORDS_A_FILE:]


# Making a record


def new_id(now: datetime) -> str:
    """Sorts by time, and is unique on this machine."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%S%f}-{os.urandom(3).hex()}"


def record_of(plan: Plan, modes: Mapping[Path, int | None], replaced: Collection[SecretEdit]) -> Record:
    """The record of a plan. `modes` are those of the files now, `replaced` the secrets that have a value now."""
    now = datetime.now(UTC)
    id_ = new_id(now)
    files = tuple(_file_change(edit, modes.get(edit.path)) for edit in plan.files)
    changes = tuple(
        SecretChange(edit.name, edit.store, edit.action, kept_for(edit.name, id_) if edit in replaced else None)
        for edit in plan.secrets
    )
    profile = None if plan.about_profiles else profile_in_force()
    return Record(id_, now, plan.command, files, changes, plan.moves, profile, plan.facts)


def _file_change(edit: FileEdit, mode: int | None) -> FileChange:
    plain = _way_back(edit)
    masks = [_mask_for(back, edit) for back in plain]
    edits = tuple(replace(back, text=mask.text(back.text)) for back, mask in zip(plain, masks, strict=True))
    shown = (found for back, mask in zip(plain, masks, strict=True) for found in mask.found(back.text))
    masked = tuple(dict.fromkeys(shown))
    before, after = fingerprint(edit.before), fingerprint(edit.after)
    path = edit.path.absolute()
    made = () if edit.delete else writer.missing_folders(writer.resolve(path).parent)
    return FileChange(
        path, edit.format, edit.action, before, after, mode, edits, masked, edit.shared, edit.optional, made
    )


def _mask_for(back: TextEdit, edit: FileEdit) -> Mask:
    """What stands for the secrets in the text that comes back at one place."""
    new = (edit.after or "")[back.offset : back.offset + back.length] if edit.instead else ""
    here = {secret: [text for text in texts if text in new] for secret, texts in edit.instead.items()}
    return Mask({**edit.masked, **{secret: max(texts, key=len) for secret, texts in here.items() if texts}})


def _way_back(edit: FileEdit) -> tuple[TextEdit, ...]:
    if edit.delete:
        return (TextEdit(0, 0, edit.before or ""),)
    return reverse_edits(edit.before or "", edit.edits)


# Undoing


def is_complete(record: Record) -> bool:
    """Whether all its files and folders are as the change made them: the secrets were changed before."""
    return (
        bool(record.files or record.moves)
        and all(_now(change.path)[0] == change.after for change in record.files)
        and all(map(is_moved, record.moves))
    )


def is_moved(move: FolderMove) -> bool:
    """Whether the folder is where the move brings it, and nothing has taken its place."""
    return is_there(move.target) and not is_taken(move.source)


def undo_plan(record: Record, *, strict: bool = True) -> Plan:
    """The plan that takes a record's files back; files that the change did not reach are left out.

    Its secrets, in the record's order, are deleted where there was no value before, else stored again.
    Raises ChangedMeanwhile when a file was changed after the change; with `strict` False, and if the change of the file
    was optional, such a file stays as it is.
    """
    reached = [
        change for change in record.files if (strict and not change.optional) or _now(change.path)[0] == change.after
    ]
    files = tuple(edit for change in reached if (edit := _file_undo(change)) is not None)
    if strict:
        _refuse_moved_since(record)
    back = tuple(FolderMove(move.target, move.source) for move in record.moves)
    return Plan(f"undo {record.command}", files, tuple(_secret_undo(secret) for secret in record.secrets), back)


def _refuse_moved_since(record: Record) -> None:
    for move in record.moves:
        if is_taken(move.source):
            raise ChangedMeanwhile(
                "this is in the way of what undo would restore",
                hint="undo the newer changes, or move it away",
                path=move.source,
            )
        if not is_there(move.target):
            raise ChangedMeanwhile(
                "the folder is no longer as the change left it, so the change can't be undone",
                hint="undo the newer changes first",
                path=move.target,
            )


def _file_undo(change: FileChange) -> FileEdit | None:
    now, content = _now(change.path)
    if now == change.before:
        return None
    if now != change.after:
        raise ChangedMeanwhile(
            "the file has changed since, so the change can't be undone",
            hint="edit the file by hand",
            path=change.path,
        )
    text = None if content is None else content.decode("utf-8")
    if change.action == "create":
        return FileEdit(change.path, text, (), change.format, delete=True)
    return FileEdit(change.path, text, change.edits, change.format, shared=change.shared)


def _secret_undo(secret: SecretChange) -> SecretEdit:
    return SecretEdit(secret.name, secret.store, "store" if secret.kept else "delete")


def _now(path: Path) -> tuple[str, bytes | None]:
    content = writer.read(path)
    return writer.fingerprint_of(content), content


# Records as JSON


def _encode(record: Record) -> dict[str, Any]:
    fields: dict[str, Any] = to_builtins(record, enc_hook=str)
    return fields | {"version": VERSION}


def _decode(path: Path) -> Record:
    fields = json.loads(writer.read(path) or b"")
    if fields.pop("version") != VERSION:
        raise ValueError("written by another version of crush-wizard")
    if fields["id"] != path.name.partition(".")[0]:
        raise ValueError("its name and its id differ")
    record = convert(fields, Record, dec_hook=lambda kind, value: kind(value))
    paths = [
        *(path for change in record.files for path in (change.path, *change.made)),
        *(path for move in record.moves for path in (move.source, move.target)),
    ]
    if not all(path.is_absolute() and "\0" not in str(path) for path in paths):
        raise ValueError("it has no valid path")
    return record
