"""Work that may hang or abort, done in a child process that is ended in time.

Values travel through pipes only, never as arguments or in the environment, which other processes can read.
The child's side is wizard.secrets.serving.

Request: a JSON object; we add `path` and `module` (where to import from, and what) and `seconds`.
Answer:  {"result": ...} or {"error": code, "message": ..., "hint": ...}
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

import wizard
from wizard.errors import (
    SecretError,
    SecretNotFound,
    SecretTooLarge,
    StoreLocked,
    StoreTimedOut,
    StoreUnavailable,
)

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping

# -I: nothing from the working directory or PYTHON* gets in; where to import from comes with the request.
CHILD = """\
import json, sys
request = json.load(sys.stdin)
sys.path[:] = request["path"]
from importlib import import_module
import_module(request["module"]).main(request)
"""

ERRORS: dict[str, type[SecretError]] = {
    error.code: error for error in (SecretNotFound, StoreLocked, StoreUnavailable, StoreTimedOut, SecretTooLarge)
}


class Child(Struct, frozen=True):
    """`module` has `main(request)`; `store` is what messages call the store, `slow` a hint for a time-out."""

    module: str
    store: str
    slow: str

    def ask(self, request: Mapping[str, Any], environ: Mapping[str, str], seconds: float) -> Any:
        """The result of one request, within `seconds`. Raises the SecretError that the child answered with."""
        path = {"path": import_path(), "module": self.module, "seconds": seconds}
        answer = _parsed(self._exchange(json.dumps({**request, **path}).encode("ascii"), environ, seconds))
        if "error" in answer:
            raise ERRORS[answer["error"]](answer["message"], hint=answer["hint"])
        return answer["result"]

    def _exchange(self, request: bytes, environ: Mapping[str, str], seconds: float) -> bytes:
        import subprocess

        try:
            answer, complaint, returncode = self._communicate(request, environ, seconds)
        except subprocess.TimeoutExpired as error:
            raise StoreTimedOut(f"{self.store} did not answer within {seconds:g} seconds", hint=self.slow) from error
        return answer or self._died(returncode, complaint)

    def _communicate(self, request: bytes, environ: Mapping[str, str], seconds: float) -> tuple[bytes, bytes, int]:
        """stdout, stderr and exit code. The child does not outlive this call, whatever ends it."""
        with self._started(environ) as child:
            try:
                answer, complaint = child.communicate(request, timeout=seconds)
            except BaseException:
                child.kill()
                child.wait()  # leaving the block would not wait for it after Ctrl-C
                raise
        return answer, complaint, child.returncode

    def _started(self, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """A session of its own: Ctrl-C reaches us alone, so that a rollback can hold it off until it is done."""
        import subprocess

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
            raise StoreUnavailable(f"can't start the process for {self.store}: {error}") from error

    def _died(self, returncode: int, complaint: bytes) -> bytes:
        lines = complaint.decode("utf-8", "replace").strip().splitlines()
        reason = lines[-1] if lines else f"exit code {returncode}"
        raise StoreUnavailable(f"the process for {self.store} ended without an answer: {reason}")


def import_path() -> list[str]:
    """Where a child finds what we find. An editable install keeps our own package off sys.path."""
    return [*filter(None, sys.path), str(Path(wizard.__file__).parent.parent)]


def _parsed(answer: bytes) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(answer)
    return parsed
