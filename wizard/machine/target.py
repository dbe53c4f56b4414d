"""Which config file a command is about, and what Crush's other files say."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from wizard.crush.program import crush_version
from wizard.documents.json.document import JsonDocument
from wizard.documents.json.syntax import read_text
from wizard.errors import Refused, WizardError
from wizard.files.locations import (
    Format,
    FormatChoice,
    Scope,
    file_beside,
    format_of,
    here,
    is_configured,
    target_file,
)
from wizard.files.writer import read
from wizard.machine.files import file_of, files_in_force, files_that_count
from wizard.provider.milestones import missing, spelled
from wizard.provider.model import SLOTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.crush.program import Version
    from wizard.documents.document import Document
    from wizard.files.locations import ConfigFile, Surroundings
    from wizard.files.plan import Plan
    from wizard.provider.model import Slot
    from wizard.transfer.convert import Pair
    from wizard.ui.output import Output


class Target(Struct, frozen=True):
    """The file that is edited, and the place from which Crush would look for its others.

    `beside` is the file of the other format in its folder. `chosen`: the user said which of both to edit.
    `is_open`: the scope has no file yet, and nobody has said which format it gets: `in_its_format` decides. Where that
    could surprise, `why_json` says why it is crush.json. `said` is what --format says, if it is there.
    """

    around: Surroundings
    document: Document
    beside: Document | None = None
    chosen: bool = False
    scope: Scope = "user"
    is_open: bool = False
    why_json: str = ""
    said: FormatChoice | None = None

    @property
    def path(self) -> Path:
        return Path(self.document.path)

    @property
    def documents(self) -> tuple[Document, ...]:
        """What may be edited, the weakest first: Crush lets a crushrc win over the JSON file in its folder."""
        if self.beside is None or self.chosen:
            return (self.document,)
        return tuple(sorted((self.document, self.beside), key=lambda document: document.format == "crushrc"))

    def document_of(self, provider: str) -> Document:
        """The file that defines a provider, the stronger one of two; else the one for new ones."""
        definers = [document for document in self.documents if provider in document.provider_ids()]
        return definers[-1] if definers else self.document

    def document_choosing(self, slot: Slot, provider: str) -> Document:
        """Where a slot is set so that it counts: in the provider's file, or in the stronger one if that sets it."""
        own, strongest = self.document_of(provider), self.documents[-1]
        return strongest if strongest.selection(slot) else own

    def also_in(self, provider: str) -> Document | None:
        """The file that has the provider as well, and is not edited."""
        edited = self.document_of(provider)
        both = [
            document for document in (self.document, self.beside) if document is not None and document is not edited
        ]
        return next((document for document in both if provider in document.provider_ids()), None)

    def opened_anew(self) -> Target:
        """As the files are now."""
        if self.is_open:
            return open_target(self.scope, None, self.said)
        beside = self.beside and open_document(Path(self.beside.path), _format(self.beside))
        return replace(self, document=open_document(self.path, _format(self.document)), beside=beside)

    @property
    def is_new_crushrc(self) -> bool:
        return self.document.format == "crushrc" and self.document.text is None


def open_target(scope: Scope, file: Path | None, said: FormatChoice | None = None) -> Target:
    """The target as it is now, by the name that Crush has for it. `said` is what --format says.

    Raises InvalidConfig, with the place, for a file that Crush would not take.
    """
    around, wanted = here(), said or "auto"
    known = file and file_of(file, files_in_force(around))
    path = target_file(around, scope, known.path if known else file, wanted=wanted)
    document = open_document(path, format_of(path, wanted))
    beside, chosen = None if file else _beside(path, scope), bool(file) or wanted != "auto"
    is_open = not chosen and not is_configured(around, scope)
    return Target(around, document, beside, chosen=chosen, scope=scope, is_open=is_open, said=said)


def refuse_unread_crushrc(
    path: Path, crush: Version | None, hint: str = "use --format json, or update Crush first"
) -> None:
    """Raises Refused where the Crush on this machine would not read a crushrc."""
    if reason := unread_crushrc(crush):
        raise Refused(reason, hint=hint, path=path)


def warn_of_unread_crushrc(plan: Plan, output: Output) -> None:
    """Say so where a crushrc that is there already is changed, and the Crush on this machine does not read it."""
    changed = any(edit.format == "crushrc" and edit.before and edit.after != edit.before for edit in plan.files)
    if changed and (reason := unread_crushrc(crush_version(os.environ))):
        output.warning(reason)


def unread_crushrc(crush: Version | None) -> str:
    """Why the Crush on this machine would not read a crushrc; empty where it does, or its version is not known."""
    since = missing(crush, "crushrc")
    if since is None or not isinstance(crush, tuple):
        return ""
    return f"the Crush on this machine ({spelled(crush)}) does not read a crushrc: that needs {spelled(since)} or later"


def _beside(path: Path, scope: Scope) -> Document | None:
    beside = file_beside(path, scope)
    try:
        return open_document(beside, format_of(beside)) if beside else None
    except WizardError:  # `others` tells about it
        return None


def _format(document: Document) -> Format:
    return "crushrc" if document.format == "crushrc" else "json"


def open_document(path: Path, format_: Format = "json") -> Document:
    """A config file; an absent one is simply new, and so is an empty JSON file."""
    content = read(path)
    if format_ == "json":
        return JsonDocument(None if content is None else read_text(content, path), path)
    from wizard.documents.crushrc.document import CrushrcDocument
    from wizard.documents.crushrc.syntax import read_script

    return CrushrcDocument(None if content is None else read_script(content, path), path)


def open_pair(json_path: Path, crushrc_path: Path, *, to_crushrc: bool) -> Pair:
    """The two files of one folder, for a conversion. Raises InvalidConfig."""
    from wizard.documents.crushrc.document import CrushrcDocument
    from wizard.transfer.convert import Pair

    json, crushrc = open_document(json_path), open_document(crushrc_path, "crushrc")
    assert isinstance(json, JsonDocument)  # noqa: S101 - by its format
    assert isinstance(crushrc, CrushrcDocument)  # noqa: S101 - by its format
    return Pair(json, crushrc, to_crushrc)


class Selection(Struct, frozen=True):
    """A model slot that is already chosen, and the file that says so."""

    slot: str
    provider: str
    model: str
    file: ConfigFile


def others(target: Target, output: Output | None = None) -> list[Selection]:
    """The slots chosen in the other files that Crush reads here, the weakest first; `output` hears what is wrong."""
    found: list[Selection] = []
    for file in _read_beside(target):
        try:
            found += _selections(open_document(file.path, file.format), file)
        except WizardError as problem:
            if output is not None:
                output.warning(f"Crush will not start with this file beside it: {problem.where}: {problem.message}")
    return found


def _read_beside(target: Target) -> Iterator[ConfigFile]:
    for file in files_that_count(target.around):
        if file.path != target.path and os.path.lexists(file.path):
            yield file


def _selections(document: Document, file: ConfigFile) -> Iterator[Selection]:
    for slot in SLOTS:
        chosen = document.selection(slot) or {}
        if chosen.get("model"):
            yield Selection(slot, str(chosen.get("provider", "")), str(chosen["model"]), file)
