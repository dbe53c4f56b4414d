"""The child's side of wizard.secrets.child: one request in, one answer out, then gone."""

from __future__ import annotations

import json
import math
import os
import sys
from typing import TYPE_CHECKING, Any

from wizard.errors import SecretError
from wizard.secrets.core_dumps import leave_no_core

if TYPE_CHECKING:
    from collections.abc import Callable


def serve(request: dict[str, Any], work: Callable[[dict[str, Any]], Any]) -> None:
    """Do the work and print the answer. A SecretError is an answer too; none may repeat a value."""
    leave_no_core()
    _end_after(request["seconds"])
    _end_with_parent()
    answers = _own_stdout()
    json.dump(_answer(request, work), answers)
    answers.close()


def _answer(request: dict[str, Any], work: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    try:
        return {"result": work(request)}
    except SecretError as error:
        return {"error": error.code, "message": error.message, "hint": error.hint}


def _end_after(seconds: float) -> None:
    """Whatever else fails to end us: a silent service must not keep us, with a value, for ever."""
    if sys.platform != "win32":
        import signal

        signal.alarm(math.ceil(seconds) + 1)


def _end_with_parent() -> None:
    """A parent that was killed can't end us, but nobody reads our answer any more."""
    if sys.platform != "win32":
        import select
        import threading

        nobody_reads = select.poll()
        nobody_reads.register(os.dup(1), 0)  # an error of the pipe is told unasked

        def end() -> None:
            nobody_reads.poll()
            os._exit(1)

        threading.Thread(target=end, daemon=True).start()


def _own_stdout() -> Any:
    """Keep the pipe for the answer, and send to stderr whatever else is printed here."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers
