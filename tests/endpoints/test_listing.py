"""Model lists asked for over real HTTP."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug import Request, Response

from wizard.endpoints.listing import ModelList, NotListed, Where, list_models
from wizard.network.client import Client

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer

NOBODY = "http://127.0.0.1:1/v1"
TWO = {"object": "list", "data": [{"id": "a"}, {"id": "b"}]}


def ask(base_url: str, type_name: str = "openai-compat", **more: Any) -> ModelList:
    async def asking() -> ModelList:
        async with Client({}) as client:
            return await list_models(client, Where(base_url, type_name, **more))

    return asyncio.run(asking())


def refused(base_url: str, type_name: str = "openai-compat", **more: Any) -> NotListed:
    with pytest.raises(NotListed) as failed:
        ask(base_url, type_name, **more)
    return failed.value


def ids(listing: ModelList) -> list[str]:
    return [model.id for model in listing.models]


def asked(server: HTTPServer) -> list[str]:
    return [request.path for request, _ in server.log]


@pytest.mark.parametrize(
    ("typed", "answers", "right"),
    [
        ("/v1", "/v1/models", "/v1"),
        ("/v1/", "/v1/models", "/v1"),
        ("", "/v1/models", "/v1"),
        ("/", "/models", ""),
        ("/v1/chat/completions", "/v1/models", "/v1"),
        ("/v1/v1", "/v1/models", "/v1"),
        ("/v1/wrong", "/v1/models", "/v1"),
        ("/wrong", "/v1/models", "/v1"),
        ("/openai", "/openai/v1/models", "/openai/v1"),
        ("/inference/v1", "/inference/v1/models", "/inference/v1"),
        ("/api/coding/paas/v4", "/api/coding/paas/v4/models", "/api/coding/paas/v4"),
        ("", "/api/v1/models", "/api/v1"),
        ("", "/openai/v1/models", "/openai/v1"),
    ],
)
def test_a_half_right_url_is_corrected(httpserver: HTTPServer, typed: str, answers: str, right: str) -> None:
    httpserver.expect_request(answers).respond_with_json(TWO)
    root = httpserver.url_for("").rstrip("/")
    listing = ask(root + typed, api_key="sk")
    assert ids(listing) == ["a", "b"]
    assert (listing.base_url, listing.url) == (root + right, root + answers)
    assert bool(listing.notes) is (typed.rstrip("/") != right)


def test_what_is_above_a_versioned_path_is_another_api(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/v1/models").respond_with_json(TWO)
    refused(httpserver.url_for("/team/v4"))
    assert asked(httpserver) == ["/team/v4/models"]


@pytest.mark.parametrize(
    ("type_name", "kind", "answers", "typed", "header"),
    [
        ("openai-compat", "openai", "/v1/models", "/v1", ("Authorization", "Bearer sk")),
        ("anthropic", "anthropic", "/v1/models", "", ("X-Api-Key", "sk")),
        ("anthropic", "anthropic", "/anthropic/v1/models", "/anthropic/v1", ("Anthropic-Version", "2023-06-01")),
        ("google", "google", "/v1beta/models", "/v1beta", ("X-Goog-Api-Key", "sk")),
        ("azure", "openai", "/openai/v1/models", "/openai/v1", ("Api-Key", "sk")),
    ],
)
def test_the_key_goes_where_the_type_wants_it(
    httpserver: HTTPServer, type_name: str, kind: str, answers: str, typed: str, header: tuple[str, str]
) -> None:
    httpserver.expect_request(answers).respond_with_json(TWO)
    listing = ask(httpserver.url_for(typed), type_name, listing=kind, api_key="sk", headers={"X-Team": "blue"})
    assert ids(listing) == ["a", "b"]
    headers = httpserver.log[0][0].headers
    assert headers[header[0]] == header[1]
    assert headers["X-Team"] == "blue"
    assert "Authorization" not in headers or type_name == "openai-compat"


def test_no_key_sends_no_credential(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/v1/models").respond_with_json(TWO)
    ask(httpserver.url_for("/v1"))
    assert "Authorization" not in httpserver.log[0][0].headers


@pytest.mark.parametrize(("status", "reason"), [(401, "key-refused"), (403, "forbidden")])
def test_who_refuses_the_key_is_asked_once(httpserver: HTTPServer, status: int, reason: str) -> None:
    httpserver.expect_request("/models").respond_with_data("", status=status)
    failed = refused(httpserver.url_for(""), api_key="sk")
    assert [attempt.reason for attempt in failed.attempts] == [reason]
    assert len(httpserver.log) == 1


def test_the_most_telling_attempt_comes_first(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/models").respond_with_data("<!doctype html><title>Hi</title>")
    httpserver.expect_request("/v1/models").respond_with_data("", status=429)
    httpserver.expect_request("/api/v1/models").respond_with_data("{", content_type="application/json")
    httpserver.expect_request("/openai/v1/models").respond_with_data("", status=404)
    failed = refused(httpserver.url_for(""))
    assert [attempt.reason for attempt in failed.attempts] == ["rate-limited", "web-page", "not-json", "not-found"]
    assert failed.attempts[0].status == 429
    assert str(failed) == failed.attempts[0].finding.message


def test_nobody_there_is_asked_once() -> None:
    (attempt,) = refused(NOBODY).attempts
    assert attempt.unreachable is not None
    assert (attempt.reason, attempt.unreachable.code, attempt.status) == ("unreachable", "refused", None)


def test_an_endpoint_without_a_list() -> None:
    assert refused(NOBODY, listing="none").attempts == ()


def test_a_url_that_is_none() -> None:
    (attempt,) = refused("http://user:hunter2@host/v1").attempts
    assert attempt.unreachable is not None
    assert attempt.unreachable.code == "bad-url"
    assert "hunter2" not in attempt.finding.message


def test_the_key_follows_no_redirect_to_another_host(httpserver: HTTPServer) -> None:
    arrived: list[bytes] = []

    async def thief(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.append(await reader.read(65536))
        writer.close()

    async def asking() -> None:
        server = await asyncio.start_server(thief, "127.0.0.1", 0)
        elsewhere = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/models"
        httpserver.expect_request("/v1/models").respond_with_response(
            Response(status=302, headers={"Location": elsewhere})
        )
        async with server, Client({}) as client:
            await list_models(client, Where(httpserver.url_for("/v1"), "openai-compat", api_key="sk-canary"))

    with pytest.raises(NotListed) as failed:
        asyncio.run(asking())
    assert failed.value.attempts[0].reason == "redirected"
    assert arrived == []


def test_secrets_stay_out_of_what_is_printed() -> None:
    where = Where(NOBODY, "openai-compat", headers={"X-Key": "sk-canary"}, api_key="sk-canary")
    assert "canary" not in repr(where)


@pytest.mark.parametrize(
    "body", ["[" * 100_000, '{"data": NaN}', '{"data": 5}', "[1, 2]", '{"data": [{"id": "\\u001b"}]}']
)
def test_hostile_documents(httpserver: HTTPServer, body: str) -> None:
    httpserver.expect_request("/v1/models").respond_with_data(body, content_type="application/json")
    assert refused(httpserver.url_for("/v1")).attempts[0].reason in ("not-json", "not-this-api")


def test_what_is_no_model_is_left_out_and_counted(httpserver: HTTPServer) -> None:
    entries: list[Any] = [{"id": "a"}, {"id": ""}, {"id": 5}, {}, None, {"id": "\x1b[2J"}, {"id": "x" * 257}]
    entries += [{"id": "a"}, {"id": "b\u202e"}, {"id": "ä"}]
    httpserver.expect_request("/v1/models").respond_with_json({"data": entries})
    listing = ask(httpserver.url_for("/v1"))
    assert ids(listing) == ["a", "ä"]
    assert listing.notes == ("7 entries of the list are not usable models and were left out",)


def test_thousands_of_models(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/v1/models").respond_with_json([{"id": f"m{index}"} for index in range(12_000)])
    listing = ask(httpserver.url_for("/v1"))
    assert len(listing.models) == 10_000
    assert listing.truncated
    assert listing.notes == ("only the first 10000 models of the list were read",)


def test_pages_of_anthropic(httpserver: HTTPServer) -> None:
    def page(request: Request) -> Response:
        start = int(request.args.get("after_id", "m-1")[1:]) + 1
        data = [{"id": f"m{index}", "type": "model", "display_name": f"M {index}"} for index in range(start, start + 2)]
        more = {"has_more": start < 4, "last_id": data[-1]["id"]}
        return Response(json.dumps({"data": data, **more}), content_type="application/json")

    httpserver.expect_request("/v1/models").respond_with_handler(page)
    listing = ask(httpserver.url_for(""), "anthropic", listing="anthropic", api_key="sk")
    assert ids(listing) == ["m0", "m1", "m2", "m3", "m4", "m5"]
    assert listing.models[0].name == "M 0"
    assert not listing.truncated
    assert all(request.args["limit"] == "1000" for request, _ in httpserver.log)


def test_pages_of_google(httpserver: HTTPServer) -> None:
    def page(request: Request) -> Response:
        if request.args.get("pageToken") == "a b&c":
            return Response('{"models": [{"name": "models/two"}]}', content_type="application/json")
        first = {"models": [{"name": "models/one"}], "nextPageToken": "a b&c"}
        return Response(json.dumps(first), content_type="application/json")

    httpserver.expect_request("/v1beta/models").respond_with_handler(page)
    assert ids(ask(httpserver.url_for(""), "google", listing="google", api_key="sk")) == ["one", "two"]


def test_pages_in_a_circle_end(httpserver: HTTPServer) -> None:
    circle = {"data": [{"id": "a"}], "has_more": True, "last_id": "a"}
    httpserver.expect_request("/v1/models").respond_with_json(circle)
    listing = ask(httpserver.url_for(""), "anthropic", listing="anthropic", api_key="sk")
    assert (ids(listing), listing.truncated, len(httpserver.log)) == (["a"], True, 2)


def test_a_page_that_fails_keeps_the_others(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/v1/models", query_string="limit=1000").respond_with_json(
        {"data": [{"id": "a"}], "has_more": True, "last_id": "a"}
    )
    listing = ask(httpserver.url_for(""), "anthropic", listing="anthropic", api_key="sk")
    assert (ids(listing), listing.truncated) == (["a"], True)


def ollama(server: HTTPServer) -> None:
    shown = {
        "qwen3:8b": {
            "capabilities": ["completion", "tools", "thinking"],
            "model_info": {"qwen3.context_length": 40960},
        },
        "llama3.2:latest": {
            "capabilities": ["completion", "tools", "vision"],
            "parameters": 'stop                           "<|eot_id|>"\nnum_ctx                        8192',
            "model_info": {"general.architecture": "llama", "llama.context_length": 131072},
        },
        "nomic-embed-text:latest": {"capabilities": ["embedding"], "model_info": {"nomic-bert.context_length": 2048}},
    }
    tags = [{"name": name, "model": name, "modified_at": "2026-01-01T00:00:00Z", "digest": "d"} for name in shown]
    server.expect_request("/api/tags").respond_with_json({"models": tags})

    def show(request: Request) -> Response:
        details = shown.get(request.get_json()["model"])
        return Response(json.dumps(details), status=200 if details else 404, content_type="application/json")

    server.expect_request("/api/show", method="POST").respond_with_handler(show)


@pytest.mark.parametrize(
    ("typed", "type_name"), [("", "ollama"), ("/v1", "ollama"), ("/api", "ollama"), ("", "openai-compat")]
)
def test_ollama(httpserver: HTTPServer, typed: str, type_name: str) -> None:
    ollama(httpserver)
    listing = ask(httpserver.url_for(typed), type_name, listing="ollama", api_key="ollama")
    assert (listing.base_url, listing.server) == (httpserver.url_for("/v1"), "ollama")
    qwen, llama, nomic = listing.models
    assert (qwen.context_window, qwen.can_reason, qwen.tools, qwen.supports_attachments) == (40960, True, True, False)
    assert (llama.context_window, llama.supports_attachments) == (8192, True), "num_ctx is what is really used"
    assert nomic.chats is False
    assert [model.id for model in listing.chat_models] == ["qwen3:8b", "llama3.2:latest"]
    assert any("OLLAMA_CONTEXT_LENGTH" in note for note in listing.notes)


def test_the_context_that_ollama_has_loaded_a_model_with(httpserver: HTTPServer) -> None:
    ollama(httpserver)
    httpserver.expect_request("/api/ps").respond_with_json({"models": [{"model": "qwen3:8b", "context_length": 16384}]})
    assert ask(httpserver.url_for(""), "ollama", listing="ollama").models[0].context_window == 16384


def test_an_ollama_that_says_nothing_more(httpserver: HTTPServer) -> None:
    tags = [{"name": "a", "model": "a", "modified_at": "", "digest": "d"}]
    httpserver.expect_request("/api/tags").respond_with_json({"models": tags})
    listing = ask(httpserver.url_for(""), "ollama", listing="ollama")
    assert ids(listing) == ["a"]
    assert "Ollama says nothing about 1 of its models" in listing.notes


def test_an_ollama_behind_a_proxy_that_lists_as_openai(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/v1/models").respond_with_json({"data": [{"id": "a", "owned_by": "library"}]})
    listing = ask(httpserver.url_for(""), "ollama", listing="ollama")
    assert (ids(listing), listing.base_url, listing.server) == (["a"], httpserver.url_for("/v1"), "ollama")


@pytest.mark.parametrize("path", ["/api/v1/models", "/api/v0/models"])
def test_lmstudio(httpserver: HTTPServer, path: str) -> None:
    new = {"type": "llm", "key": "a", "display_name": "A", "max_context_length": 131072}
    new |= {"loaded_instances": [{"config": {"context_length": 4096}}]}
    new |= {"capabilities": {"vision": True, "trained_for_tool_use": True}}
    old = {"id": "a", "type": "vlm", "max_context_length": 131072, "loaded_context_length": 4096}
    embedding = {"type": "embeddings", "id": "e"} if "v0" in path else {"type": "embedding", "key": "e"}
    entries = {"data": [old, embedding]} if "v0" in path else {"models": [new, embedding]}
    httpserver.expect_request(path).respond_with_json(entries)
    listing = ask(httpserver.url_for("/v1"), "lmstudio", listing="lmstudio")
    assert listing.base_url == httpserver.url_for("/v1")
    (model,) = listing.chat_models
    assert (model.id, model.context_window, model.supports_attachments) == ("a", 4096, True)


@pytest.mark.parametrize(("type_name", "right"), [("llamacpp", ""), ("openai-compat", "/v1")])
def test_llamacpp(httpserver: HTTPServer, type_name: str, right: str) -> None:
    meta = {"n_ctx_train": 131072}
    httpserver.expect_request("/v1/models").respond_with_json(
        {"models": [{"name": "a"}], "data": [{"id": "a", "owned_by": "llamacpp", "meta": meta}]}
    )
    props = {"default_generation_settings": {"n_ctx": 8192}, "modalities": {"vision": True, "audio": False}}
    httpserver.expect_request("/props").respond_with_json(props)
    listing = ask(httpserver.url_for("/v1"), type_name, listing="llamacpp")
    root = httpserver.url_for("").rstrip("/")
    assert (listing.base_url, listing.server) == (root + right, "llamacpp")
    assert (listing.models[0].context_window, listing.models[0].supports_attachments) == (8192, True)


@pytest.mark.parametrize("path", ["/model/info", "/v1/model/info"])
def test_litellm(httpserver: HTTPServer, path: str) -> None:
    httpserver.expect_request("/v1/models").respond_with_json({"data": [{"id": "gpt"}, {"id": "e"}]})
    info = {"max_input_tokens": 128000, "max_output_tokens": 16384, "mode": "chat", "supports_vision": True}
    info |= {"input_cost_per_token": 0.00000015, "output_cost_per_token": 6e-7, "supports_function_calling": True}
    info |= {"cache_read_input_token_cost": 7.5e-8, "supports_reasoning": None}
    info |= {"supported_openai_params": ["tools", "reasoning_effort"]}
    entries = [
        {"model_name": "gpt", "model_info": info},
        {"model_name": "e", "model_info": {"mode": "embedding"}},
        {"model_name": "openai/*", "model_info": {}},
    ]
    httpserver.expect_request(path).respond_with_json({"data": entries})
    listing = ask(httpserver.url_for("/v1"), "litellm", listing="litellm", api_key="sk")
    (model,) = listing.chat_models
    assert (model.cost_per_1m_in, model.cost_per_1m_out, model.cost_per_1m_out_cached) == (0.15, 0.6, 0.075)
    assert (model.context_window, model.max_output_tokens) == (128000, 16384)
    assert (model.supports_attachments, model.tools, model.can_reason) == (True, True, None)
    assert model.takes_effort


def test_a_litellm_whose_details_are_not_for_this_key(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/v1/models").respond_with_json(TWO, headers={"x-litellm-version": "1.80"})
    listing = ask(httpserver.url_for("/v1"), "litellm", listing="litellm", api_key="sk")
    assert (ids(listing), listing.server) == (["a", "b"], "litellm")


def test_a_server_without_models(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/v1/models").respond_with_json({"object": "list", "data": None})
    listing = ask(httpserver.url_for("/v1"))
    assert (listing.models, listing.notes) == ((), ("the server has no models yet",))
