"""Characters that act instead of showing come from no file of anybody's, and the error says where they stand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from wizard.errors import InvalidConfig

if TYPE_CHECKING:
    from tests.transfer.origins.conftest import Home

ESCAPE, BACKWARDS, LINE = "\x1b[2J", "\u202e", "\u2028"
GOOD: dict[str, Any] = {"base_url": "https://p.example/v1", "models": [{"id": "m"}]}


def _config(home: Home, providers: dict[str, Any], **more: Any) -> Any:
    return home.write("given/crush.json", json.dumps({"providers": providers, **more}))


@pytest.mark.parametrize(
    ("providers", "key", "character"),
    [
        ({f"a{ESCAPE}": GOOD}, "providers", "U+001B"),
        ({"a": {**GOOD, "models": [{"id": "m"}, {"id": f"m{ESCAPE}"}]}}, "providers.a.models.1.id", "U+001B"),
        ({"a": {**GOOD, "base_url": f"https://p.example/{BACKWARDS}v1"}}, "providers.a.base_url", "U+202E"),
        ({"a": {**GOOD, "extra_headers": {"X-A": "1\nX-B: 2"}}}, "providers.a.extra_headers.X-A", "U+000A"),
        ({"a": {**GOOD, "extra_headers": {"X-A\r": "1"}}}, "providers.a.extra_headers", "U+000D"),
        ({"a": {**GOOD, "name": f"A{LINE}B"}}, "providers.a.name", "U+2028"),
        ({"a": {**GOOD, "extra_body": {"x": [f"{ESCAPE}"]}}}, "providers.a.extra_body.x.0", "U+001B"),
    ],
)
def test_a_crush_json(home: Home, providers: dict[str, Any], key: str, character: str) -> None:
    path = _config(home, providers)
    error = home.refused("crush", path)
    assert isinstance(error, InvalidConfig)
    assert error.path == str(path)
    assert f"`{key}`" in error.message
    assert character in error.message
    assert not {ESCAPE[0], BACKWARDS, LINE, "\n"} & set(error.message)


def test_a_choice_in_a_crush_json(home: Home) -> None:
    chosen = {"large": {"provider": "a", "model": f"m{BACKWARDS}"}}
    assert "`models.large.model`" in home.refused("crush", _config(home, {"a": GOOD}, models=chosen)).message


@pytest.mark.parametrize("field", ["extra_body", "system_prompt_prefix"])
def test_a_field_of_prose_lends_its_rule_to_no_other(home: Home, field: str) -> None:
    named = {**GOOD, "extra_headers": {field: "1\nX-B: 2"}}
    assert f"extra_headers.{field}" in home.refused("crush", _config(home, {"a": named})).message
    assert f"providers.{field}.name" in home.refused("crush", _config(home, {field: {**GOOD, "name": "a\nb"}})).message


def test_lines_of_prose_come_along(home: Home, entries: Any) -> None:
    options = {"provider_options": {"note": "a\nb"}}
    said = {**GOOD, "system_prompt_prefix": "Be\n\tbrief.", "extra_body": {"stop": ["\n"]}}
    said["models"] = [{"id": "m", "options": options}]
    assert entries(home.found("crush", _config(home, {"a": said})))["a"] == said


def test_a_crushrc(home: Home) -> None:
    script = f"provider add a --base-url https://p.example/v1 --name 'A{BACKWARDS}B'\n"
    path = home.write("given/crushrc", script)
    error = home.refused("crush", path)
    assert error.path == str(path)
    assert "`providers.a.name`" in error.message
    assert "U+202E" in error.message


def test_opencode(home: Home) -> None:
    options = {"baseURL": "https://p.example/v1"}
    entry = {"npm": "@ai-sdk/openai-compatible", "options": options, "body": {"stop": LINE}, "models": {"m": {}}}
    path = home.write("given/opencode.json", json.dumps({"provider": {"a": entry}}))
    error = home.refused("opencode", path)
    assert error.path == str(path)
    assert "providers.a.extra_body.stop" in error.message
    assert "U+2028" in error.message


def test_continue(home: Home) -> None:
    text = (
        "models:\n  - name: a\n    provider: openai\n    model: m\n    apiBase: https://p.example/v1\n"
        '    requestOptions:\n      extraBodyProperties: {stop: "\\u202E"}\n'
    )
    path = home.write("given/config.yaml", text)
    error = home.refused("continue", path)
    assert error.path == str(path)
    assert "extra_body.stop" in error.message


def test_litellm(home: Home) -> None:
    text = (
        "model_list:\n  - model_name: a\n    litellm_params:\n      model: openai/m\n"
        '      api_base: https://p.example/v1\n      extra_body: {"a\\x1b": 1}\n'
    )
    path = home.write("given/config.yaml", text)
    error = home.refused("litellm", path)
    assert error.path == str(path)
    assert "extra_body" in error.message
    assert "U+001B" in error.message
