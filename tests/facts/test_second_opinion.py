"""The facts that tests use against what Crush publishes, where a copy of that lies beside the repository."""

from __future__ import annotations

import json
from typing import Any

from tests.facts import catalogue, crush_fields
from tests.facts.beside import CATALOGUE, SCHEMA

ABOUT_A_FIELD = {"description", "default", "examples", "deprecated", "format", "$schema", "$id"}
"""What a schema says to a reader, and asks of nobody."""

UNSAID = {
    "cost_per_1m_in_cached": 0,
    "cost_per_1m_out_cached": 0,
    "can_reason": False,
    "reasoning_levels": [],
    "default_reasoning_effort": "",
    "supports_attachments": False,
}
"""What Crush takes for what the catalogue leaves out."""


def _unfolded(node: Any, definitions: dict[str, Any]) -> Any:
    """A schema without references, and with only what it asks for."""
    if isinstance(node, list):
        return sorted(map(str, node))
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _unfolded(definitions[node["$ref"].rpartition("/")[2]], definitions)
    node = {name: value for name, value in node.items() if name not in ABOUT_A_FIELD and value not in ([], {})}
    if isinstance(node.get("properties"), dict):
        node["properties"] = {name: _unfolded(value, definitions) for name, value in node["properties"].items()}
    return {name: value if name == "properties" else _unfolded(value, definitions) for name, value in node.items()}


def test_the_fields_are_those_of_the_published_schema() -> None:
    published, ours = json.loads(SCHEMA.read_text(encoding="utf-8")), crush_fields.schema()
    assert _unfolded({"$ref": ours["$ref"]}, ours["$defs"]) == _unfolded(
        {"$ref": published["$ref"]}, published["$defs"]
    )


def test_the_catalogue_is_the_published_one() -> None:
    for name in catalogue.names():
        published = json.loads((CATALOGUE / f"{name}.json").read_text(encoding="utf-8"))
        ours = catalogue.provider(name)
        models = {model["id"]: {**UNSAID, **model} for model in published.pop("models")}
        for model in ours.pop("models"):
            assert model == {**{field: models[model["id"]][field] for field in model}, "name": model["id"]}
        assert ours == {field: published[field] for field in ours}
