"""`profile show`: what is in a profile, and where it is kept."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from wizard.cli.completion.candidates import profile_names
from wizard.cli.flags import common
from wizard.cli.profile.contents import as_data, contents
from wizard.cli.result import Result
from wizard.errors import UsageError
from wizard.machine.profiles import named
from wizard.secrets.store import CALLED
from wizard.ui.place import shown_path
from wizard.ui.table import render_open_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.cli.profile.contents import Contents
    from wizard.ui.output import Output


@click.command("show")
@click.argument("name", required=False, shell_complete=profile_names)
@common
@click.pass_obj
def command(output: Output, /, name: str | None) -> Result:
    """Show what is in the profile NAME (default: the one in force), and where it is kept."""
    if not (name or output.profile):
        raise UsageError("no profile is in force", hint="name one; to list them: crush-wizard profile list")
    found = contents(named(name or output.profile))
    return Result(lambda: as_data(found, output.profile), partial(_print, found, output))


def _print(found: Contents, output: Output) -> None:
    output.data(render_open_table(("profile", found.profile.name), list(_rows(found, output)), output.width))
    for problem in found.problems:
        output.warning(f"{problem.where}: {problem.message}")


def _rows(found: Contents, output: Output) -> Iterator[tuple[str, str]]:
    yield "in force", "yes" if found.profile.name == output.profile else "no"
    yield "providers", ", ".join(found.providers) or "none"
    yield from found.models.items()
    keys = [f"{name} (in {CALLED[store]})" for store, name in found.secrets]
    keys += [f"{name} (from `{command}`)" for name, command in found.references.items()]
    yield "keys", ", ".join(keys) or "none"
    yield "config", shown_path(found.profile.config)
    yield "data", shown_path(found.profile.data)
