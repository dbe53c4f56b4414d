"""`--version`: the program's, the day of its model facts, and the newest Crush whose rules it follows."""

from __future__ import annotations

import sys

from wizard import __version__
from wizard.catalog.shipped import snapshot_date
from wizard.provider.milestones import NEWEST, spelled


def show_version(*, as_json: bool) -> None:
    """On stdout. As text, the version is alone on the first line, for scripts."""
    told = {"version": __version__, "facts": snapshot_date(), "newest_crush": spelled(NEWEST)}
    if not as_json:
        sys.stdout.write("crush-wizard {version}\nmodel facts of {facts}, Crush up to {newest_crush}\n".format(**told))
        return
    from wizard.ui.output import Output

    Output(sys.stdout, sys.stderr, as_json=True).envelope("--version", data=told)
