"""What of a configuration goes into a profile: all that TOML can say, wherever the profile is made."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.crush.effective import effective
from wizard.crush.loading import load
from wizard.files.locations import Surroundings
from wizard.provider.builtins import BUILTINS
from wizard.provider.template import escape_literal
from wizard.transfer.portable import (
    COMPUTED,
    HALF,
    NO_TOML,
    LeftOut,
    Portable,
    needed_secrets,
    portable,
    without_duplicates,
)
from wizard.transfer.profile import Profile, ProfileProvider
from wizard.transfer.profile_text import profile_text

URL = "https://llm.example/v1"
NULLS: dict[str, Any] = {"in an object": {"a": None}, "in a list": {"a": [None]}, "deep": {"a": [{"b": None, "c": 1}]}}

Exported = Callable[..., Portable]


@pytest.fixture
def exported(tmp_path: Path) -> Exported:
    """What goes out of a crush.json, or of a crushrc beside it."""
    around = Surroundings({}, "win32", tmp_path, tmp_path / "config", tmp_path / "data", tmp_path, tmp_path)

    def of(config: Mapping[str, Any], script: str = "", wanted: tuple[str, ...] = (), **environ: str) -> Portable:
        around.config.mkdir()
        (around.config / "crush.json").write_text(json.dumps(config), encoding="utf-8")
        if script:
            (around.config / "crushrc").write_text(script, encoding="utf-8")
        found = effective(load(around), environ=environ, home=tmp_path, exists=Path.exists, builtins=BUILTINS)
        ready = portable(found, wanted)
        assert tomllib.loads(profile_text(ready.profile))["profile"] == 1
        return ready

    return of


def _entry(**fields: Any) -> dict[str, Any]:
    return {"base_url": URL, "models": [{"id": "m"}], **fields}


# Choices


@pytest.mark.parametrize("environ", [{}, {"OPENAI_API_KEY": "1"}])
def test_a_choice_goes_along_whatever_this_shell_has(exported: Exported, environ: dict[str, str]) -> None:
    said = {"provider": "openai", "model": "gpt-5", "think": True}
    ready = exported({"models": {"large": said}, "providers": {"p": _entry()}}, **environ)
    assert dict(ready.profile.selected) == {"large": said}
    assert ready.left == ()


def test_also_where_no_provider_works_at_all(exported: Exported) -> None:
    said = {"provider": "openai", "model": "gpt-5"}
    assert dict(exported({"models": {"large": said}}).profile.selected) == {"large": said}


def test_a_missing_half_is_what_crush_takes(exported: Exported) -> None:
    ready = exported({"models": {"large": {"model": "m", "max_tokens": 9}}, "providers": {"p": _entry()}})
    assert dict(ready.profile.selected) == {"large": {"provider": "p", "model": "m", "max_tokens": 9}}


def test_a_half_that_nobody_can_tell_is_said(exported: Exported) -> None:
    ready = exported({"models": {"large": {"model": "gpt-5"}}})
    assert (dict(ready.profile.selected), ready.left) == ({}, (LeftOut("models.large", "provider", HALF),))


def test_what_only_the_script_would_tell_is_said(exported: Exported) -> None:
    script = 'model large p/m --max-tokens 9 --reasoning-effort "$(cat effort)"\n'
    ready = exported({"providers": {"p": _entry()}}, script)
    assert dict(ready.profile.selected) == {"large": {"provider": "p", "model": "m", "max_tokens": 9}}
    assert ready.left == (LeftOut("models.large", "reasoning_effort", COMPUTED),)


def test_a_choice_of_another_provider_stays_here_in_silence(exported: Exported) -> None:
    said = {"provider": "q", "model": "m", "provider_options": {"a": None}}
    ready = exported({"models": {"large": said}, "providers": {"p": _entry()}}, wanted=("p",))
    assert (dict(ready.profile.selected), ready.left) == ({}, ())


# What TOML can't say


@pytest.mark.parametrize("value", NULLS.values(), ids=NULLS)
@pytest.mark.parametrize("field", ["extra_body", "provider_options"])
def test_a_null_in_an_entry_is_said(exported: Exported, field: str, value: Any) -> None:
    ready = exported({"providers": {"p": _entry(**{field: value})}})
    assert ready.left == (LeftOut("p", field, NO_TOML),)
    assert field not in ready.profile.providers[0].entry


@pytest.mark.parametrize("value", NULLS.values(), ids=NULLS)
def test_a_null_in_a_model_is_said(exported: Exported, value: Any) -> None:
    model = {"id": "m", "name": "M", "options": {"temperature": 1, "provider_options": value}}
    ready = exported({"providers": {"p": _entry(models=[model, {"id": "n"}])}})
    assert ready.left == (LeftOut("p", "models", NO_TOML, "m provider_options"),)
    kept = [{"id": "m", "name": "M", "options": {"temperature": 1}}, {"id": "n"}]
    assert ready.profile.providers[0].entry["models"] == kept


@pytest.mark.parametrize("value", NULLS.values(), ids=NULLS)
def test_a_null_in_a_choice_is_said(exported: Exported, value: Any) -> None:
    said = {"provider": "p", "model": "m", "top_k": 3}
    slots = {"large": {**said, "provider_options": value}, "small": {**said, "think": None}}
    ready = exported({"models": slots, "providers": {"p": _entry()}})
    assert dict(ready.profile.selected) == {"large": said, "small": said}
    assert ready.left == (LeftOut("models.large", "provider_options", NO_TOML),)


# Secrets


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a\\$b", ()),
        ("\\${b}", ()),
        ("\\\\$b", ("b",)),
        ("$a\\$b", ("a",)),
        ("${a:-\\$b}x$c", ("c",)),
        ("\\`$b\\`", ("b",)),
        ("$(echo \\$b)", ("b",)),
    ],
)
def test_what_is_escaped_needs_no_secret(text: str, names: tuple[str, ...]) -> None:
    assert needed_secrets([ProfileProvider("p", {"api_key": text})]) == names


@given(st.text())
def test_a_literal_needs_no_secret(text: str) -> None:
    assert needed_secrets([ProfileProvider("p", {"api_key": escape_literal(text)})]) == ()


LISTED_MODELS = st.lists(
    st.builds(lambda id_, name: {"id": id_, "name": name}, st.sampled_from("abc"), st.text(max_size=2))
)


def _portable(entry: dict[str, Any]) -> Portable:
    return Portable(Profile((ProfileProvider("p", entry, ("models",)),), {}, ("KEY",)), (), ())


@given(LISTED_MODELS)
def test_of_models_listed_twice_the_first_stays_in_its_order(listed: list[dict[str, str]]) -> None:
    ready = without_duplicates(_portable({"type": "ollama", "models": listed}))
    (provider,) = ready.profile.providers
    ids = [model["id"] for model in listed]
    assert [model["id"] for model in provider.entry["models"]] == list(dict.fromkeys(ids))
    assert all(model == listed[ids.index(model["id"])] for model in provider.entry["models"])
    assert len(ready.left) == len({model for model in ids if ids.count(model) > 1})
    assert (provider.entry["type"], provider.machine_bound, ready.profile.secrets) == ("ollama", ("models",), ("KEY",))


def test_an_entry_without_models_stays() -> None:
    assert without_duplicates(_portable({"type": "ollama"})) == _portable({"type": "ollama"})
