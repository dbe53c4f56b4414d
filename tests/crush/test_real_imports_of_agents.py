"""A real Crush with what comes of other tools' setups: it starts, and has every provider with its models."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.transfer.origins.conftest import Home
from tests.transfer.origins.new_samples import SAMPLES, Sample
from wizard.provider.builtins import BUILTINS
from wizard.transfer.origins.found import look_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.crush.real.program import RealCrush


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.folder)
def test_crush_has_the_providers_and_their_models(crush: RealCrush, tmp_path: Path, sample: Sample) -> None:
    home = Home(tmp_path / "other")
    home.folder.mkdir()
    sample.put(home)
    (found,), errors = look_for([sample.tool], home.around, None)
    assert errors == ()
    entries = {provider.id: dict(provider.entry) for provider in found.profile.providers}
    config = {"providers": entries, "models": {slot: dict(choice) for slot, choice in found.profile.selected.items()}}
    crush.config_file.parent.mkdir(parents=True, exist_ok=True)
    crush.config_file.write_text(json.dumps(config), encoding="utf-8")
    keys = dict.fromkeys(found.profile.secrets, "made-up-0123456789")
    listed = type(crush)(crush.program, crush.home, {**crush.env, **keys}, crush.internet, crush.system).models()
    assert listed.starts, listed.message
    for name, entry in entries.items():
        wanted = {model["id"] for model in entry.get("models", ())}
        if name not in BUILTINS and "$(" not in entry["api_key"] and wanted:
            assert wanted <= set(listed.of(name)), name
