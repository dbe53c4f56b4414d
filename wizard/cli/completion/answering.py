"""The other end of the shells' completion scripts: what to offer for the line so far."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    PowerShellComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    shell_complete,
    split_arg_string,
)

if TYPE_CHECKING:
    import click

NAME = "crush-wizard"
VARIABLE = "_CRUSH_WIZARD_COMPLETE"
"""Set to SHELL_complete by the scripts; then COMP_WORDS holds the line so far."""

_BASH = """\
%(complete_func)s() {
    local kind word
    COMPREPLY=()
    while IFS=, read -r kind word; do
        case $kind in
            plain) COMPREPLY+=("$word") ;;
            dir) compopt -o dirnames 2>/dev/null ;;
            file) compopt -o default 2>/dev/null ;;
        esac
    done < <(COMP_WORDS="${COMP_LINE:0:COMP_POINT}" COMP_BREAKS="$COMP_WORDBREAKS" \\
        %(complete_var)s=bash_complete "$1" 2>/dev/null)
}

complete -o nosort -F %(complete_func)s %(prog_name)s 2>/dev/null ||
    complete -F %(complete_func)s %(prog_name)s
"""


class WholeWord(ShellComplete):
    """Every shell replaces the whole word at the cursor, so what is offered for --flag=VALUE begins with --flag=."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        items = super().get_completions(args, incomplete)
        flag, equals, _ = incomplete.partition("=")
        if not (equals and flag.startswith("-")):
            return items
        return [CompletionItem(f"{flag}={item.value}", item.type, item.help) for item in items]


class Bash(WholeWord, BashComplete):
    """Bash is the exception: it takes a word apart at a colon, say, and replaces its last part only.

    Works from bash 3.2 on, which macOS has; click's own script needs 4.4.
    """

    source_template = _BASH

    def source(self) -> str:
        return self.source_template % self.source_vars()

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one at the cursor, and that one."""
        line = os.environ["COMP_WORDS"]
        words = split_arg_string(line)[1:]
        return (words[:-1], words[-1]) if words and not line[-1].isspace() else (words, "")

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        kept = _kept_by_bash(incomplete)
        items = super().get_completions(args, incomplete)
        return [CompletionItem(item.value[kept:], item.type, item.help) for item in items]


class Zsh(WholeWord, ZshComplete): ...


class Fish(WholeWord, FishComplete): ...


class PowerShell(WholeWord, PowerShellComplete): ...


SHELLS = {"bash": Bash, "zsh": Zsh, "fish": Fish, "powershell": PowerShell}


def _kept_by_bash(word: str) -> int:
    """How many characters at the word's beginning bash leaves alone; none inside quotes."""
    last = os.environ["COMP_WORDS"].split(" ")[-1]
    if {"'", '"'} & set(last):
        return 0
    return max((word.rfind(mark) + 1 for mark in os.environ.get("COMP_BREAKS", "")), default=0)


def script(cli: click.Command, shell: str) -> str:
    """What a shell evaluates to complete this program. `shell` is one of SHELLS."""
    return SHELLS[shell](cli, {}, NAME, VARIABLE).source()


def answer(cli: click.Command) -> int:
    """Print what the script of a shell asks for; in case of trouble nothing at all, as a person is typing."""
    for complete in SHELLS.values():
        add_completion_class(complete)
    try:
        return shell_complete(cli, {}, NAME, VARIABLE, os.environ[VARIABLE])
    except Exception:
        return 1
