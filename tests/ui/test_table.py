"""Tables fit the terminal and lose nothing that matters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

from wizard.ui.table import NARROWEST, fits, render_labelled, render_open_table, render_table
from wizard.ui.text import one_line

COLUMNS = ("id", "name", "cost")
ROWS = (
    ("deepseek", "DeepSeek", "0.27"),
    ("日本", "日本語プロバイダー", "12.5"),
)


def test_columns_line_up_and_numbers_align_right() -> None:
    assert render_table(COLUMNS, ROWS, 80).split("\n") == [
        "id        name                cost",
        "deepseek  DeepSeek            0.27",
        "日本      日本語プロバイダー  12.5",
    ]


def test_the_widest_column_gives_way_with_an_ellipsis() -> None:
    shown = render_table(("id", "url"), [("deepseek", "https://api.deepseek.com/v1/a/long/path")], 40)
    assert shown.split("\n")[1] == "deepseek  https://api.deepseek.com/v1/a…"


def test_rows_that_do_not_fit_become_records_with_nothing_cut() -> None:
    names = [f"column-{number}" for number in range(5)]
    shown = render_table(names, [["a long value " * 3] * 5, ["x"] * 5], 40)
    assert shown.count("a long value a long value a long value") == 5
    assert "\n\ncolumn-0  x\n" in shown


@given(
    st.lists(st.tuples(st.text(max_size=40), st.text(max_size=40)), max_size=5),
    st.integers(min_value=2 * NARROWEST + 2, max_value=100),
)
def test_a_table_of_anything_fits(rows: list[tuple[str, str]], width: int) -> None:
    lines = render_table(("one", "two"), rows, width).split("\n")
    assert len(lines) == 1 + len(rows)
    assert all(0 <= wcswidth(line) <= width for line in lines)


def test_no_width_cuts_nothing() -> None:
    assert "x" * 500 in render_table(("a",), [("x" * 500,)], None)


@pytest.mark.parametrize("width", [40, None])
def test_an_empty_table_is_its_header(width: int | None) -> None:
    assert render_table(COLUMNS, (), width) == "id  name  cost"


def test_cells_can_not_act_on_the_terminal_or_break_the_row() -> None:
    assert render_table(("a",), [("x\ny \x1b[2J",)], 80).split("\n") == ["a", r"x y \x1b[2J"]


def test_records_leave_out_what_is_empty() -> None:
    assert render_table(("a", "b", "c"), [("x" * 30, "", "y" * 30)], 20) == f"a  {'x' * 30}\nc  {'y' * 30}"


def test_an_open_table_puts_what_does_not_fit_below() -> None:
    rows = [("one", "~/a/long/path/to/a/file"), ("two", "")]
    assert render_open_table(("id", "where"), rows, 40).split("\n")[1] == "one  ~/a/long/path/to/a/file"
    assert render_open_table(("id", "where"), rows, 20) == "id\none\n  ~/a/long/path/to/a/file\ntwo"


@given(
    st.lists(st.tuples(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30)), min_size=1, max_size=5),
    st.integers(min_value=1, max_value=100),
)
def test_an_open_table_loses_nothing_of_the_last_column(rows: list[tuple[str, str, str]], width: int) -> None:
    shown = render_open_table(("one", "two", "three"), rows, width)
    whole = render_table(("one", "two", "three"), rows, None)
    joined = "".join(shown.split())
    assert (shown == whole) if fits(whole, width) else all("".join(one_line(row[-1]).split()) in joined for row in rows)


def test_labelled_values_go_on_below_themselves() -> None:
    pairs = [("status", "needs key: it is not set"), ("URL", "https://a.very.long.example/v1")]
    assert render_labelled(pairs, 20).split("\n") == [
        "status  needs key:",
        "        it is not",
        "        set",
        "URL     https://a.very.long.example/v1",
    ]
    assert render_labelled([], 20) == ""
