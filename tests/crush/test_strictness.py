"""What Crush reads from a tree, and what it refuses (crush-behaviour 1.5, 2.1, 2.2)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.facts import crush_fields
from wizard.crush.strictness import CONFIG, Fields, List, Map, decode
from wizard.documents.crushrc.commands import Computed


def model(**fields: Any) -> dict[str, Any]:
    return {"providers": {"a": {"models": [fields]}}}


def provider(**fields: Any) -> dict[str, Any]:
    return {"providers": {"a": fields}}


@pytest.mark.parametrize(("written", "read"), [(4096, 4096), (4096.0, 4096), (1e5, 100_000), (-1, -1), (0, 0)])
def test_whole_numbers_are_taken_however_they_are_spelled(written: float, read: int) -> None:
    found = decode(model(id="m", context_window=written))
    assert found.faults == ()
    window = found.value["providers"]["a"]["models"][0]["context_window"]
    assert (window, type(window)) == (read, int)


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        (model(context_window=4096.5), "`providers.a.models.0.context_window` is a number with a fraction"),
        (model(context_window="4096"), "`providers.a.models.0.context_window` is a string, not a whole number"),
        (model(context_window=1e30), "`providers.a.models.0.context_window` is a number that is too large"),
        (provider(disable="true"), "`providers.a.disable` is a string, not true or false"),
        (provider(disable=1), "`providers.a.disable` is a number, not true or false"),
        (provider(extra_headers={"X": 1}), "`providers.a.extra_headers.X` is a number, not a string"),
        (provider(models={}), "`providers.a.models` is an object, not a list"),
        (provider(models=["m"]), "`providers.a.models.0` is a string, not an object"),
        ({"providers": []}, "`providers` is a list, not an object"),
        ({"Providers": []}, "`Providers` is a list, not an object"),
        (provider(api_key=5), "`providers.a.api_key` is a number, not a string"),
        (provider(extra_body=[]), "`providers.a.extra_body` is a list, not an object"),
        ({"models": {"large": {"think": 1}}}, "`models.large.think` is a number, not true or false"),
        ({"options": {"data_directory": 1}}, "`options.data_directory` is a number, not a string"),
        ({"env": {"A": 1}}, "`env.A` is a number, not a string"),
    ],
)
def test_a_wrong_type_is_a_fault(tree: dict[str, Any], message: str) -> None:
    (fault,) = decode(tree).faults
    assert fault.message.startswith(message)


def test_a_fault_leaves_the_rest_alone() -> None:
    found = decode(provider(name="n", disable="yes", models=[{"id": "m", "context_window": "x"}, "odd"]))
    assert found.value == provider(name="n", models=[{"id": "m"}, {}])
    assert len(found.faults) == 3


def test_names_of_fields_are_found_in_any_letter_case_and_keys_of_maps_are_kept() -> None:
    tree = {"PROVIDERS": {"Mine": {"Base_URL": "u", "API_KEY": "$K", "Models": [{"ID": "m", "Context_Window": 5}]}}}
    found = decode(tree)
    assert found.value == {
        "providers": {"Mine": {"base_url": "u", "api_key": "$K", "models": [{"id": "m", "context_window": 5}]}}
    }
    path = ("providers", "Mine", "models", 0, "context_window")
    assert found.spelled(path) == ("PROVIDERS", "Mine", "Models", 0, "Context_Window")
    assert found.spelled(("providers", "Mine", "name")) == ("PROVIDERS", "Mine", "name")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ({"Name": "a", "name": "b"}, {"name": "b"}),
        ({"Name": "a", "name": None}, {"name": "a"}),
        ({"extra_headers": {"X": "1", "Y": "1"}, "Extra_Headers": {"X": "2"}}, {"extra_headers": {"X": "2", "Y": "1"}}),
        (
            {"Models": [{"id": "m", "name": "M"}, {"id": "n"}], "models": [{"id": "o"}]},
            {"models": [{"id": "o", "name": "M"}]},
        ),
        ({"models": [{"id": "m"}], "Models": [None, {"id": "n"}]}, {"models": [{"id": "m"}, {"id": "n"}]}),
        ({"Models": [{"id": "m"}], "models": []}, {"models": []}),
        ({"Models": [{"id": "m"}], "models": None}, {}),
        ({"discover_models": True, "Discover_Models": None}, {}),
        ({"disable": True, "Disable": None}, {"disable": True}),
    ],
)
def test_two_spellings_are_read_one_after_the_other_into_one_field(
    written: dict[str, Any], read: dict[str, Any]
) -> None:
    assert decode({"providers": {"a": written}}).value == {"providers": {"a": read}}


def test_of_two_spellings_of_providers_the_later_one_counts_completely() -> None:
    found = decode({"Providers": {"a": {"name": "x"}, "b": {}}, "providers": {"a": {"api_key": "k"}}})
    assert found.value == {"providers": {"a": {"api_key": "k"}}}
    assert found.spelled(("providers", "a")) == ("providers", "a")
    assert decode({"Providers": {"a": {}}, "providers": None}).value == {}


def test_a_value_is_found_under_the_spelling_that_has_it() -> None:
    found = decode({"env": {"A": "1", "B": "1"}, "Env": {"A": "2"}})
    assert found.value == {"env": {"A": "2", "B": "1"}}
    assert (found.spelled(("env", "A")), found.spelled(("env", "B"))) == (("Env", "A"), ("env", "B"))


def test_unknown_keys_are_passed_over_and_listed() -> None:
    tree = {**provider(apikey="k", headers={}, models=[{"supports_vision": True}]), "recent_models": {}, "x": 1}
    found = decode(tree)
    assert found.unknown == (
        ("providers", "a", "apikey"),
        ("providers", "a", "headers"),
        ("providers", "a", "models", 0, "supports_vision"),
        ("x",),
    )
    assert found.faults == ()
    assert found.value["providers"] == {"a": {"models": [{}]}}


def test_nulls_say_nothing_but_hold_their_place_in_a_list() -> None:
    tree = {"providers": {"a": {"name": None, "models": [None, {"id": None}]}, "b": None}, "options": None}
    assert decode(tree).value == {"providers": {"a": {"models": [{}, {}]}, "b": {}}}


def test_large_numbers_lose_their_last_digits() -> None:
    found = decode(provider(extra_body={"seed": 12345678901234567890, "list": [2**53, 2**53 + 1], "half": 0.5}))
    body = found.value["providers"]["a"]["extra_body"]
    assert body == {"seed": 12345678901234567000, "list": [2**53, 9007199254740992], "half": 0.5}


def test_what_a_script_computes_fits_any_plain_field() -> None:
    found = decode(provider(disable=Computed("$D"), name=Computed("$N")))
    assert (found.faults, found.value) == ((), provider(disable="$D", name="$N"))


def test_the_schema_knows_the_same_fields() -> None:
    """Whatever the published schema allows is in our table, with the same type."""
    schema = crush_fields.schema()
    assert list(_differences(schema, CONFIG, schema["$defs"], "")) == []


def _differences(node: dict[str, Any], shape: Any, defs: dict[str, Any], path: str) -> list[str]:
    if "$ref" in node:
        node = defs[node["$ref"].removeprefix("#/$defs/")]
    if "properties" in node:
        if not isinstance(shape, Fields):
            return [f"{path}: no struct"]
        missing = [f"{path}.{name}: missing" for name in node["properties"] if name not in shape.fields]
        return missing + [
            found
            for name, inner in node["properties"].items()
            if name in shape.fields
            for found in _differences(inner, shape.fields[name], defs, f"{path}.{name}")
        ]
    if isinstance(shape, Map) and node["type"] == "object":
        return _differences(node["additionalProperties"], shape.of, defs, f"{path}.*") if shape.of else []
    if isinstance(shape, List) and node["type"] == "array":
        return _differences(node["items"], shape.of, defs, f"{path}[]")
    return [] if node["type"] == shape else [f"{path}: {node['type']} is {shape}"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from("providers Providers a models id context_window options extra_body env large".split()),
            inner,
        )
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from("providers models options env PROVIDERS hooks mcp".split()), JSON))
def test_any_tree_is_read_and_what_was_read_is_read_the_same_again(tree: dict[str, Any]) -> None:
    once = decode(tree)
    again = decode(once.value)
    assert again.value == once.value
    assert again.faults == ()
    assert again.unknown == ()
