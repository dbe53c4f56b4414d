"""The onboarding's own questions: what is offered, and which models are proposed for the slots."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from wizard.flow.engine import accept
from wizard.flow.preset import Preset, PresetChoice, PresetKey, PresetQuestion
from wizard.flow.question import InvalidAnswer
from wizard.flow.setup import (
    OPEN,
    Offered,
    Server,
    SlotCandidate,
    offered,
    selected_by,
    slot_question,
    variables_of,
    which_providers,
)
from wizard.provider.model import Model

OLLAMA = Preset(
    "ollama", "Ollama", "At home", "ollama", "http://localhost:11434/v1", local=True, key=PresetKey(need="none")
)
OPENAI = Preset("openai", "OpenAI", "GPT", "openai", "https://api.openai.com/v1", key=PresetKey(env="OPENAI_API_KEY"))
GROQ = Preset("groq", "Groq", "Fast", "openai-compat", "https://api.groq.com/v1", key=PresetKey(env="GROQ_API_KEY"))
CUSTOM = Preset("openai-compatible", "An endpoint", "Yours", "openai-compat")
PRESETS = {preset.id: preset for preset in (GROQ, OLLAMA, OPENAI, CUSTOM)}
USUAL = Server("ollama", "http://localhost:11434/v1", 3)


def offers(
    *servers: Server, variables: tuple[str, ...] = (), existing: dict[str, Any] | None = None, in_house: bool = False
) -> dict[str, Offered]:
    found = offered(PRESETS, servers, variables, existing or {}, in_house=in_house)
    return {one.value: one for one in found}


# Which providers


def test_what_was_found_is_on_top_and_picked() -> None:
    found = offers(USUAL, variables=("OPENAI_API_KEY",))
    assert list(found)[:2] == ["ollama", "openai"]
    assert [one.value for one in found.values() if one.picked] == ["ollama", "openai"]
    assert "localhost:11434" in found["ollama"].hint
    assert "$OPENAI_API_KEY" in found["openai"].hint


def test_nothing_found_picks_nothing() -> None:
    found = offers()
    assert set(found) == set(PRESETS)
    assert not any(one.picked for one in found.values())


def test_a_server_at_an_unusual_place_brings_its_url() -> None:
    found = offers(Server("ollama", "http://127.0.0.1:4711/v1", None))
    (ollama,) = [one for one in found.values() if one.preset == "ollama"]
    assert ollama.given == {"preset": "ollama", "base_url": "http://127.0.0.1:4711/v1"}


def test_two_servers_of_a_kind_are_told_apart() -> None:
    found = offers(USUAL, Server("ollama", "http://127.0.0.1:4711/v1", 1))
    assert [one.preset for one in found.values()].count("ollama") == 2


def test_a_server_of_an_unknown_kind_is_left_out() -> None:
    assert set(offers(Server("koboldcpp", "http://localhost:5001/v1", 1))) == set(PRESETS)


def test_what_is_configured_already_is_not_picked() -> None:
    existing = {"openai": {}, "mine": {"base_url": "http://localhost:11434/v1"}}
    found = offers(USUAL, variables=("OPENAI_API_KEY",), existing=existing)
    assert not any(one.picked for one in found.values())
    assert all("already set up" in found[name].hint for name in ("ollama", "openai"))
    assert "already set up" not in found["groq"].hint


def test_without_internet_only_what_is_in_house() -> None:
    assert set(offers(variables=("OPENAI_API_KEY",), in_house=True)) == {"ollama", "openai-compatible"}


def test_a_regions_variable_counts() -> None:
    choices = (PresetChoice("us", "US"), PresetChoice("cn", "China", env="GROQ_CN_KEY"))
    preset = replace(GROQ, questions=(PresetQuestion("region", "Region", kind="choice", choices=choices),))
    assert variables_of(preset) == ("GROQ_API_KEY", "GROQ_CN_KEY")
    (one,) = offered({"groq": preset}, (), {"GROQ_CN_KEY"}, {}, in_house=False)
    assert one.picked
    assert "$GROQ_CN_KEY" in one.hint


def test_at_least_one_is_picked() -> None:
    question = which_providers(list(offers().values()), may_be_empty=False)
    with pytest.raises(InvalidAnswer, match="pick at least one"):
        accept(question, ())
    assert accept(replace(question), ("groq",)).value == ("groq",)
    assert accept(which_providers(list(offers().values()), may_be_empty=True), ()).value == ()


# The slots


def candidate(value: str, out: float = 0, *best: Any, tools: bool | None = None) -> SlotCandidate:
    provider, _, model = value.partition("/")
    return SlotCandidate(provider, Model(model, model, cost_per_1m_out=out, tools=tools), frozenset(best))


HOME = candidate("ollama/qwen")
BIG, MIDDLE, TINY = candidate("openai/big", 30), candidate("openai/middle", 10), candidate("openai/tiny", 1)


@pytest.mark.parametrize(
    ("found", "large", "small"),
    [
        ([HOME], "ollama/qwen", "ollama/qwen"),
        ([HOME, BIG, TINY], "openai/big", "openai/tiny"),
        ([TINY, MIDDLE, BIG], "openai/big", "openai/tiny"),
        ([BIG, candidate("openai/right", 10, "large"), TINY], "openai/right", "openai/tiny"),
        ([BIG, MIDDLE, candidate("openai/tiny", 1), candidate("openai/neat", 2, "small")], "openai/big", "openai/neat"),
        ([candidate("a/no-tools", 99, tools=False), MIDDLE], "openai/middle", "openai/middle"),
        ([candidate("a/no-tools", 99, tools=False)], "a/no-tools", "a/no-tools"),
        ([], OPEN, OPEN),
    ],
)
def test_proposals(found: list[SlotCandidate], large: str, small: str) -> None:
    assert slot_question("large", found).default == large
    assert slot_question("small", found, large).default == small


def test_titles_go_to_nobody_else() -> None:
    """What the small model sums up is the conversation: a local large model stays alone with it."""
    assert slot_question("small", [HOME, BIG, TINY], "ollama/qwen").default == "ollama/qwen"


def test_no_large_model_no_small_one() -> None:
    assert slot_question("small", [HOME, BIG], OPEN).default == OPEN


IDS = st.from_regex(r"[a-z][a-z0-9-]{0,5}", fullmatch=True)
MODELS = st.from_regex(r"[a-z0-9:./-]{1,10}", fullmatch=True)
FOUND = st.lists(
    st.builds(
        lambda provider, model, out, tools: candidate(f"{provider}/{model}", out, tools=tools),
        IDS,
        MODELS,
        st.sampled_from([0, 1, 2.5, 30]),
        st.sampled_from([None, True, False]),
    ),
    unique_by=lambda one: one.value,
)


@given(FOUND)
def test_a_proposal_is_always_a_choice_and_reaches_its_provider(found: list[SlotCandidate]) -> None:
    large = str(slot_question("large", found).default)
    question = slot_question("small", found, large)
    small = str(question.default)
    assert {large, small} <= {choice.value for choice in question.choices}
    for one in found:
        mine = selected_by({"large": large, "small": small}, one.provider)
        assert ("large" in mine) == (large.partition("/")[0] == one.provider)
    assert bool(found) == (large != OPEN)
