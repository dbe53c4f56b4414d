"""The questions of edit-provider: only what shall change is asked, with today's values proposed."""

from __future__ import annotations

from typing import Any

import pytest

from wizard.errors import AnswersMissing
from wizard.flow.answers import Answers
from wizard.flow.build import Draft, build
from wizard.flow.edit_provider import survey
from wizard.flow.facts import Facts

EXISTING = {
    "acme": {
        "name": "My Acme",
        "type": "openai-compat",
        "base_url": "https://proxy.example/v1",
        "api_key": "$MINE",
        "models": [{"id": "big", "name": "Big", "context_window": 5000, "custom": True}, {"id": "old"}],
        "extra_headers": {"X-Team": "a"},
    }
}
GIVEN = {"id": "acme", "existing": "merge"}


def edited(interview: Any, given: dict[str, Any], script: dict[str, Any] | None = None, **facts: Any) -> Any:
    known = {"existing": EXISTING, "selected": frozenset({"large", "small"}), **facts}
    preset = {"preset": "own", **GIVEN}
    return interview({**preset, **given}, script, survey=survey, edits=True, **known)


def draft_of(answers: Answers, known: Facts) -> Draft:
    return build(answers, known)


def test_nothing_said_and_nobody_to_ask_names_the_flags(interview: Any) -> None:
    with pytest.raises(AnswersMissing, match="--base-url, --type, --name"):
        edited(interview, {})


@pytest.mark.parametrize(
    ("given", "entry"),
    [
        ({"name": "Other"}, {"name": "Other"}),
        ({"base_url": "https://b.example/v1"}, {"base_url": "https://b.example/v1"}),
        ({"type": "openai"}, {"type": "openai"}),
        ({"headers": ("X-B=2",)}, {"extra_headers": {"X-B": "2"}}),
        ({"key_source": "environment", "key_env": "NEW"}, {"api_key": "$NEW"}),
        ({"set.big.cost_per_1m_in": "2"}, {"models": [{"id": "big", "cost_per_1m_in": 2}]}),
        ({"flat_rate": True}, {"flat_rate": True}),
    ],
)
def test_only_what_a_flag_says_changes(interview: Any, given: dict[str, Any], entry: dict[str, Any]) -> None:
    answers, known, _ = edited(interview, given)
    draft = draft_of(answers, known)
    models = draft.entry.get("models") or []
    assert {**draft.entry, "models": models} == {"models": [], **entry}
    assert (draft.removed, draft.selected, draft.notes) == ((), {}, ())


def test_a_person_picks_what_shall_change_and_sees_todays_values(interview: Any) -> None:
    script = {"what": ("name", "base_url"), "name": "Other", "base_url": "https://proxy.example/v1", "type": "openai"}
    answers, known, person = edited(interview, {}, script)
    assert person.asked("base_url").default == "https://proxy.example/v1"
    assert person.asked("name").default == "My Acme"
    assert person.asked("type").default == "openai-compat"
    assert draft_of(answers, known).entry["name"] == "Other"


def test_a_model_that_is_not_picked_again_goes(interview: Any) -> None:
    answers, known, person = edited(interview, {}, {"what": ("models",), "models": ("big",)})
    draft = draft_of(answers, known)
    assert person.asked("models").default == ("big", "old")
    assert draft.removed == ("old",)
    assert draft.entry["models"] == [{"id": "big"}]


def test_the_facts_of_one_model_are_asked_with_todays_values(interview: Any) -> None:
    script: dict[str, Any] = {"what": ("facts",), "described": "big"}
    script |= {f"set.big.{field}": "7" for field in ("cost_per_1m_in", "cost_per_1m_out")}
    script |= {"set.big.name": "Big", "set.big.context_window": "9000", "set.big.default_max_tokens": "100"}
    script |= {"set.big.can_reason": True, "set.big.supports_attachments": False}
    answers, known, person = edited(interview, {}, script)
    assert person.asked("set.big.context_window").default == "5000"
    (big,) = draft_of(answers, known).entry["models"]
    assert (big["context_window"], big["cost_per_1m_out"], big["can_reason"]) == (9000, 7, True)


def test_headers_are_proposed_as_they_are(interview: Any) -> None:
    _, _, person = edited(interview, {}, {"what": ("headers",), "headers": ("X-Team=b",)})
    assert person.asked("headers").default == ("X-Team=a",)


def test_slots_are_asked_only_on_request(interview: Any) -> None:
    script = {"what": ("slots",), "large": "old", "small": ""}
    answers, known, _ = edited(interview, {}, script, selected=frozenset())
    assert draft_of(answers, known).selected == {"large": "old"}
