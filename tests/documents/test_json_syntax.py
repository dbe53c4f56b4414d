"""What is refused, with the place of the culprit, and what is taken although it looks odd."""

from __future__ import annotations

import sys

import pytest

from wizard.documents.json.faults import MAX_DEPTH
from wizard.documents.json.syntax import parse, read_text
from wizard.errors import InvalidConfig

REFUSED = [
    # text, line, column, a word of the message
    ("   \n", 1, 1, "white space"),
    ("[]", 1, 1, "a list, not an object"),
    ("null", 1, 1, "null, not an object"),
    ('\n "x"', 2, 2, "a string, not an object"),
    ("12", 1, 1, "a number, not an object"),
    ("{", 1, 2, "the file ends"),
    ('{"a": 1', 1, 8, "the file ends"),
    ('{"a"', 1, 5, "`:` after the key"),
    ('{"a": }', 1, 7, "expected a value"),
    ('{"a" 1}', 1, 6, "`:` after the key"),
    ('{"a": 1 "b": 2}', 1, 9, "expected `,` or `}`"),
    ('{"a": [1 2]}', 1, 10, "expected `,` or `]`"),
    ('{"a": 1}}', 1, 9, "the end of the file"),
    ('{"a": [1}', 1, 9, "expected `,` or `]`"),
    ('{,"a": 1}', 1, 2, "a key in double quotes"),
    ("{a: 1}", 1, 2, "found `a`"),
    ("{'a': 1}", 1, 2, "single quotes"),
    ("{\"a\": 'b'}", 1, 7, "single quotes"),
    ('{\n  "a": 1,\n}', 2, 9, "a comma with nothing after it"),
    ('{"a": [1, 2 , ] }', 1, 13, "a comma with nothing after it"),
    ('// x\n{"a": 1}', 1, 1, "a comment (//)"),
    ('{\n  "a": 1, // x\n  "b": 2\n}', 2, 11, "a comment (//)"),
    ('{"a": /* x */ 1}', 1, 7, "a comment (/*)"),
    ('{"a": 1} # x', 1, 10, "a comment (#)"),
    ('{"a": NaN}', 1, 7, "NaN"),
    ('{"a": -Infinity}', 1, 7, "-Infinity"),
    ('{"a": True}', 1, 7, "found `True`"),
    ('{"a": undefined}', 1, 7, "found `undefined`"),
    ('{"a": truex}', 1, 11, "found `x`"),
    ('{"a": 1e999}', 1, 7, "too large"),
    ('{"a": [0, -1e999]}', 1, 11, "too large"),
    ('{"a": 01}', 1, 7, "`01` is not a JSON number"),
    ('{"a": 1.}', 1, 7, "`1.` is not a JSON number"),
    ('{"a": .5}', 1, 7, "found `.5`"),
    ('{"a": +1}', 1, 7, "found `+1`"),
    ('{"a": 0x1F}', 1, 7, "`0x1F` is not a JSON number"),
    ('{"a": "b', 1, 7, "never closed"),
    ('{"a": "b\n"}', 1, 9, "the line ends inside a string"),
    ('{"a": "é\tb"}', 1, 9, "U+0009"),
    ('{"a": "\x1b[31m"}', 1, 8, "U+001B"),
    ('{"a": "\\x41"}', 1, 8, "unknown escape"),
    ('{"a": "\\u12g4"}', 1, 8, "unknown escape"),
    ('{"a":\u00a01}', 1, 6, "U+00A0"),
    ('\ufeff{"a": 1}', 1, 1, "BOM"),
    ('{"ключ": "значение", "b": tru}', 1, 27, "found `tru`"),
    ('{\r\n  "a": 1,\r\n  "b": x\r\n}', 3, 8, "found `x`"),
]


@pytest.mark.parametrize(("text", "line", "column", "message"), REFUSED)
def test_a_fault_is_refused_where_it_is(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(InvalidConfig) as refused:
        parse(text, "crush.json")
    assert refused.value.where == f"crush.json:{line}:{column}"
    assert message in refused.value.message
    assert refused.value.hint


@pytest.mark.parametrize("text", ['{"a": 1,}', '{"a": 1} // x', "\ufeff{}", " ", "[]"])
def test_the_hint_says_that_crush_refuses_it_too(text: str) -> None:
    with pytest.raises(InvalidConfig) as refused:
        parse(text, "crush.json")
    assert "Crush refuses this file as well" in refused.value.hint


def test_no_long_word_of_the_file_is_quoted() -> None:
    with pytest.raises(InvalidConfig) as refused:
        parse('{"api_key": sk_live_0123456789}', "crush.json")
    assert "0123456789" not in refused.value.message + refused.value.hint


def nested(depth: int) -> str:
    return '{"a": ' + "[" * (depth - 1) + "]" * (depth - 1) + "}"


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 5_000, 200_000])
def test_nesting_that_is_too_deep_is_refused_at_the_bracket_that_is_too_much(depth: int) -> None:
    with pytest.raises(InvalidConfig, match="nested too deeply") as refused:
        parse(nested(depth), "crush.json")
    assert (refused.value.line, refused.value.column) == (1, len('{"a": ') + MAX_DEPTH)


def test_the_deepest_nesting_allowed_is_read() -> None:
    assert parse(nested(MAX_DEPTH), "crush.json").value.keys() == {"a"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('\n {"a": 1}\r\n\t ', {"a": 1}),
        ('{"a": "\\ud800"}', {"a": "\ud800"}),
        ('{"a": "\u2028\x7f"}', {"a": "\u2028\x7f"}),
        ('{"a": -0, "b": 1E2, "c": 0.10}', {"a": 0, "b": 100.0, "c": 0.1}),
        ('{"a": 12345678901234567890}', {"a": 12345678901234567890}),
        ('{"a": 1, "a": 2}', {"a": 2}),
    ],
)
def test_what_crush_reads_is_read(text: str, value: object) -> None:
    assert parse(text, "crush.json").value == value


def test_an_integer_of_thousands_of_digits_keeps_its_digits() -> None:
    digits = "9" * (sys.get_int_max_str_digits() + 1)
    assert parse(f'{{"a": {digits}}}', "crush.json").value == {"a": digits}


@pytest.mark.parametrize(
    ("raw", "where", "message"),
    [
        (b'\xef\xbb\xbf{"a": 1}', "1:1", "BOM"),
        ('{"a": 1}'.encode("utf-16"), "1:1", "UTF-16"),
        ('{"a": 1}'.encode("utf-16-le"), "1:1", "UTF-16"),
        ('{"a": 1}'.encode("utf-16-be"), "1:1", "UTF-16"),
        ('{"a": 1}'.encode("utf-32"), "1:1", "UTF-32"),
        ('{"a": 1}'.encode("utf-32-le"), "1:1", "UTF-32"),
        ('{"a": 1}'.encode("utf-32-be"), "1:1", "UTF-32"),
        ('{\n "ü": "é'.encode() + b'\xff"}', "2:9", "0xFF"),
        (b'{"a": "\xed\xa0\x80"}', "1:8", "0xED"),
    ],
)
def test_what_is_not_utf_8_is_refused(raw: bytes, where: str, message: str) -> None:
    with pytest.raises(InvalidConfig) as refused:
        read_text(raw, "crush.json")
    assert refused.value.where == f"crush.json:{where}"
    assert message in refused.value.message
    assert "UTF-8" in refused.value.hint


def test_text_is_decoded_as_it_is() -> None:
    raw = '{\r\n"ü": "\u2028\\u00e9"\n\r}'.encode()
    assert read_text(raw, "crush.json").encode() == raw
