"""The questions of edit-provider: only what shall change is asked, with today's values proposed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wizard.errors import AnswersMissing, UsageError
from wizard.flow.answers import Answers
from wizard.flow.build import Draft, build
from wizard.flow.edit_provider import survey
from wizard.flow.facts import Facts
from wizard.flow.offer import EndpointQuery, Offer

if TYPE_CHECKING:
    from tests.flow.conftest import RunInterview

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


def edited(interview: RunInterview, given: dict[str, Any], script: dict[str, Any] | None = None, **facts: Any) -> Any:
    known = {"existing": EXISTING, "selected": frozenset({"large", "small"}), **facts}
    preset = {"preset": "own", **GIVEN}
    return interview({**preset, **given}, script, survey=survey, edits=True, **known)


def draft_of(answers: Answers, known: Facts) -> Draft:
    return build(answers, known)


def test_nothing_said_and_nobody_to_ask_names_the_flags(interview: RunInterview) -> None:
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
def test_only_what_a_flag_says_changes(interview: RunInterview, given: dict[str, Any], entry: dict[str, Any]) -> None:
    answers, known, _ = edited(interview, given)
    draft = draft_of(answers, known)
    models = draft.entry.get("models") or []
    assert {**draft.entry, "models": models} == {"models": [], **entry}
    assert (draft.removed, draft.selected, draft.notes) == ((), {}, ())


def test_a_person_picks_what_shall_change_and_sees_todays_values(interview: RunInterview) -> None:
    script = {"what": ("name", "base_url"), "name": "Other", "base_url": "https://proxy.example/v1", "type": "openai"}
    answers, known, person = edited(interview, {}, script)
    assert person.asked("base_url").default == "https://proxy.example/v1"
    assert person.asked("name").default == "My Acme"
    assert person.asked("type").default == "openai-compat"
    assert draft_of(answers, known).entry["name"] == "Other"


def test_a_model_that_is_not_picked_again_goes(interview: RunInterview) -> None:
    answers, known, person = edited(interview, {}, {"what": ("models",), "models": ("big",)})
    draft = draft_of(answers, known)
    assert person.asked("models").default == ("big", "old")
    assert draft.removed == ("old",)
    assert draft.entry["models"] == [{"id": "big"}]


def test_the_facts_of_one_model_are_asked_with_todays_values(interview: RunInterview) -> None:
    script: dict[str, Any] = {"what": ("facts",), "described": "big"}
    script |= {f"set.big.{field}": "7" for field in ("cost_per_1m_in", "cost_per_1m_out")}
    script |= {"set.big.name": "Big", "set.big.context_window": "9000", "set.big.default_max_tokens": "100"}
    script |= {"set.big.can_reason": True, "set.big.supports_attachments": False}
    answers, known, person = edited(interview, {}, script)
    assert person.asked("set.big.context_window").default == "5000"
    (big,) = draft_of(answers, known).entry["models"]
    assert (big["context_window"], big["cost_per_1m_out"], big["can_reason"]) == (9000, 7, True)


def test_headers_are_proposed_as_they_are(interview: RunInterview) -> None:
    _, _, person = edited(interview, {}, {"what": ("headers",), "headers": ("X-Team=b",)})
    assert person.asked("headers").default == ("X-Team=a",)


def test_slots_are_asked_only_on_request(interview: RunInterview) -> None:
    script = {"what": ("slots",), "large": "old", "small": ""}
    answers, known, _ = edited(interview, {}, script, selected=frozenset())
    assert draft_of(answers, known).selected == {"large": "old"}


def test_a_model_by_flag_is_added_and_none_goes(interview: RunInterview) -> None:
    answers, known, _ = edited(interview, {"models": ("new",), "set.new.context_window": "9000"})
    draft = draft_of(answers, known)
    assert draft.removed == ()
    assert [model["id"] for model in draft.entry["models"]] == ["new"]


def test_a_slot_whose_model_goes_is_asked(interview: RunInterview) -> None:
    script = {"what": ("models",), "models": ("big",), "small": "big"}
    answers, known, person = edited(interview, {}, script, slots={"large": "big", "small": "old"})
    assert [choice.value for choice in person.asked("small").choices] == ["big", ""]
    assert draft_of(answers, known).selected == {"small": "big"}


def test_slots_on_request_propose_what_they_have(interview: RunInterview) -> None:
    script = {"what": ("slots",), "large": "", "small": "big"}
    answers, known, person = edited(interview, {}, script, slots={"large": "big"})
    assert person.asked("large").default == ""
    assert [(one.label, one.hint) for one in person.asked("large").choices if not one.value] == [("Keep it", "big")]
    assert draft_of(answers, known).selected == {"small": "big"}


def test_a_slot_by_flag_leaves_the_other_one_alone(interview: RunInterview) -> None:
    answers, known, _ = edited(interview, {"large": "old"}, selected=frozenset())
    assert draft_of(answers, known).selected == {"large": "old"}


def test_a_header_that_is_no_longer_listed_goes(interview: RunInterview) -> None:
    answers, known, _ = edited(interview, {}, {"what": ("headers",), "headers": ("X-New=1",)})
    draft = draft_of(answers, known)
    assert draft.emptied == (("extra_headers", "X-Team"),)
    assert draft.entry == {"extra_headers": {"X-New": "1"}}


def test_headers_that_stay_are_not_written_again(interview: RunInterview) -> None:
    answers, known, _ = edited(interview, {}, {"what": ("headers",), "headers": ("X-Team=a",)})
    assert (draft_of(answers, known).entry, draft_of(answers, known).emptied) == ({}, ())


def test_the_variable_is_proposed_that_the_entry_has(interview: RunInterview) -> None:
    script = {"what": ("key",), "key_env": "OTHER", "key_source": "environment"}
    answers, known, person = edited(interview, {}, script)
    assert person.asked("key_env").default == "MINE"
    assert draft_of(answers, known).entry == {"api_key": "$OTHER"}


def test_a_key_can_be_left_as_it_is(interview: RunInterview) -> None:
    answers, known, person = edited(interview, {}, {"what": ("key",), "key_env": "MINE", "key_source": "keep"})
    assert person.asked("key_source").default == "keep"
    assert draft_of(answers, known).entry == {}


@pytest.mark.parametrize(
    ("keys", "key", "header"),
    [
        (
            "lookup",
            "${MINE:-$(crush-wizard secret get MINE)}",
            "Bearer ${MINE:-$(crush-wizard secret get MINE || true)}",
        ),
        ("run", "$MINE", None),
    ],
)
def test_todays_key_in_another_spelling(interview: RunInterview, keys: str, key: str, header: str | None) -> None:
    entry = {**EXISTING["acme"], "extra_headers": {"Authorization": "Bearer $MINE", "X-Team": "a"}}
    answers, known, _ = edited(interview, {"keys": keys}, existing={"acme": entry})
    headers = {"extra_headers": {"Authorization": header}} if header else {}
    assert draft_of(answers, known).entry == {"api_key": key, **headers}


def test_a_literal_key_has_no_other_spelling(interview: RunInterview) -> None:
    entry = {**EXISTING["acme"], "api_key": "literal"}
    with pytest.raises(UsageError, match="secret adopt"):
        edited(interview, {"keys": "lookup"}, existing={"acme": entry})


def test_the_endpoint_is_asked_with_todays_key_and_headers(interview: RunInterview) -> None:
    asked: list[EndpointQuery] = []

    def look(one: EndpointQuery) -> Offer:
        asked.append(one)
        return Offer()

    edited(interview, {}, {"what": ("models",), "models": ("big",)}, look_at_models=look, picks=True)
    assert (asked[0].variable, asked[0].headers, asked[0].base_url) == (
        "$MINE",
        {"X-Team": "a"},
        "https://proxy.example/v1",
    )


@pytest.mark.parametrize("store", ["keyring", "file"])
def test_a_key_that_is_left_empty_stays(interview: RunInterview, store: str) -> None:
    """A person who is asked for the key, because a flag names its store."""
    answers, known, person = edited(interview, {"key_source": store}, {"key": ""})
    assert person.asked("key").help.endswith("Enter alone: the key does not change.")
    assert "api_key" not in draft_of(answers, known).entry


def test_the_key_of_an_entry_that_has_none_can_stay_so(interview: RunInterview) -> None:
    existing = {"acme": {"base_url": "https://proxy.example/v1"}}
    script = {"what": ("key",), "key_env": "MINE", "key_source": "keep"}
    answers, known, person = edited(interview, {}, script, existing=existing)
    assert person.asked("key_source").choices[0].hint == "the entry has none"
    assert draft_of(answers, known).entry == {}
