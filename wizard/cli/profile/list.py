"""`profile list`: which profiles there are."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from wizard.cli.flags import common
from wizard.cli.profile.contents import as_data, contents
from wizard.cli.result import Result
from wizard.machine.profiles import profiles
from wizard.ui.table import render_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wizard.cli.profile.contents import Contents
    from wizard.ui.output import Output


@click.command("list")
@common
@click.pass_obj
def command(output: Output, /) -> Result:
    """List the profiles, with their providers and keys, and which one is in force."""
    found = [contents(profile) for profile in profiles()]
    return Result(
        lambda: {"profiles": [as_data(each, output.profile) for each in found], "in_force": output.profile or None},
        partial(_print, found, output),
    )


def _print(found: Sequence[Contents], output: Output) -> None:
    if not found:
        output.note("no profiles; to make one: crush-wizard profile create NAME")
        return
    rows = [
        (
            each.profile.name,
            "in force" if each.profile.name == output.profile else "",
            ", ".join(each.providers) or "none",
            ", ".join(dict.fromkeys((*(name for _, name in each.secrets), *each.references))) or "none",
        )
        for each in found
    ]
    output.data(render_table(("profile", "", "providers", "own keys"), rows, output.width))
    if not output.profile:
        output.note("no profile is in force")
