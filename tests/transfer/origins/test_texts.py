"""The files' formats: what is taken, what is refused, and where."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from wizard.errors import InvalidConfig
from wizard.transfer.origins.fields import top_of
from wizard.transfer.origins.plain_text import LARGEST_FILE, json_tree, text_of, toml_tree
from wizard.transfer.origins.yaml_text import yaml_tree

HERE = Path("file")
LETTERS = st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=["Cc", "Cf", "Zl", "Zp"])
# `1e-6` is a number for us and for the tools, though not for YAML 1.1, in which the text is written.
WORDS = st.text(LETTERS).filter(lambda text: not re.fullmatch(r"[-+]?[\d.]+[eE][-+]?\d+", text))
LEAVES = (
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(-1e9, 1e9).map(lambda x: round(x, 3)) | WORDS
)
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4))


@given(TREES)
def test_yaml_reads_back_as_what_was_written(tree: Any) -> None:
    assert yaml_tree(yaml.safe_dump(tree, allow_unicode=True), HERE) == tree


@given(TREES)
def test_json_reads_back_between_comments(tree: Any) -> None:
    text = json.dumps(tree, indent=1)
    with_comments = "// begin\n" + "".join(
        line + (" // , ] }\n" if line.rstrip().endswith(("[", "{")) else "\n") for line in text.splitlines()
    )
    assert json_tree(with_comments + "/* end", HERE) == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ('{"a": [1, 2, /* last */ ], }', {"a": [1, 2]}),
        ('{"a": "// no, comment ,]"}', {"a": "// no, comment ,]"}),
        (r'{"a": "\"//", // b' + "\n}", {"a": '"//'}),
    ],
)
def test_json_with_comments_and_last_commas(text: str, tree: Any) -> None:
    assert json_tree(text, HERE) == tree


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [("{\n  // a\n  'b': 1}", 3, 3), ('{"a": 1,,2}', 1, 9), ("", 1, 1), ('{"a" /* b\n */ 1}', 2, 5)],
)
def test_the_place_in_json(text: str, line: int, column: int) -> None:
    with pytest.raises(InvalidConfig) as caught:
        json_tree(text, HERE)
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "[" * 60 + "]" * 60, '{"a": NaN}', "[" + "1," * 60_000 + "1]", "1" * 5000, "[" + ",/*x*/" * 30_000],
)
def test_json_is_bounded(text: str) -> None:
    with pytest.raises(InvalidConfig):
        json_tree(text, HERE)


def test_the_place_in_toml() -> None:
    with pytest.raises(InvalidConfig) as caught:
        toml_tree('a = 1\nb = "x', HERE)
    assert caught.value.line == 2
    assert "line" not in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 5000,
        "a = " + "[" * 60 + "]" * 60,
        "a = " + "1" * 5000,
        "a." * 90_000 + "b=1",
        '"a" . ' * 60 + "b=1",
    ],
)
def test_toml_is_bounded(text: str) -> None:
    with pytest.raises(InvalidConfig):
        toml_tree(text, HERE)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", None),
        ("a: 3e-06\nb: 1e5\nc: '1e5'", {"a": 3e-06, "b": 1e5, "c": "1e5"}),
        ("a: 2024-10-21\nb: 0x10\nc: 1:30", {"a": "2024-10-21", "b": "0x10", "c": "1:30"}),
        ("a: .inf\nb: .nan", {"a": ".inf", "b": ".nan"}),
        ("b: &b {x: 1, y: 1}\na:\n  <<: *b\n  y: 2", {"b": {"x": 1, "y": 1}, "a": {"x": 1, "y": 2}}),
        ("a: {<<: [{x: 1}, {x: 2, y: 2}]}", {"a": {"x": 1, "y": 2}}),
        ("2024-01-01: a", {"2024-01-01": "a"}),
    ],
)
def test_yaml_gives_plain_values_only(text: str, tree: Any) -> None:
    assert yaml_tree(text, HERE) == tree


BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]\n" for n in range(1, 30))
MERGE_BOMB = "a0: &a0 {x: 1}\n" + "".join(
    f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 30)
)


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        MERGE_BOMB,
        "a: &a [*a]",
        "[" * 5000,
        "a: " * 60,
        "a: !!python/object/apply:os.system [id]",
        "a: !!binary aGk=",
        "a: !env X",
        "? [a]\n: b",
        "a: 1\n---\nb: 2",
    ],
)
def test_yaml_that_is_too_much_or_too_clever_is_refused(text: str) -> None:
    with pytest.raises(InvalidConfig):
        yaml_tree(text, HERE)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [("a: 1\nb: [1", 2, 6), ("a: 1\n  b: 2", 2, 4), ("a: 1\nb: !x y", 2, 4), ("a: \x1b", 1, 4)],
)
def test_the_place_in_yaml(text: str, line: int, column: int) -> None:
    with pytest.raises(InvalidConfig) as caught:
        yaml_tree(text, HERE)
    assert (caught.value.line, caught.value.column) == (line, column)


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(b"\xef\xbb\xbf{}")
    assert text_of(file) == "{}"


def test_text_that_is_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(InvalidConfig) as caught:
        text_of(file)
    assert caught.value.line == 2


def test_a_file_that_is_too_long_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"#" * (LARGEST_FILE + 1))
    with pytest.raises(InvalidConfig):
        text_of(file)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("a\x1b[2Jb", "`name` contains the invisible character U+001B"),
        ("a\nb", "`name` contains the invisible character U+000A"),
        ("pay\u202epal", "`name` contains the invisible character U+202E"),
        ("x" * 5000, "`name` has over 4096 characters"),
        ([], "`name` is a list, not text"),
        (True, "`name` is a boolean, not text"),
    ],
)
def test_text_is_refused_for_what_is_in_it(value: Any, why: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        top_of({"name": value}, HERE).text("name")
    assert caught.value.message == why


@pytest.mark.parametrize("value", [-1, 1e13, float("inf"), float("nan"), True, "5", None, []])
def test_a_number_out_of_bounds_is_not_there(value: Any) -> None:
    assert top_of({"n": value}, HERE).number("n") is None


def test_the_top_is_an_object() -> None:
    with pytest.raises(InvalidConfig, match="the top level is a list"):
        top_of([], HERE)
