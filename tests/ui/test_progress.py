"""Lines that fill while several things go on: they fit, whatever there is to show, and end as they should."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from wizard.ui.output import Output
from wizard.ui.progress import GO_ON, PLAIN_SPINNER, STOP, Row, block, open_progress, wait_lines, waiting
from wizard.ui.text import columns

rows = st.builds(
    Row,
    st.text(min_size=1, max_size=30),
    st.just(8),
    st.text("✓✗–", max_size=8),
    st.text(max_size=40),
    st.booleans(),
)


@given(st.lists(rows, max_size=12), st.integers(20, 100), st.integers(1, 30))
def test_whatever_there_is_fits(several: list[Row], width: int, height: int) -> None:
    lines = block(several, width, height)
    assert len(lines) <= height
    assert all(columns(line) <= width for line in lines)
    assert not any("\n" in line or "\x1b" in line for line in lines)


def test_marks_stand_below_each_other() -> None:
    lines = block((Row("a", 3, "✓", "connection"), Row("longer", 3, "✓✗–", "fails")), 60, 10)
    assert lines == ("a       ✓ · ·  connection", "longer  ✓ ✗ –  fails")


def test_a_long_name_leaves_room_for_the_marks() -> None:
    (line,) = block((Row("n" * 50, 8, "✓", "connection"),), 39, 10)
    assert line.startswith("nnnnnnnnnnnnn…  ✓ · · · · · · ·  con")


def test_with_more_rows_than_lines_the_ended_ones_make_way() -> None:
    several = [Row(f"p{number}", 1, "✓", "works", ended=number < 5) for number in range(8)]
    assert block(several, 60, 3) == ("p5  ✓  works", "p6  ✓  works", "5 of 8 are done")


def test_without_a_terminal_a_line_for_each_that_ended() -> None:
    stream = io.StringIO()
    with open_progress(Output(io.StringIO(), stream), [Row("a", 2)]) as progress:
        progress.show(Row("a", 2, "✓", "connection"))
        assert stream.getvalue() == ""
        progress.show(Row("a", 2, "✓✓", "works\x1b[2J", ended=True))
    assert stream.getvalue() == "a: works\\x1b[2J\n"


def test_quiet() -> None:
    stream = io.StringIO()
    with open_progress(Output(io.StringIO(), stream, quiet=True), [Row("a", 2)]) as progress:
        progress.show(Row("a", 2, "✓✓", "works", ended=True))
    assert stream.getvalue() == ""


# How long it takes


def test_at_first_it_is_only_said_what_goes_on() -> None:
    assert wait_lines("asking llm.example", GO_ON, 0.4, 79) == ("⠸ asking llm.example",)
    assert wait_lines("", STOP, 0.4, 79) == ()


def test_then_for_how_long_and_the_way_out() -> None:
    assert wait_lines("asking llm.example", GO_ON, 12.0, 79) == (
        "⠦ asking llm.example · 12 s · Ctrl-C: go on without it",
    )
    assert wait_lines("", STOP, 3.0, 79, PLAIN_SPINNER) == ("| 3 s · Ctrl-C: stop",)


def test_on_two_lines_where_one_is_too_narrow() -> None:
    assert wait_lines("asking llm.example.com:8443 for its models", GO_ON, 3.0, 39) == (
        "⠼ asking llm.example.com:8443 for its…",
        "  3 s · Ctrl-C: go on without it",
    )


@given(st.text(max_size=60), st.floats(0, 5000), st.integers(20, 100))
def test_whatever_is_waited_for_fits(words: str, seconds: float, width: int) -> None:
    lines = wait_lines(words, GO_ON, seconds, width)
    assert all(columns(line) <= width for line in lines)
    assert not any("\n" in line or "\x1b" in line for line in lines)


def test_without_a_terminal_a_wait_is_one_plain_line_and_said_once() -> None:
    stream = io.StringIO()
    output = Output(io.StringIO(), stream)
    for _ in range(2):
        with waiting(output, "asking llm.example for its models"):
            pass
    with waiting(output, "something small", says_so=False):
        pass
    assert stream.getvalue() == "asking llm.example for its models ...\n"


def test_quiet_says_nothing_of_a_wait() -> None:
    stream = io.StringIO()
    with waiting(Output(io.StringIO(), stream, quiet=True), "asking llm.example for its models"):
        pass
    assert stream.getvalue() == ""
