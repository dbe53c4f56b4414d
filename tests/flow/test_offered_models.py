"""Models that an endpoint offers: what can be picked, what is known about them, and what is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from wizard.errors import Conflict
from wizard.flow.build import build
from wizard.flow.knowledge import CatalogMatch
from wizard.flow.offer import EndpointQuery, Offer
from wizard.flow.situation import OTHER
from wizard.provider.model_facts import ModelFacts

if TYPE_CHECKING:
    from tests.flow.conftest import RunInterview

BIG = ModelFacts("big", context_window=64_000, cost_per_1m_in=1, cost_per_1m_out=2)
NEW = ModelFacts("new-one", "New One", context_window=32_000, max_output_tokens=4_000, tools=True)
EMBEDS = ModelFacts("embed-1", chats=False)
BARE = ModelFacts("bare")
URL = "https://a.example/v1"


class Endpoint:
    """Answers with one offer, and remembers who was asked for."""

    def __init__(self, *models: ModelFacts, **more: Any) -> None:
        self.asked: list[EndpointQuery] = []
        self._offer = Offer(models, **more)

    def __call__(self, asked: EndpointQuery) -> Offer:
        self.asked.append(asked)
        return self._offer


def picked(*names: str) -> dict[str, Any]:
    return {"key_source": "environment", "models": names, "large": names[0], "small": ""}


def test_a_person_picks_from_what_is_there(interview: RunInterview) -> None:
    endpoint = Endpoint(BIG, NEW, EMBEDS)
    answers, known, person = interview({"preset": "acme"}, picked("new-one"), look_at_models=endpoint, picks=True)
    offered = {choice.value: choice.hint for choice in person.asked("models").choices}
    assert list(offered) == ["big", "little", "new-one", OTHER]
    assert person.asked("models").default == ("big",)
    assert "not in the endpoint's list" in offered["little"]
    assert "200k context!" in offered["big"]
    (model,) = build(answers, known).entry["models"]
    assert (model["name"], model["context_window"], model["default_max_tokens"]) == ("New One", 32_000, 4_000)


MUTE = ModelFacts("mute", context_window=64_000, tools=False)


def test_a_model_that_can_not_call_tools_is_not_picked_beforehand(interview: RunInterview) -> None:
    own = {"preset": "own", "base_url": URL, "type": "openai-compat", "id": "own", "name": "Own", "headers": ()}
    own["key_env"] = "OWN_KEY"
    for listed, before in (([MUTE], ()), ([NEW], ("new-one",))):
        _, _, person = interview(own, picked(listed[0].id), look_at_models=Endpoint(*listed), picks=True)
        assert person.asked("models").default == before
    big = replace(BIG, tools=False)
    _, _, person = interview({"preset": "acme"}, picked("big"), look_at_models=Endpoint(big, NEW), picks=True)
    assert person.asked("models").default == ()


def test_others_are_none_of_the_models_that_are_counted(interview: RunInterview) -> None:
    _, _, person = interview({"preset": "acme"}, picked("big"), look_at_models=Endpoint(BIG, NEW), picks=True)
    assert [choice.value for choice in person.asked("models").choices if not choice.counted] == [OTHER]


def test_what_a_preset_of_ones_own_states_counts_most(interview: RunInterview) -> None:
    answers, known, _ = interview({"preset": "acme"}, picked("big"), look_at_models=Endpoint(BIG), picks=True)
    (model,) = build(answers, known).entry["models"]
    assert (model["context_window"], model["default_max_tokens"]) == (200_000, 32_000)


def test_the_endpoint_knows_its_own_window_better_than_a_catalogue(interview: RunInterview) -> None:
    given = {"preset": "own", "base_url": URL, "models": ("new-one", "unheard-of")}
    answers, known, _ = interview(given, look_at_models=Endpoint(NEW), look_up=known_as("exact"))
    model, _ = build(answers, known).entry["models"]
    assert (model["context_window"], model["cost_per_1m_in"]) == (32_000, 5)


def test_who_is_asked(interview: RunInterview) -> None:
    endpoint = Endpoint(BIG)
    script = {**picked("big"), "key_source": "keyring", "key": "ac-123456", "keys": "run"}
    interview({"preset": "acme", "headers": ("X-A=$B",)}, script, look_at_models=endpoint, picks=True)
    asked = endpoint.asked[-1]
    assert (asked.base_url, asked.variable, asked.key) == ("https://api.acme.example/v1", "$ACME_API_KEY", "ac-123456")
    assert dict(asked.headers) == {"X-A": "$B"}
    assert "ac-123456" not in repr(asked)


def test_why_there_is_no_list_stands_beside_the_question(interview: RunInterview) -> None:
    endpoint = Endpoint(problem="it refuses the key (401)", hint="paste another one")
    _, _, person = interview({"preset": "acme"}, picked("big"), look_at_models=endpoint, picks=True)
    assert "it refuses the key (401)\nhint: paste another one" in person.asked("models").help


@pytest.mark.parametrize("given", [{"preset": "acme"}, {"preset": "acme", "models": ("little",)}])
def test_nobody_waits_for_what_is_known(interview: RunInterview, given: dict[str, Any]) -> None:
    endpoint = Endpoint(BIG)
    interview(given, look_at_models=endpoint)
    assert endpoint.asked == []


def test_a_model_named_by_flag_gets_the_facts_of_the_endpoint(interview: RunInterview) -> None:
    given = {"preset": "own", "base_url": URL, "models": ("new-one",)}
    answers, known, _ = interview(given, look_at_models=Endpoint(NEW))
    (model,) = build(answers, known).entry["models"]
    assert model["context_window"] == 32_000


def test_a_local_server_brings_its_models_unasked(interview: RunInterview) -> None:
    answers, known, _ = interview({"preset": "box"}, look_at_models=Endpoint(NEW, EMBEDS))
    draft = build(answers, known)
    assert [model["id"] for model in draft.entry["models"]] == ["new-one"]
    assert "discover_models" not in draft.entry


def test_all_models_of_an_endpoint(interview: RunInterview) -> None:
    given = {"preset": "own", "base_url": URL, "models": ("*",), "set.new-one.can_reason": "yes"}
    answers, known, _ = interview(given, look_at_models=Endpoint(NEW, EMBEDS))
    (model,) = build(answers, known).entry["models"]
    assert (model["id"], model["can_reason"]) == ("new-one", True)


def test_a_half_right_url_is_corrected(interview: RunInterview) -> None:
    endpoint = Endpoint(NEW, base_url="https://a.example/api/v1")
    given = {"preset": "own", "base_url": URL, "models": ("new-one",)}
    answers, known, _ = interview(given, look_at_models=endpoint)
    draft = build(answers, known)
    assert draft.entry["base_url"] == "https://a.example/api/v1"
    assert any("https://a.example/api/v1" in note for note in draft.notes)


def test_only_the_window_of_a_listed_model_is_asked(interview: RunInterview) -> None:
    script: dict[str, Any] = {"type": "openai-compat", "id": "a", "name": "A", "key_env": "A", "key_source": "none"}
    script |= {"headers": (), "models": ("bare",), "set.bare.context_window": "64k", "large": "bare", "small": ""}
    given = {"preset": "own", "base_url": URL}
    answers, known, _ = interview(given, script, look_at_models=Endpoint(BARE), picks=True)
    assert build(answers, known).entry["models"][0]["context_window"] == 64_000


def test_where_a_local_server_is_is_asked_if_nobody_answers_at_its_usual_place(interview: RunInterview) -> None:
    class Box(Endpoint):
        def __call__(self, asked: EndpointQuery) -> Offer:
            self.asked.append(asked)
            return Offer((NEW,)) if "box.lan" in asked.base_url else Offer(problem="refused", silent=True)

    script = {"base_url": "http://box.lan:11434/v1", "models": ("new-one",), "large": "new-one", "small": ""}
    answers, known, person = interview({"preset": "box"}, script, look_at_models=Box(), picks=True)
    assert person.asked("base_url").default == "http://localhost:11434/v1"
    assert build(answers, known).entry["base_url"] == "http://box.lan:11434/v1"


def test_another_host_counts_before_a_server_that_answers_here(interview: RunInterview) -> None:
    found, given = {"box": "http://localhost:8080/v1"}, {"preset": "box", "models": ("m",)}
    for host, url in (("box.lan", "http://box.lan:11434/v1"), ("localhost", found["box"]), (None, found["box"])):
        said = given if host is None else given | {"set.host": host}
        answers, known, _ = interview(said, look_at_servers=lambda: found)
        draft = build(answers, known)
        assert draft.entry["base_url"] == url
        assert bool(draft.warnings) == (host == "box.lan")


def test_an_entry_moves_to_another_host_with_its_own_port(interview: RunInterview) -> None:
    today = {"type": "ollama", "base_url": "http://old.lan:999/v1", "models": [{"id": "m"}]}
    given = {"preset": "box", "existing": "merge", "set.host": "new.lan"}
    answers, known, _ = interview(given, existing={"box": today})
    assert build(answers, known).entry["base_url"] == "http://new.lan:999/v1"


def test_local_servers_that_answer_come_first(interview: RunInterview) -> None:
    found = {"box": "http://localhost:8080/v1"}
    script = {"preset": "box", "models": ("new-one",), "large": "new-one", "small": ""}
    answers, known, person = interview(
        {}, script, look_at_models=Endpoint(NEW), picks=True, look_at_servers=lambda: found
    )
    first = person.asked("preset").choices[0]
    assert (first.value, first.hint) == ("box", "answers at http://localhost:8080/v1")
    assert build(answers, known).entry["base_url"] == "http://localhost:8080/v1"


def test_a_local_server_that_answers_need_not_be_looked_for(interview: RunInterview) -> None:
    script = {"models": ("new-one",), "large": "new-one", "small": ""}
    answers, known, _ = interview({"preset": "box"}, script, look_at_models=Endpoint(NEW), picks=True)
    assert build(answers, known).entry["base_url"] == "http://localhost:11434/v1"


# What catalogues know


def known_as(certainty: Any) -> Any:
    facts = replace(NEW, id="vendor/new-one", cost_per_1m_in=5, context_window=200_000)
    return lambda _provider, _host, _model: CatalogMatch(facts, certainty, "a catalogue of 2026-05-01")


def test_certain_facts_are_taken(interview: RunInterview) -> None:
    given = {"preset": "own", "base_url": URL, "models": ("new-one",)}
    answers, known, _ = interview(given, look_up=known_as("exact"))
    (model,) = build(answers, known).entry["models"]
    assert (model["context_window"], model["cost_per_1m_in"]) == (200_000, 5)


def test_a_guess_is_offered_without_its_price(interview: RunInterview) -> None:
    script = {"set.alike": True, "large": "new-one", "small": "", "type": "openai-compat", "id": "a", "name": "A"}
    script |= {"key_env": "A_KEY", "key_source": "none", "headers": ()}
    script |= {"set.new-one.cost_per_1m_in": "unknown", "set.new-one.cost_per_1m_out": "unknown"}
    given = {"preset": "own", "base_url": URL, "models": ("new-one",)}
    answers, known, person = interview(given, script, look_up=known_as("likely"))
    assert "probably vendor/new-one (a catalogue of 2026-05-01): 200k context" in person.asked("set.alike").help
    (model,) = build(answers, known).entry["models"]
    assert (model["context_window"], model["cost_per_1m_in"]) == (200_000, 0)


def test_a_guess_that_nobody_confirmed_is_said(interview: RunInterview) -> None:
    given = {"preset": "own", "base_url": URL, "models": ("new-one",)}
    answers, known, _ = interview(given, look_up=known_as("same model"))
    assert any("new-one: not certain, but used: same as" in note for note in build(answers, known).notes)


def test_a_guess_says_only_what_the_endpoint_did_not(interview: RunInterview) -> None:
    """It told the window itself: nobody has to be told that it is not certain."""
    given = {"preset": "own", "base_url": URL, "models": ("new-one",)}
    guess = replace(NEW, id="vendor/new-one", context_window=200_000, can_reason=True)

    def notes(**told: Any) -> list[str]:
        answers, known, _ = interview(
            given,
            look_at_models=Endpoint(replace(NEW, **told)),
            look_up=lambda *_: CatalogMatch(guess, "likely", "a catalogue of 2026-05-01"),
        )
        return [note for note in build(answers, known).notes if "not certain" in note]

    assert notes(can_reason=False) == []
    assert notes() == [
        "new-one: not certain, but used: probably vendor/new-one (a catalogue of 2026-05-01): reasoning",
    ]


def test_a_guess_that_is_refused_is_not_taken(interview: RunInterview) -> None:
    given = {"preset": "own", "base_url": URL, "models": ("new-one",), "set.alike": "no"}
    answers, known, _ = interview(given, look_up=known_as("likely"))
    assert build(answers, known).entry["models"][0]["context_window"] == 128_000


# A key for one host


def test_a_key_does_not_go_to_a_foreign_host_unasked(interview: RunInterview) -> None:
    with pytest.raises(Conflict, match=r"ACME_API_KEY is the key for api\.acme\.example\. Send it to evil\.example\?"):
        interview({"preset": "acme", "base_url": "https://evil.example/v1"})


@pytest.mark.parametrize(
    "given",
    [
        {"base_url": "https://eu.api.acme.example/v1"},
        {"base_url": "http://localhost:9/v1"},
        {"base_url": "https://evil.example/v1", "key_env": "MY_OWN"},
        {"base_url": "https://evil.example/v1", "set.foreign_host": "yes"},
    ],
)
def test_a_key_may_go_where_it_belongs_or_was_said_to(interview: RunInterview, given: dict[str, Any]) -> None:
    interview({"preset": "acme", **given})


# Large and small


def test_the_dearest_is_large_and_a_cheaper_one_small(interview: RunInterview) -> None:
    dear, cheap = ModelFacts("a-dear", cost_per_1m_out=9), ModelFacts("b-cheap", cost_per_1m_out=1)
    talks = ModelFacts("c-talks", cost_per_1m_out=99, tools=False)
    offered = tuple(replace(one, context_window=9_000) for one in (cheap, dear, talks))
    given = {"preset": "own", "base_url": URL, "models": tuple(one.id for one in offered)}
    answers, known, _ = interview(given, look_at_models=Endpoint(*offered))
    assert build(answers, known).selected == {"large": "a-dear", "small": "b-cheap"}
