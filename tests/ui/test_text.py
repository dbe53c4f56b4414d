"""Text made safe for a terminal, measured and fitted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

from wizard.shown import safe
from wizard.ui.text import columns, cut, one_line, wrap


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, ünïcode, 日本語", "plain, ünïcode, 日本語"),
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("bell\x07 back\x08 delete\x7f", r"bell\x07 back\x08 delete\x7f"),
        ("\x9b31m", r"\x9b31m"),
        ("pay\u202eyap", r"pay\u202eyap"),
        ("zero\u200bwidth\ufeff", r"zero\u200bwidth\ufeff"),
        ("tag\U000e0041", r"tag\U000e0041"),
        ("half \ud800", r"half \ud800"),
        ("line\n\ttab", "line\n\ttab"),
        ("over\rwritten", r"over\rwritten"),
    ],
)
def test_what_acts_on_a_terminal_is_spelled_out(text: str, shown: str) -> None:
    assert safe(text) == shown


@given(st.text())
def test_a_safe_text_can_be_printed_and_stays_as_it_is(text: str) -> None:
    once = safe(text)
    assert once.encode("utf-8").decode("utf-8") == safe(once)


def test_a_label_is_one_line() -> None:
    assert one_line("  two\r\n lines\there ") == "two lines here"


@given(st.text(alphabet="ab 日本é\u0301…", max_size=30), st.integers(min_value=1, max_value=20))
def test_a_cut_text_fits_and_says_that_it_was_cut(text: str, width: int) -> None:
    short = cut(text, width)
    assert wcswidth(short) <= width
    assert short == text or short.endswith("…")


def test_wide_characters_take_two_columns() -> None:
    assert columns("日本") == 4
    assert cut("日本語", 4) == "日…"


@given(st.lists(st.text(alphabet="abc日", min_size=1, max_size=8), max_size=20))
def test_wrapping_loses_no_word_and_keeps_to_the_width(words: list[str]) -> None:
    lines = wrap(" ".join(words), 20).split("\n")
    assert " ".join(lines).split() == words
    assert all(columns(line) <= 20 for line in lines)


def test_wrapping_keeps_the_indent_and_never_breaks_a_url() -> None:
    url = "https://example.com/a/very/long/path"
    assert wrap(f"  see {url} for more", 20) == f"  see\n  {url}\n  for more"


def test_a_mark_stays_with_its_word() -> None:
    assert wrap("✓ name  – TLS  ✗ model list  ✓ key", 12) == "✓ name – TLS\n✗ model list\n✓ key"
    assert wrap("it ends so ✓", 10) == "it ends so\n✓"


def test_a_command_that_fits_a_line_is_not_broken() -> None:
    hint = "to add this provider: crush-wizard add-provider xai"
    assert wrap(hint, 40) == "to add this provider:\ncrush-wizard add-provider xai"
    assert wrap(hint, 25) == "to add this provider:\ncrush-wizard add-provider\nxai", "it has no room in one line"
    assert (
        wrap("run `crush-wizard list`, or `crush-wizard test`", 30)
        == "run `crush-wizard list`, or\n`crush-wizard test`"
    )


def test_without_a_width_nothing_is_wrapped() -> None:
    assert wrap("word " * 100, None) == "word " * 100
