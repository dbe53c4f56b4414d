"""Make what an installation puts into share/: the man page, and the completion of bash, zsh and fish.

    .venv/bin/python .share/make_share.py

Run it whenever a command, a flag or a help text has changed: `tests/house/test_share.py` tells. All of it comes from
the commands themselves, the exit codes from wizard/cli/SCRIPTS.md.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wizard import __version__
from wizard.cli.command_line import commands
from wizard.cli.completion.answering import script

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
NAME = "crush-wizard"
PAGE = "man/man1/crush-wizard.1"
COMPLETIONS = {
    "bash": "bash-completion/completions/crush-wizard",
    "zsh": "zsh/site-functions/_crush-wizard",
    "fish": "fish/vendor_completions.d/crush-wizard.fish",
}
EXIT_CODES = HERE.parent / "wizard" / "cli" / "SCRIPTS.md"
EXIT_CODE = re.compile(r"^\| (\d+) \| (.+) \|$", re.MULTILINE)
COMMON = 0.9

Record = tuple[str, str]
"""A flag as it is typed, and what it does."""


def main() -> None:
    for name, text in made().items():
        path = HERE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def made() -> dict[str, str]:
    """Every file below share/ with its text."""
    return {PAGE: manual()} | {path: script(commands, shell) for shell, path in COMPLETIONS.items()}


def manual() -> str:
    return "\n".join(_manual()) + "\n"


def _manual() -> Iterator[str]:
    everything = list(_walk(click.Context(commands, info_name=NAME, **commands.context_settings)))
    shared = _shared([context for context in everything if not isinstance(context.command, click.Group)])
    yield f'.TH CRUSH-WIZARD 1 "" "{NAME} {__version__}" "User Commands"'
    yield ".SH NAME"
    yield f"{NAME} \\- set up model providers for Crush"
    yield ".SH SYNOPSIS"
    yield f".B {NAME}"
    yield "[\\fICOMMAND\\fR] [\\fIOPTIONS\\fR]"
    yield ".SH DESCRIPTION"
    yield from _text(commands.help or "")
    yield ".PP"
    yield "Without a command it looks around and sets Crush up, question by question."
    yield ".SH COMMANDS"
    for context in everything[1:]:
        yield from _command(context, shared)
    yield ".SH COMMON OPTIONS"
    yield "Nearly all commands take these."
    yield from _options(shared)
    yield ".SH EXIT STATUS"
    yield from _options(EXIT_CODE.findall(EXIT_CODES.read_text(encoding="utf-8")))
    yield ".SH SEE ALSO"
    yield "https://github.com/charmbracelet/crush"


def _walk(context: click.Context) -> Iterator[click.Context]:
    """The context of a command and of all below it, in the order of --help."""
    yield context
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            command = context.command.get_command(context, name)
            if command is not None and not command.hidden:
                yield from _walk(click.Context(command, parent=context, info_name=name))


def _records(context: click.Context) -> list[Record]:
    found = (option.get_help_record(context) for option in context.command.get_params(context))
    return [record for record in found if record is not None and record[1]]


def _shared(contexts: list[click.Context]) -> list[Record]:
    """The flags that nearly every command has, in the same words."""
    records = [_records(context) for context in contexts]
    return [record for record in records[0] if sum(record in others for others in records) > COMMON * len(contexts)]


def _command(context: click.Context, shared: list[Record]) -> Iterator[str]:
    yield f".SS {_safe(' '.join((context.command_path, *context.command.collect_usage_pieces(context))))}"
    yield from _text(context.command.help or "")
    yield from _options([record for record in _records(context) if record not in shared])


def _options(records: list[Record]) -> Iterator[str]:
    for flag, meaning in records:
        yield ".TP"
        yield f"\\fB{_safe(flag)}\\fR"
        yield _safe(meaning)


def _text(text: str) -> Iterator[str]:
    """A help text: its paragraphs, and as they stand those that click is told to leave so."""
    for number, paragraph in enumerate(text.split("\n\n")):
        lines = [line.strip() for line in paragraph.splitlines() if line.strip()]
        if number:
            yield ".PP"
        if lines[:1] == ["\b"] or paragraph.lstrip(" \n").startswith("\b"):
            yield from (".nf", *(_safe(line) for line in lines if line != "\b"), ".fi")
        else:
            yield _safe(" ".join(lines))


def _safe(text: str) -> str:
    """No character acts on the formatter. Hyphens are those that one types."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped


if __name__ == "__main__":
    sys.exit(main())
