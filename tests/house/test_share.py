"""What an installation puts into share/ comes from the commands as they are: the man page and the completions."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import click
import pytest

from tests.dotted import script
from tests.program import ROOT
from wizard.cli.command_line import commands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import NoReturn

pytestmark = pytest.mark.any_python

SHARE = ROOT / ".share"


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    """The files as they would be made now."""
    files: dict[str, str] = script(".share/make_share.py").made()
    return files


def test_the_files_are_those_that_the_commands_make(made: dict[str, str]) -> None:
    kept = {name: (SHARE / name).read_text(encoding="utf-8") for name in made}
    assert kept == made, "run: .venv/bin/python .share/make_share.py"


def test_the_man_page_has_every_command_and_every_flag(made: dict[str, str]) -> None:
    page = made["man/man1/crush-wizard.1"].replace("\\-", "-")
    assert [
        path for path in _paths(click.Context(commands, info_name="crush-wizard")) if f".SS {path}" not in page
    ] == []
    assert set(re.findall(r"(?m)^\\fB.*?(--[a-z-]+)", page)) >= {"--api-key-stdin", "--json", "--install", "--only"}


def test_the_formatter_of_man_pages_has_nothing_against_it(
    made: dict[str, str], require_real: Callable[[str], NoReturn]
) -> None:
    if shutil.which("groff") is None:
        require_real("groff is not installed")
    command = ["groff", "-man", "-Tutf8", "-ww"]
    page = made["man/man1/crush-wizard.1"]
    shown = subprocess.run(command, input=page, capture_output=True, text=True, encoding="utf-8", check=True)
    assert shown.stderr == ""
    assert "crush-wizard add-provider" in re.sub(r".\x08", "", shown.stdout)


def _paths(context: click.Context) -> Iterator[str]:
    """Every command as it is typed."""
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            command = context.command.get_command(context, name)
            assert command is not None
            inner = click.Context(command, parent=context, info_name=name)
            yield inner.command_path
            yield from _paths(inner)
