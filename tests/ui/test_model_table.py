"""Models on a screen: a table where it fits, lines where it does not, and what the marks mean."""

from __future__ import annotations

import pytest

from wizard.flow.model_comparison import Compared, Difference
from wizard.provider.model_facts import ModelFacts
from wizard.ui.model_table import left_out, render_models
from wizard.ui.text import columns

BIG = Compared(
    "vendor/big-1",
    "configured",
    ModelFacts("vendor/big-1", "Big One", 1, 2.5, None, 0.1, 128_000, default_max_tokens=8_000, can_reason=True),
    (Difference("context_window", 128_000, 64_000, "endpoint"),),
)
GONE = Compared("old", "gone", ModelFacts("old", supports_attachments=True, tools=False))


def test_a_table() -> None:
    assert render_models([BIG, GONE], None) == (
        "   model         name     context  answer  in   out   hit  can\n"
        "●  vendor/big-1  Big One    128k!      8k  $1  $2.5  $0.1  reasoning\n"
        "✗  old                                                     images, no tools\n"
        "\n"
        "! vendor/big-1: context 128k (endpoint: 64k)\n"
        "\n"
        "● configured  ✗ configured, not in the endpoint's list  ! differs"
    )


def test_lines_at_40_columns() -> None:
    assert render_models([BIG, GONE], 40) == (
        "● vendor/big-1\n"
        "  Big One · 128k! context · 8k answer ·\n"
        "  $1 in, $2.5 out, $0.1 hit · reasoning\n"
        "✗ old\n"
        "  images · no tools\n"
        "\n"
        "! vendor/big-1: context 128k (endpoint:\n"
        "64k)\n"
        "\n"
        "● configured ✗ configured, not in the\n"
        "endpoint's list ! differs"
    )


@pytest.mark.parametrize("width", [40, 60, 72, 80, 100, 200])
def test_ids_are_never_cut_and_lines_fit(width: int) -> None:
    named = Compared("vendor/with-a-long-id", "offered", ModelFacts("x", "A name 模型 that is much longer than others"))
    shown = render_models([BIG, named], width)
    assert "vendor/with-a-long-id" in shown
    assert all(columns(line) <= width for line in shown.splitlines())


def test_many_that_are_only_offered_are_counted() -> None:
    offered = [Compared(f"m{number}", "offered", ModelFacts(f"m{number}")) for number in range(11)]
    assert left_out([BIG, *offered]) == 11
    assert "m3" not in render_models([BIG, *offered], 80)
    assert left_out([BIG, *offered[:10]]) == 0
    assert "m3" in render_models([BIG, *offered[:10]], 80)


def test_marks_for_a_terminal_without_others() -> None:
    shown = render_models([BIG, GONE], 80, "ascii")
    assert shown.isascii()
    assert "x  old" in shown


def test_escapes_are_spelled_out() -> None:
    bad = Compared("a\x1b[2Jb", "configured", ModelFacts("a", "n\x1b[1m"))
    for width in (None, 40, 80):
        assert "\x1b" not in render_models([bad], width)
