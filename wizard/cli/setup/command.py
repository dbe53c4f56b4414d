"""`setup`, and `crush-wizard` with no argument: from nothing to a working Crush, or what a ready machine has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from wizard.cli.flags import allow_hosts, changing, common, which_file
from wizard.cli.setup.wish import Wish
from wizard.cli.steps import Driven, driven

if TYPE_CHECKING:
    from wizard.cli.result import Result
    from wizard.cli.setup.start import Line
    from wizard.cli.which_file import WhichFile
    from wizard.ui.output import Output


@click.command("setup", cls=Driven)
@click.option("--air-gapped", is_flag=True, help="For a machine without internet: Crush contacts no outside server.")
@allow_hosts
@which_file
@changing
@common
@driven
@click.pass_obj
def command(output: Output, /, which: WhichFile, **flags: Any) -> Result | int:
    """Look at what is here, and set Crush up with it, question by question; the same as no command at all.

    Where providers are configured already it shows how they are, and a menu. Nothing is written before you have
    seen all of it and agreed.
    """
    from wizard.cli.setup.start import start_setup

    result = start_setup(Wish(which, **flags), output)
    return carry_on(result, output) if isinstance(result, tuple) else result


def carry_on(line: Line, output: Output) -> int:
    """Run a command of ours; its exit code. Raises what it raises."""
    program = click.get_current_context().find_root().command
    result = program.main([*line], prog_name="crush-wizard", obj=output, standalone_mode=False)
    return result if isinstance(result, int) else 0
