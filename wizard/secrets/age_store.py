"""An encrypted file as a store, for machines without a keyring: servers, containers, SSH."""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct, field

from wizard.errors import Conflict, SecretError, StoreLocked
from wizard.files import writer
from wizard.private import Private
from wizard.secrets import age_file
from wizard.secrets.child import Child
from wizard.secrets.store import StoreStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from pyrage.x25519 import Identity  # type: ignore[import-untyped]

STORE = "file"
BACKEND = "age file"
PASSPHRASE_SECONDS = 60.0
"""age makes each try of a passphrase cost a second or so; on a machine with little memory far more."""

CHILD = Child(
    module="wizard.secrets.passphrase_child",
    store="the passphrase calculation",
    slow="try again when the machine is less busy",
)


class AgeStore(Private, Struct, frozen=True, dict=True):
    """`secrets.age` and `identity.txt` in `folder`: files 0600 in a folder 0700, replaced in one step, under a lock.

    Without a passphrase on the identity this keeps secrets out of backups and synced copies of the one file, and
    from casual looks; whoever can read the whole folder can read the secrets. With one it also keeps them from
    those who copy the folder, as long as the passphrase is good.

    `ask` gives the passphrase where the identity has one; None: nobody can be asked, which is StoreLocked.
    A file that is damaged, or that others can get at, is StoreUnavailable and stays as it is.
    Also raises the writer's FileLocked and Unwritable.
    """

    folder: Path
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    ask: Callable[[], str] | None = None
    name: str = STORE

    def get(self, name: str) -> str:
        held = self._held()
        if name not in held:
            raise age_file.absent(name)
        return held[name]

    def get_many(self, names: Iterable[str]) -> dict[str, str]:
        held = self._held()
        return {name: held[name] for name in names if name in held}

    def exists(self, name: str) -> bool:
        return name in self._held()

    def present(self, names: Iterable[str]) -> frozenset[str]:
        return frozenset(names) & self._held().keys()

    def names(self) -> tuple[str, ...]:
        """Every name that the file holds, sorted."""
        return tuple(sorted(self._held()))

    def set(self, name: str, value: str) -> None:
        with self._locked():
            self._seal(self._held() | {name: value})

    def delete(self, name: str) -> None:
        with self._locked():
            held = self._held()
            if name not in held:
                raise age_file.absent(name)
            self._seal({other: value for other, value in held.items() if other != name})

    def status(self) -> StoreStatus:
        """Never raises, and asks for no passphrase. With one on the identity, usable where somebody can be asked."""
        try:
            identity = self._read(age_file.IDENTITY)
            sealed = self._read(age_file.SECRETS)
            if identity is None and sealed is not None:
                raise self._no_identity()
            if identity is not None and age_file.is_protected(identity):
                return self._locked_status()
            self._held()
        except SecretError as error:
            return StoreStatus(STORE, BACKEND, reason=f"{error.where}: {error.message}", hint=error.hint)
        return StoreStatus(STORE, BACKEND, usable=True, reason="" if sealed else "nothing stored yet")

    @property
    def is_protected(self) -> bool:
        """Whether the identity has a passphrase."""
        return age_file.is_protected(self._read(age_file.IDENTITY) or b"")

    def protect(self, passphrase: str) -> None:
        """Put a passphrase on the identity, which is made if there is none. Raises Conflict if it has one."""
        with self._locked():
            identity = self._read(age_file.IDENTITY)
            if identity is not None and age_file.is_protected(identity):
                raise Conflict("the encrypted file already has a passphrase", path=self.folder / age_file.IDENTITY)
            text = identity.decode("ascii") if identity else _fresh_identity()
            self._write(age_file.IDENTITY, self._work("protect", text, passphrase).encode("ascii"))

    def _held(self) -> dict[str, str]:
        sealed = self._read(age_file.SECRETS)
        if sealed is None:
            return {}
        return age_file.opened(sealed, self._identities(), self._path(age_file.SECRETS))

    def _seal(self, held: dict[str, str]) -> None:
        if self._read(age_file.IDENTITY) is None:
            self._write(age_file.IDENTITY, _fresh_identity().encode("ascii"))
        self._write(age_file.SECRETS, age_file.sealed(held, self._identities()))

    def _identities(self) -> list[Identity]:
        path = self._path(age_file.IDENTITY)
        content = self._read(age_file.IDENTITY)
        if content is None:
            raise self._no_identity()
        if age_file.is_protected(content):
            content = self._unlocked
        return age_file.identities(content, path)

    @cached_property
    def _unlocked(self) -> bytes:
        """The identity behind its passphrase, which is asked for once."""
        if self.ask is None:
            raise StoreLocked(
                "the encrypted file has a passphrase, and this is not interactive",
                hint="run this in a terminal",
            )
        text = (self._read(age_file.IDENTITY) or b"").decode("latin-1")
        return self._work("unlock", text, self.ask()).encode("utf-8")

    def _work(self, operation: str, text: str, passphrase: str) -> str:
        request = {"operation": operation, "text": text, "passphrase": passphrase}
        return str(CHILD.ask(request, self.environ, PASSPHRASE_SECONDS))

    def _read(self, file: str) -> bytes | None:
        return age_file.read_private(self._path(file))

    def _write(self, file: str, content: bytes) -> None:
        writer.write_private(self.folder / file, content)

    def _path(self, file: str) -> str:
        return str(self.folder / file)

    def _no_identity(self) -> SecretError:
        return age_file.damaged(self._path(age_file.IDENTITY), "its identity is missing")

    def _locked_status(self) -> StoreStatus:
        return StoreStatus(
            STORE,
            BACKEND,
            usable=self.ask is not None,
            locked=True,
            reason="it has a passphrase",
            hint="you are asked for it when a value is needed" if self.ask else "run this in a terminal",
        )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """From reading to writing: two that set at once lose nothing."""
        with writer.locked([self.folder / age_file.SECRETS], writer.LOCK_SECONDS * 2):
            yield


def _fresh_identity() -> str:
    """An identity file as age-keygen writes it."""
    from datetime import UTC, datetime

    from pyrage import x25519  # type: ignore[import-untyped]

    identity = x25519.Identity.generate()
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return f"# created: {now}\n# public key: {identity.to_public()}\n{identity}\n"
