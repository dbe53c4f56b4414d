"""One tree from several files, and where each value is from (crush-behaviour 1.4)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.crush.merging import KeyInFile, Layer, Merged, merge, merge_decoded
from wizard.documents.crushrc.commands import Computed

USER, DATA, PROJECT = Path("/user/crush.json"), Path("/data/crush.json"), Path("/project/crush.json")
FILES = (USER, DATA, PROJECT)


def merged(*trees: dict[str, Any]) -> Merged:
    return merge(Layer(path, tree) for path, tree in zip(FILES, trees, strict=False))


# The vectors of crush-behaviour 1.4


@pytest.mark.parametrize(
    ("weak", "strong", "value"),
    [
        pytest.param(
            {"providers": {"a": {"base_url": "u"}}},
            {"providers": {"a": {"name": "x"}}},
            {"providers": {"a": {"base_url": "u", "name": "x"}}},
            id="objects merge deeply",
        ),
        pytest.param({"m": ["m1"]}, {"m": ["m2", "m1"]}, {"m": ["m1", "m2", "m1"]}, id="lists are put end to end"),
        pytest.param({"k": "k"}, {"k": ""}, {"k": ""}, id="an empty text overrules"),
        pytest.param({"k": True}, {"k": False}, {"k": False}, id="false overrules"),
        pytest.param({"k": 4}, {"k": 0}, {"k": 0}, id="0 overrules"),
        pytest.param({"k": 4}, {"k": 0.5}, {"k": 0.5}, id="numbers are one type"),
        pytest.param({"k": "k"}, {"k": None}, {"k": "k"}, id="null says nothing"),
        pytest.param({"k": {"a": 1}}, {"k": None}, {"k": {"a": 1}}, id="null deletes no object"),
        pytest.param({"k": None}, {"k": "k"}, {"k": "k"}, id="after null anything"),
        pytest.param({"k": None}, {"k": {"a": None}}, {"k": {"a": None}}, id="after null an object"),
        pytest.param({"Providers": {"a": 1}}, {"providers": {"b": 1}}, {"Providers": {"a": 1}, "providers": {"b": 1}}),
    ],
)
def test_two_files_become_one(weak: dict[str, Any], strong: dict[str, Any], value: dict[str, Any]) -> None:
    found = merged(weak, strong)
    assert found.value == value
    assert found.clashes == ()
    assert list(found.value) == list(value)


@pytest.mark.parametrize(
    ("one", "other", "kinds"),
    [
        ("k", 5, ("a string", "a number")),
        ({}, [], ("an object", "a list")),
        (True, "true", ("a boolean", "a string")),
        (True, 1, ("a boolean", "a number")),
        (["a"], "a", ("a list", "a string")),
    ],
)
def test_different_types_clash_and_the_earlier_value_stays(one: Any, other: Any, kinds: tuple[str, str]) -> None:
    found = merged({"providers": {"a": {"k": one}}}, {}, {"providers": {"a": {"k": other, "name": "n"}}})
    (clash,) = found.clashes
    path = ("providers", "a", "k")
    assert (clash.key_path, clash.kinds) == (path, kinds)
    assert (clash.earlier, clash.later) == (KeyInFile(USER, path), KeyInFile(PROJECT, path))
    assert found.value == {"providers": {"a": {"k": one, "name": "n"}}}
    assert found.origins(path) == (KeyInFile(USER, path),)


def test_what_a_script_computes_clashes_with_no_plain_value() -> None:
    assert merged({"k": 5}, {"k": Computed("$N")}).clashes == ()
    assert merged({"k": Computed("$N")}, {"k": True}).value == {"k": True}
    assert merged({"k": Computed("$N")}, {"k": {}}).clashes != ()


# Where values are from


def test_the_last_origin_counts_and_the_others_are_shadowed() -> None:
    found = merged({"models": {"large": {"model": "a"}}}, {"models": {"large": {"model": "b"}}}, {"models": {}})
    path = ("models", "large", "model")
    assert found.origins(path) == (KeyInFile(USER, path), KeyInFile(DATA, path))


def test_elements_are_counted_as_their_own_file_counts_them() -> None:
    found = merged({"m": [{"id": "m1"}]}, {"m": None}, {"m": [{"id": "m2"}, {"id": "m1"}]})
    assert found.origins(("m", 0, "id")) == (KeyInFile(USER, ("m", 0, "id")),)
    assert found.origins(("m", 2, "id")) == (KeyInFile(PROJECT, ("m", 1, "id")),)
    assert found.origins(("m", 3)) == ()
    assert found.origins(("m",)) == (KeyInFile(USER, ("m",)), KeyInFile(PROJECT, ("m",)))


def test_a_null_is_the_origin_only_where_nothing_else_is() -> None:
    assert merged({"k": 1}, {"k": None}).origins(("k",)) == (KeyInFile(USER, ("k",)),)
    assert merged({"k": None}, {"k": None}).origins(("k",)) == (KeyInFile(USER, ("k",)), KeyInFile(DATA, ("k",)))
    assert merged({"k": 1}).origins(("other",)) == ()


def test_a_file_that_comes_after_the_reading_meets_fields_in_their_own_spelling() -> None:
    layer = Layer(PROJECT, {"Providers": {"b": {}}, "providers": {"a": {"Name": "n", "name": 1}}})
    found = merge_decoded(merged({"PROVIDERS": {"a": {"NAME": "m"}}}), {"providers": {"a": {"name": "m"}}}, layer)
    assert found.value == {"providers": {"a": {"name": "m", "Name": "n"}}, "Providers": {"b": {}}}
    assert [clash.key_path for clash in found.clashes] == [("providers", "a", "name")]
    assert found.clashes[0].earlier == KeyInFile(USER, ("PROVIDERS", "a", "NAME"))


# Properties

KEYS = st.sampled_from("abcd")
TREES = st.recursive(
    st.dictionaries(KEYS, st.integers(0, 3) | st.none(), max_size=3),
    lambda inner: st.dictionaries(
        KEYS, inner | st.lists(inner | st.integers(0, 3), max_size=2) | st.integers(0, 3) | st.none(), max_size=3
    ),
    max_leaves=12,
)


def shaped(tree: Any, depth: int = 0) -> Any:
    """The tree with one type at each key and depth, so that nothing clashes."""
    if not isinstance(tree, dict):
        return tree
    kinds = {"a": dict, "b": list, "c": int, "d": dict}
    return {
        key: shaped(value, depth + 1)
        for key, value in tree.items()
        if value is None or isinstance(value, kinds[key] if depth % 2 else {**kinds, "d": list}[key])
    }


SHAPED = TREES.map(shaped)


def reference(one: Any, other: Any) -> Any:
    """The rules once more, on two values of one type."""
    if one is None or other is None:
        return one if other is None else other
    if isinstance(one, dict):
        keys = [*one, *(key for key in other if key not in one)]
        return {key: reference(one.get(key), other.get(key)) for key in keys}
    return one + other if isinstance(one, list) else other


@given(SHAPED, SHAPED, SHAPED)
def test_a_merge_is_the_reference_merge_of_two_and_two(one: Any, two: Any, three: Any) -> None:
    found = merged(one, two, three)
    assert found.clashes == ()
    assert found.value == reference(reference(one, two), three)


@given(SHAPED, SHAPED, SHAPED)
def test_without_clashes_it_does_not_matter_which_two_come_first(one: Any, two: Any, three: Any) -> None:
    left = merged(merged(one, two).value, three).value
    assert left == merged(one, merged(two, three).value).value


def walk(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [(path, value), *(found for key, child in inner for found in walk(child, (*path, key)))]


def at(tree: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        tree = tree[key]
    return tree


@given(TREES, TREES, TREES)
def test_every_value_has_origins_and_the_last_one_holds_it(one: Any, two: Any, three: Any) -> None:
    found = merged(one, two, three)
    trees = dict(zip(FILES, (one, two, three), strict=True))
    for path, value in walk(found.value)[1:]:
        origins = found.origins(path)
        assert origins, path
        last = at(trees[origins[-1].path], origins[-1].key_path)
        if not isinstance(value, dict | list):
            assert last == value
        else:
            assert all(isinstance(at(trees[one.path], one.key_path), type(value)) for one in origins)


@given(TREES, TREES)
def test_no_file_is_changed(one: Any, two: Any) -> None:
    before = repr((one, two))
    merged(one, two, one)
    assert repr((one, two)) == before


def test_a_clash_has_its_place_whatever_else_is_spelled_alike() -> None:
    first = {"providers": {"a": ""}, "Providers": {"a": {"base_url": True}}}
    (clash,) = merged(first, {"Providers": {"a": {"base_url": ""}}}).clashes
    path = ("Providers", "a", "base_url")
    assert (clash.earlier, clash.later) == (KeyInFile(USER, path), KeyInFile(DATA, path))
