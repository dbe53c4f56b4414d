"""The environment as a store: the user exports the variables, we only look."""

from __future__ import annotations

import sys
from pathlib import PurePath
from typing import TYPE_CHECKING

from msgspec import Struct

from wizard.errors import SecretNotFound, StoreUnavailable
from wizard.redaction import SecretText
from wizard.secrets.store import StoreStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

STORE = "environment"


class EnvironmentStore(Struct, frozen=True):
    """Reads from `environ`. A variable that is set to nothing counts as absent, as it does for Crush.

    `set` and `delete` raise StoreUnavailable: no program can change the environment that it was started from.
    """

    environ: Mapping[str, str]
    name: str = STORE

    def get(self, name: str) -> str:
        value = self.environ.get(name)
        if not value:
            raise SecretNotFound(f"{name} is not set in the environment", hint=self._set_hint(name))
        return SecretText(value)

    def exists(self, name: str) -> bool:
        return bool(self.environ.get(name))

    def get_many(self, names: Iterable[str]) -> dict[str, str]:
        return {name: SecretText(self.environ[name]) for name in names if self.exists(name)}

    def present(self, names: Iterable[str]) -> frozenset[str]:
        return frozenset(filter(self.exists, names))

    def set(self, name: str, value: str) -> None:
        raise StoreUnavailable("crush-wizard can't set variables in your environment", hint=self._set_hint(name))

    def delete(self, name: str) -> None:
        if not self.exists(name):
            raise SecretNotFound(f"{name} is not set in the environment")
        raise StoreUnavailable(
            "crush-wizard can't remove variables from your environment",
            hint=f"remove {name} from your shell's start file",
        )

    def status(self) -> StoreStatus:
        return StoreStatus(
            store=STORE,
            backend="environment variables",
            usable=True,
            reason="read-only: you set the variables",
        )

    def _set_hint(self, name: str) -> str:
        return f"add this line to your shell's start file: {export_line(name, self.environ)}"


def export_line(name: str, environ: Mapping[str, str]) -> str:
    """The line that sets `name` in the user's shell, with a gap for the key."""
    if sys.platform == "win32":
        return f"$env:{name} = '<your key>'"
    if PurePath(environ.get("SHELL", "")).name == "fish":
        return f"set -gx {name} '<your key>'"
    return f"export {name}='<your key>'"
