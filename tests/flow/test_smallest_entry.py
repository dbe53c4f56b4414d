"""What is written of a provider that the Crush here has built in: the table in wizard/flow/own_catalogue.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from wizard.errors import UsageError
from wizard.flow.build import build
from wizard.flow.own_catalogue import OwnCatalogue, OwnProvider
from wizard.flow.preset import Preset, PresetChoice, PresetKey, PresetQuestion
from wizard.provider.model_facts import ModelFacts

if TYPE_CHECKING:
    from tests.flow.conftest import RunInterview
    from wizard.flow.build import Draft

DEEPSEEK = Preset(
    id="deepseek",
    name="DeepSeek",
    description="As shipped",
    type="openai-compat",
    base_url="https://api.deepseek.com/v1",
    builtin="deepseek",
    key=PresetKey(need="required", env="DEEPSEEK_API_KEY"),
    models=("pro", "flash"),
    large="pro",
    small="flash",
)
OPENAI = replace(DEEPSEEK, id="openai", builtin="openai", type="openai", base_url="https://api.openai.com/v1")
LISTED: dict[str, dict[str, Any]] = {"pro": {}, "flash": {}, "old": {}}
HERE = OwnProvider("openai-compat", "https://api.deepseek.com/v1", {"X-Own": "Crush"}, LISTED)
KEY = {"api_key": "$DEEPSEEK_API_KEY"}


def drafted(
    interview: RunInterview,
    given: dict[str, Any],
    own: OwnProvider | None = HERE,
    preset: Preset = DEEPSEEK,
    **more: Any,
) -> Draft:
    found = OwnCatalogue({preset.id: own} if own else {}, "the Crush here does not have it built in")
    more = {"presets": (preset,), "look_at_catalogue": lambda: found, **more}
    answers, facts, _ = interview({"preset": preset.id, **given}, **more)
    return build(answers, facts)


def ids(draft: Draft) -> list[str]:
    return [model["id"] for model in draft.entry.get("models", ())]


def test_the_key_is_all_that_crush_does_not_have_itself(interview: RunInterview) -> None:
    draft = drafted(interview, {})
    assert draft.entry == KEY
    assert draft.selected == {"large": "pro", "small": "flash"}
    assert draft.own_models == ("pro", "flash", "old")
    assert draft.why_whole == ""


@pytest.mark.parametrize(
    ("given", "field", "value"),
    [
        ({"headers": ("X-Team=a", "X-Own=Crush")}, "extra_headers", {"X-Team": "a"}),
        ({"headers": ("X-Own=another",)}, "extra_headers", {"X-Own": "another"}),
        ({"extra_body": '{"a": 1}'}, "extra_body", {"a": 1}),
        ({"flat_rate": True}, "flat_rate", True),
        ({"prefix": "Be brief."}, "system_prompt_prefix", "Be brief."),
    ],
)
def test_what_is_answered_otherwise_is_written(
    interview: RunInterview, given: dict[str, Any], field: str, value: object
) -> None:
    assert drafted(interview, given).entry == {**KEY, field: value}


def test_another_url_is_written(interview: RunInterview) -> None:
    draft = drafted(interview, {"base_url": "https://relay.corp.example/v1", "key_env": "RELAY_KEY"})
    assert draft.entry == {"base_url": "https://relay.corp.example/v1", "api_key": "$RELAY_KEY"}


def test_a_model_is_written_that_crush_lacks(interview: RunInterview) -> None:
    new = drafted(interview, {"models": ("pro", "new", "old"), "set.new.context_window": "100k", "large": "new"})
    assert ids(new) == ["new"]
    assert ids(drafted(interview, {}, replace(HERE, models={"pro": {}}))) == ["flash"]


def test_a_model_is_written_that_something_is_said_about(interview: RunInterview) -> None:
    assert ids(drafted(interview, {"set.pro.context_window": "100k"})) == ["pro"]
    own_words = replace(DEEPSEEK, source="user", facts={"flash": ModelFacts("flash", context_window=9_000)})
    assert ids(drafted(interview, {}, preset=own_words)) == ["flash"]


def test_a_slot_takes_a_model_that_crush_lists_and_no_other(interview: RunInterview) -> None:
    draft = drafted(interview, {"large": "old"})
    assert (draft.entry, draft.selected["large"]) == (KEY, "old")
    with pytest.raises(UsageError, match="Crush has no model `oldd` of deepseek; did you mean `old`"):
        drafted(interview, {"large": "oldd"})


@pytest.mark.parametrize(("is_set", "written"), [(False, False), (True, True)])
def test_a_url_that_a_variable_moves_is_written_where_it_is_set(
    interview: RunInterview, is_set: bool, written: bool
) -> None:
    own = OwnProvider("openai", "$OPENAI_API_ENDPOINT", {}, LISTED)
    set_variables = frozenset({"OPENAI_API_ENDPOINT"} if is_set else ())
    draft = drafted(interview, {}, own, OPENAI, set_variables=set_variables)
    assert ("base_url" in draft.entry) is written


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"own": None}, "the Crush here does not have it built in"),
        ({"whole": True}, "as you said"),
        ({"look_at_catalogue": lambda: OwnCatalogue(why_not="no Crush is installed")}, "no Crush is installed"),
    ],
)
def test_all_is_written_where_crush_does_not_have_it(
    interview: RunInterview, changes: dict[str, Any], why: str
) -> None:
    draft = drafted(interview, {}, **changes)
    assert {"name", "type", "base_url", "api_key", "models"} == draft.entry.keys()
    assert (draft.own_models, draft.why_whole) == ((), why)


def test_a_provider_of_ones_own_needs_no_word_about_crush(interview: RunInterview) -> None:
    draft = drafted(interview, {"id": "deepseek-work"})
    assert ids(draft) == ["pro", "flash"]
    assert draft.why_whole == ""


def test_an_entry_that_is_there_is_only_added_to(interview: RunInterview) -> None:
    there = {"deepseek": {"api_key": "$OLD", "models": [{"id": "mine", "name": "Mine"}]}}
    draft = drafted(interview, {"existing": "merge", "key_env": "DEEPSEEK_API_KEY"}, existing=there)
    assert draft.entry == KEY


def test_a_plan_of_a_region_is_that_providers_own(interview: RunInterview) -> None:
    china = PresetChoice("cn", "China", base_url="https://open.bigmodel.cn/v4", builtin="zhipu", provider_id="zhipu")
    where = PresetQuestion("region", "Where?", kind="choice", default="cn", choices=(china,))
    preset = replace(DEEPSEEK, questions=(where,))
    own = OwnCatalogue({"zhipu": replace(HERE, endpoint="https://open.bigmodel.cn/v4")})
    assert drafted(interview, {}, preset=preset, look_at_catalogue=lambda: own).entry == KEY
