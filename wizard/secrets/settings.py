"""What the user decided once, in `settings.toml`: which store, how Crush gets its keys, new files' format.

    secret_store = "file"
    keys = "lookup"
    format = "crushrc"
    profile = "work"

The file is the user's: they may edit it, and their comments stay. Reading imports nothing heavy: `secret get` waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, cast

from wizard.errors import InvalidConfig

if TYPE_CHECKING:
    from pathlib import Path

    from wizard.files.plan import FileEdit

StoreName = Literal["keyring", "file", "environment"]
Delivery = Literal["run", "shell", "lookup"]
NewFormat = Literal["json", "crushrc"]

Choices = Mapping[str, str | None]
"""What is to be remembered, by key; None: nothing any more."""

FIRST_CHOICE: StoreName = "keyring"
"""The store as long as nothing was decided."""

VALUES = {
    "secret_store": ("keyring", "file", "environment"),
    "keys": ("run", "shell", "lookup"),
    "format": ("json", "crushrc"),
}
"""What each line may say; `profile` the name of any."""


def remembered_store(path: Path) -> StoreName | None:
    """The store that was chosen; None: nothing was. Raises InvalidConfig for a file that is no settings file."""
    return cast("StoreName | None", _remembered(path, "secret_store"))


def remembered_keys(path: Path) -> Delivery | None:
    """How Crush gets its keys: started with `run`, by a line in the shell's start file, or by `lookup`."""
    return cast("Delivery | None", _remembered(path, "keys"))


def remembered_format(path: Path) -> NewFormat | None:
    """The format of config files that are made from now on; None: it is found out each time. Raises InvalidConfig."""
    return cast("NewFormat | None", _remembered(path, "format"))


def remembered_profile(path: Path) -> str | None:
    """The profile that is in force where nothing names one. Raises InvalidConfig."""
    return _remembered(path, "profile")


def profile_edits(path: Path, profile: str | None) -> tuple[FileEdit, ...]:
    """The change of the file that puts a profile in force, or none, whatever the line said; nothing where it is.

    Raises InvalidConfig.
    """
    return _edits(path, {"profile": profile}, _parsed(_text(path) or "", path))


def remember_store(path: Path, store: StoreName) -> None:
    """Raises InvalidConfig, ChangedMeanwhile, FileLocked and Unwritable."""
    from wizard.files import writer

    for edit in store_edits(path, store):
        writer.write(edit)


def store_edits(path: Path, store: StoreName) -> tuple[FileEdit, ...]:
    """The change of the file that makes this store the one in use; none where it is. Raises InvalidConfig."""
    return _edits(path, {"secret_store": store})


def choice_edits(path: Path, choices: Choices) -> tuple[FileEdit, ...]:
    """The change of the file that remembers choices made along with another change, by key. Raises InvalidConfig."""
    from msgspec.structs import replace

    return tuple(replace(edit, optional=True) for edit in _edits(path, choices))


def value_in(text: str, key: str, path: Path | str) -> str | None:
    """What a settings file says; None: nothing. Lines as we write them are found without a parser."""
    lines = [line for line in text.splitlines() if key in line]
    if not lines:
        return None
    if len(lines) == 1 and not any(mark in text for mark in ("[", '"""', "'''")):
        name, _, rest = lines[0].partition(' = "')
        value = rest.removesuffix('"')
        if name == key and value != rest and _is_plain(value) and _is_known(key, value):
            return value
    return _parsed_value(text, key, path)


def _parsed(text: str, path: Path | str) -> Mapping[str, object]:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidConfig(f"this is not TOML: {error}", path=path, hint="repair it, or move it away") from error


def _parsed_value(text: str, key: str, path: Path | str) -> str | None:
    value = _parsed(text, path).get(key)
    if value is None or _is_known(key, value):
        return cast("str | None", value)
    known = f"one of: {', '.join(VALUES[key])}" if key in VALUES else "a name"
    raise InvalidConfig(f"{key} is {value!r}, but must be {known}", path=path, hint="fix that line")


def _is_plain(value: str) -> bool:
    """Whether TOML means what the text says."""
    return value.isascii() and value.replace("-", "").replace("_", "").isalnum()


def _is_known(key: str, value: object) -> bool:
    return value in VALUES[key] if key in VALUES else isinstance(value, str)


def _remembered(path: Path, key: str) -> str | None:
    text = _text(path)
    return None if text is None else value_in(text, key, path)


def _edits(path: Path, choices: Choices, now: Mapping[str, object] | None = None) -> tuple[FileEdit, ...]:
    """`now`: what the file says; None: what it says where that can be understood."""
    import tomlkit

    from wizard.files.edit import TextEdit
    from wizard.files.plan import FileEdit

    before = _text(path)
    if now is None:
        now = {key: value_in(before or "", key, path) for key in choices}
    changed = {key: value for key, value in choices.items() if now.get(key) != value}
    if not changed:
        return ()
    document = tomlkit.parse(before or "")
    for key, value in changed.items():
        if value is None:
            del document[key]
        else:
            document[key] = value
    edits = (TextEdit(0, len(before or ""), tomlkit.dumps(document)),)
    return (FileEdit(path, before, edits, format="toml"),)


def _text(path: Path) -> str | None:
    from wizard.files import writer

    content = writer.read(path)
    try:
        return None if content is None else content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidConfig("this is not UTF-8", path=path, hint="repair it, or move it away") from error
