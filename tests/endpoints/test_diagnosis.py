"""What answers mean, and the cure: the words and codes that real endpoints use."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.canary import CANARY
from wizard.endpoints.diagnosis import (
    Diagnosis,
    RequestContext,
    alternatives,
    closest,
    diagnose,
    other_bases,
    unreachable,
)
from wizard.endpoints.refusal import LONGEST_QUOTE, Refusal, masked, quoted, refusal_in, wait_seconds
from wizard.endpoints.wire import Live, chat_url
from wizard.network.client import Response, Timings
from wizard.network.unreachable import Unreachable, not_found

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
LISTED = ("gpt-4o", "vendor/llama-3.3-70b", "mistral-large")


def _live(type_name: str = "openai-compat", base: str = "https://llm.example.com/v1", **fields: Any) -> Live:
    return Live(
        **{"id": "mine", "type": type_name, "base_url": base, "api_key": CANARY, "variable": "MINE_KEY", **fields}
    )


def _answer(
    status: int, body: Any, url: str = "https://llm.example.com/v1/chat/completions", **headers: str
) -> Response:
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, named, content, url, 0.1, Timings())


def _find(status: int, body: Any, live: Live | None = None, model: str = "m", **headers: str) -> Diagnosis:
    return diagnose(_answer(status, body, **headers), RequestContext(live or _live(), model, LISTED, NOW))


def _error(message: str, **fields: Any) -> dict[str, Any]:
    return {"error": {"message": message, **fields}}


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (401, _error("Incorrect API key provided"), "key-refused"),
        (401, "", "key-refused"),
        (400, _error("API key not valid. Please pass a valid API key.", status="INVALID_ARGUMENT"), "key-refused"),
        (402, _error("Insufficient credits"), "payment"),
        (429, _error("You exceeded your current quota", code="insufficient_quota"), "payment"),
        (403, _error("Your project may not use this model"), "forbidden"),
        (403, "<html>Attention Required!</html>", "forbidden"),
        (404, "404 page not found", "not-found"),
        (404, {"detail": "Not Found"}, "not-found"),
        (404, "<!DOCTYPE html><title>Not here</title>", "not-found"),
        (405, {"detail": "Method Not Allowed"}, "method-refused"),
        (407, "", "proxy-auth"),
        (413, "Request Entity Too Large", "request-too-large"),
        (429, _error("Rate limit reached"), "rate-limited"),
        (500, _error("boom"), "server-error"),
        (502, "<html>Bad Gateway</html>", "server-error"),
        (503, _error("Loading model", type="unavailable_error"), "loading"),
        (503, "", "server-error"),
        (418, "short and stout", "request-refused"),
        (200, "<!doctype html><p>Welcome", "web-page"),
        (200, "<html><form>Password</form>", "login-page"),
        (200, "", "empty"),
        (200, "{not json", "not-json"),
        (200, "[" * 100_000, "not-json"),
        (200, {"hello": 1}, "not-this-api"),
        (200, _error("something broke"), "error-in-answer"),
        (200, _error("No auth credentials found", code=401), "key-refused"),
        (200, _error("slow down", code=429), "rate-limited"),
        (307, "", "empty"),
    ],
)
def test_the_code_of_an_answer(status: int, body: Any, code: str) -> None:
    finding = _find(status, body)
    assert finding.code == code
    assert finding.message
    assert finding.cure or code in ("request-refused", "error-in-answer")


def test_a_refused_key_names_its_variable() -> None:
    assert "MINE_KEY" in _find(401, "").cure
    assert _find(401, "", _live(api_key="")) == Diagnosis(
        "key-missing", "the endpoint needs a key, and none is set", "put one into MINE_KEY"
    )


# models


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, _error("The model `gpt-4` does not exist or you do not have access to it.", code="model_not_found")),
        (404, {"error": 'model "gpt-4" not found, try pulling it first'}),
        (404, {"object": "error", "message": "The model `gpt-4` does not exist.", "code": 404}),
        (404, {"type": "error", "error": {"type": "not_found_error", "message": "model: gpt-4"}}),
        (404, [_error("models/gpt-4 is not found for API version v1beta", code=404, status="NOT_FOUND")]),
        (400, _error("Invalid model: gpt-4")),
        (400, {"error": "gpt-4 is not a valid model ID"}),
        (422, {"detail": [{"msg": "unknown model gpt-4"}]}),
    ],
)
def test_an_unknown_model_is_told_from_an_unknown_path(status: int, body: Any) -> None:
    finding = _find(status, body, model="gpt-4")
    assert finding.code == "model-not-found"
    assert "gpt-4o" in finding.cure


def test_on_azure_a_model_is_a_deployment() -> None:
    live = _live("azure", "res.openai.azure.com")
    body = _error("The API deployment for this resource does not exist.", code="DeploymentNotFound")
    assert "deployment" in _find(404, body, live, "gpt-5").cure


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gpt4o", ("gpt-4o",)),
        ("LLAMA-3.3-70b", ("vendor/llama-3.3-70b",)),
        ("other/mistral-large", ("mistral-large",)),
        ("zzz", ()),
    ],
)
def test_the_closest_models(model: str, expected: tuple[str, ...]) -> None:
    assert closest(model, LISTED)[: len(expected) or None] == expected


# address and type


@pytest.mark.parametrize(
    ("type_name", "base", "better"),
    [
        ("anthropic", "https://h.example/v1", "https://h.example"),
        ("anthropic", "https://h.example/v1/messages", "https://h.example"),
        ("google", "https://h.example/v1beta", "https://h.example"),
        ("openai-compat", "https://h.example", "https://h.example/v1"),
        ("openai-compat", "https://h.example/v1/chat/completions", "https://h.example/v1"),
        ("openai-compat", "https://h.example/v1/chat", "https://h.example/v1"),
        ("openai-compat", "https://h.example/api", "https://h.example/api/v1"),
        ("ollama", "http://localhost:11434/api", "http://localhost:11434/v1"),
        ("llamacpp", "http://localhost:8080/v1", "http://localhost:8080"),
    ],
)
def test_a_missing_path_comes_with_a_better_base(type_name: str, base: str, better: str) -> None:
    live = _live(type_name, base)
    assert other_bases(live)[0] == better
    assert _find(404, "404 page not found", live).cure == f"try base_url {better}"
    assert base not in other_bases(live)


@pytest.mark.parametrize("type_name", ["openrouter", "azure", "vercel"])
def test_a_base_that_crush_makes_itself_has_no_better_one(type_name: str) -> None:
    assert other_bases(_live(type_name, "res.openai.azure.com")) == ()


@pytest.mark.parametrize("status", [404, 405])
def test_without_a_responses_api_the_type_is_wrong(status: int) -> None:
    finding = _find(status, "404 page not found", _live("openai"), "gpt-5")
    assert (finding.code, finding.cure) == ("wrong-type", "use type openai-compat")
    assert alternatives(_live("openai"), "gpt-5")[0] == replace(_live("openai"), type="openai-compat")


@pytest.mark.parametrize(
    "base",
    [
        "https://a.example",
        "https://a.example/v1",
        "https://a.example/x/v4/y?q=1",
        "https://res.services.ai.azure.com/x",
        "",
        "://",
        "$X",
    ],
)
@pytest.mark.parametrize("type_name", ["openai", "openai-compat", "anthropic", "google", "azure", "ollama", "bedrock"])
def test_alternatives_are_few_and_others(type_name: str, base: str) -> None:
    live = _live(type_name, base)
    found = alternatives(live, "gpt-5")
    assert len(found) <= 6
    assert live not in found
    hosts = {urlsplit(chat_url(other, "gpt-5", stream=False)).netloc for other in found}
    assert hosts <= {urlsplit(chat_url(live, "gpt-5", stream=False)).netloc}


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("https://login.example.net/x?token=abc", "login.example.net"),
        ("//other.example/", "other.example"),
        ("/v2/chat", "/v2/chat"),
        ("http://[", "not a URL"),
        ("https://evil\x1b\u202e.example/", "another host"),
    ],
)
def test_a_redirect_is_named_and_harmless(location: str, said: str) -> None:
    finding = _find(302, "", location=location)
    assert finding.code == "redirected"
    assert said in finding.message
    assert finding.message.isprintable()
    assert "token" not in finding.message + finding.cure


def test_a_redirect_to_https_says_so() -> None:
    answer = _answer(308, "", "http://llm.example.com/v1/x", location="https://llm.example.com/v1/x")
    assert diagnose(answer, RequestContext(_live(), "m")).cure == "write https:// in the base_url"


# parameters


@pytest.mark.parametrize(
    ("body", "named", "cure"),
    [
        (
            _error(
                "Unsupported parameter: 'max_tokens' is not supported with this model. Use another.", param="max_tokens"
            ),
            "max_tokens",
            "default_max",
        ),
        (_error("Unsupported value: 'temperature'", param="temperature"), "temperature", "models.large"),
        (_error("reasoning_effort must be one of low, high"), "reasoning_effort", "can_reason"),
        (_error("Unrecognized request argument supplied: stream_options"), "stream_options", "LiteLLM"),
        (_error("num_ctx: extra fields not permitted"), "options.num_ctx", "extra_body"),
        (_error("bad value", param="seed"), "seed", ""),
    ],
)
def test_a_refused_parameter_is_named(body: Any, named: str, cure: str) -> None:
    finding = _find(400, body, _live(body={"options.num_ctx": 5}))
    assert finding.code == "parameter-refused"
    assert f"refuses {named}" in finding.message
    assert cure in finding.cure


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "registry.ollama.ai/library/gemma does not support tools"),
        (400, '"auto" tool choice requires --enable-auto-tool-choice'),
        (500, "tools param requires --jinja flag"),
        (404, "No endpoints found that support tool use"),
    ],
)
def test_refused_tools_need_another_model(status: int, message: str) -> None:
    assert _find(status, _error(message)).code == "tools-refused"


@pytest.mark.parametrize("message", ["This model only supports stream mode", "Please set stream: stream must be true"])
def test_an_endpoint_that_only_streams(message: str) -> None:
    assert _find(400, _error(message)).code == "stream-only"


# waiting


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "30"}, 30),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "Mon, 23 Nov 2026 12:01:30 GMT"}, 90),
        ({"retry-after": "Mon, 23 Nov 2026 11:00:00 GMT"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"x-ratelimit-reset-requests": "6m0s"}, 360),
        ({"x-ratelimit-reset-requests": "120ms"}, 0.12),
        ({"x-ratelimit-reset": str(int(NOW.timestamp()) + 20)}, 20),
        ({"x-ratelimit-reset": str((int(NOW.timestamp()) + 20) * 1000)}, 20),
        ({"anthropic-ratelimit-tokens-reset": "2026-11-23T12:00:10Z"}, 10),
        (
            {
                "x-ratelimit-remaining-requests": "5",
                "x-ratelimit-reset-requests": "1s",
                "x-ratelimit-remaining-tokens": "0",
                "x-ratelimit-reset-tokens": "2m",
            },
            120,
        ),
        ({}, None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert wait_seconds(headers, None, NOW) == (None if seconds is None else pytest.approx(seconds))


def test_the_wait_is_in_the_cure() -> None:
    assert _find(429, "", retry_after="30").cure == "wait 30 s, then try again"
    assert _find(429, "", retry_after="3600").cure == "wait 60 min, then try again"
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"}]
    assert "34 s" in _find(429, _error("quota", code=429, details=details)).cure


# quoting


def test_a_quote_is_one_harmless_line_without_the_key() -> None:
    finding = _find(
        400, _error(f"\x1b]0;x\x07 a\r\nb \u202e {CANARY} {CANARY[:9]} {CANARY[-8:]} {CANARY[:5]} " + "z" * 500)
    )
    assert finding.message.isprintable()
    assert CANARY[:9] not in finding.message
    assert CANARY[-8:] not in finding.message
    assert len(finding.message) < LONGEST_QUOTE + 100


def test_secret_headers_are_masked_too() -> None:
    live = _live(headers={"X-Gateway-Token": "tok-abcdefgh"})
    assert "abcdefgh" not in _find(400, _error("bad token tok-abcdefgh"), live).message


@given(before=st.text(max_size=30), after=st.text(max_size=30), start=st.integers(0, 12), length=st.integers(8, 20))
def test_no_long_run_of_a_key_is_left(before: str, after: str, start: int, length: int) -> None:
    piece = CANARY[start : start + length]
    shown = masked(before + piece + after, [CANARY])
    assert not any(CANARY[i : i + 8] in shown for i in range(len(CANARY) - 7)) or "<redacted>" in CANARY


@given(text=st.text(max_size=400))
def test_quotes_are_short_and_printable(text: str) -> None:
    shown = quoted(text, [CANARY])
    assert len(shown) <= LONGEST_QUOTE
    assert shown.isprintable()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from("error errors detail message msg code status param type details retryDelay".split()), inner
        )
    ),
    max_leaves=12,
)


@given(
    document=JSON,
    status=st.integers(200, 599),
    headers=st.dictionaries(
        st.sampled_from(["location", "retry-after", "x-ratelimit-reset", "content-type"]), st.text(max_size=20)
    ),
    type_name=st.sampled_from(["openai", "openai-compat", "anthropic", "google", "azure"]),
)
def test_every_answer_gets_a_finding(document: Any, status: int, headers: dict[str, str], type_name: str) -> None:
    answer = Response(status, headers, json.dumps(document).encode(), "https://llm.example.com/v1/x", 0.1, Timings())
    finding = diagnose(answer, RequestContext(_live(type_name), "gpt-5", LISTED, NOW))
    assert finding.code
    assert finding.message.isprintable()


@given(body=st.binary(max_size=60))
def test_any_bytes_are_read(body: bytes) -> None:
    found = refusal_in(body)
    assert found is None or isinstance(found, Refusal)


# nobody there


def test_a_local_server_that_does_not_run_says_how_to_start_it() -> None:
    error = Unreachable("connect", "refused", "nothing listens at localhost:11434", "start the server")
    finding = unreachable(error, RequestContext(_live("ollama", "http://localhost:11434/v1")))
    assert (finding.code, "ollama serve" in finding.cure) == ("refused", True)
    assert unreachable(error, RequestContext(_live("ollama", "https://far.example/v1"))).cure == "start the server"


def test_the_client_knows_best_why_there_is_no_answer() -> None:
    error = not_found("nobody.invalid")
    assert unreachable(error, RequestContext(_live())) == Diagnosis("name-not-found", error.message, error.hint)
