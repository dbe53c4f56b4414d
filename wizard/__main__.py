"""The program's entry: the version at once, everything else through wizard.cli.app."""

from __future__ import annotations

import sys


def main() -> None:
    if sys.argv[1:] in (["--version"], ["-V"]):
        from wizard import __version__

        sys.stdout.write(f"crush-wizard {__version__}\n")
        return
    from wizard.cli.app import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
