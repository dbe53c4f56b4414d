"""Several tools on one machine: what they share comes over once, what they keep apart stays apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from wizard.transfer.origins.found import FoundSetup
from wizard.transfer.origins.joining import join
from wizard.transfer.portable import needed_secrets
from wizard.transfer.profile import Profile, ProfileProvider

URL = "http://localhost:11434/v1"


def _found(
    tool: str, *providers: tuple[str, dict[str, Any]], selected: Any = None, values: dict[str, str] | None = None
) -> FoundSetup:
    listed = tuple(ProfileProvider(one, entry) for one, entry in providers)
    profile = Profile(listed, selected or {}, needed_secrets(listed))
    return FoundSetup(tool, Path(tool), profile, values or {}, ())


def _entry(*models: str, **fields: Any) -> dict[str, Any]:
    entry = {"type": "ollama", "base_url": URL, "api_key": "no-key", "models": [{"id": one} for one in models]}
    return {name: value for name, value in {**entry, **fields}.items() if value}


def test_one_endpoint_comes_once_with_the_models_of_all() -> None:
    joined = join(
        [
            _found("goose", ("ollama", _entry("a", name="Goose's"))),
            _found("opencode", ("ollama", _entry("b", "a", base_url=f"{URL}/", api_key="ollama"))),
            _found("continue", ("mine", _entry("c"))),
        ]
    )
    (one,) = joined.profile.providers
    assert (one.id, one.machine_bound) == ("ollama", ("base_url",))
    assert one.entry == {**_entry("a", "b", "c"), "name": "Goose's"}
    assert joined.tools == {"ollama": ("goose", "opencode", "continue")}
    assert joined.clashing == frozenset()


@pytest.mark.parametrize("types", [("ollama", "openai-compat"), ("openai-compat", "ollama")])
def test_a_server_is_known_by_the_tool_that_names_its_kind(types: tuple[str, str]) -> None:
    joined = join([_found(one, ("o", _entry(one, type=one))) for one in (*types, "lmstudio")])
    assert [(one.id, one.entry["type"]) for one in joined.profile.providers] == [("o", "ollama"), ("o-2", "lmstudio")]


def test_of_a_model_that_both_list_each_tells_what_it_knows() -> None:
    first, second = [{"id": "a", "name": "First"}], [{"id": "a", "name": "Second", "context_window": 9}]
    joined = join([_found("x", ("o", _entry(models=first))), _found("y", ("o", _entry(models=second)))])
    assert joined.profile.providers[0].entry["models"] == [{"id": "a", "name": "First", "context_window": 9}]


@pytest.mark.parametrize(
    "other",
    [
        {"type": "openai"},
        {"type": "lmstudio"},
        {"base_url": "http://localhost:11435/v1"},
        {"api_key": "$OTHER"},
        {"api_key": ""},
        {"extra_headers": {"X": "1"}},
        {"extra_body": {"keep": True}},
    ],
)
def test_what_differs_stays_apart_and_is_marked(other: dict[str, Any]) -> None:
    joined = join([_found("x", ("o", _entry("a"))), _found("y", ("o", _entry("b", **other)))])
    assert [one.id for one in joined.profile.providers] == ["o", "o-2"]
    assert joined.clashing == {"o", "o-2"}
    assert joined.tools == {"o": ("x",), "o-2": ("y",)}


def test_what_one_tool_keeps_apart_stays_apart() -> None:
    two = _found("x", ("work", _entry("a")), ("private", _entry("a")))
    assert [one.id for one in join([two]).profile.providers] == ["work", "private"]


def test_a_choice_follows_its_provider_and_the_first_one_counts() -> None:
    joined = join(
        [
            _found("x", ("o", _entry("a"))),
            _found("y", ("mine", _entry("b")), selected={"large": {"provider": "mine", "model": "b"}}),
            _found("z", ("o", _entry("c", type="openai")), selected={"large": {"provider": "o", "model": "c"}}),
        ]
    )
    assert joined.profile.selected == {"large": {"provider": "o", "model": "b"}}


def test_one_variable_is_one_key() -> None:
    entry = _entry("a", api_key="$KEY")
    joined = join([_found("x", ("o", entry)), _found("y", ("o", entry), values={"KEY": "1"})])
    assert ([one.id for one in joined.profile.providers], joined.values) == (["o"], {"KEY": "1"})


def test_one_key_is_one_key_whatever_stands_for_it() -> None:
    first = _found("x", ("o", _entry("a", api_key="$X_KEY")), values={"X_KEY": "1"})
    second = _found("y", ("o", _entry("b", api_key="$Y_KEY")), values={"Y_KEY": "1"})
    joined = join([first, second])
    (one,) = joined.profile.providers
    assert (one.entry["api_key"], joined.values, joined.profile.secrets) == ("$X_KEY", {"X_KEY": "1"}, ("X_KEY",))


def test_another_value_of_a_name_is_left_out_and_said() -> None:
    entry = _entry("a", api_key="$KEY")
    first = _found("x", ("o", entry), values={"KEY": "made-up-1"})
    joined = join([first, _found("y", ("o", entry), values={"KEY": "made-up-2"})])
    assert joined.values == {"KEY": "made-up-1"}
    assert joined.left == ("KEY has a different value in y, which is left out",)
    assert "made-up" not in repr(joined)


def test_one_name_of_two_tools_for_two_servers_becomes_two() -> None:
    """Else the second server would get the first one's key."""
    elsewhere = _entry("b", api_key="$KEY", base_url="https://other.example/v1", extra_headers={"X": "Bearer ${KEY}"})
    for other in ("made-up-2", "made-up-1"):
        first = _found("x", ("o", _entry("a", api_key="$KEY")), values={"KEY": "made-up-1"})
        joined = join([first, _found("y", ("o", elsewhere), values={"KEY": other})])
        one, two = joined.profile.providers
        assert (one.entry["api_key"], two.entry["api_key"]) == ("$KEY", "$KEY_2")
        assert two.entry["extra_headers"] == {"X": "Bearer ${KEY_2}"}
        assert (joined.values, joined.left) == ({"KEY": "made-up-1", "KEY_2": other}, ())
        assert joined.profile.secrets == ("KEY", "KEY_2")
