"""Opening the prompter for whoever can be asked: a person at a terminal, or a front end."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TextIO, TypeVar

from wizard.ui.terminal import is_terminal, wants_plain_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.ui.output import Output
    from wizard.ui.prompting import Prompter

Asked = TypeVar("Asked")


def open_prompter(
    output: Output, stdin: TextIO | None = None, environ: Mapping[str, str] = os.environ
) -> Prompter | None:
    """The prompter for this terminal; None unless a person sits at both stdin and stderr, or a front end stands in.

    TERM=dumb, or WIZARD_PLAIN=1 for a screen reader, gets plain line prompts.
    """
    if output.in_dialogue:
        return output.front_end
    stdin = stdin or sys.stdin
    if not (is_terminal(stdin) and is_terminal(output.stderr)):
        return None
    if wants_plain_lines(environ):
        from wizard.ui.plain_prompter import PlainPrompter

        return PlainPrompter(output, stdin)
    from wizard.ui.terminal_prompter import TerminalPrompter

    return TerminalPrompter(output)


def after_writing(asker: Asked | None, output: Output) -> Asked | None:
    """Who can still be asked once files are written: from now on no front end, whose next call would write again."""
    output.front_end = None
    return None if output.in_dialogue else asker
