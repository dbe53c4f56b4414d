from __future__ import annotations

import time
from typing import Any

import pytest

from wizard.expansion.literals import literal_secrets

KEY = "k3y-in-plain-text"


@pytest.mark.parametrize(
    "config",
    [
        {"providers": {"a": {"api_key": KEY}}},
        {"providers": {"a": {"API_Key": KEY}}},
        {"providers": {"a": {"apiKey": KEY}}},
        {"providers": {"a": {"apikey": KEY}}},
        {"providers": {"a": {"oauth": {"access_token": KEY, "expires_in": 3600}}}},
        {"providers": {"a": {"oauth": {"refresh_token": KEY}}}},
        {"providers": {"a": {"extra_headers": {"x-api-key": KEY}}}},
        {"providers": {"a": {"extra_headers": {"Ocp-Apim-Subscription-Key": KEY}}}},
        {"providers": {"a": {"extra_headers": {"X-My-Token-2": KEY}}}},
        {"providers": {"a": {"extra_headers": {"Cookie": KEY}}}},
        {"providers": {"a": {"extra_body": {"nested": [{"password": KEY}]}}}},
        {"providers": {"a": {"base_url": f"https://user:{KEY}@host/v1"}}},
        {"providers": {"a": {"base_url": f"https://host/v1?a=b&api_key={KEY}&c=d"}}},
        {"mcp": {"m": {"headers": {"Authorization": KEY}}}},
        {"mcp": {"m": {"env": {"GITHUB_PAT": KEY, "DB_PASSWD": KEY, "SERVICE_KEY": KEY}}}},
        {"mcp": {"m": {"args": ["serve", "--api-key", KEY]}}},
        {"mcp": {"m": {"args": ["serve", f"--token={KEY}"]}}},
        {"env": {"AWS_SECRET_ACCESS_KEY": KEY}},
        {"anything": {"client_secret": [KEY]}},
    ],
)
def test_a_secret_is_found_wherever_it_stands(config: dict[str, Any]) -> None:
    assert literal_secrets(config) == {KEY}


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "Basic", "Token"])
def test_a_credential_is_found_with_its_scheme_and_without(scheme: str) -> None:
    assert literal_secrets({"X-Odd": f"{scheme} {KEY}"}) == {KEY, f"{scheme} {KEY}"}


def test_a_well_known_shape_is_found_under_any_name() -> None:
    secret = "sk-" + "a1B2" * 8
    assert literal_secrets({"note": f"the key is {secret}, I think"}) == {secret}


def test_a_literal_that_is_escaped_for_crush_is_found_as_crush_reads_it_too() -> None:
    assert literal_secrets({"api_key": r"pa\$\$w\\rd"}) == {r"pa\$\$w\\rd", r"pa$$w\rd"}


def test_a_dollar_that_expands_nothing_is_literal() -> None:
    assert literal_secrets({"api_key": "100$"}) == {"100$"}


@pytest.mark.parametrize(
    "config",
    [
        {"api_key": "$OPENAI_API_KEY"},
        {"api_key": "${A:-$(crush-wizard secret get A)}"},
        {"api_key": "`pass show openai`"},
        {"Authorization": "Bearer $TOKEN"},
        {"api_key": ""},
        {"api_key": "ollama"},
        {"api_key": "LM-Studio"},
        {"Authorization": "Bearer not-needed"},
        {"base_url": "https://user:$PASSWORD@host"},
        {"base_url": "http://localhost:11434/v1?model=x"},
        {"oauth": {"token_url": "https://host/token"}},
        {"default_max_tokens": 4096, "max_tokens": 1},
        {"tokenizer": "cl100k", "monkey": "banana", "name": "Keyboard"},
        {"mcp": {"m": {"env": {"LOG_LEVEL": "debug"}, "args": ["--verbose", "loud"]}}},
        None,
        [],
    ],
)
def test_what_is_no_secret_is_left_alone(config: Any) -> None:
    assert literal_secrets(config) == frozenset()


def test_a_long_text_takes_no_long_time() -> None:
    started = time.monotonic()
    assert literal_secrets({"picture": "x" * 200_000, "url": f"https://user:{KEY}@host"}) == {KEY}
    assert time.monotonic() - started < 30  # a tenth of a second, or hours if it grew with the square


def test_the_number_of_an_account_in_an_address_is_no_secret_wherever_the_address_stands() -> None:
    number = "0123456789abcdef0123456789abcdef"
    address = f"https://api.cloudflare.com/client/v4/accounts/{number}/ai/v1"
    for text in (address, f"provider add cloudflare --base-url {address} --api-key '$X'"):
        assert literal_secrets({"line": text}) == frozenset()
        assert literal_secrets({"line": f"{text} {number}"}) == {number}


@pytest.mark.parametrize(("url", "is_secret"), [("http://localhost:1/v1", False), ("https://x.example/v1", True)])
def test_a_word_is_no_secret_where_the_server_is_this_machine(url: str, is_secret: bool) -> None:
    entry = {"base_url": url, "api_key": "NOT_USED"}
    assert bool(literal_secrets({"providers": {"a": entry}})) is is_secret
    assert literal_secrets(entry | {"api_key": "correct-horse-battery"})
