"""Configured models against what others say: which differences count, and who has the word."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.flow.knowledge import CatalogMatch, Knowledge, SourceFacts, taken_together
from wizard.flow.model_comparison import COMPARED, ListedModels, compare, differences, facts_in
from wizard.provider.model_facts import ModelFacts

BIG: dict[str, Any] = {
    "id": "big",
    "name": "Big",
    "context_window": 128_000,
    "default_max_tokens": 8_000,
    "cost_per_1m_in": 1,
}


def endpoint(**facts: Any) -> SourceFacts:
    return SourceFacts("endpoint", ModelFacts("big", **facts))


def catalogue(**facts: Any) -> SourceFacts:
    return SourceFacts("catalogue", ModelFacts("big", **facts), "a catalogue of 2026-11-10")


def told(entry: dict[str, Any], *words: SourceFacts, **more: Any) -> dict[str, tuple[float, float, str]]:
    known = taken_together("big", words)
    return {one.field: (one.today, one.said, one.by) for one in differences(entry, known, **more)}


def test_the_endpoint_has_the_word_about_its_window() -> None:
    said = told(BIG, endpoint(context_window=64_000), catalogue(context_window=200_000))
    assert said == {"context_window": (128_000, 64_000, "endpoint")}


def test_prices_come_from_one_source_all_together() -> None:
    words = endpoint(cost_per_1m_out=3), catalogue(cost_per_1m_in=2, cost_per_1m_out=4, cost_per_1m_out_cached=0.5)
    assert told(BIG, *words) == {"cost_per_1m_out": (0, 3, "endpoint")}
    assert set(told(BIG, words[1])) == {"cost_per_1m_in", "cost_per_1m_out", "cost_per_1m_out_cached"}


@pytest.mark.parametrize("said", [0, 128_000, 127_000, None])
def test_nothing_and_almost_the_same_are_no_difference(said: int | None) -> None:
    assert told(BIG, endpoint(context_window=said)) == {}


def test_a_price_of_nothing_overrules_nobody() -> None:
    free = endpoint(cost_per_1m_in=0, cost_per_1m_out=0)
    assert told(BIG, free, catalogue(cost_per_1m_in=2)) == {"cost_per_1m_in": (1, 2, "catalogue")}


@pytest.mark.parametrize(
    ("today", "facts", "said"),
    [
        (8_000, {"max_output_tokens": 16_000}, None),
        (8_000, {"max_output_tokens": 4_000}, 4_000),
        (0, {"max_output_tokens": 4_000}, 4_000),
        (0, {"max_output_tokens": 400_000, "context_window": 128_000}, 32_000),
        (8_000, {"default_max_tokens": 20_000, "max_output_tokens": 64_000}, 20_000),
    ],
)
def test_a_limit_is_wrong_where_it_is_missing_or_more_than_can_be_or_said_otherwise(
    today: int, facts: dict[str, Any], said: int | None
) -> None:
    entry = {"id": "big", "context_window": 128_000, "default_max_tokens": today}
    found = told(entry, catalogue(**facts))
    assert found == ({} if said is None else {"default_max_tokens": (today, said, "catalogue")})


def test_what_is_left_to_the_server_stays_so_but_for_the_price() -> None:
    entry = {"id": "big", "context_window": 0}
    said = told(entry, endpoint(context_window=64_000, max_output_tokens=4_000, cost_per_1m_in=1), left_to_server=True)
    assert said == {"cost_per_1m_in": (0, 1, "endpoint")}


def test_fields_are_found_in_any_letter_case() -> None:
    assert told({"ID": "big", "Context_Window": 64_000}, endpoint(context_window=64_000)) == {}
    assert facts_in({"ID": "big", "Context_Window": 64_000}).context_window == 64_000


@pytest.mark.parametrize("odd", ["128000", True, [1], {"a": 1}])
def test_what_is_no_number_is_left_alone(odd: Any) -> None:
    assert told({"id": "big", "context_window": odd}, endpoint(context_window=64_000)) == {}


numbers = st.one_of(st.none(), st.integers(0, 2_000_000))
facts = st.builds(
    ModelFacts,
    st.just("big"),
    context_window=numbers,
    max_output_tokens=numbers,
    default_max_tokens=numbers,
    cost_per_1m_in=numbers,
    cost_per_1m_out=numbers,
)


@given(st.dictionaries(st.sampled_from(COMPARED), st.integers(0, 2_000_000)), st.lists(facts, max_size=3))
def test_taking_over_what_is_said_leaves_nothing_to_say(entry: dict[str, Any], said: list[ModelFacts]) -> None:
    words = [SourceFacts("endpoint" if index == 0 else "catalogue", one) for index, one in enumerate(said)]
    known = taken_together("big", tuple(words))
    changed = {**entry, **{one.field: one.said for one in differences(entry, known)}}
    assert differences(changed, known) == ()


# All models of a provider


def unknown(model_id: str) -> Knowledge:
    return taken_together(model_id, ())


def test_the_states_of_models() -> None:
    listed = ListedModels(
        {"big": ModelFacts("big"), "new": ModelFacts("new"), "embeds": ModelFacts("embeds", chats=False)}
    )
    entries = [BIG, {"id": "old"}, BIG]
    found = compare(entries, [ModelFacts("crush"), ModelFacts("big")], listed, unknown)
    assert [(one.id, one.state) for one in found] == [
        ("big", "configured"),
        ("old", "gone"),
        ("crush", "built-in"),
        ("new", "offered"),
    ]


@pytest.mark.parametrize("listed", [None, ListedModels({}), ListedModels({"big": ModelFacts("big")}, complete=False)])
def test_nothing_is_gone_where_not_all_is_known(listed: ListedModels | None) -> None:
    (found,) = (one for one in compare([{"id": "old"}], (), listed, unknown) if one.id == "old")
    assert found.state == "configured"


def test_a_name_without_a_tag_is_the_latest_one() -> None:
    listed = ListedModels({"qwen3:latest": ModelFacts("qwen3:latest")})
    assert [one.state for one in compare([{"id": "qwen3"}], (), listed, unknown)] == ["configured"]


def test_a_guess_is_no_difference() -> None:
    guess = CatalogMatch(ModelFacts("vendor/big", context_window=1_000), "likely", "a catalogue")
    (found,) = compare([BIG], (), None, lambda name: taken_together(name, (), guess))
    assert (found.guess, found.differences) == (guess, ())


def test_tools_are_what_others_know_and_the_rest_is_the_config() -> None:
    (found,) = compare([BIG], (), None, lambda name: taken_together(name, (endpoint(tools=False, can_reason=True),)))
    assert (found.facts.tools, found.facts.can_reason, found.facts.context_window) == (False, False, 128_000)
