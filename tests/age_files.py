"""age files behind a passphrase that open at once: what the program seals costs a second to seal and to open, on
purpose, and tests that look at something else need not pay it. The format is https://age-encryption.org/v1.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from base64 import b64encode
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from pyrage.x25519 import Identity  # type: ignore[import-untyped]

from wizard.secrets.passphrase_child import unlock
from wizard.secrets.serving import serve

if TYPE_CHECKING:
    from pathlib import Path

VERSION = b"age-encryption.org/v1"
WORK = 10
"""scrypt's N as a power of two."""


def sealed(plain: str, passphrase: str) -> str:
    """Armored. `plain` fits into one chunk, which is 64 KiB."""
    file_key, salt, nonce = os.urandom(16), os.urandom(16), os.urandom(16)
    key = hashlib.scrypt(passphrase.encode(), salt=VERSION + b"/scrypt" + salt, n=2**WORK, r=8, p=1, dklen=32)
    stanza = b"-> scrypt %s %d\n%s\n" % (
        _base64(salt),
        WORK,
        _base64(ChaCha20Poly1305(key).encrypt(bytes(12), file_key, None)),
    )
    header = VERSION + b"\n" + stanza + b"---"
    mac = hmac.digest(_derived(file_key, b"", b"header"), header, "sha256")
    payload = ChaCha20Poly1305(_derived(file_key, nonce, b"payload"))
    body = payload.encrypt(bytes(11) + b"\1", plain.encode(), None)  # the first chunk, and the last
    return _armored(header + b" " + _base64(mac) + b"\n" + nonce + body)


def main(request: dict[str, Any]) -> None:
    """As wizard.secrets.passphrase_child, in no time."""
    work = {"protect": sealed, "unlock": unlock}[request["operation"]]
    serve(request, lambda asked: work(asked["text"], asked["passphrase"]))


def protect(identity: Path, passphrase: str) -> None:
    """Put a passphrase on the file of an identity; a new one where there is none yet."""
    if not identity.exists():
        identity.parent.mkdir(mode=0o700, parents=True)
        identity.touch(mode=0o600)
        identity.write_text(str(Identity.generate()), encoding="ascii")
    identity.write_text(sealed(identity.read_text(encoding="ascii"), passphrase), encoding="ascii")


def _derived(key: bytes, salt: bytes, info: bytes) -> bytes:
    """HKDF-SHA-256, 32 bytes."""
    return hmac.digest(hmac.digest(salt, key, "sha256"), info + b"\1", "sha256")


def _base64(data: bytes) -> bytes:
    return b64encode(data).rstrip(b"=")


def _armored(data: bytes) -> str:
    text = b64encode(data).decode("ascii")
    lines = (text[start : start + 64] for start in range(0, len(text), 64))
    return "\n".join(("-----BEGIN AGE ENCRYPTED FILE-----", *lines, "-----END AGE ENCRYPTED FILE-----", ""))
