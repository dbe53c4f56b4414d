"""All sources together: who has the word, what a broken one costs, and what the shipped facts say."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import asdict

from tests.catalog.listings import catalog_of, charm_model, charm_provider, compact_document, write_json
from tests.facts import catalogue
from wizard.catalog.catalog import Catalog, open_catalog
from wizard.catalog.shipped import SNAPSHOT
from wizard.provider.builtins import BUILTINS
from wizard.provider.model_facts import ModelFacts

DAY = "2026-11-20"


@pytest.fixture
def crush(tmp_path: Path) -> Path:
    return tmp_path / "crush"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "own"


def _write_copy(path: Path, document: Any) -> None:
    write_json(path, {"format": 1, "url": "https://a.example", "etag": "", "date": DAY, "document": document})


def _write_all(crush: Path, own: Path) -> None:
    """deepseek-v4-pro with another price in each source; the snapshot has its own."""
    write_json(
        crush / "providers.json", [charm_provider("deepseek", charm_model("deepseek-v4-pro", cost_per_1m_in=71))]
    )
    _write_copy(own / "catwalk.json", [charm_provider("deepseek", charm_model("deepseek-v4-pro", cost_per_1m_in=72))])
    model = ModelFacts("deepseek-v4-pro", cost_per_1m_in=73, max_output_tokens=999)
    _write_copy(own / "models.dev.json", compact_document(deepseek={"deepseek-v4-pro": model}))


def _price(catalog: Catalog) -> Any:
    model = catalog.model("deepseek", "deepseek-v4-pro")
    assert model is not None
    return model.facts.cost_per_1m_in


def test_the_first_source_that_knows_has_the_word(crush: Path, own: Path) -> None:
    _write_all(crush, own)
    assert _price(open_catalog(crush, own)) == 71
    (crush / "providers.json").unlink()
    assert _price(open_catalog(crush, own)) == 72
    (own / "catwalk.json").unlink()
    assert _price(open_catalog(crush, own)) == 73
    (own / "models.dev.json").unlink()
    assert _price(open_catalog(crush, own)) not in (71, 72, 73, None)


def test_every_fact_names_its_source_and_date(crush: Path, own: Path) -> None:
    _write_all(crush, own)
    model = open_catalog(None, own).model("deepseek", "deepseek-v4-pro")
    assert model is not None
    assert model.facts.max_output_tokens == 999
    price, most, tools = (model.origins[name] for name in ("cost_per_1m_in", "max_output_tokens", "tools"))
    assert (price.source, price.date) == ("catwalk", DAY)
    assert most.source == "models.dev"
    assert (tools.source, tools.name.partition(" ")[0]) == ("snapshot", "@earendil-works/pi-ai")
    said = {name for name, value in asdict(model.facts).items() if value is not None and name != "id"}
    assert set(model.origins) == said


def test_prices_are_never_mixed(crush: Path, own: Path) -> None:
    write_json(crush / "providers.json", [charm_provider("acme", charm_model("m", cost_per_1m_in=1))])
    other = ModelFacts("m", cost_per_1m_in=5, cost_per_1m_out=6, cost_per_1m_out_cached=0.5, cost_per_1m_in_cached=7)
    _write_copy(own / "models.dev.json", compact_document(acme={"m": other}))
    model = open_catalog(crush, own).model("acme", "m")
    assert model is not None
    assert (model.facts.cost_per_1m_in, model.facts.cost_per_1m_out_cached) == (1, None)


def test_nothing_is_read_before_a_question(crush: Path, own: Path) -> None:
    catalog = open_catalog(crush, own)
    _write_all(crush, own)  # only now
    assert _price(catalog) == 71


@pytest.mark.parametrize("content", [b"[", b"[]", b'{"format": 9}', b"\xff", b"[" * 99_999])
def test_a_broken_source_is_reported_and_hides_nothing(crush: Path, own: Path, content: bytes) -> None:
    paths = [crush / "providers.json", own / "catwalk.json", own / "models.dev.json"]
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    catalog = open_catalog(crush, own)
    assert _price(catalog) is not None
    assert [problem.path for problem in catalog.problems()] == [str(path) for path in paths]
    assert [status.used for status in catalog.status()] == [False, False, False, True]


def test_the_status_counts(crush: Path, own: Path) -> None:
    _write_all(crush, own)
    statuses = open_catalog(crush, own).status()
    assert [status.name for status in statuses] == ["crush", "catwalk", "models.dev", "snapshot"]
    assert [(status.providers, status.models) for status in statuses[:3]] == [(1, 1)] * 3
    assert statuses[1].date == DAY
    assert statuses[3].models > 4000


def test_what_nobody_knows_is_not_known(own: Path) -> None:
    catalog = open_catalog(None, own)
    assert catalog.model("deepseek", "no-such-model") is None
    assert catalog.model("no-such-provider", "deepseek-v4-pro") is None
    assert catalog.models("no-such-provider") == ()


# Whose API a URL is


@pytest.mark.parametrize(
    ("url", "providers"),
    [
        ("https://api.acme.example/v1", ("acme",)),
        ("https://API.ACME.example:443/other", ("acme",)),
        ("api.acme.example", ("acme",)),
        ("https://eu.api.acme.example/v1", ("acme",)),
        ("https://api.acme.example.evil.example/v1", ()),
        ("https://notapi.acme.example.org", ()),
        ("http://localhost:8080", ()),
        ("$ACME_URL", ()),
        ("", ()),
        ("http://[::1", ()),
    ],
)
def test_a_url_tells_whose_api_it_is(url: str, providers: tuple[str, ...]) -> None:
    assert catalog_of(acme={"m": 1000}, other={"m": 1000}).providers_at(url) == providers


def test_paths_tell_two_apis_at_one_host_apart(own: Path) -> None:
    catalog = open_catalog(None, own)
    assert catalog.providers_at("https://api.z.ai/api/coding/paas/v4") == ("zai",)
    assert catalog.providers_at("https://api.z.ai/api/paas/v4") == ("zai-api",)
    assert set(catalog.providers_at("https://api.z.ai")) == {"zai", "zai-api"}


# The shipped facts


@pytest.mark.parametrize(
    ("provider", "model_id", "facts"),
    [
        ("anthropic", "claude-opus-5", {"cost_per_1m_in_cached": 6.25, "cost_per_1m_out_cached": 0.5, "tools": True}),
        ("openai", "gpt-5.6-luna", {"context_window": 1050000, "can_reason": True}),
        ("gemini", "gemini-3-flash-preview", {"supports_attachments": True, "context_window": 1048576}),
        ("openai", "text-embedding-3-small", {"chats": False}),
        ("bedrock-europe", "eu.anthropic.claude-opus-5", {"can_reason": True}),
    ],
)
def test_known_models_have_their_facts(own: Path, provider: str, model_id: str, facts: dict[str, Any]) -> None:
    model = open_catalog(None, own).model(provider, model_id)
    assert model is not None
    assert {name: getattr(model.facts, name) for name in facts} == facts


def test_the_snapshot_knows_most_of_crushs_providers(own: Path) -> None:
    known = set(open_catalog(None, own).provider_ids())
    assert set(BUILTINS) - known <= {"hyper", "alibaba-us", "atlascloud", "avian", "zhipu-coding"}


@pytest.mark.parametrize("provider", ["anthropic", "openai", "gemini", "moonshot", "cerebras"])
def test_vendors_agree_with_charms_catalogue(own: Path, provider: str) -> None:
    """The vendors' own windows and reasoning; prices have moved since, but rarely by an order of magnitude."""
    catalog = open_catalog(None, own)
    charm = catalogue.provider(provider)["models"]
    pairs = [(one, known.facts) for one in charm if (known := catalog.model(provider, one["id"])) is not None]
    assert len(pairs) >= len(charm) * 0.8
    same_window = [one for one, facts in pairs if abs((facts.context_window or 0) / one["context_window"] - 1) < 0.06]
    same_sense = [one for one, facts in pairs if facts.can_reason in (one.get("can_reason"), None)]
    near = [one for one, facts in pairs if 0.1 <= (facts.cost_per_1m_out or 0) / (one["cost_per_1m_out"] or 1) <= 10]
    assert min(len(same_window), len(same_sense), len(near)) >= len(pairs) * 0.8


def test_the_same_facts_give_the_same_snapshot() -> None:
    """No time of the packing, and one order of everything."""
    content = Path(SNAPSHOT).read_bytes()
    assert content[4:8] == bytes(4)
    text = gzip.decompress(content).decode("utf-8")
    assert text == json.dumps(json.loads(text), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def test_the_notices_name_every_package_of_the_snapshot() -> None:
    folder = Path(SNAPSHOT).parent
    notices = (folder / "NOTICES.txt").read_text(encoding="utf-8")
    origins = {
        origin.name for model in open_catalog(None, folder).models("openai") for origin in model.origins.values()
    }
    assert origins
    assert all(name in notices for name in origins)
