"""A diff in colour, and without."""

from __future__ import annotations

import difflib

from wizard.change.diff import render_diff

DIFF = "".join(
    difflib.unified_diff(["{\n", '  "a": 1\n', "}\n"], ["{\n", '  "a": 2\n', "}\n"], "crush.json", "crush.json (new)")
)


def test_without_colour_a_diff_stays_as_it_is() -> None:
    assert render_diff(DIFF, color=False) == DIFF


def test_added_is_green_and_removed_is_red() -> None:
    lines = render_diff(DIFF, color=True).split("\n")
    assert '\x1b[31m-  "a": 1\x1b[0m' in lines
    assert '\x1b[32m+  "a": 2\x1b[0m' in lines
    assert "\x1b[1m--- crush.json\x1b[0m" in lines
    assert " {" in lines


def test_wide_lines_are_not_cut() -> None:
    assert render_diff("+" + "x" * 500, color=False) == "+" + "x" * 500


def test_escapes_in_a_file_are_shown_and_not_sent() -> None:
    assert render_diff("+\x1b[2J\u202e", color=False) == r"+\x1b[2J\u202e"


def test_windows_line_ends_are_left_alone() -> None:
    assert render_diff("+a\r\n-b\r\n", color=False) == "+a\r\n-b\r\n"
