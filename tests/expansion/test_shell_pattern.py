"""The patterns of a shell."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.expansion.pattern import compiled, ends, replaced, without_prefix, without_suffix
from wizard.expansion.syntax import NotCovered

PATTERN = st.lists(st.sampled_from(["*", "?", "a", "b", "[ab]", "[!a]"]), max_size=6).map("".join)
TEXT = st.text(alphabet="abc\n", max_size=8)


@given(PATTERN, TEXT)
def test_every_end_is_one_that_the_standard_library_finds(pattern: str, text: str) -> None:
    whole = [end for end in range(len(text) + 1) if fnmatchcase(text[:end], pattern)]
    assert ends(compiled(pattern), text) == whole


@given(PATTERN, TEXT)
def test_what_goes_is_matched_and_what_stays_was_there(pattern: str, text: str) -> None:
    tokens = compiled(pattern)
    for longest in (False, True):
        left = without_prefix(tokens, text, longest=longest)
        assert left == text or (text.endswith(left) and fnmatchcase(text[: len(text) - len(left)], pattern))
        left = without_suffix(tokens, text, longest=longest)
        assert left == text or (text.startswith(left) and fnmatchcase(text[len(left) :], pattern))


@given(PATTERN, TEXT)
def test_replacing_is_what_a_greedy_expression_does(pattern: str, text: str) -> None:
    expression = pattern.replace("*", "X").replace("?", ".").replace("!", "^").replace("X", ".*")
    first = re.sub(expression, "-", text, count=1, flags=re.DOTALL)
    assert replaced(compiled(pattern), text, "-", everywhere=False) == first


def test_everywhere() -> None:
    assert replaced(compiled("a?"), "abcacab", "-", everywhere=True) == "-c--"
    assert replaced(compiled("*"), "abc", "-", everywhere=True) == "-"
    assert replaced(compiled("*"), "", "-", everywhere=True) == "-"


def test_an_escaped_star_is_a_star() -> None:
    assert without_prefix(compiled(r"\*"), "*a", longest=True) == "a"
    assert without_prefix(compiled(r"\*"), "xa", longest=True) == "xa"


@pytest.mark.parametrize("pattern", ["[", "a[b", "[[:alpha:]]", "+(a)", "[b-a]", "[a-]", "\\"])
def test_what_is_not_covered(pattern: str) -> None:
    with pytest.raises(NotCovered):
        compiled(pattern)
