"""Base URLs: what people paste, and what Crush needs (crush-behaviour 2.4, 6)."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wizard.provider.base_url import BaseUrl, InvalidBaseUrl, at_host, normalize_base_url, wants_v1
from wizard.provider.types import TYPES


@pytest.mark.parametrize(
    ("typed", "type_name", "expected"),
    [
        # white space, slashes, quotes
        ("  https://api.example.com/v1/ \n", "openai-compat", "https://api.example.com/v1"),
        ('"https://api.example.com/v1"', "openai-compat", "https://api.example.com/v1"),
        ("<https://api.example.com/v1>", "openai-compat", "https://api.example.com/v1"),
        ("HTTPS://api.example.com/v1", "openai-compat", "https://api.example.com/v1"),
        # endpoint paths
        ("https://h.example/v1/chat/completions", "openai-compat", "https://h.example/v1"),
        ("https://h.example/v1/completions/", "openai-compat", "https://h.example/v1"),
        ("https://h.example/v1/responses", "openai", "https://h.example/v1"),
        ("https://h.example/v1/models", "openai-compat", "https://h.example/v1"),
        ("https://h.example/v1/messages", "openai-compat", "https://h.example/v1"),
        ("https://h.example/v1/messages", "anthropic", "https://h.example"),
        ("https://h.example/messages", "anthropic", "https://h.example"),
        ("https://h.example/api/anthropic/v1", "anthropic", "https://h.example/api/anthropic"),
        # schemes
        ("localhost:11434/v1", "ollama", "http://localhost:11434/v1"),
        ("127.0.0.1:8080", "llamacpp", "http://127.0.0.1:8080"),
        ("[::1]:8080", "llamacpp", "http://[::1]:8080"),
        ("10.0.0.7:8000/v1", "openai-compat", "http://10.0.0.7:8000/v1"),
        ("172.20.1.1/v1", "openai-compat", "http://172.20.1.1/v1"),
        ("192.168.1.4/v1", "openai-compat", "http://192.168.1.4/v1"),
        ("llm.example.com/v1", "openai-compat", "https://llm.example.com/v1"),
        ("8.8.8.8/v1", "openai-compat", "https://8.8.8.8/v1"),
        # each type's own path
        ("http://localhost:8080/v1", "llamacpp", "http://localhost:8080"),
        ("https://generativelanguage.googleapis.com/v1beta", "google", "https://generativelanguage.googleapis.com"),
        (
            "https://generativelanguage.googleapis.com/v1beta/models/gemini-3:generateContent",
            "google",
            "https://generativelanguage.googleapis.com",
        ),
        ("http://localhost:11434/api/chat", "ollama", "http://localhost:11434/v1"),
        ("http://localhost:11434", "ollama", "http://localhost:11434/v1"),
        ("http://localhost:1234", "lmstudio", "http://localhost:1234/v1"),
        ("https://h.example", "openai-compat", "https://h.example/v1"),
        ("https://h.example", "anthropic", "https://h.example"),
        # variables
        ("$BASE_URL", "openai-compat", "$BASE_URL"),
        ("$BASE_URL/v1/chat/completions", "openai-compat", "$BASE_URL/v1"),
        ("https://$HOST:$PORT/v1/", "openai-compat", "https://$HOST:$PORT/v1"),
        ("https://${HOST:-a.example?x#y}/v1", "openai-compat", "https://${HOST:-a.example?x#y}/v1"),
        ("$(pass show llm-url)/v1", "openai-compat", "$(pass show llm-url)/v1"),
    ],
)
def test_corrects(typed: str, type_name: str, expected: str) -> None:
    assert normalize_base_url(typed, type_name, add_v1=True).url == expected


@pytest.mark.parametrize("type_name", ["azure", "openai"])
@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("res.openai.azure.com/", "https://res.openai.azure.com/openai/v1"),
        (
            "https://res.openai.azure.com/openai/deployments/gpt4/chat/completions?api-version=2024-10-21",
            "https://res.openai.azure.com/openai/v1",
        ),
        ("https://res.openai.azure.com/openai/responses?api-version=preview", "https://res.openai.azure.com/openai/v1"),
        ("https://res.openai.azure.com?api-version=2024-10-21", "https://res.openai.azure.com/openai/v1"),
        ("https://res.openai.azure.com/openai/v1/?api-version=preview", "https://res.openai.azure.com/openai/v1"),
        ("https://res.openai.azure.us/openai/v1?api-version=1", "https://res.openai.azure.us/openai/v1"),
        ("http://res.cognitiveservices.azure.com", "https://res.openai.azure.com/openai/v1"),
        ("https://res.services.ai.azure.com/api/projects/p", "https://res.openai.azure.com/openai/v1"),
        ("https://res.openai.azure.us", "https://res.openai.azure.us"),
        ("https://res.openai.azure.com:443/", "https://res.openai.azure.com:443"),
        ("https://a.b.openai.azure.com", "https://a.b.openai.azure.com"),
        ("myproxy.local/azure", "https://myproxy.local/azure"),
    ],
)
def test_azure_table(typed: str, type_name: str, expected: str) -> None:
    assert normalize_base_url(typed, type_name, add_v1=True).url == expected


@pytest.mark.parametrize(
    ("typed", "type_name", "expected"),
    [
        ("https://res.services.ai.azure.com/anthropic", "anthropic", "https://res.services.ai.azure.com/anthropic"),
        (
            "https://res.services.ai.azure.com/anthropic/v1/messages",
            "anthropic",
            "https://res.services.ai.azure.com/anthropic",
        ),
        ("https://res.openai.azure.com", "anthropic", "https://res.openai.azure.com"),
        ("https://res.services.ai.azure.com", "google", "https://res.services.ai.azure.com"),
        ("https://res.services.ai.azure.com/models", "openai-compat", "https://res.services.ai.azure.com/models"),
        (
            "https://res.services.ai.azure.com/models/chat/completions",
            "openai-compat",
            "https://res.services.ai.azure.com/models",
        ),
        (
            "https://res.services.ai.azure.com/api/projects/p/openai/v1",
            "openai",
            "https://res.services.ai.azure.com/api/projects/p/openai/v1",
        ),
        (
            "https://res.cognitiveservices.azure.com/openai/v1/",
            "openai",
            "https://res.cognitiveservices.azure.com/openai/v1",
        ),
        ("https://res.openai.azure.com", "openai-compat", "https://res.openai.azure.com/openai/v1"),
        ("https://res.services.ai.azure.com/anthropic", "azure", "https://res.openai.azure.com/openai/v1"),
    ],
)
def test_only_the_type_azure_rewrites_every_path(typed: str, type_name: str, expected: str) -> None:
    assert normalize_base_url(typed, type_name, add_v1=True).url == expected


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "give a URL"),
        ("   ", "give a URL"),
        ("https://h.example/v1?key=abc", "drops everything after ?"),
        ("https://h.example/v1#top", "is a place in a page"),
        ("https://user:hunter2@h.example/v1", "user name or password"),
        ("user@h.example/v1", "user name or password"),
        ("ftp://h.example", "supports http and https"),
        ("https://", "has no host"),
        ("https:///v1", "has no host"),
        ("https://h.example:99999", "port"),
        ("https://h.example:abc", "port"),
        ("https://h..example", "not a host name"),
        ("https://[::zz]/v1", "host"),
        ("not a url", "a space"),
        ("https://h.example/\x1b[31m", "U+001B"),
        ("https://{resource}.example", "fill in the name"),
        ("http:/h.example", "two slashes"),
        ("https//h.example", "two slashes"),
        ("https:h.example", "two slashes"),
        ("https://${HOST/v1", "not closed"),
        ("https://$/v1", "single $"),
    ],
)
def test_refuses_with_the_reason(typed: str, reason: str) -> None:
    with pytest.raises(
        InvalidBaseUrl, match=reason.replace("?", r"\?").replace("+", r"\+").replace("$", r"\$")
    ) as refused:
        normalize_base_url(typed, "openai-compat")
    assert "hunter2" not in str(refused.value)
    assert "abc" not in str(refused.value)


def test_says_what_it_corrected() -> None:
    notes = normalize_base_url("h.example/v1/chat/completions", "openai-compat").notes
    assert notes == ("added https://", "removed /chat/completions: Crush adds it")


def test_v1_is_only_proposed() -> None:
    assert wants_v1("https://h.example", "openai-compat")
    assert normalize_base_url("https://h.example", "openai-compat").url == "https://h.example"
    assert not wants_v1("https://h.example/api", "openai-compat")
    assert not wants_v1("https://h.example", "anthropic")
    assert not wants_v1("https://res.openai.azure.us", "openai")


def test_plain_http_to_a_public_host_is_a_warning() -> None:
    assert "others on the network" in normalize_base_url("http://llm.example.com/v1").warnings[0]
    for private in ("http://localhost:1/v1", "http://192.168.0.9/v1", "https://llm.example.com/v1", "http://$HOST/v1"):
        assert normalize_base_url(private).warnings == ()


def test_host() -> None:
    assert BaseUrl("http://LLM.example.com:80/v1").host == "llm.example.com"
    assert BaseUrl("http://[::1]:80/v1").host == "::1"
    assert BaseUrl("$BASE").host == ""


_PIECES = st.lists(
    st.sampled_from(
        "https:// http:// api.example.com localhost :8080 /v1 / /chat/completions /messages /models /v1beta $HOST "
        "${X:-y} ?a=b #f @ [::1] // /api res.openai.azure.com".split()
    ),
    max_size=6,
).map("".join)


@given(typed=_PIECES, type_name=st.sampled_from(sorted(TYPES)), add_v1=st.booleans())
@example(typed="res.openai.azure.com", type_name="llamacpp", add_v1=False)
def test_what_was_corrected_needs_no_correction(typed: str, type_name: str, add_v1: bool) -> None:
    try:
        once = normalize_base_url(typed, type_name, add_v1=add_v1)
    except InvalidBaseUrl:
        return
    again = normalize_base_url(once.url, type_name, add_v1=add_v1)
    assert again.url == once.url
    assert not once.url.endswith("/")
    assert again.notes == ()


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("box.lan", "http://box.lan:11434/v1"),
        (" box.lan:8080 ", "http://box.lan:8080/v1"),
        ("http://box.lan/", "http://box.lan:11434/v1"),
        ("https://box.lan", "https://box.lan/v1"),
        ("192.168.1.5", "http://192.168.1.5:11434/v1"),
        ("fd00::5", "http://[fd00::5]:11434/v1"),
        ("[fd00::5]:80", "http://[fd00::5]:80/v1"),
        ("$BOX", "http://$BOX:11434/v1"),
    ],
)
def test_another_host(typed: str, url: str) -> None:
    assert at_host("http://localhost:11434/v1", typed).url == url


@pytest.mark.parametrize("typed", ["", "box.lan/v1", "http://box.lan/v1", "a b", "me@box.lan", "ftp://b", "box:x"])
def test_what_is_no_host(typed: str) -> None:
    with pytest.raises(InvalidBaseUrl):
        at_host("http://localhost:11434/v1", typed)


def test_a_name_on_ones_own_network_is_warned_about_and_an_address_is_not() -> None:
    named, private = (at_host("http://localhost:11434/v1", typed) for typed in ("box.lan", "192.168.1.5"))
    assert (len(named.warnings), private.warnings) == (1, ())


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("http://127.0.0.1:8080/v1", "127.0.0.1:8080"),
        ("https://Api.Example.com/v1", "api.example.com"),
        ("http://[::1]:9/v1", "[::1]:9"),
        ("", ""),
    ],
)
def test_the_server_of_a_url(url: str, server: str) -> None:
    assert BaseUrl(url).server == server
