"""References by name, in `references.toml`: the user's file, which may be edited by hand.

    GROQ_API_KEY = "op read op://Private/Groq/key"

A profile has one of its own in its folder; behind it counts the one that all profiles share. No file of a project
is ever one: what stands here is run. Light on purpose: every command waits for these imports.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from wizard import folders
from wizard.credential import key_problem
from wizard.errors import InvalidConfig, UsageError
from wizard.files import writer
from wizard.files.edit import TextEdit
from wizard.files.plan import FileEdit
from wizard.namespace import profile_in_force
from wizard.provider.variable import is_variable_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


REFERENCE = "reference"
"""What JSON documents call the place of a secret that a command prints."""


class Reference(Struct, frozen=True):
    """`command` is a line for sh that prints the secret. `shared`: in a profile, one that it has from all."""

    name: str
    command: str
    path: Path
    shared: bool = False


def references(profile: str | None = None) -> Mapping[str, Reference]:
    """What a profile (by default the one in force) has by name: its own, and behind them what all share.

    Raises InvalidConfig for a file that can't be read, or that somebody else could have written into.
    """
    name = profile_in_force() if profile is None else profile
    shared = _in_file(folders.references(), shared=bool(name))
    return {**shared, **_in_file(folders.references(name), shared=False)} if name else shared


def own_references(profile: str | None = None) -> Mapping[str, Reference]:
    """Those that stand in a profile's own file. Raises as above."""
    return {name: reference for name, reference in references(profile).items() if not reference.shared}


def reference_edits(wanted: Mapping[str, str | None], profile: str | None = None) -> tuple[FileEdit, ...]:
    """The change of a profile's own file that gives each name its command, or takes it away (None). Raises as above."""
    path = folders.references(profile_in_force() if profile is None else profile)
    before = own_text(path)
    held = {reference.name: reference.command for reference in _in_file(path, shared=False).values()}
    if all(held.get(name) == command for name, command in wanted.items()):
        return ()
    edits = (TextEdit(0, len(before or ""), _edited(before or "", wanted)),)
    return (FileEdit(path, before, edits, format="toml"),)


def check_command(line: str) -> str:
    """The command as it is kept. Raises UsageError for what can't be one, or has a key in it."""
    command = line.strip()
    if not _is_command(command) or "\n" in command:
        raise UsageError("the command must be one line", hint="example: --command 'op read op://Private/Groq/key'")
    if problem := key_problem(command):
        raise UsageError(problem)
    return command


def _edited(before: str, wanted: Mapping[str, str | None]) -> str:
    import tomlkit

    document = tomlkit.parse(before)
    for name, command in wanted.items():
        if command is not None:
            document[name] = command
        elif name in document:
            del document[name]
    return tomlkit.dumps(document)


def _in_file(path: Path, *, shared: bool) -> dict[str, Reference]:
    text = own_text(path)
    if text is None:
        return {}
    return {name: Reference(name, command, path, shared) for name, command in _parsed(text, path).items()}


def own_text(path: Path) -> str | None:
    """The text of a file of the user's that names commands; None without one. Raises InvalidConfig."""
    if not os.path.lexists(path):
        return None
    content = writer.read(path)
    if content is None:
        return None
    _refuse_others(path)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidConfig("this is not UTF-8", path=path, hint="repair it, or move it away") from error


def _parsed(text: str, path: Path) -> dict[str, str]:
    import tomllib

    try:
        parsed = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidConfig(f"this is not TOML: {error}", path=path, hint="repair it, or move it away") from error
    for name, command in parsed.items():
        if not is_variable_name(name) or not _is_command(command):
            raise InvalidConfig(f'{name} must be a line like NAME = "command"', path=path, hint="fix that line")
    return parsed


def _is_command(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and "\0" not in value


def _refuse_others(path: Path) -> None:
    """What stands in the file is run as the user: nobody else may have written it."""
    if os.name == "nt":
        return
    found = path.stat()
    if found.st_uid not in (os.getuid(), 0) or found.st_mode & 0o022:
        raise InvalidConfig(
            "other users can write to this file, and what it says is run as you",
            path=path,
            hint=f"check it, then: chmod go-w {path}",
        )
