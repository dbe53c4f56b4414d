"""What a person is asked for, and nothing else; everything else can be changed before it is saved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.flow.conftest import ScriptedPerson
from wizard.flow.build import build
from wizard.flow.driver import Interview
from wizard.flow.facts import Facts, StoreFact
from wizard.flow.offer import EndpointQuery, Offer
from wizard.flow.revision import what_to_change
from wizard.provider.model_facts import ModelFacts

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.flow.conftest import RunInterview

GOOD, BAD = "ac-good-0123456789", "ac-bad-0123456789"
URL = "https://llm.example.com/v1"


def endpoint(*models: str, guarded: bool = True) -> Callable[[EndpointQuery], Offer]:
    """An endpoint that takes the good key only."""

    def look(asked: EndpointQuery) -> Offer:
        if guarded and asked.key != GOOD:
            return Offer(problem="refused", key="refused" if asked.key else "", wants_key=not asked.key)
        verdict = "works" if guarded else "unproven"
        return Offer(tuple(map(ModelFacts, models)), key=verdict if asked.key else "")  # type: ignore[arg-type]

    return look


def asked_keys(person: ScriptedPerson) -> list[str]:
    return [question.key for question in person.questions]


def test_a_preset_and_its_key(interview: RunInterview) -> None:
    """The third answer is the one to save it."""
    look = endpoint("big", "little")
    answers, facts, person = interview({}, {"preset": "acme", "key": GOOD}, wanted=(), picks=True, look_at_models=look)
    assert asked_keys(person) == ["preset", "key"]
    draft = build(answers, facts)
    assert draft.selected == {"large": "big", "small": "little"}
    assert draft.secret is not None
    assert (draft.secret.store, draft.keys) == ("keyring", "run")


def test_a_model_that_the_endpoint_does_not_have_is_left_out_and_named(interview: RunInterview) -> None:
    look = endpoint("big", "huge")
    answers, facts, _ = interview({}, {"preset": "acme", "key": GOOD}, wanted=(), picks=True, look_at_models=look)
    draft = build(answers, facts)
    assert [model.id for model in draft.provider.models] == ["big"]
    assert draft.notes == ("left out, because the endpoint does not list it: little",)
    chosen = interview({"preset": "acme", "models": ("big",)}, {"key": GOOD}, picks=True, look_at_models=look)
    assert build(*chosen[:2]).notes == ()


def test_a_server_on_this_machine(interview: RunInterview) -> None:
    look = endpoint("qwen3:8b", guarded=False)
    answers, facts, person = interview({}, {"preset": "box"}, wanted=(), picks=True, look_at_models=look)
    assert asked_keys(person) == ["preset"]
    assert [model.id for model in build(answers, facts).provider.models] == ["qwen3:8b"]


@pytest.mark.parametrize(
    "known", [{"set_variables": frozenset({"ACME_API_KEY"})}, {"stored": frozenset({"ACME_API_KEY"})}]
)
def test_a_key_that_is_there_already(interview: RunInterview, known: dict[str, Any]) -> None:
    answers, facts, person = interview({}, {"preset": "acme"}, wanted=(), picks=True, **known)
    assert asked_keys(person) == ["preset"]
    assert build(answers, facts).entry["api_key"] == "$ACME_API_KEY"


def test_an_endpoint_of_ones_own(interview: RunInterview) -> None:
    """Type, id, name and variable follow from the URL, models from what it has."""
    look = endpoint("m-1", "m-2")
    script = {"preset": "own", "base_url": URL, "key": GOOD}
    answers, facts, person = interview({}, script, wanted=(), picks=True, look_at_models=look)
    assert asked_keys(person) == ["preset", "base_url", "key"]
    draft = build(answers, facts)
    assert (draft.provider.id, draft.provider.type, draft.variable) == (
        "example",
        "openai-compat",
        "EXAMPLE_API_KEY",
    )
    assert [model.id for model in draft.provider.models] == ["m-1", "m-2"]


def test_many_models_of_an_endpoint_are_picked_from(interview: RunInterview) -> None:
    look = endpoint(*(f"m-{number}" for number in range(20)))
    script = {"preset": "own", "base_url": URL, "key": GOOD, "models": ("m-3",)}
    _, _, person = interview({}, script, wanted=(), picks=True, look_at_models=look)
    assert asked_keys(person)[-1] == "models"


def test_a_model_without_tools_is_not_picked_beforehand(interview: RunInterview) -> None:
    def look(_: EndpointQuery) -> Offer:
        return Offer((ModelFacts("chat", tools=False), ModelFacts("code", tools=True)))

    answers, facts, _ = interview({"preset": "box"}, {}, wanted=(), picks=True, look_at_models=look)
    assert [model.id for model in build(answers, facts).provider.models] == ["code"]


@pytest.mark.parametrize("url", ["http://localhost:9/v1", URL])
def test_an_endpoint_that_answers_nobody_without_a_key(interview: RunInterview, url: str) -> None:
    given = {"preset": "own", "base_url": url}
    _, _, person = interview(given, {"key": GOOD}, wanted=(), picks=True, look_at_models=endpoint("m"))
    assert asked_keys(person) == ["key"]


def test_a_server_of_ones_own_that_needs_no_key(interview: RunInterview) -> None:
    given = {"preset": "own", "base_url": "http://localhost:9/v1"}
    look = endpoint("m", guarded=False)
    answers, facts, _ = interview(given, {}, wanted=(), picks=True, look_at_models=look)
    assert build(answers, facts).variable is None


# A refused key


def test_another_key_after_a_refused_one(interview: RunInterview) -> None:
    script = {"key": [BAD, GOOD], "refused_key": "another"}
    answers, facts, person = interview(
        {"preset": "acme"}, script, wanted=(), picks=True, look_at_models=endpoint("big", "little")
    )
    assert asked_keys(person) == ["key", "refused_key", "key"]
    assert len({question.whose for question in person.questions if question.key == "key"}) == 2  # none is offered twice
    draft = build(answers, facts)
    assert draft.secret is not None
    assert draft.secret.value == GOOD
    assert not draft.key_is_refused


def test_a_refused_provider_is_proposed_for_no_slot(interview: RunInterview) -> None:
    script = {"key": BAD, "refused_key": "anyway"}
    answers, facts, _ = interview(
        {"preset": "acme"}, script, wanted=(), picks=True, look_at_models=endpoint("big", "little")
    )
    draft = build(answers, facts)
    assert draft.key_is_refused
    assert draft.selected == {}


def test_a_refused_variable_can_be_replaced_by_a_pasted_key(interview: RunInterview) -> None:
    def look(asked: EndpointQuery) -> Offer:
        return Offer((ModelFacts("big"),), key="works") if asked.key == GOOD else Offer(problem="no", key="refused")

    answers, facts, person = interview(
        {"preset": "acme"},
        {"refused_key": "another", "key": GOOD},
        wanted=(),
        picks=True,
        look_at_models=look,
        set_variables=frozenset({"ACME_API_KEY"}),
    )
    assert asked_keys(person) == ["refused_key", "key"]
    assert "$ACME_API_KEY" in person.asked("refused_key").text
    draft = build(answers, facts)
    assert draft.secret is not None
    assert draft.secret.value == GOOD


# Where a pasted key goes


def test_without_a_keyring_it_goes_into_the_encrypted_file(interview: RunInterview) -> None:
    """Which is remembered, or it would not be found again."""
    answers, facts, _ = interview({"preset": "acme"}, {"key": GOOD}, wanted=(), store=StoreFact(usable=False))
    draft = build(answers, facts)
    assert draft.secret is not None
    assert (draft.secret.store, draft.decides_store, draft.falls_back) == ("file", True, True)


@pytest.mark.parametrize("how", ["chosen", "locked"])
def test_a_keyring_that_may_be_used_again_is_not_given_up(interview: RunInterview, how: str) -> None:
    store = StoreFact(usable=False, reason="it is locked", **{how: True})  # type: ignore[arg-type]
    script = {"key": GOOD, "key_source": "environment"}
    answers, facts, person = interview({"preset": "acme"}, script, wanted=(), store=store)
    assert "it is locked" in person.asked("key_source").help
    draft = build(answers, facts)
    assert (draft.secret, draft.stored) == (None, False)


def test_who_sets_variables_is_asked_for_no_key(interview: RunInterview) -> None:
    _, _, person = interview({"preset": "acme"}, {}, wanted=(), sets_variables=True)
    assert asked_keys(person) == []


# Changing something


def answered(
    facts: Facts, script: dict[str, Any], given: dict[str, Any] | None = None
) -> tuple[Interview, ScriptedPerson]:
    person = ScriptedPerson(script)
    interview = Interview(facts, given or {}, person)
    interview.run()
    return interview, person


def test_every_value_is_listed_with_its_question(facts: Callable[..., Facts]) -> None:
    known = facts(picks=True, look_at_models=endpoint("m-1"))
    interview, _ = answered(known, {"preset": "own", "base_url": URL, "key": GOOD})
    listed = {choice.value: choice.hint for choice in what_to_change(interview).choices}
    assert listed["base_url"] == URL
    assert listed["id"] == "example"
    assert listed["key_env"] == "EXAMPLE_API_KEY"
    assert listed["large"] == "m-1"
    assert {"preset", "type", "name", "headers", "key_source", "keys", "models", "small", "flat_rate"} <= set(listed)
    assert GOOD not in str(listed)


def test_a_revised_answer_keeps_the_others(facts: Callable[..., Facts]) -> None:
    known = facts(picks=True, look_at_models=endpoint("big", "little"))
    interview, person = answered(known, {"preset": "acme", "key": GOOD, "id": "mine"})
    interview.revise("id")
    draft = build(interview.run(), interview.facts)
    assert asked_keys(person) == ["preset", "key", "id"]
    assert draft.provider.id == "mine"
    assert draft.secret is not None
    assert draft.secret.value == GOOD


def test_a_key_is_for_the_same_server_whatever_the_provider_is_called(facts: Callable[..., Facts]) -> None:
    known = facts(picks=True, look_at_models=endpoint("m-1"))
    script = {"preset": "own", "base_url": [URL, "https://other.example/v1"], "key": [GOOD] * 3, "name": "Foo"}
    interview, person = answered(known, script)
    for key in ("name", "key", "base_url"):
        interview.revise(key)
        interview.run()
    asked = [question for question in person.questions if question.key == "key"]
    assert [question.text for question in asked] == ["Example API key", "Foo API key", "Foo API key"]
    assert asked[0].whose == asked[1].whose != asked[2].whose


def test_going_back_after_a_revision_leads_to_it(facts: Callable[..., Facts], back: object) -> None:
    interview, person = answered(facts(), {"preset": "acme", "key": "", "name": ["One", "Two"]})
    interview.revise("name")
    interview.run()
    assert interview.can_go_back
    interview.back()
    assert asked_keys(person).count("key") == 1


@pytest.mark.parametrize(
    ("revised", "script"),
    [
        ("base_url", {"base_url": [URL, "https://other.example.com/v1"]}),
        ("preset", {"preset": ["own", "acme"], "base_url": URL}),
    ],
)
def test_a_pasted_key_goes_to_no_other_server(
    facts: Callable[..., Facts], revised: str, script: dict[str, Any]
) -> None:
    seen: list[tuple[str, str]] = []

    def look(asked: EndpointQuery) -> Offer:
        seen.append((asked.base_url, asked.key))
        return Offer((ModelFacts("m"),), key="works" if asked.key else "")

    known = facts(picks=True, look_at_models=look)
    interview, person = answered(known, {"preset": "own", "key": [GOOD, ""], **script})
    interview.revise(revised)
    interview.run()
    assert asked_keys(person).count("key") == 2
    assert {url for url, key in seen if key} == {URL}


def test_a_flag_can_be_revised(facts: Callable[..., Facts]) -> None:
    interview, _ = answered(
        facts(given=frozenset({"name"})), {"preset": "acme", "key": "", "name": "Mine"}, {"name": "X"}
    )
    interview.revise("name")
    assert build(interview.run(), interview.facts).provider.name == "Mine"
