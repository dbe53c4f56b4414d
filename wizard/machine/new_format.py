"""Which format a scope's first config file gets: a crushrc wherever that does, else crush.json."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec.structs import replace

from wizard import folders
from wizard.crush.program import crush_version
from wizard.errors import WizardError
from wizard.files.locations import new_file
from wizard.machine.target import open_document, unread_crushrc
from wizard.secrets.settings import remembered_format
from wizard.words import joined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from wizard.crush.program import Version
    from wizard.documents.document import Change, Document
    from wizard.files.locations import Format, FormatChoice
    from wizard.machine.target import Target
    from wizard.secrets.settings import Choices
    from wizard.ui.output import Output

    LookAtCrush = Callable[[], Version | None]
    Wanted = Iterable[tuple[Document, Sequence[Change]]]

_KEY = "format"
_NEW = {
    None: "the format depends on Crush and on what is in them",
    "json": "always crush.json (until --format auto)",
    "crushrc": "a crushrc, if it supports what is in it (until --format auto)",
}


def crush_here() -> Version | None:
    """The version of the Crush on PATH."""
    return crush_version(os.environ)


def in_its_format(
    target: Target, changes_in: Callable[[Target], Wanted], look_at_crush: LookAtCrush = crush_here
) -> Target:
    """The target with the format decided, by what is to be written into it; as it is where that is decided already.

    `changes_in` tells what that is for a target, and is asked only where it matters. A crushrc where the Crush on this
    machine reads one, the parser is there, and a crushrc can say all of it. One that is remembered as wanted needs no
    Crush. Raises InvalidConfig for settings that can't be read.
    """
    if not target.is_open:
        return target
    remembered = None if target.said else remembered_format(folders.settings())
    decided = replace(target, is_open=False)
    if remembered == "json":
        return decided
    crush = look_at_crush()
    unread = unread_crushrc(crush)
    if unread or (crush is None and remembered is None):
        return replace(decided, why_json=unread if remembered else "")
    crushrc = open_document(new_file(target.around, target.scope, "crushrc"), "crushrc")
    changes = changes_in(target)
    wanted = [change for document, some in changes if document.path == target.document.path for change in some]
    why = _why_not(crushrc, wanted)
    return replace(decided, why_json=why) if why else replace(decided, document=crushrc)


def say_format(target: Target, output: Output) -> None:
    """Why it is crush.json, where that could surprise."""
    if target.why_json:
        output.once(f"crush.json, not a crushrc: {target.why_json}")


def chosen_format(target: Target) -> Choices:
    """What is to be remembered: the format that was named for a new file, and that `auto` was."""
    return _kept(target.said) if target.said is not None and target.document.text is None else {}


def format_converted_to(to: Format, look_at_crush: LookAtCrush = crush_here) -> Choices:
    """Who converts the own config to JSON, with a Crush that would rather have a crushrc, wants JSON; until the way
    back. A format that was named before is not wanted any more.
    """
    crush = look_at_crush() if to == "json" else None
    if crush is not None and not unread_crushrc(crush):
        return _kept("json")
    return {} if _is_so(to) else _kept("auto")


def say_remembered_format(choices: Choices, output: Output) -> None:
    """Which format new files get from now on, once that is remembered."""
    if _KEY in choices and _is_so(choices[_KEY]):
        output.note(f"new config files: {_NEW[choices[_KEY]]}")


def _kept(named: FormatChoice) -> Choices:
    wanted = None if named == "auto" else named
    return {} if _is_so(wanted) else {_KEY: wanted}


def _is_so(wanted: str | None) -> bool:
    try:
        return remembered_format(folders.settings()) == wanted
    except WizardError:  # remembering it tells
        return False


def _why_not(crushrc: Document, changes: Sequence[Change]) -> str:
    """Why the changes can't be made in a new crushrc; empty where they can."""
    from wizard.documents.crushrc.document import CrushrcDocument
    from wizard.documents.crushrc.syntax import find_parser

    assert isinstance(crushrc, CrushrcDocument)  # noqa: S101 - by its format
    if find_parser() is None:
        return "the parser for crushrc files is not installed (pip install shfmt-py)"
    if unsaid := crushrc.unsaid(changes):
        return f"a crushrc does not support {joined(unsaid)}"
    try:
        crushrc.edits(changes)
    except WizardError as problem:
        return problem.message
    return ""
