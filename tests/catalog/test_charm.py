"""Charm's catalogue and Crush's cache of it: what is believed, and what is not."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.catalog.listings import charm_model, charm_provider, write_json
from tests.facts import catalogue
from tests.facts.beside import CATALOGUE
from wizard.catalog.charm import providers_of, read_crush_cache
from wizard.catalog.facts import CatalogProvider
from wizard.catalog.reading import LARGEST_FILE
from wizard.errors import WizardError


def _only(**fields: Any) -> Any:
    (provider,) = providers_of([charm_provider("acme", charm_model("m", **fields))])
    return provider.models[0]


def test_a_provider_is_read_with_all_that_crush_starts_from(tmp_path: Path) -> None:
    written = charm_provider("acme", charm_model("big"), charm_model("small"), default_headers={"X-Title": "Crush"})
    (provider,) = read_crush_cache(write_json(tmp_path / "providers.json", [written]))
    assert (provider.id, provider.name, provider.type) == ("acme", "Acme", "openai-compat")
    assert (provider.api_key, provider.api_endpoint) == ("$ACME_API_KEY", "https://api.acme.example/v1")
    assert (provider.default_large_model_id, provider.default_small_model_id) == ("big", "small")
    assert provider.default_headers == {"X-Title": "Crush"}
    assert [model.id for model in provider.models] == ["big", "small"]


def test_no_cache_is_no_fault(tmp_path: Path) -> None:
    assert read_crush_cache(tmp_path / "nowhere" / "providers.json") == ()


def test_keys_and_headers_of_a_cache_are_not_shown() -> None:
    provider = CatalogProvider("acme", api_key="sk-canary", default_headers={"Authorization": "canary"})
    assert "canary" not in repr(provider)


def test_the_default_of_the_answer_is_not_taken_for_its_maximum() -> None:
    model = _only(default_max_tokens=8000)
    assert (model.default_max_tokens, model.max_output_tokens) == (8000, None)


@pytest.mark.parametrize(
    ("plain", "in_cached", "out_cached", "expected"),
    [
        (5, 6.25, 0.5, (6.25, 0.5)),  # a vendor that charges for cache writes
        (0.14, 0.0028, 0, (0.0028, 0.0028)),  # the price of a hit in the field for writes
        (1, 0, 0.1, (0.1, 0.1)),  # hits only
        (1, 0, 0, (None, None)),  # not said
        (0, 0, 0, (0, 0)),  # free
    ],
)
def test_the_price_of_a_cache_hit_is_right_under_both_readings(
    plain: float, in_cached: float, out_cached: float, expected: tuple[float | None, float | None]
) -> None:
    model = _only(cost_per_1m_in=plain, cost_per_1m_in_cached=in_cached, cost_per_1m_out_cached=out_cached)
    assert (model.cost_per_1m_in_cached, model.cost_per_1m_out_cached) == expected


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("context_window", -1),
        ("context_window", 0),
        ("context_window", "128k"),
        ("context_window", True),
        ("context_window", 10**30),
        ("cost_per_1m_in", -0.5),
        ("cost_per_1m_in", "free"),
        ("cost_per_1m_in", 10**400),
        ("can_reason", 1),
        ("reasoning_levels", "high"),
        ("reasoning_levels", [1, None]),
        ("name", "two\nlines"),
        ("name", "\x1b[31mred"),
        ("name", "x" * 400),
    ],
)
def test_a_wrong_value_is_not_said(field: str, value: Any) -> None:
    assert getattr(_only(**{field: value}), field) is None


def test_of_two_models_with_one_id_the_first_counts() -> None:
    twice = charm_provider("acme", charm_model("m", cost_per_1m_in=1), charm_model("m", cost_per_1m_in=9))
    (provider,) = providers_of([twice])
    assert [model.cost_per_1m_in for model in provider.models] == [1]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not JSON"),
        (b"[{]", "not JSON"),
        (b"\xff\xfe[]", "UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'[{"id": "a", "models": [{"id": "m", "cost_per_1m_in": NaN}]}]', "number"),
        (b"{}", "not a list"),
        (b"[]", "no models"),
        (b'[{"id": "a", "models": []}]', "no models"),
        (b'[1, null, {"id": 7, "models": [{"id": "m"}]}]', "no models"),
        (b" " * (LARGEST_FILE + 1), "larger than 20 MiB"),
    ],
    ids=["empty", "cut", "utf-16", "deep", "nan", "object", "nothing", "no-models", "no-ids", "huge"],
)
def test_what_is_no_catalogue_is_named_with_its_path(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "providers.json"
    path.write_bytes(content)
    with pytest.raises(WizardError, match=why) as caught:
        read_crush_cache(path)
    assert caught.value.path == str(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_in_the_place_of_the_cache_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "providers.json")
    with pytest.raises(WizardError, match="not a file"):
        read_crush_cache(tmp_path / "providers.json")


def test_a_folder_in_the_place_of_the_cache_is_named(tmp_path: Path) -> None:
    with pytest.raises(WizardError):
        read_crush_cache(tmp_path)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["id", "models", "name", "cost_per_1m_in", "x"]), inner, max_size=4)
    ),
    max_leaves=30,
)


@given(_JSON)
def test_no_document_breaks_the_reader(document: Any) -> None:
    try:
        providers = providers_of(document)
    except ValueError:
        return
    assert any(provider.models for provider in providers)


def _published() -> list[Any]:
    """All of Charm's catalogue where a copy lies beside the repository."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(CATALOGUE.glob("*.json"))]


def test_all_of_charms_catalogue_is_read() -> None:
    documents = _published() or [catalogue.provider(name) for name in catalogue.names()]
    providers = {provider.id: provider for provider in providers_of(documents)}
    assert len(providers) == len(documents)
    for document in documents:
        models = providers[document["id"]].models
        assert [model.id for model in models] == list(dict.fromkeys(one["id"] for one in document["models"]))
        assert all(model.name and model.cost_per_1m_in is not None for model in models)
