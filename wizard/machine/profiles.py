"""Named profiles on this machine: sets of providers, choices and keys, each in folders of its own.

A profile is in force by the environment alone (`in_profile`): Crush's own variables lead to its files, and
WIZARD_PROFILE says whose secrets are meant. No command knows of it, and what a command starts is in the profile, too.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from wizard import folders
from wizard.errors import UsageError, WizardError
from wizard.files.edit import TextEdit
from wizard.files.locations import CRUSHRC_NAME, JSON_NAME, ConfigFile
from wizard.files.plan import FileEdit, Plan
from wizard.files.there import is_there
from wizard.namespace import HANDED_OUT, NONE, VARIABLE, own, owned, profile_in_force
from wizard.near import did_you_mean
from wizard.secrets.index import Index
from wizard.secrets.reference.file import own_references

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from wizard.crush.usage import Use
    from wizard.files.history import Record

LONGEST = 40
REMOVED = ".removed"
"""Where a removed profile's folder is kept for `undo`, beside the others."""
_DEVICES = (f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))
RESERVED = {NONE, "con", "prn", "aux", "nul", *_DEVICES}
"""What stands for no profile, and what Windows takes for a device."""
CONFIG, DATA = "CRUSH_GLOBAL_CONFIG", "CRUSH_GLOBAL_DATA"
_MARK = "# A profile of crush-wizard. To see what is in it: crush-wizard profile show {}\n"


class KeptProfile(Struct, frozen=True):
    """`config` is the folder of its crush.json and crushrc, `data` that of what Crush itself writes."""

    name: str

    @property
    def config(self) -> Path:
        return folders.profiles() / self.name

    @property
    def data(self) -> Path:
        return folders.profile_data() / self.name

    @property
    def marker(self) -> Path:
        return self.config / folders.MARKER

    @property
    def folders(self) -> tuple[Path, ...]:
        """Those that are there."""
        return tuple(folder for folder in (self.config, self.data) if is_there(folder))

    def marked(self) -> FileEdit:
        """The edit that makes it a profile."""
        return FileEdit(self.marker, None, (TextEdit(0, 0, _MARK.format(self.name)),), format="toml")


def profiles() -> tuple[KeptProfile, ...]:
    """All of them, by their names."""
    try:
        found = sorted(path.name for path in folders.profiles().iterdir() if not path.name.startswith("."))
    except OSError:
        return ()
    return tuple(profile for profile in map(KeptProfile, found) if is_there(profile.marker))


def named(name: str) -> KeptProfile:
    """The profile of that name, in whatever case. Raises UsageError where there is none."""
    profile = KeptProfile(checked(name))
    if profile not in profiles():
        raise missing(profile)
    return profile


def missing(profile: KeptProfile) -> UsageError:
    """The error for a profile that is not there."""
    names = [other.name for other in profiles()]
    listed = "list them: crush-wizard profile list" if names else "make one: crush-wizard profile create NAME"
    hint = did_you_mean(profile.name, names) or listed
    return UsageError(f"there is no profile `{profile.name}`", hint=hint)


def checked(name: str) -> str:
    """A profile's name in lower case, as some file systems know no other. Raises UsageError for what can't be one."""
    lower = name.lower()
    plain = lower.replace("-", "").replace("_", "")
    fits = lower.isascii() and plain.isalnum() and not lower.startswith(("-", "_"))
    if not fits or len(lower) > LONGEST:
        raise UsageError(
            f"{name!r} can't be a profile's name",
            hint=f"letters, digits, - and _, at most {LONGEST}, the first a letter or digit",
        )
    if lower in RESERVED:
        raise UsageError(f"`{lower}` can't be a profile's name: it has another meaning", hint="take another name")
    return lower


def files_of(profile: KeptProfile) -> tuple[ConfigFile, ...]:
    """Crush's files in it, there or not, the weakest first."""
    return (
        ConfigFile("user-json", profile.config / JSON_NAME, "json"),
        ConfigFile("user-crushrc", profile.config / CRUSHRC_NAME, "crushrc"),
        ConfigFile("data", profile.data / JSON_NAME, "json"),
    )


# In force


def named_or_none(name: str) -> KeptProfile | None:
    """The profile of that name; None for `none`. Raises UsageError where there is no such profile."""
    return None if name.lower() == NONE else named(name)


@contextmanager
def in_profile(profile: KeptProfile | None) -> Iterator[None]:
    """Everything inside sees the environment of the profile, or that of none."""
    before = dict(os.environ)
    _leave(profile_in_force())
    _LEFT.update(before.keys() - os.environ.keys())
    os.environ[VARIABLE] = profile.name if profile else NONE  # also for none, or a folder's .env could name one
    if profile is not None:
        os.environ.update({CONFIG: str(profile.config), DATA: str(profile.data)})
        _hide(profile.name)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        _LEFT.clear()


_LEFT: set[str] = set()
"""The variables that whoever started us has from a profile."""


def _leave(name: str) -> None:
    """Without what a profile has put into the environment of whoever started us: that may be another one by now."""
    for secret in os.environ.pop(HANDED_OUT, "").split(","):
        os.environ.pop(secret, None)
    if not name:
        return
    for variable, folder in ((CONFIG, KeptProfile(name).config), (DATA, KeptProfile(name).data)):
        if os.environ.get(variable) == str(folder):
            del os.environ[variable]


def _hide(name: str) -> None:
    """A profile's own secret counts, whatever the variable of its name is: that may be everybody's, or another's."""
    for secret in _own_in_use(name):
        os.environ.pop(secret, None)


def _own_in_use(name: str) -> tuple[str, ...]:
    from wizard.secrets.choice import in_use

    return tuple(dict.fromkeys((*Index(folders.state(), name).own(in_use()), *_referred(name))))


def _referred(name: str) -> tuple[str, ...]:
    """The names of a profile's own references; nothing of a file that can't be read: whoever reads one says so."""
    try:
        return tuple(own_references(name))
    except WizardError:
        return ()


def own_secrets(name: str) -> tuple[str, ...]:
    """The names of a profile's own secrets in any store."""
    return tuple(dict.fromkeys(secret for _, secret in stored_secrets(name)))


def stored_secrets(name: str) -> tuple[tuple[str, str], ...]:
    """Store and name of each."""
    index = Index(folders.state())
    return tuple((store, secret) for store in ("keyring", "file") for secret in owned(index.every(store), name))


def uses_in_profiles(secret: str) -> tuple[Use, ...]:
    """Who uses a secret that all profiles share, in those that have none of their own; none inside of a profile."""
    from wizard.crush.usage import usage

    sharing = () if profile_in_force() else profiles()
    return tuple(
        use
        for profile in sharing
        if secret not in (*own_secrets(profile.name), *_referred(profile.name))
        for use in usage(files_of(profile)).of(secret)
    )


def handed_out(secrets: Iterable[str]) -> dict[str, str]:
    """What says which of the secrets that a process gets are the profile's own; nothing where none is."""
    name = profile_in_force()
    own_names = sorted({*secrets}.intersection(_own_in_use(name))) if name else ()
    return {HANDED_OUT: ",".join(own_names)} if own_names else {}


def variables_in_force() -> dict[str, str]:
    """What brings a shell into the profile in force, out of the one that it is in; nothing where it is in none."""
    left = dict.fromkeys(sorted(_LEFT), "")
    if not (left or profile_in_force()):
        return {}
    return left | {name: os.environ[name] for name in (VARIABLE, CONFIG, DATA) if name in os.environ}


# Changing

_BEING_MADE: set[str] = set()
"""The profile that this process makes by what it puts into it."""


@contextmanager
def in_new_profile(profile: KeptProfile) -> Iterator[None]:
    """As `in_profile` for one that the first change inside makes: both are there, or neither."""
    _BEING_MADE.add(profile.name)
    try:
        with in_profile(profile):
            yield
    finally:
        _BEING_MADE.discard(profile.name)


def as_its_own(plan: Plan) -> Plan:
    """The plan with secrets named as the profile's own, and with the profile made where it is a new one."""
    name = profile_in_force()
    if not name:
        return plan
    secrets = tuple(replace(edit, name=own(edit.name, name)) for edit in plan.secrets)
    profile = KeptProfile(name)
    if not is_there(profile.marker) and name not in _BEING_MADE:  # removed meanwhile
        raise missing(profile)
    begun = _beginning(profile)
    about_profiles = plan.about_profiles or bool(begun)
    return replace(plan, secrets=secrets, files=(*plan.files, *begun), about_profiles=about_profiles)


def _beginning(profile: KeptProfile) -> tuple[FileEdit, ...]:
    return () if is_there(profile.marker) else (profile.marked(),)


def filled_since(record: Record) -> str:
    """The profile that a change has made, where there is more in it by now; else empty."""
    made = (change.path.parent.name for change in record.files if change.path.name == folders.MARKER)
    paths = frozenset(change.path for change in record.files)
    secrets = frozenset(change.name for change in record.secrets)
    return next((name for name in made if holds_more(KeptProfile(name), paths, secrets)), "")


def holds_more(
    profile: KeptProfile, paths: AbstractSet[Path] = frozenset(), secrets: AbstractSet[str] = frozenset()
) -> bool:
    """Whether there is something in a profile besides these files and secrets, which are named as in the store."""
    files = {path for folder in profile.folders for path in folder.rglob("*") if not path.is_dir()}
    return not files <= paths or any(own(name, profile.name) not in secrets for name in own_secrets(profile.name))
