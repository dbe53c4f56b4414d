"""What goes over the wire for each type: the vectors of crush-behaviour 2.4."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.canary import CANARY
from wizard.endpoints.chat import Reply, StreamReader, read_reply
from wizard.endpoints.wire import (
    Live,
    api_base,
    azure_base,
    chat_request,
    chat_url,
    leaks,
    list_request,
    sent_headers,
    untestable,
    uses_responses,
    with_path,
    with_wrong_key,
)
from wizard.provider.types import TYPES


def _live(type_name: str = "openai-compat", base: str = "https://llm.example.com/v1", **fields: Any) -> Live:
    return Live(**{"id": "mine", "type": type_name, "base_url": base, "api_key": CANARY, "models": ("m",), **fields})


# where


@pytest.mark.parametrize(
    ("base", "effective"),
    [
        ("res.openai.azure.com/", "https://res.openai.azure.com/openai/v1"),
        (
            "https://res.openai.azure.com/openai/deployments/gpt4/chat/completions?api-version=2024-10-21",
            "https://res.openai.azure.com/openai/v1",
        ),
        ("https://res.services.ai.azure.com/api/projects/p", "https://res.openai.azure.com/openai/v1"),
        ("http://res.cognitiveservices.azure.com", "https://res.openai.azure.com/openai/v1"),
        ("https://res.openai.azure.us", "https://res.openai.azure.us"),
        ("https://res.openai.azure.com:443/", "https://res.openai.azure.com:443/"),
        ("https://a.b.openai.azure.com", "https://a.b.openai.azure.com"),
        ("myproxy.local/azure", "https://myproxy.local/azure"),
    ],
)
def test_the_azure_rewrite(base: str, effective: str) -> None:
    assert azure_base(base) == effective


@pytest.mark.parametrize(
    ("type_name", "base", "model", "url"),
    [
        ("openai-compat", "https://h/v1/", "gpt-5", "https://h/v1/chat/completions"),
        ("openai-compat", "https://h/v1?key=1", "m", "https://h/v1/chat/completions"),
        ("ollama", "http://localhost:11434/v1", "m", "http://localhost:11434/v1/chat/completions"),
        ("llamacpp", "http://localhost:8080", "m", "http://localhost:8080/chat/completions"),
        ("openai", "https://h/v1", "gpt-5.2", "https://h/v1/responses"),
        ("openai", "https://h/v1", "mistral", "https://h/v1/chat/completions"),
        ("openai", "", "gpt-5", "https://api.openai.com/v1/responses"),
        ("azure", "res.openai.azure.com", "team-gpt-4o", "https://res.openai.azure.com/openai/v1/responses"),
        ("azure", "res.openai.azure.com", "chat", "https://res.openai.azure.com/openai/v1/chat/completions"),
        ("openai-compat", "https://h//v1", "m", "https://h/v1/chat/completions"),
        ("openai-compat", "https://h/a/../v1/", "m", "https://h/v1/chat/completions"),
        ("openai-compat", "https://h/x\\y z/v1", "m", "https://h/x%5Cy%20z/v1/chat/completions"),
        ("openai-compat", "", "m", "https://api.openai.com/v1/chat/completions"),
        ("anthropic", "https://h/", "claude", "https://h/v1/messages"),
        ("anthropic", "https://h/v1", "claude", "https://h/v1/v1/messages"),
        ("anthropic", "", "claude", "https://api.anthropic.com/v1/messages"),
        ("google", "https://h", "gemini-3", "https://h/v1beta/models/gemini-3:streamGenerateContent?alt=sse"),
        ("google", "https://h", "a b", "https://h/v1beta/models/a%20b:streamGenerateContent?alt=sse"),
        ("openrouter", "https://elsewhere/v1", "m", "https://openrouter.ai/api/v1/chat/completions"),
        ("vercel", "https://elsewhere/v1", "m", "https://ai-gateway.vercel.sh/v1/chat/completions"),
        ("hyper", "https://h/v1", "m", "https://h/v1/chat/completions"),
    ],
)
def test_where_a_chat_goes(type_name: str, base: str, model: str, url: str) -> None:
    assert chat_url(_live(type_name, base), model, stream=True) == url


def test_the_built_in_hyper_has_an_address_of_its_own() -> None:
    live = _live("hyper", "https://hyper.charm.land/api/v1/fantasy", id="hyper")
    assert api_base(live) == "https://hyper.charm.land/v1"
    assert api_base(replace(live, hyper_url="https://test.example/")) == "https://test.example/v1"


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gpt-4o", True),
        ("my-GPT-5-deployment", True),
        ("o1", True),
        ("o3-mini-2025-01-31", True),
        ("codex-mini-latest", True),
        ("gpt-3.5-turbo", True),
        ("gpt-oss-120b", True),
        ("gpt-oss-20b", False),
        ("o1-something", False),
        ("claude-sonnet-4", False),
    ],
)
def test_which_models_use_the_responses_api(model: str, expected: bool) -> None:
    assert uses_responses(_live("openai"), model) is expected
    assert uses_responses(_live("azure"), model) is expected
    assert not uses_responses(_live("openai-compat"), model)


def test_the_list_stands_beside_the_chat() -> None:
    assert list_request(_live("anthropic", "https://h")).url == "https://h/v1/models"
    assert list_request(_live("google", "https://h")).url == "https://h/v1beta/models"
    assert list_request(_live("ollama", "https://h/v1")).url == "https://h/v1/models"


@pytest.mark.parametrize("type_name", ["bedrock", "google-vertex"])
def test_what_can_not_be_tested_over_http_says_why(type_name: str) -> None:
    assert untestable(_live(type_name, api_key=""))
    assert not any(untestable(_live(name)) for name in TYPES if name != "google-vertex")


def test_a_type_that_crush_does_not_know_can_not_be_tested() -> None:
    assert untestable(_live("gemini"))


def test_a_key_in_the_entry_is_no_token_for_vertex() -> None:
    assert untestable(_live("google-vertex"))
    assert not untestable(_live("google-vertex", parent="projects/p/locations/l"))


# credentials


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {"Authorization": f"Bearer {CANARY}"}),
        ({"api_key": ""}, {}),
        ({"type_name": "openrouter"}, {"Authorization": f"Bearer {CANARY}"}),
        ({"headers": {"authorization": "Basic x"}}, {"authorization": "Basic x"}),
        ({"headers": {"X-Team": "a", "X-Empty": ""}}, {"Authorization": f"Bearer {CANARY}", "X-Team": "a"}),
        ({"headers": {"User-Agent": "me"}}, {"Authorization": f"Bearer {CANARY}"}),
        ({"type_name": "anthropic"}, {"X-Api-Key": CANARY, "anthropic-version": "2023-06-01"}),
        (
            {"type_name": "anthropic", "api_key": "Bearer abc"},
            {"Authorization": "Bearer abc", "anthropic-version": "2023-06-01"},
        ),
        (
            {"type_name": "anthropic", "id": "minimax-china"},
            {"Authorization": f"Bearer {CANARY}", "anthropic-version": "2023-06-01"},
        ),
        (
            {"type_name": "anthropic", "id": "minimax", "headers": {"Authorization": "v"}},
            {"Authorization": f"Bearer {CANARY}", "anthropic-version": "2023-06-01"},
        ),
        ({"type_name": "google"}, {"x-goog-api-key": CANARY}),
        ({"type_name": "azure", "headers": {"Authorization": "Bearer x"}}, {"Api-Key": CANARY}),
    ],
)
def test_the_headers_of_each_type(fields: dict[str, Any], expected: dict[str, str]) -> None:
    assert sent_headers(_live(**fields)) == expected


def test_a_key_is_not_in_any_repr() -> None:
    live = _live(headers={"X-Token": "tok-canary"}, body={"x": "canary"})
    assert "canary" not in repr(live) + repr(chat_request(live, "m", stream=True, tool=True))


def test_a_wrong_key_takes_the_place_of_every_credential() -> None:
    live = _live(
        "anthropic", api_key="Bearer abcdefgh", headers={"X-Token": "t", "X-Team": "a", "X-Copy": "Bearer abcdefgh"}
    )
    assert sent_headers(with_wrong_key(live, "wrong")) == {
        "Authorization": "Bearer wrong",
        "anthropic-version": "2023-06-01",
        "X-Token": "wrong",
        "X-Team": "a",
        "X-Copy": "wrong",
    }


@pytest.mark.parametrize(
    ("fields", "environ", "words"),
    [
        ({"api_key": ""}, {"OPENAI_API_KEY": CANARY}, ["OPENAI_API_KEY"]),
        ({"api_key": "", "type_name": "ollama"}, {"OPENAI_API_KEY": CANARY}, ["OPENAI_API_KEY"]),
        ({"api_key": "", "headers": {"authorization": "Basic x"}}, {"OPENAI_API_KEY": CANARY}, []),
        ({"api_key": "", "type_name": "azure"}, {"OPENAI_API_KEY": CANARY}, []),
        ({}, {"OPENAI_API_KEY": CANARY}, []),
        ({}, {"OPENAI_ORG_ID": "org", "OPENAI_PROJECT_ID": ""}, ["OPENAI_ORG_ID"]),
        ({"api_key": "", "type_name": "anthropic"}, {"ANTHROPIC_API_KEY": CANARY}, ["ANTHROPIC_API_KEY"]),
        ({"api_key": "", "type_name": "anthropic"}, {}, ["sends nothing at all"]),
        ({"api_key": "", "type_name": "google"}, {"OPENAI_API_KEY": CANARY}, ["sends nothing at all"]),
        ({"api_key": "", "type_name": "google"}, {"GEMINI_API_KEY": CANARY}, ["GEMINI_API_KEY"]),
        ({"type_name": "google", "large": "claude-x", "small": "gemini-x"}, {}, ["asks for claude-x without this key"]),
    ],
)
def test_what_would_leak_from_the_environment(
    fields: dict[str, Any], environ: dict[str, str], words: list[str]
) -> None:
    found = leaks(_live(**fields), environ)
    assert len(found) == len(words)
    assert all(word in note for word, note in zip(words, found, strict=True))
    assert CANARY not in "".join(found)


# what


def _body(type_name: str, model: str, **fields: Any) -> Any:
    stream, tool = fields.pop("stream", False), fields.pop("tool", False)
    return chat_request(_live(type_name, **fields), model, stream=stream, tool=tool).body


def test_reasoning_models_get_another_limit_and_more_of_it() -> None:
    plain, thinking = _body("openai-compat", "llama"), _body("openai-compat", "my-gpt-oss-20b")
    assert "max_completion_tokens" not in plain
    assert "max_tokens" not in thinking
    assert thinking["max_completion_tokens"] > plain["max_tokens"]
    assert _body("openai-compat", "m", thinking=frozenset({"m"}))["max_tokens"] == thinking["max_completion_tokens"]
    assert "temperature" not in plain | thinking


def test_the_responses_api_gets_no_less_than_it_takes() -> None:
    body = _body("openai", "gpt-4o")
    assert body["max_output_tokens"] >= 16
    assert body["store"] is False
    assert "messages" not in body


@pytest.mark.parametrize(
    ("type_name", "model", "expected"),
    [
        ("openai-compat", "m", {"reasoning_effort": "low"}),
        ("openai", "gpt-5", {"reasoning": {"effort": "low"}}),
        ("openrouter", "m", {"reasoning": {"effort": "low"}}),
        ("litellm", "m", {}),
    ],
)
def test_the_effort_that_crush_sends(type_name: str, model: str, expected: dict[str, Any]) -> None:
    body = _body(type_name, model, efforts={model: "low"})
    assert {name: value for name, value in body.items() if "reasoning" in name} == expected


@pytest.mark.parametrize("type_name", ["litellm", "ollama", "openai-compat"])
def test_the_effort_of_an_option_is_sent_whatever_the_type(type_name: str) -> None:
    body = _body(type_name, "m", efforts={"m": "low"}, effort_options={"m": "high"})
    assert body["reasoning_effort"] == "high"


def test_only_some_types_send_an_extra_body() -> None:
    extra = {"options.num_ctx": 5, "model": "other"}
    body = _body("ollama", "m", body=extra)
    assert (body["options"], body["model"]) == ({"num_ctx": 5}, "other")
    assert "options" not in _body("openai", "m", body=extra)
    assert "options" not in _body("openrouter", "m", body=extra)


def test_a_json_path_nests_and_leaves_the_rest() -> None:
    body = {"options": {"seed": 1}, "model": "m"}
    assert with_path(body, "options.num_ctx", 5) == {"options": {"seed": 1, "num_ctx": 5}, "model": "m"}
    assert with_path(body, r"a\.b.c", 1) == {**body, "a.b": {"c": 1}}
    assert with_path(body, "model.x", 1)["model"] == {"x": 1}
    assert body == {"options": {"seed": 1}, "model": "m"}


@pytest.mark.parametrize(
    ("type_name", "model"), [("openai", "gpt-5"), ("openai-compat", "m"), ("anthropic", "m"), ("google", "m")]
)
def test_a_tool_is_sent_and_never_without_need(type_name: str, model: str) -> None:
    assert _body(type_name, model, tool=True)["tools"]
    assert "tools" not in _body(type_name, model, stream=True)


def test_usage_is_asked_for_in_streams_only() -> None:
    assert _body("ollama", "m", stream=True)["stream_options"] == {"include_usage": True}
    assert "stream_options" not in _body("ollama", "m")


# answers


@pytest.mark.parametrize(
    ("name", "document", "text", "called"),
    [
        ("completions", {"choices": [{"message": {"content": "OK"}}]}, "OK", False),
        ("completions", {"choices": [{"message": {"content": None, "tool_calls": [{}]}}]}, "", True),
        (
            "responses",
            {"output": [{"type": "message", "content": [{"type": "output_text", "text": "OK"}]}]},
            "OK",
            False,
        ),
        ("responses", {"output": [{"type": "function_call"}]}, "", True),
        ("anthropic", {"type": "message", "content": [{"type": "text", "text": "OK"}]}, "OK", False),
        ("anthropic", {"type": "message", "content": [{"type": "tool_use"}]}, "", True),
        ("google", {"candidates": [{"content": {"parts": [{"text": "OK"}]}}]}, "OK", False),
        ("google", {"candidates": [{"content": {"parts": [{"functionCall": {}}]}}]}, "", True),
    ],
)
def test_a_whole_answer_is_read(name: Any, document: Any, text: str, called: bool) -> None:
    reply = read_reply(name, document)
    assert reply is not None
    assert (reply.text, reply.calls_tool) == (text, called)


STREAMS = {
    "completions": """data: {"choices":[{"delta":{"role":"assistant","content":""}}]}

: a comment

data: {"choices":[{"delta":{"tool_calls":[{"index":0}]}}]}

data: {"choices":[{"delta":{},"finish_reason":"stop"}]}

data: {"choices":[],"usage":{}}

data: [DONE]
""",
    "responses": """event: response.created
data: {"type":"response.created","response":{}}

data: {"type":"response.output_item.added","item":{"type":"function_call"}}

data: {"type":"response.completed","response":{}}
""",
    "anthropic": """event: message_start
data: {"type":"message_start","message":{}}

data: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","name":"ping"}}

data: {"type":"message_stop"}

""",
    "google": """data: {"candidates":[{"content":{"parts":[{"functionCall":{"name":"ping"}}]}}]}

data: {"candidates":[{"content":{},"finishReason":"STOP"}]}
""",
}


def _read(name: Any, text: str) -> StreamReader:
    reader = StreamReader(name)
    for line in text.splitlines():
        reader.feed(line)
    reader.close()
    return reader


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_is_read(name: str) -> None:
    reader = _read(name, STREAMS[name])
    assert (reader.events > 1, reader.finished, reader.calls_tool, reader.error) == (True, True, True, None)


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_that_is_cut_is_not_finished(name: str) -> None:
    reader = _read(name, STREAMS[name].partition("\n\n")[0])
    assert (reader.events, reader.finished) == (1, False)


@pytest.mark.parametrize("name", STREAMS)
def test_an_error_in_a_stream_is_seen(name: str) -> None:
    assert _read(name, 'data: {"error":{"message":"overloaded"}}\n\n').error == {"message": "overloaded"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "choices message delta content tool_calls output type item candidates parts error response text".split()
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(document=JSON, name=st.sampled_from(list(STREAMS)))
def test_no_shape_of_an_answer_breaks_the_reader(document: Any, name: Any) -> None:
    reply = read_reply(name, document)
    assert reply is None or (isinstance(reply, Reply) and isinstance(reply.text, str))
