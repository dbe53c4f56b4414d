"""A slice of the long run (`python -m tests.fuzz`): whatever a reader gets, it takes it or refuses it in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fuzz.readers import READERS
from tests.fuzz.run import fed

if TYPE_CHECKING:
    from pathlib import Path

INPUTS = 40


@pytest.mark.parametrize("name", READERS)
def test_nearly_good_inputs_are_taken_or_refused(name: str, tmp_path: Path) -> None:
    done = fed(READERS[name], INPUTS, 1, tmp_path)
    assert [crash.where for crash in done.crashes] == []


@pytest.mark.parametrize("name", READERS)
def test_the_good_inputs_are_good(name: str, tmp_path: Path) -> None:
    reader = READERS[name]
    for seed in reader.seeds if name != "text" else ():
        reader.read(seed, tmp_path)
