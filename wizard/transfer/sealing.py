"""Profiles with secrets: armored age files, which the plain `age` and `rage` programs open too.

Nothing is put on the disk here, and passphrases go through a child process: age's scrypt takes up to a gigabyte on
purpose, and where that is not to be had the library aborts its process.
"""

from __future__ import annotations

import base64
import binascii
import os
from typing import TYPE_CHECKING, Any

from wizard.errors import Refused, StoreLocked, StoreTimedOut, StoreUnavailable, UsageError
from wizard.regexp import regexp
from wizard.secrets.age_file import PROTECTED, is_protected
from wizard.secrets.age_store import PASSPHRASE_SECONDS
from wizard.secrets.child import Child

if TYPE_CHECKING:
    from collections.abc import Iterable

_CHILD = Child(
    module="wizard.secrets.passphrase_child",
    store="the passphrase calculation",
    slow="try again when the machine is less busy, or encrypt to a key: --recipient",
)
_ARMOR = PROTECTED[1]
_VERSION = b"age-encryption.org/v1\n"
_STANZA = regexp(rb"(?<=\n)-> ([!-~]+)[ \n]")
"""How each way to open the file begins in its header: for a passphrase, or for one public key."""
_SCRYPT = "scrypt"
_KEYS = frozenset({"X25519", "ssh-ed25519", "ssh-rsa"})
_LONGEST_KIND = 40
_PRIVATE = "age-secret-key-"
NOTHING = "nothing was changed"


class Unopened(Refused):
    """An age file that the passphrase or the identity does not open, or that is damaged: age can't always tell."""

    code = "not-decrypted"


def is_sealed(content: bytes) -> bool:
    """Whether it begins as an age file does."""
    return is_protected(content.lstrip())


def wants_passphrase(content: bytes) -> bool:
    """Whether a passphrase opens it, rather than somebody's identity.

    Raises Unopened where the header tells of no way that is known here.
    """
    head = _head(content)
    kinds = [kind.decode("ascii") for kind in _STANZA.findall(head)]
    if not head.startswith(_VERSION) or not kinds:
        raise Unopened(
            "the header of this encrypted file is damaged",
            hint=f"{NOTHING}; ask for the file again, or export it again",
        )
    if _SCRYPT not in kinds and _KEYS.isdisjoint(kinds):
        raise Unopened(
            f"this file is encrypted to an unknown kind of key ({kinds[0][:_LONGEST_KIND]}), or its header is damaged",
            hint=f"{NOTHING}; open it with another program in a pipe: age --decrypt ... | crush-wizard import -",
        )
    return _SCRYPT in kinds


def seal_with_passphrase(text: str, passphrase: str) -> str:
    """The armored age file. Raises Refused where this machine can't do the work."""
    return _work("protect", text, passphrase)


def check_recipients(recipients: Iterable[str]) -> None:
    """Raises UsageError for what is no public key of age (age1...) or ssh (ssh-ed25519, ssh-rsa)."""
    for recipient in recipients:
        _recipient(recipient)


def seal_for(text: str, recipients: Iterable[str]) -> str:
    """The same for public keys. Raises UsageError as `check_recipients`."""
    import pyrage  # type: ignore[import-untyped]

    sealed: bytes = pyrage.encrypt(text.encode("utf-8"), list(map(_recipient, recipients)), armored=True)
    return sealed.decode("ascii")


def open_with_passphrase(content: bytes, passphrase: str) -> bytes:
    """What is inside. Raises Unopened."""
    return _work("unlock", content.decode("latin-1"), passphrase).encode("utf-8")


def open_with_identity(content: bytes, identity: bytes) -> bytes:
    """What is inside, with an age identity file or an ssh private key. Raises Unopened, or UsageError for the key."""
    import pyrage

    try:
        opened: bytes = pyrage.decrypt(content, _identities(identity))
    except pyrage.DecryptError:
        raise Unopened(
            "this identity does not open the file, or the file is damaged",
            hint=f"{NOTHING}; ask for a file that is encrypted to your public key",
        ) from None
    return opened


def _work(operation: str, text: str, passphrase: str) -> str:
    request = {"operation": operation, "text": text, "passphrase": passphrase}
    try:
        return str(_CHILD.ask(request, os.environ, PASSPHRASE_SECONDS))
    except StoreLocked:
        raise Unopened(
            "this passphrase does not open the file, or the file is damaged or cut off",
            hint=f"{NOTHING}; try again, or ask for the file again",
        ) from None
    except StoreUnavailable as error:
        raise Refused(
            "the passphrase calculation stopped, probably out of memory: it needs up to a gigabyte",
            hint=f"{NOTHING}; with little memory, encrypt to a key instead: --recipient",
        ) from error
    except StoreTimedOut as error:
        raise Refused(error.message, hint=f"{NOTHING}; {error.hint}") from error


def _recipient(text: str) -> Any:
    import pyrage

    kind = pyrage.ssh.Recipient if text.startswith("ssh-") else pyrage.x25519.Recipient
    try:
        return kind.from_str(text.strip())
    except pyrage.RecipientError:
        hint = "use age1... as age-keygen prints it, or a line of an ssh .pub file (ssh-ed25519 or ssh-rsa)"
        raise UsageError(f"--recipient: {_called(text)}", hint=hint) from None


def _called(text: str) -> str:
    """What is wrong with a recipient. It may be the private key beside the public one, and is not repeated then."""
    if text.strip().casefold().startswith(_PRIVATE):
        return "this is a private key: give the public one"
    return f"{text[:8]!r}... is not a public key"


def _identities(content: bytes) -> list[Any]:
    import pyrage

    try:
        if b"PRIVATE KEY-----" in content:
            return [pyrage.ssh.Identity.from_buffer(content)]
        lines = [line.strip() for line in content.decode("ascii").splitlines()]
        found = [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except (ValueError, pyrage.IdentityError):
        found = []
    if not found:
        hint = "use a file of age-keygen, or an ssh key without a passphrase; for others: age --decrypt"
        raise UsageError("--identity: this identity can't be used", hint=hint)
    return found


def _head(content: bytes) -> bytes:
    """The beginning of the file's own header, out of its armor if it has one."""
    content = content.lstrip()
    if not content.startswith(_ARMOR):
        return content[:1024]
    lines = content[:2048].splitlines()[1:16]
    armored = b"".join(line.strip() for line in lines if b"-" not in line)
    try:
        return base64.b64decode(armored[: len(armored) // 4 * 4])
    except binascii.Error:
        return b""
