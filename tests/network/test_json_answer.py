from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.network.json_answer import DEEPEST, NotJson, parse_json

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(PLAIN)
def test_json_is_read(value: object) -> None:
    assert parse_json(json.dumps(value).encode()) == value


@given(st.binary())
def test_anything_else_is_refused_in_one_way(body: bytes) -> None:
    with suppress(NotJson):
        parse_json(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"NaN",
        b"[Infinity]",
        b"[-Infinity]",
        b"[1e999]",
        b"[" + b"9" * 5000 + b"]",
        b'"\xff"',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * (DEEPEST + 2) + b"]" * (DEEPEST + 2),
    ],
)
def test_what_is_refused(body: bytes) -> None:
    with pytest.raises(NotJson):
        parse_json(body)


def test_nesting_up_to_the_limit() -> None:
    parse_json(b"[" * DEEPEST + b"]" * DEEPEST)
