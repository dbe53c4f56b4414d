"""The window that a server of one's own has loaded a model with, which may be far less than the model could take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.endpoints.diagnosis import CRUSH_NEEDS, Diagnosis
from wizard.endpoints.list_details import llamacpp_details, loaded_windows
from wizard.endpoints.model_lists import parse_page
from wizard.endpoints.refusal import quoted
from wizard.endpoints.wire import api_base
from wizard.provider.model_facts import ModelFacts

if TYPE_CHECKING:
    from wizard.endpoints.list_search import Search
    from wizard.endpoints.model_lists import Page, Server
    from wizard.endpoints.wire import Live

_MORE = {
    "ollama": "start Ollama with OLLAMA_CONTEXT_LENGTH={needs}, or set it in the app's settings",
    "lmstudio": "load it with more: `lms load {model} --context-length {needs}`",
    "llamacpp": "start llama-server with `--ctx-size {needs}` or more",
    "vllm": "start vLLM with `--max-model-len {needs}` or more",
    "sglang": "start SGLang with `--context-length {needs}` or more",
}


async def too_small_window(search: Search, live: Live, model: str, page: Page) -> Diagnosis | None:
    """The finding where Crush's first request does not fit into what the server has loaded; asked after a chat."""
    server = page.server or (live.type if live.type in _MORE else None)
    if server not in _MORE:
        return None
    window = await _window(search, api_base(live).removesuffix("/v1"), model, page, server)
    if not window or window >= CRUSH_NEEDS:
        return None
    message = f"the server has loaded it with a window of {window:,} tokens, and Crush's first request has some 12,000"
    return Diagnosis("context-too-small", message, _MORE[server].format(needs=CRUSH_NEEDS, model=quoted(model, ())))


async def _window(search: Search, root: str, model: str, page: Page, server: Server | str) -> int | None:
    if server == "ollama":
        loaded = loaded_windows(await search.details(f"{root}/api/ps"))
        return loaded.get(model) or loaded.get(f"{model}:latest")
    if server == "lmstudio":
        found = parse_page(await search.details(f"{root}/api/v0/models"))
        return _of(model, found) if found else None
    if server == "llamacpp":
        (told,) = await llamacpp_details(search, root, (ModelFacts(model),))
        return told.context_window
    return _of(model, page)


def _of(model: str, page: Page) -> int | None:
    return next((listed.context_window for listed in page.models if listed.id == model), None)
