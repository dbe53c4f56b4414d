"""An endpoint's list of models, whatever its shape (crush-behaviour 6 knows only one)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from wizard.endpoints.model_entries import (
    Entry,
    google_model,
    litellm_model,
    lmstudio_model,
    model_of,
    ollama_model,
)
from wizard.network.json_answer import NotJson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from wizard.network.client import Response
    from wizard.provider.model_facts import ModelFacts


Server = Literal[
    "ollama", "lmstudio", "llamacpp", "litellm", "vllm", "sglang", "omlx", "lemonade", "docker-model-runner"
]

_OWNERS: Mapping[str, Server] = {
    "llamacpp": "llamacpp",
    "vllm": "vllm",
    "library": "ollama",
    "organization_owner": "lmstudio",
    "sglang": "sglang",
    "omlx": "omlx",
    "lemonade": "lemonade",
    "docker": "docker-model-runner",
}
"""What servers write into `owned_by` of each model."""


class Page(Struct, frozen=True):
    """A part of a list. `dropped`: entries that were no models; `after` asks for the next part: (parameter, value)."""

    models: tuple[ModelFacts, ...]
    dropped: int = 0
    server: Server | None = None
    after: tuple[str, str] | None = None


def parse_page(value: Any) -> Page | None:
    """A list of models from a JSON document; None if it holds none."""
    entries = _entries(value)
    if entries is None:
        return None
    read, server = _reader(entries)
    models = [read(entry) if isinstance(entry, dict) else _bare(entry) for entry in entries]
    known = tuple(model for model in models if model is not None)
    return Page(known, len(models) - len(known), server or owner(entries), _after(value))


def owner(entries: Iterable[Any]) -> Server | None:
    """The kind of server, if all the models name the same."""
    owners = {str(entry.get("owned_by")) if isinstance(entry, dict) else "" for entry in entries}
    return _OWNERS.get(owners.pop()) if len(owners) == 1 else None


def _entries(value: Any) -> list[Any] | None:
    """llama.cpp gives both `data` and `models`; the former says more."""
    if isinstance(value, list):
        return value if all(isinstance(entry, dict) for entry in value) else None
    if not isinstance(value, dict):
        return None
    for key in ("data", "models"):
        if isinstance(value.get(key), list):
            return list(value[key])
    if value.get("object") == "list" and value.get("data", 0) is None:  # an Ollama without models
        return []
    return None


def _reader(entries: list[Any]) -> tuple[Callable[[Entry], ModelFacts | None], Server | None]:
    """What reads the entries, by the keys that they have."""
    keys: set[str] = set().union(*(entry for entry in entries if isinstance(entry, dict)))
    if {"model_name", "model_info"} <= keys:
        return litellm_model, "litellm"
    if {"key", "loaded_instances"} <= keys:
        return lmstudio_model, "lmstudio"
    if {"digest", "modified_at"} <= keys and "id" not in keys:
        return lambda entry: ollama_model(entry, {}), "ollama"
    if "supportedGenerationMethods" in keys or _are_resources(entries):
        return google_model, None
    return model_of, None


def _are_resources(entries: list[Any]) -> bool:
    names = [entry.get("name") for entry in entries if isinstance(entry, dict) and "id" not in entry]
    return bool(names) and all(isinstance(name, str) and name.startswith("models/") for name in names)


def _bare(entry: Any) -> ModelFacts | None:
    """A list of nothing but ids."""
    return model_of({"id": entry}) if isinstance(entry, str) else None


def _after(value: Any) -> tuple[str, str] | None:
    """Anthropic's and Google's way to say that there is more."""
    if not isinstance(value, dict):
        return None
    if value.get("has_more") is True and isinstance(value.get("last_id"), str):
        return "after_id", value["last_id"]
    token = value.get("nextPageToken")
    return ("pageToken", token) if isinstance(token, str) and token else None


def read_page(answer: Response) -> Page | None:
    """The list in an answer, None if it holds none."""
    if answer.status != 200:
        return None
    try:
        page = parse_page(answer.json())
    except NotJson:
        return None
    if page is None or (page.dropped and not page.models):
        return None
    return replace(page, server=page.server or _named(answer.headers))


def _named(headers: Mapping[str, str]) -> Server | None:
    """The kind of server by its headers."""
    if any(name.startswith("x-litellm-") for name in headers):
        return "litellm"
    return "llamacpp" if headers.get("server", "").lower() == "llama.cpp" else None
