"""Which model an id means: how sure, and what is carried over."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict

from tests.catalog.listings import catalog_of
from wizard.catalog.catalog import Catalog, open_catalog
from wizard.catalog.matching import base_id, known_model, likely_id, match
from wizard.provider.model_facts import ModelFacts


@pytest.fixture(scope="module")
def shipped() -> Catalog:
    return open_catalog(None, Path("nowhere"))


@pytest.mark.parametrize(
    ("model_id", "stripped"),
    [
        ("openai/gpt-4o", "gpt-4o"),
        ("accounts/fireworks/models/kimi-k3", "kimi-k3"),
        ("models/gemini-3.7-flash", "gemini-3.7-flash"),
        ("hf:openai/gpt-oss-120b", "gpt-oss-120b"),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", "claude-haiku-4-5-20251001"),
        ("eu.amazon.nova-pro-v1:0", "nova-pro"),
        ("global.anthropic.claude-opus-5", "claude-opus-5"),
        ("anthropic.claude-opus-5", "claude-opus-5"),
        ("gpt-5.6-sol", "gpt-5.6-sol"),
        ("qwen3.6-plus", "qwen3.6-plus"),
        ("us.anthropic.", "us.anthropic."),
        ("/", "/"),
    ],
)
def test_who_serves_a_model_is_stripped(model_id: str, stripped: str) -> None:
    assert base_id(model_id) == stripped


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
        ("claude-sonnet-4-5@20250929", "claude-sonnet-4-5"),
        ("gpt-5.5-2026-03-05", "gpt-5.5"),
        ("mistral-large-latest", "mistral-large"),
        ("deepseek/deepseek-r1:free", "deepseek-r1"),
        ("anthropic/claude-sonnet-4.6:thinking", "claude-sonnet-4-6"),
        ("zai-org/GLM-5.2:fireworks-ai", "glm-5.2"),
        ("qwen3:8b", "qwen3-8b"),
        ("qwen3:8b-q4_K_M", "Qwen/Qwen3-8B"),
        ("Qwen/Qwen3-8B-GGUF", "qwen3:8b"),
        ("Qwen3-8B-Q8_0.gguf", "qwen3:8b"),
        ("qwen3-8b-UD-Q4_K_XL.gguf", "qwen3:8b"),
        ("mlx-community/Qwen3-8B-MLX-4bit", "qwen3:8b"),
        ("Qwen/Qwen3-8B-AWQ", "qwen3:8b"),
        ("Qwen/Qwen3-8B-fp8", "qwen3:8b"),
        ("llama3.1:8b", "meta-llama/Llama-3.1-8B"),
        ("gpt-oss:latest", "gpt-oss"),
        ("gpt-oss:120b-cloud", "openai/gpt-oss-120b"),
    ],
)
def test_two_names_of_one_model_are_likely_the_same(one: str, other: str) -> None:
    assert likely_id(one) == likely_id(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("qwen3:8b", "qwen3:80b"),
        ("gpt-5", "gpt-5-mini"),
        ("gpt-5.1", "gpt-51"),
        ("llama-3.1-8b", "llama-3-18b"),
        ("kimi-k2-0711", "kimi-k2-0905"),
        ("glm-4.5", "glm-4.5-air"),
    ],
)
def test_two_models_stay_two(one: str, other: str) -> None:
    assert likely_id(one) != likely_id(other)


_IDS = st.text(max_size=40) | st.lists(
    st.sampled_from(
        [
            "us.",
            "anthropic.",
            "/",
            "hf:",
            ":",
            "-",
            ".",
            "@",
            "q4_K_M",
            "gguf",
            "latest",
            "20250929",
            "-v1:0",
            "8b",
            "İ",
        ]
    ),
    max_size=10,
).map("".join)


@given(_IDS)
def test_stripping_twice_is_stripping_once(model_id: str) -> None:
    assert base_id(base_id(model_id)) == base_id(model_id)
    assert likely_id(likely_id(model_id)) == likely_id(model_id)
    assert not model_id or (base_id(model_id) and likely_id(model_id))


@given(_IDS, st.none() | st.text(max_size=20), st.none() | st.text(max_size=20))
def test_no_id_breaks_the_search(model_id: str, provider: str | None, url: str | None) -> None:
    found = match(_SMALL, provider, url, model_id)
    assert found is None or found.facts.id == model_id


_SMALL = catalog_of(acme={"acme-1": 1000, "acme-1-mini": 500}, host={"acme/acme-1": 800})


def test_an_exact_match_has_prices() -> None:
    found = match(_SMALL, "acme", None, "acme-1")
    assert found is not None
    assert found.certainty == "exact"
    assert (found.facts.cost_per_1m_in, found.facts.context_window) == (1, 1000)


def test_the_url_says_whose_prices_count() -> None:
    found = match(_SMALL, "my-own-name", "https://api.acme.example/v1", "acme-1")
    assert found is not None
    assert (found.certainty, found.provider) == ("exact", "acme")


def test_a_known_id_at_an_unknown_host_is_no_proof() -> None:
    found = match(_SMALL, "acme", "https://gateway.work.example/v1", "acme-1")
    assert found is not None
    assert (found.certainty, found.provider, found.facts.cost_per_1m_in) == ("same model", "acme", None)


@pytest.mark.parametrize(
    ("model_id", "certainty"),
    [("acme-1", "same model"), ("acme/acme-1", "same model"), ("ACME-1-Q4_K_M.gguf", "likely")],
)
def test_prices_are_never_carried_over_but_windows_and_abilities_are(model_id: str, certainty: str) -> None:
    found = match(_SMALL, "elsewhere", None, model_id)
    assert found is not None
    assert found.certainty == certainty
    costs = [value for name, value in asdict(found.facts).items() if name.startswith("cost")]
    assert costs == [None] * 4
    assert not [name for name in found.origins if name.startswith("cost")]
    assert (found.facts.context_window, found.facts.tools) == (800, True)


def test_of_several_windows_the_smallest_that_two_agree_on_counts() -> None:
    catalog = catalog_of(a={"m": 16}, b={"m": 128}, c={"x/m": 128}, d={"m": 1000}, e={"m": 1000})
    found = match(catalog, "elsewhere", None, "m")
    assert found is not None
    assert found.facts.context_window == 128


def test_the_providers_own_entry_of_the_model_goes_before_others() -> None:
    catalog = catalog_of(a={"vendor/m": 1000}, b={"m": 10}, c={"m": 10})
    found = match(catalog, "a", None, "m")
    assert found is not None
    assert (found.provider, found.facts.context_window) == ("a", 1000)


@pytest.mark.parametrize("model_id", ["", "no-such-model-at-all", "x" * 5000])
def test_what_nobody_knows_has_no_match(shipped: Catalog, model_id: str) -> None:
    assert match(shipped, "openai", None, model_id) is None


@pytest.mark.parametrize(
    ("provider", "url", "model_id", "certainty", "reasons"),
    [
        ("deepseek", "https://api.deepseek.com/v1", "deepseek-v4-pro", "exact", True),
        ("azure-openai", "https://work.openai.azure.com/openai/v1", "gpt-5", "exact", True),
        ("litellm", "http://localhost:4000/v1", "claude-opus-5", "same model", True),
        ("litellm", "http://localhost:4000/v1", "bedrock/us.anthropic.claude-opus-5", "same model", True),
        ("openrouter", "https://openrouter.ai/api/v1", "anthropic/claude-sonnet-4.6:nitro", "likely", True),
        ("ollama", "http://localhost:11434/v1", "llama3.1:8b", "likely", None),
        ("lmstudio", "http://localhost:1234/v1", "unsloth/Qwen3-8B-GGUF", "likely", True),
    ],
)
def test_real_ids_are_found(
    shipped: Catalog, provider: str, url: str, model_id: str, certainty: str, reasons: bool | None
) -> None:
    found = match(shipped, provider, url, model_id)
    assert found is not None
    assert (found.certainty, found.facts.can_reason) == (certainty, reasons)
    assert (found.facts.cost_per_1m_in is not None) == (certainty == "exact")
    assert found.facts.context_window


def test_every_shipped_model_matches_itself(shipped: Catalog) -> None:
    for provider in ("openai", "openrouter", "bedrock", "fireworks", "huggingface"):
        for model_id in shipped.model_ids(provider):
            found = match(shipped, provider, None, model_id)
            assert found is not None
            assert (found.certainty, found.model_id) == ("exact", model_id)


def test_where_providers_differ_the_maker_of_the_model_is_believed() -> None:
    catalog = catalog_of(one={"gpt-9": 64_000}, two={"gpt-9": 64_000}, openai={"gpt-9": 400_000})
    found = match(catalog, "mine", "gateway.example.com", "gpt-9")
    assert found is not None
    assert (found.provider, found.facts.context_window) == ("openai", 400_000)


# One model, one behaviour


def _ways(model_id: str) -> tuple[str, ...]:
    """How gateways spell a maker's model."""
    return model_id, f"openai/{model_id}", f"vendor/{model_id.upper()}", f"azure/eu/{model_id}", f"{model_id}-latest"


@pytest.mark.parametrize("maker", ["openai", "anthropic", "gemini", "xai"])
def test_a_makers_model_thinks_alike_wherever_it_is_reached(shipped: Catalog, maker: str) -> None:
    for own in [model.facts for model in shipped.models(maker) if model.facts.reasoning_levels]:
        wanted = (own.reasoning_levels, own.usual_effort)
        for spelled in _ways(own.id):
            found = known_model(shipped, "my-gateway", "https://gateway.corp.example/v1", spelled)
            assert found is not None
            model = found.facts.model()
            assert model.can_reason, spelled
            assert (model.reasoning_levels, model.default_reasoning_effort) == wanted, spelled


def test_every_provider_has_it_think_as_its_maker_does_as_far_as_it_takes_the_levels(shipped: Catalog) -> None:
    efforts: dict[str, ModelFacts] = {}
    for maker in ("openai", "anthropic", "gemini", "xai"):
        efforts |= {model.facts.id: model.facts for model in shipped.models(maker) if model.facts.reasoning_levels}
    seen = 0
    for provider in shipped.provider_ids():
        for model_id in shipped.model_ids(provider):
            own = efforts.get(base_id(model_id))
            found = known_model(shipped, provider, "", model_id) if own else None
            if own and found and found.facts.can_reason is not False:  # some have it only under a name of its own
                model = found.facts.model()
                assert model.reasoning_levels, (provider, model_id)
                if own.usual_effort in model.reasoning_levels:
                    assert model.default_reasoning_effort == own.usual_effort, (provider, model_id)
                seen += 1
    assert seen > 500


def test_an_open_model_takes_the_levels_that_whoever_runs_it_says(shipped: Catalog) -> None:
    together = known_model(shipped, "together", "", "openai/gpt-oss-120b")
    assert together is not None
    assert together.facts.default_reasoning_effort is None
