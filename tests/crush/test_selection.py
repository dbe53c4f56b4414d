"""Which models the two slots come to (crush-behaviour 7.1, 7.2)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.crush.selection import Resolved, Selectable, SlotModel, defaults, resolve

OPENAI = Selectable("openai", builtin=True, models=("o1", "o2"), large="o2", small="o1")
GROQ = Selectable("groq", builtin=True, models=("g1",), large="gone", small="g1")
LOCAL = Selectable("local", models=("l1", "l2"))
ALPHA = Selectable("alpha", models=("a1", "a2"))


def slots(selected: dict[str, Any], *candidates: Selectable, maybe: tuple[str, ...] = ()) -> tuple[Resolved, Resolved]:
    default = defaults(candidates)
    assert default is not None
    return resolve(selected, candidates, default, maybe)


def disabled(one: Selectable) -> Selectable:
    return Selectable(one.id, one.builtin, True, one.models, one.more, one.large, one.small)


# Defaults


@pytest.mark.parametrize(
    ("candidates", "large", "small"),
    [
        ((LOCAL, OPENAI), SlotModel("openai", "o2"), SlotModel("openai", "o1")),
        ((OPENAI, GROQ), SlotModel("openai", "o2"), SlotModel("openai", "o1")),
        ((GROQ, OPENAI), SlotModel("groq", "g1"), SlotModel("groq", "g1")),
        ((disabled(OPENAI), LOCAL), SlotModel("local", "l1"), SlotModel("local", "l1")),
        ((LOCAL, ALPHA), SlotModel("alpha", "a1"), SlotModel("alpha", "a1")),
        ((Selectable("asked", more=True),), SlotModel("asked", ""), SlotModel("asked", "")),
    ],
)
def test_the_default(candidates: tuple[Selectable, ...], large: SlotModel, small: SlotModel) -> None:
    found = defaults(candidates)
    assert found is not None
    assert (found.large, found.small) == (large, small)


def test_a_default_that_is_not_in_the_list_is_told() -> None:
    found = defaults([GROQ])
    assert found is not None
    assert found.missing == ("gone",)


@pytest.mark.parametrize("candidates", [[], [disabled(LOCAL)], [Selectable("empty", builtin=True, large="x"), LOCAL]])
def test_no_default(candidates: list[Selectable]) -> None:
    assert defaults(candidates) is None


# Selections


def test_what_exists_is_taken() -> None:
    large, small = slots(
        {"large": {"provider": "local", "model": "l2"}, "small": {"provider": "openai", "model": "o1"}}, OPENAI, LOCAL
    )
    assert (large.choice, large.falls_back) == (SlotModel("local", "l2"), False)
    assert (small.choice, small.configured) == (SlotModel("openai", "o1"), SlotModel("openai", "o1"))
    assert large.fallback == SlotModel("openai", "o2")


@pytest.mark.parametrize(
    "wanted",
    [
        {"provider": "local", "model": "nope"},
        {"provider": "nope", "model": "l1"},
        {"provider": "local", "model": "L1"},
        {"provider": "Local", "model": "l1"},
        {"provider": "local"},  # completed with the default's model, which it has not
    ],
)
def test_what_does_not_exist_falls_back_whole(wanted: dict[str, Any]) -> None:
    large, _ = slots({"large": wanted}, OPENAI, LOCAL)
    assert (large.choice, large.falls_back) == (SlotModel("openai", "o2"), True)


@pytest.mark.parametrize("wanted", [{"model": "o1"}, {"provider": "", "model": "o1"}, {"model": "o1", "think": True}])
def test_a_missing_part_is_completed(wanted: dict[str, Any]) -> None:
    large, _ = slots({"large": wanted}, OPENAI, LOCAL)
    assert (large.choice, large.falls_back) == (SlotModel("openai", "o1"), False)


def test_an_absent_slot_is_no_fallback() -> None:
    large, small = slots({}, OPENAI)
    assert (large.configured, large.falls_back, small.falls_back, small.follows_large) == (None, False, False, False)


def test_without_a_small_one_a_builtin_gets_the_titles() -> None:
    _, small = slots({"large": {"provider": "local", "model": "l2"}}, OPENAI, LOCAL)
    assert (small.choice, small.follows_large) == (SlotModel("openai", "o1"), False)


def test_without_a_small_one_and_any_builtin_it_is_the_large_one() -> None:
    _, small = slots({"large": {"provider": "local", "model": "l2"}}, LOCAL, ALPHA)
    assert (small.choice, small.follows_large) == (SlotModel("local", "l2"), True)


def test_a_disabled_builtin_is_used_if_it_is_named() -> None:
    large, _ = slots({"large": {"provider": "openai", "model": "o1"}}, disabled(OPENAI), LOCAL)
    assert (large.choice, large.falls_back) == (SlotModel("openai", "o1"), False)


def test_what_nobody_can_tell_is_believed() -> None:
    asked = Selectable("asked", models=("own",), more=True)
    large, small = slots(
        {"large": {"provider": "asked", "model": "x"}, "small": {"provider": "script", "model": "y"}},
        asked,
        maybe=("script",),
    )
    assert (large.choice, small.choice) == (SlotModel("asked", "x"), SlotModel("script", "y"))


NAMES = st.sampled_from(["a", "b", "c", ""])
CANDIDATES = st.builds(
    Selectable,
    NAMES.filter(bool),
    st.booleans(),
    st.booleans(),
    st.lists(NAMES, max_size=2).map(tuple),
    st.booleans(),
    NAMES,
    NAMES,
)


@given(
    st.lists(CANDIDATES, max_size=4, unique_by=lambda one: one.id),
    st.dictionaries(st.sampled_from(["large", "small"]), st.fixed_dictionaries({"provider": NAMES, "model": NAMES})),
)
def test_a_slot_never_names_what_is_not_there(candidates: list[Selectable], selected: dict[str, Any]) -> None:
    default = defaults(candidates)
    if default is None:
        return
    by_id = {one.id: one for one in candidates}
    for slot in resolve(selected, candidates, default, ()):
        provider = by_id[slot.choice.provider]
        assert provider.has(slot.choice.model)
        assert slot.falls_back <= (slot.configured is not None)


def test_whose_list_would_tell() -> None:
    builtin = Selectable("b", builtin=True, models=("own",), more=True, large="l", small="own")
    assert [builtin.doubt(model) for model in ("own", "l")] == ["", "catalogue"]
    assert Selectable("c", more=True).doubt("m") == "endpoint"
    assert Selectable("c", models=("m",), sure=False).doubt("m") == "command"
