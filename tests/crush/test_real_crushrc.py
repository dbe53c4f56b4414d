"""The examples of crushrc files, asked of a real Crush."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.crush.crushrc_examples import ENV, EXAMPLES, Example
from tests.crush.real.program import RealCrush


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.script)
def test_an_example(example: Example, crush: RealCrush) -> None:
    crush.config_file.parent.mkdir(parents=True)
    crush.config_file.with_name("crushrc").write_text(example.script, encoding="utf-8")
    listed = replace(crush, env=ENV).models()
    assert listed.starts == (not example.stops), listed.message
    for provider in ("acme", *example.models):
        assert listed.of(provider) == example.models.get(provider, ())
