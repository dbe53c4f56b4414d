"""The program's entry: the version and a secret at once, everything else through wizard.cli.app."""

from __future__ import annotations

import atexit
import gc
import os
import sys

OBJECTS = 100_000
"""New ones, more than a command makes in one go; a long session is still cleaned up."""


def main() -> None:
    try:
        sys.exit(_carry_out())
    except (KeyboardInterrupt, RuntimeError) as error:  # Ctrl-C before there is anything to cancel
        from wizard.errors import Cancelled
        from wizard.interrupts import is_interrupt

        if not is_interrupt(error):
            raise
        sys.exit(Cancelled.exit_code)


def _carry_out() -> int:
    _leave_garbage_alone()
    if {"--version", "-V"}.intersection(sys.argv[1:]) and {"--version", "-V", "--json"}.issuperset(sys.argv[1:]):
        from wizard.cli.version import show_version

        show_version(as_json="--json" in sys.argv)
        return 0
    if sys.argv[1:3] == ["secret", "get"] and (code := _looked_up(sys.argv[3:])) is not None:
        return code
    _import_msgspec()
    from wizard.cli.app import run

    return run(sys.argv[1:])


def _leave_garbage_alone() -> None:
    """A command is over before there is any: looking for it, and once more at the end, took a fifth of the time."""
    gc.set_threshold(OBJECTS)
    atexit.register(gc.freeze)


def _import_msgspec() -> None:
    """Without typing_extensions, which takes as long as msgspec itself: typing has what it wants of that."""
    if "typing_extensions" in sys.modules:
        return
    sys.modules["typing_extensions"] = None  # type: ignore[assignment] # nobody finds it
    import msgspec  # noqa: F401

    del sys.modules["typing_extensions"]


def _looked_up(arguments: list[str]) -> int | None:
    from wizard.secrets.lookup import answer

    return answer(arguments, os.environ)


if __name__ == "__main__":
    main()
