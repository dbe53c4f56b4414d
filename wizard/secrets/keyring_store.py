"""The keyring of the operating system as a store."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import wizard
from wizard.errors import (
    SecretError,
    SecretNotFound,
    SecretTooLarge,
    StoreLocked,
    StoreTimedOut,
    StoreUnavailable,
)
from wizard.secrets.store import StoreStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

STORE = "keyring"

QUIET_SECONDS = 5.0
"""The bound of a call when nobody is there to unlock anything."""

ASKING_SECONDS = 60.0
"""The bound of a call when the desktop may be asking the user for the keyring's password."""

# -I: nothing from the working directory or PYTHON* gets in; where to import from comes with the request.
CHILD = """\
import json, sys
request = json.load(sys.stdin)
sys.path[:] = request["path"]
from wizard.secrets.keyring_child import main
main(request)
"""

ERRORS: dict[str, type[SecretError]] = {
    error.code: error for error in (SecretNotFound, StoreLocked, StoreUnavailable, StoreTimedOut, SecretTooLarge)
}


@dataclass(frozen=True)
class KeyringStore:
    """Each call is a child process of its own, ended after `seconds`: a keyring can hang without limit.

    `environ` is what the child sees: it says where the session bus is. Errors are those of SecretStore.
    After StoreTimedOut from `set` or `delete` the change may or may not have been made.
    """

    environ: Mapping[str, str]
    seconds: float = QUIET_SECONDS
    name: str = STORE

    def get(self, name: str) -> str:
        return str(self._ask("get", name))

    def set(self, name: str, value: str) -> None:
        """The value is read back; if anything fails the old one is put back."""
        self._ask("set", name, value)

    def delete(self, name: str) -> None:
        self._ask("delete", name)

    def exists(self, name: str) -> bool:
        return bool(self._ask("exists", name))

    def status(self) -> StoreStatus:
        """Never raises, and makes no desktop ask for a password.

        A locked keyring is usable where a desktop can ask for the password when a value is needed.
        """
        try:
            return StoreStatus(**self._ask("status"))
        except SecretError as error:
            return StoreStatus(store=STORE, reason=error.message, hint=error.hint)

    def _ask(self, operation: str, name: str = "", value: str = "") -> Any:
        seconds = min(self.seconds, QUIET_SECONDS) if operation == "status" else self.seconds
        request = {
            "path": import_path(),
            "operation": operation,
            "name": name,
            "value": value,
            "seconds": seconds,
        }
        answer = _parsed(_exchange(json.dumps(request).encode("ascii"), self.environ, seconds))
        if "error" in answer:
            raise ERRORS[answer["error"]](answer["message"], hint=answer["hint"])
        return answer["result"]


def import_path() -> list[str]:
    """Where a child finds what we find. An editable install keeps our own package off sys.path."""
    return [*filter(None, sys.path), str(Path(wizard.__file__).parent.parent)]


def _exchange(request: bytes, environ: Mapping[str, str], seconds: float) -> bytes:
    """One request and its answer, within `seconds`."""
    try:
        answer, complaint, returncode = _communicate(request, environ, seconds)
    except subprocess.TimeoutExpired as error:
        raise StoreTimedOut(
            f"the keyring did not answer within {seconds:g} seconds",
            hint="it may be waiting for someone to unlock it: look for its dialog, or try again",
        ) from error
    return answer or _died(returncode, complaint)


def _communicate(request: bytes, environ: Mapping[str, str], seconds: float) -> tuple[bytes, bytes, int]:
    """stdout, stderr and exit code. The child does not outlive this call, whatever ends it."""
    with _started(environ) as child:
        try:
            answer, complaint = child.communicate(request, timeout=seconds)
        except BaseException:
            child.kill()
            child.wait()  # leaving the block would not wait for it after Ctrl-C
            raise
    return answer, complaint, child.returncode


def _started(environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """A session of its own: Ctrl-C reaches us alone, so that a rollback can hold it off until it is done."""
    try:
        return subprocess.Popen(
            [sys.executable, "-I", "-c", CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environ),
            start_new_session=True,
        )
    except OSError as error:
        raise StoreUnavailable(f"the process that talks to the keyring can't be started: {error}") from error


def _died(returncode: int, complaint: bytes) -> bytes:
    lines = complaint.decode("utf-8", "replace").strip().splitlines()
    reason = lines[-1] if lines else f"exit code {returncode}"
    raise StoreUnavailable(f"the process that talks to the keyring ended without an answer: {reason}")


def _parsed(answer: bytes) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(answer)
    return parsed
