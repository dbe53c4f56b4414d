"""The file that an export goes to: its name, what may be in its way, and writing it."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from wizard import folders
from wizard.cli.move.incoming import is_config
from wizard.errors import Conflict, UsageError
from wizard.files.edit import TextEdit
from wizard.files.plan import FileEdit, Plan
from wizard.files.writer import named_as_argument, read, write
from wizard.machine.files import files_in_force
from wizard.ui.place import shown_path
from wizard.ui.prompter import open_prompter

if TYPE_CHECKING:
    from wizard.change.apply import Applied
    from wizard.change.run import Proposal
    from wizard.flow.driver import Asker
    from wizard.ui.output import Output


def refuse_other_files(file: Path, passphrase_file: Path | None) -> None:
    """Raises UsageError for a name that `import` takes for a config, for Crush's own files, for ours, and for a key."""
    if any(_is_same(file, config.path) for config in files_in_force()):
        raise UsageError(f"{file}: this is a config file of Crush, not a place for a profile", hint="name another file")
    if is_config(Path(file.name.casefold())):
        raise UsageError(
            f"{file}: `import` takes a file named .json or crushrc for a config of Crush, not for a profile",
            hint="call it PROFILE.toml, or PROFILE.age with secrets",
        )
    if passphrase_file is not None and _is_same(file, passphrase_file):
        raise UsageError(f"{file}: this is the file of --passphrase-file", hint="name another file")
    if Path(os.path.realpath(file)).is_relative_to(os.path.realpath(folders.state())):
        raise UsageError(f"{file}: crush-wizard keeps its own files there", hint="name another place")


def _is_same(file: Path, other: Path) -> bool:
    """Whether both are one file, there or not, whatever links lead to it, and in whatever letter case."""
    if os.path.realpath(file) == os.path.realpath(other):
        return True
    try:
        return file.samefile(other)
    except OSError:  # one of them is not there
        return False


def write_profile(path: Path, text: str, output: Output, *, yes: bool) -> None:
    """Raises Conflict where something else is in the way: what is no profile, or a profile without a consent."""
    from wizard.change.run import Proposal, Run

    run = Run(output, open_prompter(output), yes=yes)

    def decide(_asker: Asker | None) -> Proposal[None]:
        content = read(path)
        before = None if content is None else _replaceable(content, text, path)
        if before and before != text and run.asker is None and not yes:
            raise Conflict("this file already exists", hint="add --yes to replace it, or name another one", path=path)
        edit = FileEdit(path, before, (TextEdit(0, len(before or ""), text),), "profile")
        return Proposal(
            Plan("export", (edit,)),
            None,
            question=f"Replace {shown_path(path)}?",
            has_diff=False,
            needs_consent=bool(before),
            write=None if before == text else partial(_write, edit),
        )

    with named_as_argument():
        run.make(decide)


def _write(edit: FileEdit) -> Applied:
    """Nothing remembers it for `undo`."""
    from wizard.change.apply import Applied

    write(edit)
    return Applied(None)


def _replaceable(content: bytes, new: str, path: Path) -> str:
    """What is there. Nothing brings it back, so it must be an earlier profile, as sealed as the new one, or empty."""
    from wizard.transfer.profile_file import looks_like_profile
    from wizard.transfer.sealing import is_sealed

    if is_sealed(content) and not is_sealed(new.encode("utf-8")):
        raise Conflict(
            "this encrypted file may contain secrets: a profile without secrets does not replace it",
            hint="add --with-secrets, or name another file",
            path=path,
        )
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = None
    if text is None or not (text == "" or is_sealed(content) or looks_like_profile(text)):
        raise Conflict(
            "this file is not a profile, so it is not replaced", hint="name another file, or move it away", path=path
        )
    return text
