"""The program's entry: the version and a secret at once, everything else through wizard.cli.app."""

from __future__ import annotations

import os
import sys


def main() -> None:
    if sys.argv[1:] in (["--version"], ["-V"]):
        from wizard import __version__

        sys.stdout.write(f"crush-wizard {__version__}\n")
        return
    if sys.argv[1:3] == ["secret", "get"] and (code := _looked_up(sys.argv[3:])) is not None:
        sys.exit(code)
    from wizard.cli.app import run

    sys.exit(run(sys.argv[1:]))


def _looked_up(arguments: list[str]) -> int | None:
    from wizard.secrets.lookup import answer

    return answer(arguments, os.environ)


if __name__ == "__main__":
    main()
