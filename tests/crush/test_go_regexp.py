"""Which patterns Go's regexp package refuses; what may be right is never called wrong."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.crush.go_regexp import fault

TAKEN = [
    "",
    "bash",
    "^(bash|edit)$",
    r"mcp__.*__(read|write)",
    r"\d+\.\w*?",
    r"(?i)view",
    r"(?i:a)b",
    r"(?P<tool>a)",
    r"(?<tool>a)",
    r"[[:alpha:]]+",
    r"[]a]",
    r"[^]a]",
    r"\pL\p{Greek}",
    r"\Qa(b\E",
    r"a{2,3}?",
    r"a{,3}",
    r"a{x",
    r"\x{10FFFF}",
    r"\z\A\b",
    r"^*",
    r"\12",
    r"(a)*",
    r"[a-z]+",
    r"\(",
    r"[(]",
]
REFUSED = [
    r"(?=a)",
    r"(?!a)",
    r"(?<=a)b",
    r"(?<!a)b",
    r"(?>a)",
    r"(a)\1",
    r"*a",
    r"a|*",
    r"(+a)",
    r"a**",
    r"a++",
    r"a*??",
    r"(a",
    r"a)",
    r"[a",
    "a\\",
    r"a{1001}",
    r"a{3,2}",
    r"\y",
    r"\Z",
]


@pytest.mark.parametrize("pattern", TAKEN)
def test_what_go_takes(pattern: str) -> None:
    assert fault(pattern) == ""


@pytest.mark.parametrize("pattern", REFUSED)
def test_what_go_refuses(pattern: str) -> None:
    assert fault(pattern)


@given(st.text(alphabet="abc.*+?|()[]^$\\{}1,", max_size=12))
def test_it_always_answers(pattern: str) -> None:
    assert isinstance(fault(pattern), str)


@given(st.text())
def test_a_quoted_text_is_always_taken(text: str) -> None:
    if text.isascii():
        assert fault(re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", text)) == ""
