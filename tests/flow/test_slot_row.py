"""A model for a slot is shown with the same facts wherever one is picked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wizard.flow.model_comparison import facts_in
from wizard.flow.offer import Offer
from wizard.flow.setup import SlotCandidate, slot_question
from wizard.flow.slot_row import slot_row
from wizard.provider.model_facts import ModelFacts

if TYPE_CHECKING:
    from tests.flow.conftest import RunInterview

FACTS = ModelFacts("m-1", "Model One", 0.5, 2, context_window=128_000, can_reason=True, supports_attachments=True)
HINT = "mine · 128k context · $0.5 in, $2 out · reasoning · images"


def test_in_the_setup() -> None:
    row = slot_question("large", [SlotCandidate("mine", FACTS.model(), frozenset())]).choices[0]
    assert (row.value, row.label, row.hint) == ("mine/m-1", "Model One", HINT)


def test_of_a_model_that_a_config_has() -> None:
    row = slot_row("mine/m-1", "mine", facts_in(FACTS.model().entry()), "now")
    assert (row.label, row.hint) == ("Model One", f"now · {HINT}")


def test_where_a_provider_is_added(interview: RunInterview) -> None:
    given: dict[str, Any] = {
        "preset": "own",
        "base_url": "https://a.example/v1",
        "type": "openai-compat",
        "id": "mine",
        "name": "Mine",
    }
    given |= {"headers": (), "key_env": "MINE_KEY"}
    script = {"key_source": "environment", "models": ("m-1",), "large": "m-1", "small": ""}
    _, _, person = interview(given, script, look_at_models=lambda _: Offer((FACTS,)), picks=True)
    for slot in ("large", "small"):
        row = person.asked(slot).choices[0]
        assert (row.value, row.label, row.hint) == ("m-1", "Model One", HINT)


def test_a_model_without_a_name_is_called_by_its_id() -> None:
    assert slot_row("mine/m-1", "mine", ModelFacts("m-1", tools=False)).label == "m-1"
    assert slot_row("mine/m-1", "mine", ModelFacts("m-1", tools=False)).hint == "mine · no tools"
