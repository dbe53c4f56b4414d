"""Where a key of a TOML text stands."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.flow.toml_positions import KeyPath, locate

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = """\
# a = 1
top = "x # no comment = 2"
many = '''
top = 3
''' # trailing
dotted . "quoted" = 5
list = [ # why
  { a = 1, b = [2, 3] },
  { a = "}" },
]

[table]
date = 2026-08-21
float = 1.5

[[items]]
a = 1
[[items.parts]]
b = 1
[[items.parts]]
b = 2
[items.info]
c = 3

[[items]]
a = 2
"""


@pytest.mark.parametrize(
    ("key", "place"),
    [
        (("top",), (2, 1)),
        (("many",), (3, 1)),
        (("dotted",), (6, 1)),
        (("dotted", "quoted"), (6, 1)),
        (("list",), (7, 1)),
        (("list", 0), (8, 3)),
        (("list", 0, "b"), (8, 12)),
        (("list", 0, "b", 1), (8, 20)),
        (("list", 1, "a"), (9, 5)),
        (("table",), (12, 2)),
        (("table", "float"), (14, 1)),
        (("items", 0, "a"), (17, 1)),
        (("items", 0, "parts", 1, "b"), (21, 1)),
        (("items", 0, "info", "c"), (23, 1)),
        (("items", 1), (25, 3)),
        (("items", 1, "a"), (26, 1)),
        (("items", 1, "missing"), (25, 3)),
        (("missing",), None),
    ],
)
def test_a_key_is_found_where_it_stands(key: KeyPath, place: tuple[int, int] | None) -> None:
    assert locate(TEXT, key) == place
    assert locate(TEXT.replace("\n", "\r\n"), key) == place


def _leaves(value: Any, key: KeyPath = ()) -> Iterator[KeyPath]:
    """The path of every value that is neither table nor list."""
    if not isinstance(value, dict | list):
        yield key
    for name, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from _leaves(item, (*key, name))


PRESETS = sorted((Path(__file__).parents[2] / "presets").glob("*.toml"))


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_every_value_of_every_shipped_preset_is_found_behind_its_key(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    data = tomllib.loads(text)
    lines = text.splitlines()
    for key in _leaves(data):
        line, column = locate(text, key) or (0, 0)
        there = lines[line - 1][column - 1 :]
        assert there.startswith(f"{key[-1]} = ") or (isinstance(key[-1], int) and there.startswith('"'))


@given(st.text(alphabet="ab=.[]{}\"'#\n\\, 1", max_size=80))
def test_no_text_is_too_strange(text: str) -> None:
    assert locate(text, ("a", 0, "b")) is None or "a" in text
