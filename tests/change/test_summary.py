"""The rows of what is about to be saved."""

from __future__ import annotations

from typing import Any

import pytest

from wizard.change.summary import key_text
from wizard.flow.build import Draft
from wizard.provider.provider import Provider


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"entry": {"api_key": "$(az token)"}}, "key comes from `az token`"),
        ({"env": {"AWS_PROFILE": "work"}}, "AWS_PROFILE is work"),
        ({"merging": True}, "key does not change"),
        ({}, "no key"),
    ],
)
def test_what_signs_in_where_there_is_no_key(fields: dict[str, Any], said: str) -> None:
    provider = Provider(id="p", name="P", type="openai", base_url="https://p.example")
    none = dict.fromkeys(("removed", "emptied", "notes", "warnings"), ())
    no = dict.fromkeys(("merging", "stored", "decides_keys", "decides_store"), False)
    usual = {"provider": provider, "entry": {}, "selected": {}, "variable": None, "secret": None, "keys": None}
    assert key_text(Draft(**{**usual, **none, **no, **fields})) == said
