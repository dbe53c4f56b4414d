"""Servers of one's own that have loaded a model with less than Crush needs: each cure in the server's own words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.trial.programs import Program
from wizard.endpoints.probe import Step, run_probes
from wizard.endpoints.wire import Live

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer
    from werkzeug import Request, Response

OWNERS = {"ollama": "library", "lmstudio": "organization_owner", "llamacpp": "llamacpp", "vllm": "vllm"}


def _answers(server: str, window: int) -> tuple[str, Any]:
    """Where the server tells its window, and how."""
    return {
        "ollama": ("/api/ps", {"models": [{"model": "m-big", "context_length": window}]}),
        "lmstudio": ("/api/v0/models", {"data": [{"id": "m-big", "loaded_context_length": window}]}),
        "llamacpp": ("/props", {"default_generation_settings": {"n_ctx": window}}),
        "vllm": ("/nothing", {}),
    }[server]


def _chat(http: HTTPServer, server: str, window: int) -> Step:
    path, told = _answers(server, window)
    listed = {"owned_by": OWNERS[server], **({"max_model_len": window} if server == "vllm" else {})}
    program = Program(key=None, entry=listed)

    def answer(request: Request) -> Response:
        return program.answer(request)

    http.expect_request(path).respond_with_data(json.dumps(told), content_type="application/json")
    for known in ("/v1/models", "/v1/chat/completions"):
        http.expect_request(known).respond_with_handler(answer)
    live = Live("mine", "openai-compat", http.url_for("/v1"), models=("m-big",))
    (result,) = run_probes([live], {}, quick=False, seconds=5, on_step=lambda *_: None)
    return next(step for step in result.steps if step.name == "chat")


@pytest.mark.parametrize(
    ("server", "cure"),
    [
        ("ollama", "OLLAMA_CONTEXT_LENGTH=16000"),
        ("lmstudio", "lms load m-big --context-length 16000"),
        ("llamacpp", "--ctx-size 16000"),
        ("vllm", "--max-model-len 16000"),
    ],
)
def test_a_small_window_is_said_with_how_to_load_more(httpserver: HTTPServer, server: str, cure: str) -> None:
    chat = _chat(httpserver, server, 4096)
    assert (chat.status, chat.code) == ("failed", "context-too-small")
    assert "4,096" in chat.detail
    assert cure in chat.hint


@pytest.mark.parametrize("server", list(OWNERS))
def test_a_window_that_is_large_enough_is_no_finding(httpserver: HTTPServer, server: str) -> None:
    assert _chat(httpserver, server, 32_768).status == "ok"
