"""The age file as it lies on the disk: read with care, opened with its identity.

All secrets are one JSON object, {"NAME": "value"}, encrypted to the X25519 identity in the file beside it, so the
plain `age` program opens it too: age --decrypt --identity identity.txt secrets.age
Light on purpose: `secret get` waits for these imports.
"""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING, Any

from wizard.errors import SecretNotFound, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyrage.x25519 import Identity  # type: ignore[import-untyped]

SECRETS = "secrets.age"
IDENTITY = "identity.txt"

PROTECTED = (b"age-encryption.org/", b"-----BEGIN AGE ENCRYPTED FILE-----")
"""How an identity begins that is itself encrypted, with a passphrase."""

RECOVER = "nothing was changed; restore both files from a backup, or move them away and set the secrets again"


def absent(name: str) -> SecretNotFound:
    return SecretNotFound(f"{name} is not in the encrypted file", hint=f"store it: crush-wizard secret set {name}")


def read_private(path: str) -> bytes | None:
    """The content of a file that only the user can read or change; None if there is none.

    Raises StoreUnavailable for anything else: a symbolic link, another owner, a mode that lets others in.
    """
    folder = os.path.dirname(path)  # noqa: PTH120 - pathlib is slow to import
    try:
        _refuse_others(folder, os.lstat(folder), stat.S_ISDIR)
        _refuse_others(path, os.lstat(path), stat.S_ISREG)
        handle = os.open(path, os.O_RDONLY | _flags("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _untrusted(path, f"can't read it: {error.strerror}", "check its permissions") from error
    with open(handle, "rb") as file:  # noqa: PTH123
        _refuse_others(path, os.fstat(handle), stat.S_ISREG)
        return file.read()


def is_protected(identity: bytes) -> bool:
    """Whether the identity file wants a passphrase."""
    return identity.startswith(PROTECTED)


def identities(content: bytes, path: str) -> list[Identity]:
    """The identities of a file in age's own format. Raises StoreUnavailable if there is none."""
    pyrage = _pyrage()
    try:
        lines = [line.strip() for line in content.decode("ascii").splitlines()]
        found = [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except (ValueError, pyrage.IdentityError) as error:
        raise damaged(path, "it is not an age identity") from error
    if not found:
        raise damaged(path, "it has no age identity")
    return found


def opened(ciphertext: bytes, keys: list[Identity], path: str) -> dict[str, str]:
    """All secrets. Raises StoreUnavailable for a file that is damaged, cut off, or encrypted to somebody else."""
    import json

    pyrage = _pyrage()
    try:
        held = json.loads(pyrage.decrypt(ciphertext, keys))
    except pyrage.DecryptError as error:
        raise damaged(path, f"it can't be decrypted with {IDENTITY}: {error}") from error
    except ValueError:
        held = None  # the cause of the error below would quote what was decrypted
    if not isinstance(held, dict) or not all(isinstance(value, str) for value in held.values()):
        raise damaged(path, "crush-wizard did not write its content")
    return held


def sealed(held: dict[str, str], keys: list[Identity]) -> bytes:
    """The secrets encrypted to the first identity."""
    import json

    encrypted: bytes = _pyrage().encrypt(json.dumps(held).encode("ascii"), [keys[0].to_public()])
    return encrypted


def damaged(path: str, reason: str) -> StoreUnavailable:
    return StoreUnavailable(f"the encrypted file can't be used: {reason}", path=path, hint=RECOVER)


def _pyrage() -> Any:
    try:
        import pyrage  # type: ignore[import-untyped]
    except ImportError as error:
        raise StoreUnavailable(
            f"the encrypted file needs the Python package pyrage, which can't be imported: {error}",
            hint="install pyrage, or use another store",
        ) from error
    return pyrage


def _refuse_others(path: str, status: os.stat_result, is_kind: Callable[[int], bool]) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise _untrusted(path, "it is a symbolic link", "replace it with a real file or folder")
    if not is_kind(status.st_mode):
        raise _untrusted(path, "it is of the wrong kind", f"it must be a folder with {SECRETS} and {IDENTITY}")
    if sys.platform == "win32":  # where the folder above decides who may read it
        return
    if status.st_uid != os.geteuid():
        raise _untrusted(path, f"it belongs to another user (id {status.st_uid})", "run this as its owner")
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        raise _untrusted(path, f"other users have access (mode {mode:04o})", f"chmod go= {path}")


def _untrusted(path: str, reason: str, hint: str) -> StoreUnavailable:
    return StoreUnavailable(f"the encrypted file is not used: {reason}", path=path, hint=hint)


def _flags(*names: str) -> int:
    """Flags of os.open, as far as the system knows them."""
    return sum(getattr(os, name, 0) for name in names)
