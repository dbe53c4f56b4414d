"""What Charm's catalogue says (catwalk 0.52.6, August 2026) about the models that tests ask it about.

`catalogue.json` has a provider under the name of its file there. Of a model it has `tokens`: context window and usual
answer; `usd`: in, out, and what the catalogue says for cached in and cached out; `thinks`: the usual effort and all
that it knows, for a model that reasons; `images` for one that sees.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any


@cache
def _facts() -> dict[str, dict[str, Any]]:
    facts: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("catalogue.json").read_text("utf-8"))
    return facts


def names() -> list[str]:
    return list(_facts())


def provider(name: str) -> dict[str, Any]:
    """In the fields of the catalogue."""
    facts = _facts()[name]
    return {
        "id": facts["id"],
        "type": facts["type"],
        "api_key": facts["key"],
        "api_endpoint": facts["url"],
        "default_large_model_id": facts["large"],
        "default_small_model_id": facts["small"],
        "models": [_model(model_id, model) for model_id, model in facts["models"].items()],
    }


def _model(model_id: str, facts: dict[str, Any]) -> dict[str, Any]:
    cost_in, cost_out, cached_in, cached_out = facts["usd"]
    effort, *levels = facts.get("thinks", [""])
    return {
        "id": model_id,
        "name": model_id,
        "context_window": facts["tokens"][0],
        "default_max_tokens": facts["tokens"][1],
        "cost_per_1m_in": cost_in,
        "cost_per_1m_out": cost_out,
        "cost_per_1m_in_cached": cached_in,
        "cost_per_1m_out_cached": cached_out,
        "can_reason": "thinks" in facts,
        "reasoning_levels": levels,
        "default_reasoning_effort": effort,
        "supports_attachments": facts.get("images", False),
    }
