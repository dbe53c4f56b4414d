"""A text that is nearly JSON becomes JSON, and nothing else of it changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wizard.doctor.json_repair import repair_of
from wizard.files.edit import apply_edits


def repaired(path: Path, text: str) -> str | None:
    fix = repair_of(path, text.encode())
    return None if fix is None else apply_edits(text, fix.edits)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"a": [1, 2,],}', '{"a": [1, 2]}'),
        ('\ufeff{"a": 1}', '{"a": 1}'),
        ('{\r\n  "a": 1,\r\n}\r\n', '{\r\n  "a": 1\r\n}\r\n'),
        ('{"a": 1, // one\n"b": 2 /* two */}', '{"a": 1,\n"b": 2 }'),
        ('{"a": "x, }", "b": "// no",}', '{"a": "x, }", "b": "// no"}'),
        ('{"a": 1, // last\n}', '{"a": 1\n}'),
    ],
)
def test_what_can_be_put_right(tmp_path: Path, before: str, after: str) -> None:
    assert repaired(tmp_path / "crush.json", before) == after


@pytest.mark.parametrize("text", ["", "   ", "{", "{'a': 1}", '{"a": 1 "b": 2}', "[1,]", '{"a": NaN}', '{"a": 1}'])
def test_what_takes_a_person(tmp_path: Path, text: str) -> None:
    assert repaired(tmp_path / "crush.json", text) is None


def test_comments_are_taken_out_only_with_a_consent_of_their_own(tmp_path: Path) -> None:
    fix = repair_of(tmp_path / "crush.json", b'{"a": 1, /* mine */ }')
    assert fix is not None
    assert (fix.automatic, fix.description) == (False, "remove the comma after the last member and the comments")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(["x", "y", "a // b", "/* c */"]), VALUES, min_size=1, max_size=3))
def test_a_comma_too_many_is_all_that_goes(tmp_path: Path, value: dict[str, Any]) -> None:
    text = json.dumps(value, indent=1)
    assert repaired(tmp_path / "crush.json", text[:-2] + ",\n}") == text
