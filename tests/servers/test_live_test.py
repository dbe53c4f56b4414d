"""The live test against servers that others wrote: a real llama-server, and a mock that checks keys."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from wizard.endpoints.listing import ModelList, Where, list_models
from wizard.endpoints.probe import STEPS, ProbeResult, Step, run_probes
from wizard.endpoints.wire import Live
from wizard.network.client import Client

if TYPE_CHECKING:
    from tests.servers.conftest import Endpoint, LlamaServer

pytestmark = [pytest.mark.any_python, pytest.mark.timeout(600)]


def _probe(live: Live, *, quick: bool = False) -> ProbeResult:
    (result,) = run_probes([live], {}, quick=quick, seconds=240, on_step=lambda *_: None)
    return result


def _steps(live: Live, *, quick: bool = False) -> dict[str, Step]:
    return {step.name: step for step in _probe(live, quick=quick).steps}


@pytest.fixture
def llama(llama_server: LlamaServer) -> Live:
    return Live("llama", "llamacpp", llama_server.url, llama_server.key, models=("tiny.gguf",))


def test_a_real_server_passes(llama: Live) -> None:
    result = _probe(llama)
    assert [step for step in result.steps if step.status == "failed"] == []
    assert {step.name for step in result.steps if step.status == "ok"} == set(STEPS) - {"tls"}


def test_a_window_that_is_too_small_for_crush_is_no_success(small_llama_server: LlamaServer) -> None:
    live = Live("llama", "llamacpp", small_llama_server.url, small_llama_server.key, models=("tiny.gguf",))
    chat = _steps(live)["chat"]
    assert (chat.status, chat.code) == ("failed", "context-too-small")
    assert "4,096" in chat.detail
    assert "--ctx-size 16000" in chat.hint


def test_a_real_server_tells_its_window(llama_server: LlamaServer) -> None:
    async def ask() -> ModelList:
        async with Client({}) as client:
            return await list_models(client, Where(llama_server.url, "llamacpp", "llamacpp"))

    (model,) = asyncio.run(ask()).models
    assert model.context_window == llama_server.window


def test_a_wrong_key_is_refused_though_a_real_server_lists_its_models(llama: Live) -> None:
    steps = _steps(replace(llama, api_key="sk-wrong-0123456789"))
    assert steps["models"].status == "ok"
    assert (steps["key"].status, steps["key"].code) == ("failed", "key-refused")
    assert steps["chat"].status == "skipped"


def test_the_open_list_of_a_real_server_proves_no_key(llama: Live) -> None:
    for live in (llama, replace(llama, api_key="sk-wrong-0123456789")):
        key = _steps(live, quick=True)["key"]
        assert (key.status, key.code) == ("skipped", "not-proven")


@pytest.mark.parametrize(
    ("type_name", "path", "model"),
    [("openai-compat", "/v1", "gpt-4o"), ("openai", "/v1", "gpt-4o"), ("anthropic", "", "claude-sonnet-4-5")],
)
def test_the_mock_passes_in_every_api(mock_endpoint: Endpoint, type_name: str, path: str, model: str) -> None:
    live = Live("mock", type_name, mock_endpoint.url + path, mock_endpoint.key, models=(model,))
    result = _probe(live)
    assert [step for step in result.steps if step.status == "failed"] == []
    assert {"key", "chat", "stream", "tools"} <= {step.name for step in result.steps if step.status == "ok"}
    refused = _steps(replace(live, api_key="sk-wrong-0123456789"))["key"]
    assert (refused.status, refused.code) == ("failed", "key-refused")


def test_an_anthropic_base_with_v1_is_corrected(mock_endpoint: Endpoint) -> None:
    live = Live("mock", "anthropic", f"{mock_endpoint.url}/v1", mock_endpoint.key, models=("claude-sonnet-4-5",))
    chat = _steps(live)["chat"]
    assert chat.status == "failed"
    assert chat.hint == f"set base_url to {mock_endpoint.url}: tried, it works"
