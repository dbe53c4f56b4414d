"""The rows of what is about to be saved."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from wizard.change.summary import key_text, say_summary
from wizard.files.edit import TextEdit
from wizard.files.plan import FileEdit, Plan
from wizard.flow.build import Draft
from wizard.provider.provider import Provider
from wizard.ui.output import Output


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


def test_each_file_is_called_what_it_is(tmp_path: Path) -> None:
    formats = {"crush.json": "json", "crushrc": "crushrc", ".bashrc": "shell", "commands.toml": "toml"}
    edits = (FileEdit(tmp_path / name, None, (TextEdit(0, 0, "one\n"),), format_) for name, format_ in formats.items())
    said = io.StringIO()
    say_summary((), Plan("add-provider", tuple(edits)), Output(io.StringIO(), said))
    called = [line.split()[0] for line in said.getvalue().strip().splitlines()]
    assert called == ["config", "config", "shell", "command", "start"]
