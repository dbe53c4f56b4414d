"""Small catalogues in the formats of their sources, written to files as the sources write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from wizard.catalog.catalog import Catalog, CatalogSource
from wizard.catalog.compact import CompactListing, row
from wizard.provider.model_facts import ModelFacts


def charm_model(model_id: str, **fields: Any) -> dict[str, Any]:
    """A model as Charm's catalogue has it."""
    return {
        "id": model_id,
        "name": model_id.title(),
        "cost_per_1m_in": 1,
        "cost_per_1m_out": 2,
        "cost_per_1m_in_cached": 0,
        "cost_per_1m_out_cached": 0,
        "context_window": 128000,
        "default_max_tokens": 8000,
        "can_reason": False,
        "supports_attachments": False,
        **fields,
    }


def charm_provider(provider_id: str, *models: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "id": provider_id,
        "name": provider_id.title(),
        "type": "openai-compat",
        "api_key": f"${provider_id.upper()}_API_KEY",
        "api_endpoint": f"https://api.{provider_id}.example/v1",
        "default_large_model_id": models[0]["id"] if models else "",
        "default_small_model_id": models[-1]["id"] if models else "",
        "models": list(models),
        **fields,
    }


def write_json(path: Path, value: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def compact_document(**providers: dict[str, ModelFacts]) -> dict[str, Any]:
    """Our own format; a provider's name in Python's spelling, its API at https://api.<name>.example/v1."""
    return {
        "format": 1,
        "date": "2026-11-10",
        "sources": [["prices", "1.0", "2026-11-10"], ["flags", "2.0", "2026-05-21"]],
        "providers": {
            name: {
                "urls": [f"https://api.{name}.example/v1"],
                "models": {model_id: row(facts, 0, 1) for model_id, facts in models.items()},
            }
            for name, models in providers.items()
        },
    }


def catalog_of(**windows: dict[str, int]) -> Catalog:
    """A catalogue of providers with models and their windows; every model costs 1 in and 2 out."""
    document = compact_document(
        **{
            provider: {
                model_id: ModelFacts(model_id, cost_per_1m_in=1, cost_per_1m_out=2, context_window=window, tools=True)
                for model_id, window in models.items()
            }
            for provider, models in windows.items()
        }
    )
    return Catalog([CatalogSource("snapshot", Path("made-up"), lambda _path: CompactListing(document, "snapshot"))])
