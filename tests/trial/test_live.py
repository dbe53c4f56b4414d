"""The one road from a provider to the wire: the test before a write and the one after it send the same."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from wizard.flow.build import Draft
from wizard.provider.provider import Provider
from wizard.redaction import MASK, redact
from wizard.trial.live import live_of_draft
from wizard.trial.not_tellable import NotTellable

BASE = "https://llm.example.com/v1"
DRAFT = Draft(
    provider=Provider("mine", "Mine", "openai-compat", BASE),
    entry={"api_key": "$MINE_API_KEY", "models": [{"id": "m"}]},
    merging=True,
    removed=(),
    emptied=(),
    selected={"large": "m"},
    variable="MINE_API_KEY",
    stored=False,
    secret=None,
    keys=None,
    decides_keys=False,
    decides_store=False,
    notes=(),
    warnings=(),
)
KEYS = {"MINE_API_KEY": "sk-mine-0123"}


def _nothing(_: str) -> None:
    return None


def _live(draft: Draft, existing: dict[str, Any], keys: dict[str, str] = KEYS) -> Any:
    return live_of_draft(draft, existing, keys, _nothing)


def test_an_entry_that_leaves_out_its_url_and_type_has_those_of_its_provider() -> None:
    """The test after the onboarding's write sent nothing anywhere then."""
    live = _live(DRAFT, {})
    assert (live.base_url, live.type, live.api_key) == (BASE, "openai-compat", "sk-mine-0123")


def test_a_header_that_the_merge_takes_out_is_not_sent() -> None:
    draft = replace(DRAFT, emptied=(("extra_headers", "X-Old"),))
    live = _live(draft, {"extra_headers": {"X-Old": "1", "X-Kept": "2"}})
    assert live.headers == {"X-Kept": "2"}


def test_what_stood_there_before_counts_only_for_a_merge() -> None:
    entry = {**DRAFT.entry, "base_url": BASE}
    live = _live(replace(DRAFT, merging=False, entry=entry), {"extra_headers": {"X-Old": "1"}})
    assert live.headers == {}


def test_without_its_key_it_can_not_be_told() -> None:
    with pytest.raises(NotTellable, match=r"\$MINE_API_KEY has no value yet"):
        _live(DRAFT, {}, {})


def test_its_key_is_known_as_a_secret_and_its_model_is_none() -> None:
    _live(DRAFT, {})
    assert redact("sk-mine-0123") == MASK
    _live(replace(DRAFT, entry={**DRAFT.entry, "models": [{"id": "llama3"}]}), {}, {"MINE_API_KEY": "llama"})
    assert redact("llama3") == "llama3"


def test_a_key_of_our_store_is_sent_with_an_entry_that_names_it() -> None:
    """An edit without a key tests with the one that is there; it sent none, and the key was said to be missing."""
    edited = replace(DRAFT, variable="")
    live = live_of_draft(edited, {}, {}, {"MINE_API_KEY": "sk-stored-0123"}.get)
    assert live.api_key == "sk-stored-0123"
