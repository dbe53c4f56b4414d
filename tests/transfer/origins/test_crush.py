"""Crush's own files: whatever they say comes along, except for keys."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from wizard.transfer.origins.found import FoundSetup

if TYPE_CHECKING:
    from tests.transfer.origins.conftest import Home

Entries = Callable[[FoundSetup], dict[str, dict[str, Any]]]


def test_the_data_folder_is_looked_at(home: Home, entries: Entries) -> None:
    home.put("crush/crush.json", ".local/share/crush/crush.json")
    found = home.found("crush")
    assert entries(found) == {
        "openai": {"api_key": "$OPENAI_API_KEY"},
        "house": {
            "name": "House",
            "type": "openai-compat",
            "base_url": "http://localhost:9000/v1",
            "api_key": "$(pass show house)",
            "extra_headers": {"Authorization": "Bearer $HOUSE_AUTHORIZATION", "X-Plain": "yes"},
            "models": [{"id": "m", "name": "M", "context_window": 4096}],
        },
    }
    assert found.profile.providers[1].machine_bound == ("base_url", "api_key")
    assert found.profile.selected == {"large": {"provider": "house", "model": "m"}}
    assert found.profile.secrets == ("OPENAI_API_KEY", "HOUSE_AUTHORIZATION")
    assert dict(found.values) == {
        "OPENAI_API_KEY": "sk-made-up-openai-0123456789",
        "HOUSE_AUTHORIZATION": "made-up-house-token",
    }
    assert "provider house, `extra_body`: a key in it can't be a variable" in found.unsupported


def test_a_crushrc(home: Home, entries: Entries) -> None:
    found = home.found("crush", home.put("crush/crushrc", "old/crushrc"))
    assert entries(found)["groq"] == {"api_key": "$GROQ_API_KEY"}
    assert entries(found)["near"] == {"base_url": "http://localhost:9000/v1"}
    assert dict(found.values) == {"GROQ_API_KEY": "gsk_madeup0123456789abcdef"}
    assert found.unsupported == ("providers.near.api_key: it can't be known without running the script",)


def test_a_sign_in_stays_with_crush(home: Home, entries: Entries) -> None:
    file = home.write(
        "crush.json", '{"providers": {"hyper": {"oauth": {"access_token": "made-up"}, "flat_rate": true}}}'
    )
    found = home.found("crush", file)
    assert entries(found) == {"hyper": {"flat_rate": True}}
    assert any("login" in one for one in found.unsupported)


def test_fields_in_another_letter_case_are_the_same_fields(home: Home, entries: Entries) -> None:
    file = home.write(
        "crush.json", '{"Providers": {"x": {"API_KEY": "made-up-0123456789", "Base_URL": "https://x/v1"}}}'
    )
    assert entries(home.found("crush", file))["x"] == {"api_key": "$X_API_KEY", "base_url": "https://x/v1"}


def test_what_crush_would_not_start_with_is_refused(home: Home) -> None:
    assert home.refused("crush", home.write("crush.json", '{"providers": []}')).code == "invalid-config"
    assert home.refused("crush", home.write("crush.json", '{"providers": ')).line == 1


def test_keys_in_a_url_are_taken_out(home: Home, entries: Entries) -> None:
    url = "https://u:x.example@x.example:8080/v1?api_key=made-up-1&a=b"
    file = home.write("crush.json", json.dumps({"providers": {"x": {"base_url": url}}}))
    found = home.found("crush", file)
    shown = "https://u:${X_URL_PASSWORD}@x.example:8080/v1?api_key=${X_URL_PASSWORD_2}&a=b"
    assert entries(found)["x"] == {"base_url": shown}
    assert dict(found.values) == {"X_URL_PASSWORD": "x.example", "X_URL_PASSWORD_2": "made-up-1"}
    assert found.profile.secrets == ("X_URL_PASSWORD", "X_URL_PASSWORD_2")


def test_what_can_be_no_variable_is_left_out(home: Home, entries: Entries) -> None:
    key = "sk-" + "a1B2" * 8
    entry = {
        "base_url": f"https://x.example/{key}",
        "api_key": "$A${B:-made-up-1}",
        "provider_options": {"token": "${B:-made-up-1}"},
        "models": [{"id": "m", "options": {"provider_options": {"api_key": "made-up-2"}}}],
    }
    found = home.found("crush", home.write("crush.json", json.dumps({"providers": {"x": entry}})))
    assert entries(found)["x"] == {"api_key": "$X_API_KEY"}
    assert dict(found.values) == {}
    for field in ("base_url", "provider_options", "models"):
        assert f"provider x, `{field}`: a key in it can't be a variable" in found.unsupported
    assert "the key X_API_KEY: it is in plain text next to a variable" in found.unsupported


def test_a_key_that_is_a_variables_default_is_taken_out(home: Home, entries: Entries) -> None:
    headers = {"Authorization": "Bearer ${TOKEN-made-up-2}", "X-Team": "${TEAM:-search}"}
    entry = {"api_key": "${WORK:-made-up-1}", "extra_headers": headers}
    other = {"api_key": "${WORK:-none}", "extra_headers": {"X-Key": "${WORK:-made-up-3}"}}
    file = home.write("crush.json", json.dumps({"providers": {"x": entry, "y": other}}))
    found = home.found("crush", file)
    assert entries(found) == {
        "x": {"api_key": "$WORK", "extra_headers": {"Authorization": "Bearer $TOKEN", "X-Team": "${TEAM:-search}"}},
        "y": {"api_key": "${WORK:-none}", "extra_headers": {"X-Key": "$WORK_2"}},
    }
    assert dict(found.values) == {"WORK": "made-up-1", "TOKEN": "made-up-2", "WORK_2": "made-up-3"}


def test_the_same_model_twice_is_no_reason_to_refuse_the_rest(home: Home, entries: Entries) -> None:
    models = [{"id": "m", "name": "1"}, {"id": "m", "name": "2"}]
    file = home.write("crush.json", json.dumps({"providers": {"x": {"models": models}}}))
    assert entries(home.found("crush", file))["x"] == {"models": models}
