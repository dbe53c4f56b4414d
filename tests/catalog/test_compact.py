"""Our own format: what goes in comes out, and nothing in it can do harm."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.catalog.listings import compact_document
from wizard.catalog.compact import CompactListing, row
from wizard.provider.model_facts import ModelFacts

_PRICE = st.none() | st.integers(0, 1000) | st.floats(0, 1000).map(lambda value: round(value, 6))
_TOKENS = st.none() | st.integers(1, 10_000_000)
_FLAG = st.none() | st.booleans()
_FACTS = st.builds(
    ModelFacts,
    id=st.just("some/model"),
    name=st.none() | st.just("Some Model"),
    cost_per_1m_in=_PRICE,
    cost_per_1m_out=_PRICE,
    cost_per_1m_in_cached=_PRICE,
    cost_per_1m_out_cached=_PRICE,
    context_window=_TOKENS,
    max_output_tokens=_TOKENS,
    can_reason=_FLAG,
    reasoning_levels=st.none() | st.lists(st.sampled_from(["low", "high", "max"]), min_size=1, unique=True).map(tuple),
    supports_attachments=_FLAG,
    tools=_FLAG,
    chats=_FLAG,
)


@given(_FACTS)
def test_a_row_reads_back_as_it_was(facts: ModelFacts) -> None:
    listing = CompactListing(compact_document(acme={facts.id: facts}), "snapshot")
    said = listing.model("acme", facts.id)
    assert said is not None
    assert said.facts == facts
    assert (said.prices_from.name, said.rest_from.name) == ("prices 1.0", "flags 2.0")
    assert (said.prices_from.date, said.rest_from.date) == ("2026-11-10", "2026-05-21")


@pytest.mark.parametrize(
    "cells",
    [None, [], "row", [0], [0, 9], [-1, 0], ["0", "1"], [0, 0, *[None] * 40], {"0": 0}],
    ids=["null", "empty", "text", "short", "no-such-source", "negative", "texts", "long", "object"],
)
def test_a_row_that_makes_no_sense_is_no_model(cells: Any) -> None:
    document = compact_document(acme={"good": ModelFacts("good")})
    document["providers"]["acme"]["models"]["odd"] = cells
    assert CompactListing(document, "snapshot").model("acme", "odd") is None


@given(st.lists(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9), min_size=2, max_size=11))
def test_no_row_breaks_the_reader(cells: list[Any]) -> None:
    document = compact_document(acme={"good": ModelFacts("good")})
    document["providers"]["acme"]["models"]["odd"] = [0, 1, *cells[2:]]
    assert CompactListing(document, "snapshot").model("acme", "odd") is not None


@pytest.mark.parametrize("document", [None, [], {}, {"format": 2}, {"format": 1, "providers": {}}])
def test_another_document_is_refused(document: Any) -> None:
    with pytest.raises(ValueError, match="it h"):
        CompactListing(document, "snapshot")


def test_an_empty_end_of_a_row_is_left_off() -> None:
    assert row(ModelFacts("m", chats=False), 0, 1) == [0, 1, None, None, None, None, None, None, None, "???0"]
