"""A plan: everything that will change, computed before anything does. Shown, then applied, then kept for undo."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path  # noqa: TC003 -- msgspec reads records into these types
from typing import Literal

from msgspec import Struct, field

from wizard.files.edit import TextEdit, apply_edits

Action = Literal["create", "update", "delete"]


def fingerprint(text: str | None) -> str:
    """The sha256 (hex) of a file's text as UTF-8; `absent` for a file that does not exist."""
    return "absent" if text is None else sha256(text.encode("utf-8"))


def sha256(content: bytes) -> str:
    """In hex."""
    import hashlib  # loads OpenSSL

    return hashlib.sha256(content).hexdigest()


class FileEdit(Struct, frozen=True):
    """One file's change. `before` is the text that the edits were computed from, None for an absent file.

    `masked` maps literal secrets that the file holds to what a diff or an undo record shows in their place.
    `instead`: where the places of one secret get different things, all of them; each shows what the new text has there.
    `shared`: Crush writes the file, too; its lock is taken, and the file gets the mode that Crush gives it. `optional`:
    the change goes on where this file can't be written, and is undone without it where it has changed since.
    """

    path: Path
    before: str | None
    edits: tuple[TextEdit, ...]
    format: str = "json"
    delete: bool = False
    masked: Mapping[str, str] = field(default_factory=dict)
    shared: bool = False
    instead: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    optional: bool = False

    @property
    def after(self) -> str | None:
        """The text after the edits; None when the file is deleted."""
        return None if self.delete else apply_edits(self.before or "", self.edits)

    @property
    def action(self) -> Action:
        if self.delete:
            return "delete"
        return "create" if self.before is None else "update"


class SecretEdit(Struct, frozen=True):
    """A secret that is stored or deleted, by name; the value travels beside the plan, never in it.

    `stays`: a new value is not deleted by undo, because the file it came from gets only its placeholder back.
    """

    name: str
    store: str
    action: Literal["store", "delete"]
    stays: bool = False


class FolderMove(Struct, frozen=True):
    """A folder of our own gets another path. `discards`: it is only kept for undo, and deleted with the record."""

    source: Path
    target: Path
    discards: bool = False


WrittenFacts = Mapping[str, Mapping[str, Mapping[str, int | float]]]
"""Numbers of models that nobody chose, but somebody knew: by provider, model, and Crush's field. A provider without
models has got numbers of which nobody tells whose they are.
"""


class Plan(Struct, frozen=True):
    """All changes of one command. `command` says which, for the history: `add-provider deepseek`.

    `about_profiles`: it changes what profiles there are, and not what is in the one in force. `facts`: what it writes
    of what is known about models; another number there, later, is the user's own.
    """

    command: str
    files: tuple[FileEdit, ...] = ()
    secrets: tuple[SecretEdit, ...] = ()
    moves: tuple[FolderMove, ...] = ()
    about_profiles: bool = False
    facts: WrittenFacts = field(default_factory=dict)

    @property
    def changes_nothing(self) -> bool:
        return not self.secrets and not self.moves and all(edit.after == edit.before for edit in self.files)
