"""Asking a person. Who asks (a terminal, plain lines, a test's script) is behind one protocol."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
import threading
from typing import TYPE_CHECKING, Protocol, TextIO, TypeVar

from wizard.ui.output import is_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import FrameType

    from wizard.flow.question import Question, Raw
    from wizard.ui.output import Level, Output

Asked = TypeVar("Asked")

MANY_CHOICES = 10
"""With more choices than this, typing filters them."""


class Prompter(Protocol):
    """Asks one question at a time."""

    def ask(self, question: Question, *, can_go_back: bool) -> Raw:
        """The answer as it was given; `question.check` is the caller's to call.

        Text and secrets and choices give a str (a choice its value), MANY a tuple of str, CONFIRM a bool.
        An empty answer gives `question.default` where there is one.

        Raises Back (only with `can_go_back`) or wizard.errors.Cancelled.
        """
        ...

    def prepare(self) -> None:
        """Get ready to ask: called where there is time to spare."""
        ...

    def show(self, text: str, level: Level) -> None:
        """Tell the person something between two questions."""
        ...


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
    if _needs_plain_lines(environ):
        from wizard.ui.plain_prompter import PlainPrompter

        return PlainPrompter(output, stdin)
    from wizard.ui.terminal_prompter import TerminalPrompter

    return TerminalPrompter(output)


def after_writing(asker: Asked | None, output: Output) -> Asked | None:
    """Who can still be asked once files are written: from now on no front end, whose next call would write again."""
    output.front_end = None
    return None if output.in_dialogue else asker


def several_texts(typed: str) -> tuple[str, ...]:
    """One line typed or pasted for a MANY question without choices: `a, b` and lines are several texts.

    `NAME=VALUE` stays whole, for its value may hold commas.
    """
    separator = r"\n" if "=" in typed else r"[\n,]"
    return tuple(part.strip() for part in re.split(separator, typed) if part.strip())


@contextlib.contextmanager
def termination_interrupts() -> Iterator[None]:
    """SIGTERM acts as Ctrl-C inside, so that the terminal is put right and the run ends as cancelled."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    signal.raise_signal(signal.SIGINT)


def _needs_plain_lines(environ: Mapping[str, str]) -> bool:
    if environ.get("WIZARD_PLAIN") == "1":
        return True
    return os.name != "nt" and environ.get("TERM", "dumb") in ("dumb", "")
