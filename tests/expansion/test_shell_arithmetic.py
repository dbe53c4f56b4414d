"""Whole numbers, as Crush's shell counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.expansion.arithmetic import DivisionByZero, computed
from wizard.expansion.syntax import NotCovered

VARIABLES = {"N": "7", "NEGATIVE": " -3 ", "NAME": "N", "LOOP": "LOOP", "EMPTY": "", "TEXT": "1+2", "OCTAL": "010"}


def value(text: str) -> int:
    return computed(text, lambda name: VARIABLES.get(name, ""))


NUMBER = st.integers(0, 99).map(str)
SUM = st.recursive(
    NUMBER,
    lambda inner: (
        st.tuples(inner, st.sampled_from(["+", "-", "*", "&", "|", "^"]), inner).map(
            lambda parts: f"({' '.join(parts)})"
        )
        | inner.map(lambda text: f"-{text}" if not text.startswith("-") else text)
    ),
    max_leaves=5,
)


@given(SUM)
def test_plain_sums_are_those_of_python(text: str) -> None:
    assert value(text) == eval(text)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("2+3*4-1", 13),
        ("-5/2", -2),
        ("-5%3", -2),
        ("5%-3", 2),
        ("2**3**2", 512),
        ("-2**2", 4),
        ("1<<3|1", 9),
        ("1<2==1", 1),
        ("!0&&~0", 1),
        ("0||0", 0),
        ("1,2", 2),
        ("N*2", 14),
        ("$N + ${N}", 14),
        ("NEGATIVE", -3),
        ("NAME", 7),
        ("LOOP + EMPTY + UNSET", 0),
    ],
)
def test_results(text: str, result: int) -> None:
    assert value(text) == result


@pytest.mark.parametrize("text", ["1/0", "1%0", "1/EMPTY", "0&&1/0"])
def test_division_by_zero(text: str) -> None:
    with pytest.raises(DivisionByZero):
        value(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "1 2", "1+", "(1", "1.5", "010", "0x1f", "2#1", "OCTAL", "TEXT"),
        *("N++", "--N", "N=1", "N+=1", "1<<=2", "1?2:3"),
        *("2**63", "2**64", "2**-1", "1<<63", "1<<-1", "9223372036854775808", "9223372036854775807+1"),
        "1" * 200,
        "(" * 30 + "1" + ")" * 30,
    ],
)
def test_what_is_not_covered(text: str) -> None:
    with pytest.raises(NotCovered):
        value(text)
