"""The child process that turns a passphrase into a key.

age's scrypt takes up to a gigabyte on purpose, and where that is not to be had the library aborts the process.
wizard.secrets.age_store starts it. Texts are a whole identity file.

Request: {"operation": "protect|unlock", "passphrase": .., "text": ..}, for "unlock" armored, for "protect" plain
"""

from __future__ import annotations

import time
from typing import Any

from wizard.errors import StoreLocked, StoreTimedOut
from wizard.secrets.serving import serve

TRIES, PAUSE = 20, 0.05
"""How often, and after how many seconds, it is tried again where age holds this machine for too slow."""


def main(request: dict[str, Any]) -> None:
    """Serve one request and print the answer."""
    serve(request, _result)


def _result(request: dict[str, Any]) -> str:
    work = {"protect": protect, "unlock": unlock}[request["operation"]]
    return work(request["text"], request["passphrase"])


def protect(text: str, passphrase: str) -> str:
    """The text encrypted with the passphrase, as armored age."""
    from pyrage import passphrase as age  # type: ignore[import-untyped]

    encrypted: bytes = age.encrypt(text.encode("utf-8"), passphrase, armored=True)
    return encrypted.decode("ascii")


def unlock(text: str, passphrase: str) -> str:
    """Raises StoreLocked if that is not the passphrase (or the file is damaged: age can't tell).

    age refuses what would take this machine many times the second that it takes itself. Each time it measures how fast
    that is, with a few milliseconds' work: if something else runs just then, the machine passes for far too slow.
    Raises StoreTimedOut if it stays so.
    """
    from pyrage import DecryptError
    from pyrage import passphrase as age

    for _ in range(TRIES):
        try:
            decrypted: bytes = age.decrypt(text.encode("latin-1"), passphrase)
        except DecryptError as error:
            if not str(error).startswith("Excessive work"):
                raise StoreLocked(
                    "the passphrase is wrong, or the encrypted file is damaged",
                    hint="try again",
                ) from error
            time.sleep(PAUSE)
        else:
            return decrypted.decode("utf-8")
    raise StoreTimedOut(
        "the passphrase would take this machine too long", hint="try again when the machine is less busy"
    )
