"""Every entry that any preset can produce has the fields that Crush publishes, with their types."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from tests.facts import crush_fields
from wizard.documents.document import PutProvider, SelectModel
from wizard.documents.json.document import JsonDocument
from wizard.files.edit import apply_edits
from wizard.flow.build import build
from wizard.flow.driver import Interview
from wizard.flow.facts import Facts, StoreFact
from wizard.flow.preset_library import SHIPPED, load_shipped
from wizard.provider.types import CLOUD_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.flow.preset import Preset
    from wizard.flow.question import Raw

VALIDATOR = Draft202012Validator(crush_fields.schema())

OWN = {"base_url": "https://llm.example.com/v1", "models": ("m-1", "m-2"), "headers": ("X-A=b$",)}
TYPED = {"account": "0123456789abcdef" * 2, "resource": "my-res", "deployment": ("prod:gpt-5", "unheard-of")}
TYPED |= {"gateway": "default", "host": "box.lan:8080"}
TYPED |= {"profile": "work", "refresh": "aws sso login", "project": "my-project", "location": "global"}


def _ways(preset: Preset) -> Iterator[dict[str, Raw]]:
    """Every combination of a preset's choices, with and without a key, old Crush or new."""
    choices = [
        [(f"set.{question.key}", choice.value) for choice in question.choices]
        for question in preset.questions
        if question.choices
    ]
    typed: dict[str, Any] = {
        f"set.{question.key}": TYPED[question.key] for question in preset.questions if not question.choices
    }
    if preset.custom:
        typed |= OWN
    elif not (preset.models or preset.local or preset.builtin):
        typed["models"] = OWN["models"]
    for chosen in itertools.product(*choices):
        for source in ("keyring", "environment", "none"):
            way = {"preset": preset.id, **typed, **dict(chosen), "key_source": source}
            asked = {f"set.{question.key}": question.when for question in preset.questions}
            yield {
                key: value
                for key, value in way.items()
                if not (when := asked.get(key)) or way[f"set.{when.key}"] == when.value
            }


WAYS = [(preset_id, way) for preset_id in SHIPPED for way in _ways(load_shipped(preset_id))]


@pytest.mark.parametrize("crush", [None, (0, 60, 0)], ids=["new crush", "old crush"])
@pytest.mark.parametrize(("preset_id", "way"), WAYS, ids=[f"{way[0]}-{number}" for number, way in enumerate(WAYS)])
def test_valid(preset_id: str, way: dict[str, Raw], crush: Any) -> None:
    presets = {preset_id: load_shipped(preset_id)}
    facts = Facts(
        presets=presets,
        given=frozenset(way),
        look_at_store=lambda: StoreFact(usable=True),
        look_at_crush=lambda: crush,
    )
    draft = build(Interview(facts, way).run(), facts)
    document = JsonDocument(None, "crush.json")
    selections = [SelectModel(slot, draft.provider.id, model) for slot, model in draft.selected.items()]
    text = apply_edits("", document.edits([PutProvider(draft.provider.id, draft.entry), *selections]))
    config = json.loads(text)
    errors = [error.message for error in VALIDATOR.iter_errors(config)]
    assert errors == []
    entry = config["providers"][draft.provider.id]
    if draft.provider.type in CLOUD_TYPES:
        assert "base_url" not in entry
        assert ("api_key" in entry) == (draft.variable is not None)
    else:
        assert entry["base_url"].startswith("http")
        assert not entry["base_url"].endswith("/")
        assert entry["api_key"]
    assert entry["models"] or entry.get("discover_models") is True or presets[preset_id].builtin == draft.provider.id
    ids = [model["id"] for model in entry["models"]]
    assert all(config["models"][slot]["model"] in ids for slot in config.get("models", {}))
