"""Which values are templates, and how a literal is spelled so that Crush reads it back (crush-behaviour 4)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.provider.template import (
    broken_template,
    escape_literal,
    has_command,
    is_template,
    lookup,
    spell,
    standing_for,
    variables,
)


@pytest.mark.parametrize(
    ("value", "template"),
    [
        ("$FOO", True),
        ("Bearer $FOO", True),
        ("${FOO:-x}", True),
        ("$(pass show x)", True),
        ("`date`", True),
        (r"cost \$5", True),
        ("plain", False),
        ("100$", False),
        ("a$ b", False),
        ("$%", False),
        ("$5", False),
        ("a`b", False),
        (r"C:\Users\me", False),
        ("", False),
    ],
)
def test_is_template(value: str, template: bool) -> None:
    assert is_template(value) is template


def crush_reads(text: str) -> str:
    """Crush's rules for a value without expansions: a backslash is special before $, back-quote, backslash (4.2)."""
    out, index = "", 0
    while index < len(text):
        if text[index] == "\\" and text[index + 1 : index + 2] in ("$", "`", "\\"):
            index += 1
        out += text[index]
        index += 1
    return out


@given(st.text())
def test_an_escaped_literal_reads_back_as_itself(literal: str) -> None:
    written = escape_literal(literal)
    assert crush_reads(written) == literal
    assert not [match for match in range(len(written)) if written[match] in "$`" and not _is_escaped(written, match)]


def _is_escaped(text: str, index: int) -> bool:
    return (len(text[:index]) - len(text[:index].rstrip("\\"))) % 2 == 1


def test_spell_keeps_templates_and_escapes_literals() -> None:
    assert spell("Bearer $TOKEN") == "Bearer $TOKEN"
    assert spell("pa$$5`\\") == "pa\\$\\$5\\`\\\\"
    assert spell("nothing special") == "nothing special"


def test_variables_and_commands() -> None:
    assert variables("$A ${B:-x} $A") == ("A", "B")
    assert has_command("$(date)")
    assert has_command("`date`")
    assert not has_command("$A")


@pytest.mark.parametrize(
    ("value", "problem"),
    [("${A", "${...} is not closed"), ("$(date", "$(...) is not closed"), ("`date", "a back-quote is not closed")],
)
def test_broken_templates(value: str, problem: str) -> None:
    assert broken_template(value) == problem


@pytest.mark.parametrize("value", ["$A", "${A}", "$(date)", "`date`", r"\${A", "plain"])
def test_whole_templates(value: str) -> None:
    assert broken_template(value) is None


@pytest.mark.parametrize(
    ("value", "variable"),
    [
        ("$KEY", "KEY"),
        ("${KEY}", "KEY"),
        (lookup("KEY"), "KEY"),
        ("Bearer $KEY", None),
        ("$A$B", None),
        ("${KEY:-other}", None),
        ("$(get KEY)", None),
        ("literal", None),
        ("", None),
    ],
)
def test_the_variable_that_a_value_stands_for(value: str, variable: str | None) -> None:
    assert standing_for(value) == variable


@pytest.mark.parametrize("value", ["$KEYé", "${KEY}é", "x$KEYж-$KEY"])
def test_a_letter_beyond_ascii_ends_a_name(value: str) -> None:
    assert variables(value) == ("KEY",)
    assert is_template(value)
