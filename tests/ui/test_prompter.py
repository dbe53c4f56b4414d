"""Who is asked, and who is not."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

import pytest

from wizard.ui.output import Output
from wizard.ui.plain_prompter import PlainPrompter
from wizard.ui.prompter import open_prompter
from wizard.ui.prompting import several_texts
from wizard.ui.terminal_prompter import TerminalPrompter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO


@pytest.fixture
def screen() -> Iterator[TextIO]:
    outer, inner = os.openpty()
    with os.fdopen(inner, "r+b", buffering=0) as raw:
        yield io.TextIOWrapper(raw, write_through=True)
    os.close(outer)


def test_nobody_is_asked_without_a_terminal_at_both_ends(screen: TextIO) -> None:
    pipe = io.StringIO()
    environ = {"TERM": "xterm"}
    assert open_prompter(Output(pipe, screen), pipe, environ) is None
    assert open_prompter(Output(pipe, pipe), screen, environ) is None
    assert open_prompter(Output(pipe, pipe), pipe, environ) is None
    assert open_prompter(Output(pipe, screen), screen, environ) is not None


@pytest.mark.parametrize(
    ("environ", "kind"),
    [
        ({"TERM": "xterm-256color"}, TerminalPrompter),
        ({"TERM": "dumb"}, PlainPrompter),
        ({}, PlainPrompter),
        ({"TERM": "xterm-256color", "WIZARD_PLAIN": "1"}, PlainPrompter),
    ],
)
def test_the_terminal_decides_how_one_is_asked(screen: TextIO, environ: dict[str, str], kind: type[object]) -> None:
    assert isinstance(open_prompter(Output(io.StringIO(), screen), screen, environ), kind)


@pytest.mark.parametrize(
    ("typed", "texts"),
    [
        ("one", ("one",)),
        ("one, two,three", ("one", "two", "three")),
        ("one\ntwo\n", ("one", "two")),
        (" , ", ()),
        ("Accept=text/html, application/json", ("Accept=text/html, application/json",)),
    ],
)
def test_several_texts_come_in_one_line(typed: str, texts: tuple[str, ...]) -> None:
    assert several_texts(typed) == texts
