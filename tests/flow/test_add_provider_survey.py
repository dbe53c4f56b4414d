"""The questions of add-provider, driven by flags, by a scripted person, and by nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import astuple, replace

from wizard.errors import AnswersMissing, Conflict, UsageError
from wizard.flow.answers import Answers
from wizard.flow.build import Draft, build
from wizard.flow.facts import SlotNow, StoreFact
from wizard.flow.preset import Preset, PresetChoice, PresetKey, PresetQuestion, When
from wizard.flow.question import Origin
from wizard.provider.model_facts import ModelFacts

if TYPE_CHECKING:
    from tests.flow.conftest import RunInterview


def draft_of(
    interview: RunInterview, given: dict[str, Any], script: dict[str, Any] | None = None, **facts: Any
) -> Draft:
    answers, known, _ = interview(given, script, **facts)
    return build(answers, known)


# A preset


def test_nobody_to_ask_gets_a_whole_entry(interview: RunInterview) -> None:
    draft = draft_of(interview, {"preset": "acme"}, store=StoreFact(usable=False))
    assert draft.entry["api_key"] == "$ACME_API_KEY"
    assert [model["id"] for model in draft.entry["models"]] == ["big", "little"]
    assert draft.selected == {"large": "big", "small": "little"}
    assert draft.secret is None
    assert draft.variable == "ACME_API_KEY"


def test_a_person_is_asked_for_no_more_than_needed(interview: RunInterview) -> None:
    draft = draft_of(
        interview,
        {"preset": "acme"},
        {
            "key_source": "keyring",
            "key": "ac-123456",
            "keys": "run",
            "models": ("big",),
            "large": "big",
            "small": "big",
        },
    )
    assert draft.secret is not None
    assert (draft.secret.name, draft.secret.value) == ("ACME_API_KEY", "ac-123456")
    assert "ac-123456" not in repr(draft)
    assert [model["id"] for model in draft.entry["models"]] == ["big"]


def test_a_variable_that_is_set_is_offered_first(interview: RunInterview) -> None:
    script = {"key_source": "environment", "models": ("big",), "large": "big", "small": ""}
    _, _, person = interview({"preset": "acme"}, script, set_variables=frozenset({"ACME_API_KEY"}))
    question = person.asked("key_source")
    assert question.choices[0].value == question.default == "environment"
    assert question.choices[0].label == "Use $ACME_API_KEY"


def test_no_usable_keyring_is_said_before_the_key_is_asked_for(interview: RunInterview) -> None:
    """Why there is none, a person finds in `secret status`; why one that is there is locked is said here."""
    script = {"key_source": "environment", "models": ("big",), "large": "big", "small": "big"}
    hints = {False: "stored in an encrypted file: no system keyring here", True: "stored in an encrypted file"}
    for locked, hint in hints.items():
        store = StoreFact(usable=False, reason="no bus", locked=locked)
        _, _, person = interview({"preset": "acme"}, script, store=store)
        question = person.asked("key_source")
        assert ("no bus" in question.help) is locked
        assert {choice.value: choice.hint for choice in question.choices}["file"] == hint
        assert "keyring" not in [choice.value for choice in question.choices]


def test_where_a_key_was_pasted_none_is_never_what_enter_means(interview: RunInterview) -> None:
    """A locked keyring can't take it, which does not make it a key that is not needed."""
    given = {"preset": "own", "base_url": "http://gw.example/v1"}
    script = {"key": "sk-123456", "key_source": "file", "models": ("m",)}
    store = StoreFact(usable=False, reason="it is locked", locked=True)
    _, _, person = interview(given, script, wanted=("models",), store=store)
    question = person.asked("key_source")
    assert question.default == "environment"
    assert {choice.value: choice.label for choice in question.choices}["file"] == "Keep the pasted key"
    assert question.choices[-1].value == "none"


def test_a_key_of_another_vendor_is_a_warning(interview: RunInterview) -> None:
    script = {
        "key_source": "keyring",
        "key": "gsk_123456",
        "keys": "run",
        "models": ("big",),
        "large": "big",
        "small": "big",
    }
    _, _, person = interview({"preset": "acme"}, script)
    assert any("Groq" in text for text in person.shown)
    assert not any("gsk_123456" in text for text in person.shown)


def test_enter_at_the_key_means_later(interview: RunInterview) -> None:
    script = {"key_source": "keyring", "key": "", "models": ("big",), "large": "big", "small": "big"}
    draft = draft_of(interview, {"preset": "acme"}, script)
    assert draft.secret is None
    assert draft.entry["api_key"] == "$ACME_API_KEY"


def test_yes_asks_nothing_that_has_a_default(interview: RunInterview) -> None:
    draft = draft_of(interview, {"preset": "acme"}, {}, yes=True)
    assert draft.entry["api_key"] == "$ACME_API_KEY"


def test_slots_are_left_alone_where_a_selection_exists(interview: RunInterview) -> None:
    assert draft_of(interview, {"preset": "acme"}, selected=frozenset({"large", "small"})).selected == {}
    requested = draft_of(interview, {"preset": "acme", "large": "little"}, selected=frozenset({"large", "small"}))
    assert requested.selected == {"large": "little"}


def in_force(provider: str, *, chosen: bool = False) -> dict[str, Any]:
    """Facts of a machine where both slots have a model of this provider."""
    now = SlotNow(provider, "m1", chosen)
    slots = {"large": now, "small": now}
    return {"look_at_slots": lambda: slots, "selected": frozenset(slots if chosen else ())}


@pytest.mark.parametrize("chosen", [True, False])
def test_what_another_provider_has_stays_there(interview: RunInterview, chosen: bool) -> None:
    """Be it chosen, or Crush's own choice."""
    facts = in_force("other", chosen=chosen)
    assert draft_of(interview, {"preset": "acme"}, **facts).selected == {}
    assert draft_of(interview, {"preset": "acme", "small": "little"}, **facts).selected == {"small": "little"}


def test_a_person_is_shown_what_is_in_force(interview: RunInterview) -> None:
    script = {"key_source": "environment", "models": ("big",), "large": "big", "small": ""}
    answers, known, person = interview({"preset": "acme"}, script, **in_force("other"))
    kept = person.asked("large").choices[-1]
    assert (kept.label, kept.hint, person.asked("large").default) == ("Keep it", "other/m1", "")
    assert build(answers, known).selected == {"large": "big"}


def test_what_crush_takes_of_the_same_provider_is_open(interview: RunInterview) -> None:
    assert draft_of(interview, {"preset": "acme"}, **in_force("acme")).selected == {"large": "big", "small": "little"}


def test_a_choice_that_leads_nowhere_is_open(interview: RunInterview) -> None:
    both = frozenset({"large", "small"})
    draft = draft_of(interview, {"preset": "acme"}, selected=both, look_at_slots=dict)
    assert draft.selected == {"large": "big", "small": "little"}


def test_a_slot_must_be_one_of_the_models(interview: RunInterview) -> None:
    with pytest.raises(UsageError, match="--large: this provider has no model `nope`, only: big, little"):
        interview({"preset": "acme", "large": "nope"})


# Going back


def test_back_asks_the_question_before_with_its_answer(interview: RunInterview, back: object) -> None:
    script = {
        "key_source": ["environment", "environment"],
        "models": [("little",), ("big", "little")],
        "large": [back, "big"],
        "small": "little",
    }
    answers, _, person = interview({"preset": "acme"}, script)
    assert person.asked("models").default == ("little",)
    assert answers["models"].value == ("big", "little")


def test_back_from_the_key_forgets_it(interview: RunInterview, back: object) -> None:
    script = {
        "key_source": "keyring",
        "key": ["ac-first1", "ac-second"],
        "keys": [back, "run"],
        "models": ("big",),
        "large": "big",
        "small": "big",
    }
    answers, _, person = interview({"preset": "acme"}, script)
    assert person.asked("key").default == ""
    assert answers["key"].value == "ac-second"


# An endpoint of one's own


def own(**answers: Any) -> dict[str, Any]:
    whole = {
        "base_url": "llm.corp.example/v1/chat/completions",
        "type": "openai-compat",
        "id": "corp",
        "name": "Corp",
        "key_env": "CORP_API_KEY",
        "key_source": "environment",
        "models": ("m1",),
        "set.m1.name": "M One",
        "set.m1.context_window": "128k",
        "set.m1.default_max_tokens": "4096",
        "set.m1.cost_per_1m_in": "0.5",
        "set.m1.cost_per_1m_out": "unknown",
        "set.m1.can_reason": True,
        "set.m1.supports_attachments": False,
        "large": "m1",
        "small": "m1",
        "headers": (),
    }
    return {**whole, **answers}


def test_custom_flow(interview: RunInterview) -> None:
    answers, known, person = interview({"preset": "own"}, own())
    draft = build(answers, known)
    assert draft.provider.base_url == "https://llm.corp.example/v1"
    assert person.asked("id").default == "corp"
    assert person.asked("key_env").default == "CORP_API_KEY"
    assert draft.entry["models"] == [
        {
            "id": "m1",
            "name": "M One",
            "cost_per_1m_in": 0.5,
            "cost_per_1m_out": 0,
            "cost_per_1m_in_cached": 0,
            "cost_per_1m_out_cached": 0,
            "context_window": 128_000,
            "default_max_tokens": 4096,
            "can_reason": True,
            "supports_attachments": False,
        }
    ]


def test_custom_flow_explains_the_types_and_recommends_one(interview: RunInterview) -> None:
    script = own(base_url="https://api.openai.com/v1", type="openai", id="oai")
    _, _, person = interview({"preset": "own"}, script)
    question = person.asked("type")
    assert question.default == "openai"
    assert [choice.value for choice in question.choices] == ["openai-compat", "openai", "anthropic"]
    assert all(choice.hint for choice in question.choices)
    assert [choice.label for choice in question.choices if "recommended" in choice.label] == ["openai (recommended)"]


def test_a_bare_host_is_asked_about_v1(interview: RunInterview) -> None:
    script = own(base_url="https://llm.corp.example", **{"set.v1": True})
    assert draft_of(interview, {"preset": "own"}, script).provider.base_url == "https://llm.corp.example/v1"
    script = own(base_url="https://llm.corp.example", **{"set.v1": False})
    assert draft_of(interview, {"preset": "own"}, script).provider.base_url == "https://llm.corp.example"


def test_a_bad_answer_is_explained_and_asked_again(interview: RunInterview) -> None:
    script = own(base_url=["ftp://x", "https://llm.corp.example/v1"], id=["Bad Id", "corp"])
    _, _, person = interview({"preset": "own"}, script)
    assert any("http and https" in text for text in person.shown)
    assert any("lower-case" in text for text in person.shown)


def test_all_gaps_are_named_at_once(interview: RunInterview) -> None:
    with pytest.raises(AnswersMissing) as missing:
        interview({"preset": "own"})
    assert "--base-url" in missing.value.message
    assert "--model" in missing.value.message


def test_an_unknown_model_gets_sane_values_and_says_so(interview: RunInterview) -> None:
    draft = draft_of(interview, {"preset": "own", "base_url": "https://a.example/v1", "models": ("m1",)})
    model = draft.entry["models"][0]
    assert (model["context_window"], model["default_max_tokens"]) == (128_000, 8_192)
    assert any("128000 tokens is assumed" in note for note in draft.notes)


def test_what_is_assumed_of_several_models_is_said_once(interview: RunInterview) -> None:
    draft = draft_of(interview, {"preset": "own", "base_url": "https://a.example/v1", "models": ("m1", "m2")})
    assumed = [note for note in draft.notes if "is assumed" in note]
    assumption = "no facts about m1 and m2: a context window of 128000 tokens is assumed; to change it: "
    assert assumed == [f"{assumption}--set MODEL.context_window=N"]
    given = {"preset": "own", "base_url": "https://a.example/v1", "models": ("m1", "m2")}
    by_hand = draft_of(interview, given, {"key": ""}, picks=True)
    assert f'{assumption}"Change something"' in by_hand.notes


@pytest.mark.parametrize(
    ("field", "typed", "written"),
    [
        ("context_window", "131,072", 131_072),
        ("context_window", "1M", 1_000_000),
        ("cost_per_1m_in", "$0.27", 0.27),
        ("cost_per_1m_in", "3", 3),
        ("cost_per_1m_out", "free", 0),
        ("can_reason", "yes", True),
    ],
)
def test_facts_by_flag(interview: RunInterview, field: str, typed: str, written: Any) -> None:
    given = {"preset": "own", "base_url": "https://a.example/v1", "models": ("m1",), f"set.m1.{field}": typed}
    value = draft_of(interview, given).entry["models"][0][field]
    assert value == written
    assert type(value) is type(written)


@pytest.mark.parametrize(
    ("field", "typed", "reason"),
    [
        ("context_window", "-5", "number of tokens"),
        ("context_window", "12", "number of tokens"),
        ("context_window", "1e9", "number of tokens"),
        ("cost_per_1m_in", "cheap", "USD per million"),
        ("cost_per_1m_in", "nan", "USD per million"),
        ("can_reason", "maybe", "yes or no"),
        ("reasoning_levels", "huge", "unknown effort"),
    ],
)
def test_bad_facts_by_flag(interview: RunInterview, field: str, typed: str, reason: str) -> None:
    given = {"preset": "own", "base_url": "https://a.example/v1", "models": ("m1",), f"set.m1.{field}": typed}
    with pytest.raises(UsageError, match=reason):
        interview(given)


def test_documented_fields_are_understood_and_written_only_on_request(interview: RunInterview) -> None:
    given = {
        "preset": "own",
        "base_url": "https://a.example/v1",
        "models": ("m1",),
        "set.m1.supports_vision": "yes",
        "set.m1.supports_function_calling": "no",
    }
    answers, known, _ = interview(given)
    plain = build(answers, known)
    assert plain.entry["models"][0]["supports_attachments"] is True
    assert "supports_vision" not in plain.entry["models"][0]
    assert any("can't call tools" in warning for warning in plain.warnings)
    documented = build(answers, known, documented_fields=True).entry["models"][0]
    assert (documented["supports_vision"], documented["supports_function_calling"]) == (True, False)


def test_a_price_per_token_is_pointed_out(interview: RunInterview) -> None:
    given = {
        "preset": "own",
        "base_url": "https://a.example/v1",
        "models": ("m1",),
        "set.m1.cost_per_1m_in": "0.00000027",
    }
    assert any("per token" in warning for warning in draft_of(interview, given).warnings)


def test_a_flag_that_nothing_takes_is_an_error(interview: RunInterview) -> None:
    with pytest.raises(UsageError, match="--set regoin"):
        interview({"preset": "acme", "set.regoin": "eu"})


def test_a_built_in_id_is_explained_in_one_line(interview: RunInterview) -> None:
    draft = draft_of(interview, {"preset": "acme", "id": "groq"})
    assert any("adds its own models" in note for note in draft.notes)


def test_no_key_writes_the_dummy_that_stops_the_leak(interview: RunInterview) -> None:
    given = {"preset": "own", "base_url": "http://localhost:9/v1", "models": ("m1",), "key_source": "none"}
    assert draft_of(interview, given).entry["api_key"] == "not-needed"


def test_a_local_endpoint_needs_no_key_unless_one_is_given(interview: RunInterview) -> None:
    given = {"preset": "own", "base_url": "http://localhost:9/v1", "models": ("m1",)}
    assert draft_of(interview, given).entry["api_key"] == "not-needed"


def test_headers(interview: RunInterview) -> None:
    given = {"preset": "own", "base_url": "https://a.example/v1", "models": ("m",), "headers": ("X-A=1$", "X-B=$B")}
    draft = draft_of(interview, given)
    assert draft.entry["extra_headers"] == {"X-A": "1\\$", "X-B": "$B"}


def test_extra_body(interview: RunInterview) -> None:
    given = {"preset": "own", "base_url": "https://a.example/v1", "models": ("m",), "extra_body": '{"a": {"b": 1}}'}
    assert draft_of(interview, given).entry["extra_body"] == {"a": {"b": 1}}
    with pytest.raises(UsageError, match="--extra-body"):
        interview({**given, "extra_body": "[1]"})
    with pytest.raises(UsageError, match="--extra-body"):
        interview({**given, "extra_body": '{"a": NaN}'})


# A local server


def test_a_local_server_without_models_is_left_to_discovery(interview: RunInterview) -> None:
    draft = draft_of(interview, {"preset": "box"})
    assert draft.entry["discover_models"] is True
    assert draft.entry["models"] == []
    assert draft.entry["api_key"] == "box"
    assert draft.selected == {}
    assert any("asks the endpoint at each start" in note for note in draft.notes)


def test_a_local_server_tells_its_own_context_window(interview: RunInterview) -> None:
    draft = draft_of(interview, {"preset": "box", "models": ("qwen3:8b",)})
    assert draft.entry["models"][0]["context_window"] == 0
    assert any("reads the context window from the server" in note for note in draft.notes)
    assert draft.entry["discover_models"] is True


def test_a_server_is_not_asked_for_a_window_that_is_given(interview: RunInterview) -> None:
    given = {"preset": "box", "models": ("qwen3:8b",), "set.qwen3:8b.context_window": "32k"}
    assert "discover_models" not in draft_of(interview, given).entry


@pytest.mark.parametrize(
    ("crush", "written"), [((0, 77, 9), "openai-compat"), ((0, 78, 0), "ollama"), (None, "ollama")]
)
def test_an_older_crush_gets_the_older_type(interview: RunInterview, crush: Any, written: str) -> None:
    draft = draft_of(interview, {"preset": "box"}, crush=crush)
    assert draft.entry["type"] == written
    assert any("older than 0.78.0" in note for note in draft.notes) is (written == "openai-compat")


# A preset with questions of its own

CLOUD = Preset(
    id="cloud",
    name="Cloud",
    description="Regions and deployments",
    type="openai",
    provider_id="cloud-openai",
    base_url="https://{resource}.cloud.example/v1",
    key=PresetKey(env="CLOUD_KEY"),
    questions=(
        PresetQuestion(
            "resource", "Resource", extract=r"https://(\w+)\.cloud\.example", pattern=r"\w+", message="letters"
        ),
        PresetQuestion("deployment", "Deployments", kind="many", fills="models", pattern=r"[\w.-]+(:[\w.-]+)?"),
        PresetQuestion(
            "auth",
            "How?",
            kind="choice",
            default="key",
            choices=(PresetChoice("key", "Key"), PresetChoice("token", "Token", env="CLOUD_TOKEN", note="expires")),
        ),
        PresetQuestion("tenant", "Tenant", when=When("auth", "token"), default="common"),
    ),
    models=("gpt-5",),
    facts={"gpt-5": ModelFacts("gpt-5", "GPT-5", 1, 2, context_window=400_000, default_max_tokens=9_000)},
)


def cloud(interview: RunInterview, given: dict[str, Any], script: dict[str, Any] | None = None) -> Draft:
    return draft_of(interview, {"preset": "cloud", **given}, script, presets=(CLOUD,))


def test_settings_fill_the_url_and_name_the_models(interview: RunInterview) -> None:
    given = {"set.resource": "https://res.cloud.example/deployments/x", "set.deployment": ("prod:gpt-5", "gpt-5")}
    draft = cloud(interview, given)
    assert draft.provider.id == "cloud-openai"
    assert draft.entry["base_url"] == "https://res.cloud.example/v1"
    prod, same = draft.entry["models"]
    assert (prod["id"], prod["name"], prod["context_window"]) == ("prod", "GPT-5 (prod)", 400_000)
    assert (same["id"], same["name"]) == ("gpt-5", "GPT-5")


def test_a_choice_changes_the_variable(interview: RunInterview) -> None:
    draft = cloud(interview, {"set.resource": "res", "set.deployment": "gpt-5", "set.auth": "token"})
    assert draft.entry["api_key"] == "$CLOUD_TOKEN"
    assert "expires" in draft.notes


def test_a_question_is_asked_only_when_it_applies(interview: RunInterview) -> None:
    with pytest.raises(UsageError, match="tenant"):
        cloud(interview, {"set.resource": "res", "set.deployment": "gpt-5", "set.tenant": "t"})
    cloud(interview, {"set.resource": "res", "set.deployment": "gpt-5", "set.tenant": "t", "set.auth": "token"})


def test_a_person_says_which_model_a_deployment_is(interview: RunInterview) -> None:
    script = {
        "set.resource": "res",
        "set.auth": "key",
        "key_source": "environment",
        "models": ("my-gpt-5-eu",),
        "set.my-gpt-5-eu.is": "gpt-5",
        "large": "my-gpt-5-eu",
        "small": "my-gpt-5-eu",
    }
    answers, known, person = interview({"preset": "cloud"}, script, presets=(CLOUD,))
    assert person.asked("set.my-gpt-5-eu.is").default == "gpt-5"
    assert build(answers, known).entry["models"][0]["context_window"] == 400_000


def test_missing_settings_are_named_with_their_flags(interview: RunInterview) -> None:
    with pytest.raises(AnswersMissing) as missing:
        cloud(interview, {})
    assert "--set resource=VALUE" in missing.value.message
    assert "--set deployment=VALUE" in missing.value.message


# An id that exists

EXISTING = {
    "acme": {
        "name": "My Acme",
        "type": "openai-compat",
        "base_url": "https://proxy.example/v1",
        "api_key": "$MINE",
        "models": [{"id": "big", "name": "Big", "context_window": 5, "custom": True}, {"id": "old", "name": "Old"}],
        "extra_headers": {"X-Team": "a"},
    }
}


def test_nobody_to_ask_about_an_existing_id_is_a_conflict(interview: RunInterview) -> None:
    with pytest.raises(Conflict, match="already exists") as conflict:
        interview({"preset": "acme"}, existing=EXISTING, yes=True)
    assert "--merge or --replace" in conflict.value.hint


def test_merge_mentions_only_what_was_said_or_is_lacking(interview: RunInterview) -> None:
    draft = draft_of(interview, {"preset": "acme", "existing": "merge"}, existing=EXISTING)
    assert draft.merging
    assert set(draft.entry) == {"models"}
    big = draft.entry["models"][0]
    assert "context_window" not in big
    assert big["default_max_tokens"] == 5
    assert big["cost_per_1m_in"] == 1


def test_what_an_existing_model_lacks_is_asked(interview: RunInterview) -> None:
    script = {
        "key_source": "keep",
        "models": ("old",),
        "set.old.context_window": "64k",
        "set.old.default_max_tokens": "4096",
        "set.old.cost_per_1m_in": "unknown",
        "set.old.cost_per_1m_out": "unknown",
        "set.old.can_reason": False,
        "large": "old",
        "small": "old",
    }
    entry = {**EXISTING["acme"], "models": [{"id": "old", "name": "Old", "supports_vision": True}]}
    draft = draft_of(interview, {"preset": "acme", "existing": "merge"}, script, existing={"acme": entry})
    (old,) = draft.entry["models"]
    assert old["context_window"] == 64_000
    assert old["supports_attachments"] is True
    assert "name" not in old


def test_merge_takes_what_flags_say(interview: RunInterview) -> None:
    given = {"preset": "acme", "existing": "merge", "base_url": "https://new.example/v1", "headers": ("X-B=2",)}
    given |= {"set.foreign_host": "yes", "set.big.context_window": "9000"}
    draft = draft_of(interview, given, existing=EXISTING)
    assert draft.entry["base_url"] == "https://new.example/v1"
    assert draft.entry["extra_headers"] == {"X-B": "2"}
    assert draft.entry["models"][0]["context_window"] == 9000
    assert "api_key" not in draft.entry


def test_merge_with_a_new_key_replaces_the_placeholder(interview: RunInterview) -> None:
    given = {"preset": "acme", "existing": "merge", "key_source": "keyring", "key": "ac-1234567"}
    draft = draft_of(interview, given, existing=EXISTING)
    assert draft.entry["api_key"] == "$ACME_API_KEY"


def test_replace_writes_the_whole_entry(interview: RunInterview) -> None:
    draft = draft_of(interview, {"preset": "acme", "existing": "replace"}, existing=EXISTING)
    assert not draft.merging
    assert draft.entry["base_url"] == "https://api.acme.example/v1"


def test_a_person_can_add_it_beside_the_old_one(interview: RunInterview) -> None:
    script = {
        "existing": "rename",
        "new_id": ["acme", "acme-2"],
        "key_source": "environment",
        "models": ("big",),
        "large": "big",
        "small": "big",
    }
    answers, known, person = interview({"preset": "acme"}, script, existing=EXISTING)
    proposed = [question.default for question in person.questions if question.key == "new_id"]
    assert proposed == ["acme-2", "acme"]
    assert build(answers, known).provider.id == "acme-2"


def test_answers_remember_where_they_came_from(interview: RunInterview) -> None:
    answers: Answers
    answers, _, _ = interview(
        {"preset": "acme", "large": "big"}, {"key_source": "environment", "models": ("big",), "small": "big"}
    )
    assert answers["preset"].origin is Origin.FLAG
    assert answers["models"].origin is Origin.TYPED
    assert answers["id"].origin is Origin.DEFAULT


def test_values_of_a_draft_never_show_the_key(interview: RunInterview) -> None:
    draft = draft_of(interview, {"preset": "acme", "key_source": "keyring", "key": "ac-canary-1"})
    assert "ac-canary-1" not in str(astuple(replace(draft, secret=None)))
    assert "ac-canary-1" not in repr(draft)


def test_who_says_where_the_key_is_need_not_name_its_variable(interview: RunInterview) -> None:
    script: dict[str, Any] = {"type": "openai-compat", "id": "a", "name": "A", "headers": ()}
    facts = {f"set.m1.{field}": "1000" for field in ("context_window", "default_max_tokens")}
    facts |= {"set.m1.name": "M", "set.m1.cost_per_1m_in": "1", "set.m1.cost_per_1m_out": "1"}
    script |= {**facts, "set.m1.can_reason": False, "set.m1.supports_attachments": False, "large": "m1", "small": "m1"}
    given = {"preset": "own", "base_url": "https://a.example/v1", "models": ("m1",), "key_source": "none"}
    answers, _, _ = interview(given, script)
    assert answers["key_env"].origin is Origin.DEFAULT
